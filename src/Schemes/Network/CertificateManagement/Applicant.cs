using System.Security.Cryptography;
using Counterfoil.Client;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>
/// Whoever asks to be a node: its name, account, keys and self-made certificate, and how requests are made of them.
/// <b>Source:</b> E1 step 1.
/// </summary>
/// <param name="Node">The node's id.</param>
/// <param name="Account">Its account.</param>
/// <param name="Net">The ledger.</param>
/// <param name="Tls">The key of its certificate.</param>
/// <param name="Certificate">The certificate.</param>
/// <param name="Endpoint">Where it is reached; empty for clients and devices.</param>
/// <param name="Consensus">The key that it would validate with, or null.</param>
/// <param name="Vrf">The key of its randomness, or null.</param>
internal sealed record Applicant(
    string Node, AccountId Account, Digest<Net> Net, ISigningKey Tls, OrganisationCertificate Certificate, string Endpoint = "",
    ISigningKey? Consensus = null, IVrfKey? Vrf = null)
{
    private const int RequestBytes = 16;

    /// <summary>An id that nobody has.</summary>
    public static string NewRequest() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RequestBytes));

    /// <summary>The last final block, which proofs name; null where there is none.</summary>
    public static async Task<BlockReference?> LastBlockAsync(NodeClient node, CancellationToken cancellation)
    {
        var status = await node.GetStatusAsync(cancellation).ConfigureAwait(false);
        if (status.Height == 0)
            return null;
        var block = (await node.GetBlockAsync(status.Height, cancellation).ConfigureAwait(false)).Value;
        return new BlockReference(block.Header.Height, block.Header.Randomness);
    }

    /// <summary>What it asks for. A validator names all its keys.</summary>
    public NodeBody Body(IReadOnlyList<string> roles, BlockReference block, int version = 1)
    {
        var validates = roles.Contains("validator");
        return new NodeBody(
            NewRequest(), Net, block, Node, Certificate.Organisation!, Account, roles, version, Certificate.Thumbprint.As<Attachment>(), "ES256",
            new NodeKeySet(Tls.PublicKey, validates ? Consensus?.PublicKey : null, validates ? Vrf?.PublicKey : null), Endpoint,
            Certificate.NotBefore.ToUnixTimeSeconds(), Certificate.NotAfter.ToUnixTimeSeconds());
    }

    /// <summary>The request with the proof of each key that it names.</summary>
    public LinkRequest Ask(NodeBody body, RenewalProofs? renewal = null) => new(body, Prove(body), Certificate.Der.ToArray(), renewal);

    /// <summary>The proofs alone.</summary>
    public NodeProofs Prove(NodeBody body) => NodePossession.Prove(
        NodePossession.DigestOf(body), Tls, body.Keys.Consensus is null ? null : Consensus, body.Keys.Vrf is null ? null : Vrf);
}
