using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Network;

/// <summary>
/// Who is admitted: the only trust anchor of connections between nodes, whoever signed their certificates. What it answers may change at any
/// time; <see cref="PeerNetwork.Recheck"/> is called afterwards. Safe for concurrent use.
/// </summary>
public interface IPeerDirectory
{
    /// <summary>The nodes to dial, each once; one's own may be among them and is passed over.</summary>
    IReadOnlyList<PeerAddress> Peers { get; }

    /// <summary>Finds the node whose certificate this is. A node may have several, as while it changes its key.</summary>
    /// <param name="certificate">The SHA-256 of the certificate in DER.</param>
    /// <param name="node">The node's account.</param>
    /// <returns>False if it is no admitted node's.</returns>
    bool TryFind(Digest<OrganisationCertificate> certificate, out AccountId node);
}

/// <summary>Where a node is and what it must answer with.</summary>
/// <param name="Node">The node's account.</param>
/// <param name="Host">A name or an address.</param>
/// <param name="Port">1 to 65535.</param>
/// <param name="Certificate">The SHA-256 of the certificate, in DER, with which it answers.</param>
public sealed record PeerAddress(AccountId Node, string Host, int Port, Digest<OrganisationCertificate> Certificate);
