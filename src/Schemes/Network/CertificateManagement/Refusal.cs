using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>
/// Why a node, a certificate or a connection is not taken, beside what the contract itself says
/// (<see cref="NodeRefusals"/>): verdicts of votes, which stand inside accepted work, and the refusal of a connection.
/// </summary>
public static class ManagementRefusals
{
    public static readonly RefusalCode Denied = new("denied", "The voters decided against it.");

    public static readonly RefusalCode Lapsed = new("lapsed", "The window closed before enough voters had spoken.");

    public static readonly RefusalCode Coverage =
        new("coverage", "Enough voters approved, but some check was performed by approvers of weight f or less.");

    public static readonly RefusalCode PeerNotAdmitted =
        new("peer_not_admitted", "The certificate shown in the handshake is no active node's, or its key is another.");

    /// <summary>The codes that the walkthrough shows: those of E1's "Must refuse" that can be provoked from outside.</summary>
    public static IReadOnlyList<RefusalCode> Promised { get; } =
    [
        NodeRefusals.MalformedRequest, NodeRefusals.CertificatePolicy, NodeRefusals.KeyShared, NodeRefusals.PossessionFailed,
        NodeRefusals.NotLinked, NodeRefusals.UnknownIssuer, TransactionRefusals.Replayed, NodeRefusals.QuotaExceeded, NodeRefusals.NodeTaken,
        CertificatesRefusals.KeyReused, CertificatesRefusals.CertificateRevoked, TransactionRefusals.AccountFrozen, NodeRefusals.CrlOld,
        NodeRefusals.UnknownRequest, NodeRefusals.VoidVote, NodeRefusals.NotEquivocation, NodeRefusals.EvidenceKnown, Denied, Lapsed, Coverage, PeerNotAdmitted,
    ];
}
