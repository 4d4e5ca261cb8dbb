using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>Marker for the digest of what a node's keys prove themselves for.</summary>
public sealed class NodeRequest
{
    private NodeRequest() { }
}

/// <summary>
/// How a node's keys prove that their holder asks for exactly this: a compact JWS (header <c>alg</c>,
/// <c>typ</c>, <c>jwk</c>) over <c>{"digest":"…"}</c> by a signing key, an ECVRF proof over label ‖ digest by the VRF key. Each
/// kind has a label of its own, so that none serves for another, and a renewal's old keys have others
/// again. <b>Source:</b> RFC 4211 section 4.1, RFC 9381.
/// </summary>
public static class NodePossession
{
    /// <summary><c>typ</c> of the TLS key's proof.</summary>
    public const string TlsType = "cf-node-tls+jws";

    /// <summary><c>typ</c> of the consensus key's proof.</summary>
    public const string ConsensusType = "cf-node-consensus+jws";

    /// <summary><c>typ</c> of the old TLS key's proof in a renewal.</summary>
    public const string OldTlsType = "cf-renew-tls+jws";

    /// <summary><c>typ</c> of the old consensus key's proof in a renewal.</summary>
    public const string OldConsensusType = "cf-renew-consensus+jws";

    /// <summary><c>typ</c> of an authority's proof.</summary>
    public const string AuthorityType = "cf-authority+jws";

    private const string VrfLabel = "cf-node-vrf\0";
    private const string OldVrfLabel = "cf-renew-vrf\0";

    /// <summary>SHA-256("cf-node-request\0" ‖ the body as compact JSON, members in their order).</summary>
    public static Digest<NodeRequest> DigestOf(NodeBody body) => Digest<NodeRequest>.Of(
        "cf-node-request\0"u8, JsonSerializer.SerializeToUtf8Bytes(body, NodesJson.Instance.NodeBody));

    /// <summary>
    /// SHA-256("cf-genesis-node\0" ‖ node ‖ 0 ‖ account ‖ 0 ‖ SHA-256 of the certificate in hexadecimal digits ‖ 0 ‖ endpoint): the
    /// ledger has no name yet.
    /// </summary>
    public static Digest<NodeRequest> DigestOf(GenesisNode node) => Digest<NodeRequest>.Of(
        "cf-genesis-node\0"u8,
        Encoding.UTF8.GetBytes($"{node.Node}\0{node.Account}\0{Digest<Attachment>.Of(node.Certificate)}\0{node.Endpoint}"));

    /// <summary>SHA-256("cf-authority\0" ‖ net ‖ 0 ‖ request ‖ 0 ‖ account): what an authority's key proves itself for.</summary>
    public static Digest<NodeRequest> DigestOfAuthority(Digest<Net> net, string request, AccountId account) =>
        Digest<NodeRequest>.Of("cf-authority\0"u8, Encoding.UTF8.GetBytes($"{net}\0{request}\0{account}"));

    /// <summary>Makes the proofs of a node's keys.</summary>
    /// <param name="digest">What they are for.</param>
    /// <param name="tls">The TLS key.</param>
    /// <param name="consensus">The consensus key, or null.</param>
    /// <param name="vrf">The VRF key, or null.</param>
    public static NodeProofs Prove(
        Digest<NodeRequest> digest, ISigningKey tls, ISigningKey? consensus = null, IVrfKey? vrf = null) =>
        new(Sign(TlsType, digest, tls),
            consensus is null ? null : Sign(ConsensusType, digest, consensus),
            vrf?.Prove(Input(VrfLabel, digest)).ToString());

    /// <summary>Makes the old keys' proofs for a renewal; those that do not change are null.</summary>
    /// <param name="digest">What they are for.</param>
    /// <param name="tls">The old TLS key, or null.</param>
    /// <param name="consensus">The old consensus key, or null.</param>
    /// <param name="vrf">The old VRF key, or null.</param>
    public static RenewalProofs ProveRenewal(
        Digest<NodeRequest> digest, ISigningKey? tls = null, ISigningKey? consensus = null, IVrfKey? vrf = null) =>
        new(tls is null ? null : Sign(OldTlsType, digest, tls),
            consensus is null ? null : Sign(OldConsensusType, digest, consensus),
            vrf is null ? null : new VrfKeyProof(vrf.PublicKey, vrf.Prove(Input(OldVrfLabel, digest)).ToString()));

    /// <summary>Makes an authority's proof.</summary>
    public static string ProveAuthority(Digest<NodeRequest> digest, ISigningKey key) => Sign(AuthorityType, digest, key);

    /// <summary>True if every key of the set has a proof and no other has one.</summary>
    public static bool AreProven(NodeProofs proofs, Digest<NodeRequest> digest, NodeKeySet keys) =>
        IsSigned(proofs.Tls, TlsType, digest, keys.Tls)
        && IsSigned(proofs.Consensus, ConsensusType, digest, keys.Consensus)
        && (keys.Vrf is { } vrf
            ? proofs.Vrf is { } proof && IsVrfProof(proof, VrfLabel, digest, vrf)
            : proofs.Vrf is null);

    /// <summary>True if the proofs that are there hold, each by the key that it carries.</summary>
    public static bool AreProven(RenewalProofs proofs, Digest<NodeRequest> digest) =>
        (proofs.Tls is null || InnerJws.TryVerify(proofs.Tls, OldTlsType, Payload(digest), out _))
        && (proofs.Consensus is null || InnerJws.TryVerify(proofs.Consensus, OldConsensusType, Payload(digest), out _))
        && (proofs.Vrf is not { } vrf || IsVrfProof(vrf.Proof, OldVrfLabel, digest, vrf.Key));

    /// <summary>True if the authority's key made the proof.</summary>
    public static bool IsAuthorityProven(string proof, Digest<NodeRequest> digest, PublicKey key) =>
        IsSigned(proof, AuthorityType, digest, key);

    private static string Sign(string type, Digest<NodeRequest> digest, ISigningKey key) =>
        Jws.SignCompact(type, Encoding.UTF8.GetBytes(Payload(digest)), key, reference: KeyReference.Key);

    private static bool IsSigned(string? proof, string type, Digest<NodeRequest> digest, PublicKey? key) =>
        key is { } wanted
            ? proof is not null && InnerJws.TryVerify(proof, type, Payload(digest), out var signer) && signer == wanted
            : proof is null;

    private static bool IsVrfProof(string proof, string label, Digest<NodeRequest> digest, PublicKey key) =>
        VrfProof.TryParse(proof, out var parsed) && Ecvrf.Verify(key, Input(label, digest), parsed, out _);

    private static string Payload(Digest<NodeRequest> digest) => $$"""{"digest":"{{digest}}"}""";

    private static byte[] Input(string label, Digest<NodeRequest> digest) =>
        [.. Encoding.ASCII.GetBytes(label), .. digest.ToArray()];
}
