using System.Text.Json.Serialization;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>Marker for the digest of a document that an organisation shows off the ledger.</summary>
public sealed class Statement
{
    private Statement() { }
}

/// <summary>Names a final block by what the ledger's state keeps of it and nobody knows before it is made.</summary>
/// <param name="Height">The block's height, from 1.</param>
/// <param name="Randomness">Its VRF output.</param>
public sealed record BlockReference(long Height, Digest<VrfOutput> Randomness);

/// <summary>A node's keys, for one purpose each.</summary>
/// <param name="Tls">The key of its certificate.</param>
/// <param name="Consensus">Signs proposals and votes; validators only.</param>
/// <param name="Vrf">Makes the blocks' randomness; validators only.</param>
public sealed record NodeKeySet(PublicKey Tls, PublicKey? Consensus = null, PublicKey? Vrf = null);

/// <summary>
/// What an applicant asks for and proves with each of its keys: the fields of a linking request. The
/// ledger cannot read certificates again once they are pruned, so what it needs of one stands here and is
/// compared with it by <c>Check</c>.
/// </summary>
/// <param name="Request">The request's id: 32 lower-case hexadecimal digits, chosen at random.</param>
/// <param name="Net">The ledger.</param>
/// <param name="Block">A block that was the last one within the last ten minutes (a parameter).</param>
/// <param name="Node">The node's id: 1 to 48 letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
/// <param name="Organisation">Who runs it: the certificate's organisation, 1 to 100 characters.</param>
/// <param name="Account">The node's account; one node's only.</param>
/// <param name="Roles">One or more of <c>validator</c>, <c>peer</c>, <c>client</c>, <c>device</c>, each once.</param>
/// <param name="Version">1 for a new node, else one more than its entry has.</param>
/// <param name="Certificate">SHA-256 of the certificate's DER, which travels as an attachment.</param>
/// <param name="Algorithm">The algorithm of its signature, <c>ES256</c>.</param>
/// <param name="Keys">Its keys.</param>
/// <param name="Endpoint">Where it is reached, <c>host:port</c>, at most 128 characters; needed for validators and
/// peers.</param>
/// <param name="NotBefore">The certificate's first second of validity, Unix seconds.</param>
/// <param name="NotAfter">Its last second, Unix seconds.</param>
/// <param name="Statement">The digest of the organisation's statement; needed where a key was lost.</param>
/// <param name="Lost">True if the node's former keys are lost, so that they cannot sign for the new ones.</param>
public sealed record NodeBody(
    string Request,
    Digest<Net> Net,
    BlockReference Block,
    string Node,
    string Organisation,
    AccountId Account,
    IReadOnlyList<string> Roles,
    int Version,
    Digest<Attachment> Certificate,
    string Algorithm,
    NodeKeySet Keys,
    string Endpoint,
    long NotBefore,
    long NotAfter,
    Digest<Statement>? Statement = null,
    bool Lost = false);

/// <summary>A proof for each key, over the digest of the body (<see cref="NodePossession"/>).</summary>
/// <param name="Tls">A compact JWS by the TLS key.</param>
/// <param name="Consensus">A compact JWS by the consensus key.</param>
/// <param name="Vrf">An ECVRF proof by the VRF key, in base64url.</param>
public sealed record NodeProofs(string? Tls = null, string? Consensus = null, string? Vrf = null);

/// <summary>The old keys' proofs for the new ones, one for each kind that changes.</summary>
/// <param name="Tls">A compact JWS by the old TLS key.</param>
/// <param name="Consensus">A compact JWS by the old consensus key.</param>
/// <param name="Vrf">The old VRF key with its proof.</param>
public sealed record RenewalProofs(string? Tls = null, string? Consensus = null, VrfKeyProof? Vrf = null);

/// <summary>A VRF key with its proof.</summary>
/// <param name="Key">The key.</param>
/// <param name="Proof">81 bytes in base64url.</param>
public sealed record VrfKeyProof(PublicKey Key, string Proof);

/// <summary><c>certificates.request</c>: by a linked node, for an applicant or itself.</summary>
/// <param name="Node">What the applicant asks for.</param>
/// <param name="Possession">A proof for each of its keys.</param>
/// <param name="Renewal">In a renewal, the old keys' proofs.</param>
public sealed record NodeRequestMessage(NodeBody Node, NodeProofs Possession, RenewalProofs? Renewal = null);

/// <summary><c>certificates.recognise</c>: by a linked node, so that an authority writes certificates.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="Account">The authority's account, which is known.</param>
/// <param name="Organisation">The root certificate's organisation.</param>
/// <param name="Certificate">SHA-256 of its root certificate, an attachment.</param>
/// <param name="Key">The certified key, which is for nothing else.</param>
/// <param name="NotBefore">The certificate's first second of validity, Unix seconds.</param>
/// <param name="NotAfter">Its last second, Unix seconds.</param>
/// <param name="Possession">A compact JWS by the key over account and ledger.</param>
public sealed record RecogniseMessage(
    string Request,
    AccountId Account,
    string Organisation,
    Digest<Attachment> Certificate,
    PublicKey Key,
    long NotBefore,
    long NotAfter,
    string Possession);

/// <summary><c>certificates.dismiss</c>: by a linked node, so that an authority writes no more.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="Account">The authority's account.</param>
/// <param name="Reason">At most 200 characters.</param>
public sealed record DismissMessage(string Request, AccountId Account, string Reason);

/// <summary>What goes with a certificate: moved by the decision that stores it, else given back.</summary>
/// <param name="To">Who is paid.</param>
/// <param name="Amount">Asset and units.</param>
public sealed record CertificateTransfer(AccountId To, Accounts.Amount Amount);

/// <summary><c>certificates.write</c>: by a recognised authority.</summary>
/// <param name="Node">The node and its certificate.</param>
/// <param name="Path">The issuers' certificates up to the recognised root, attachments; 1 to 5.</param>
/// <param name="Serial">The certificate's serial number in lower-case hexadecimal digits.</param>
/// <param name="Possession">A proof for each key; needed for validators, else for those keys that have one.</param>
/// <param name="Transfer">What is paid with it, or null.</param>
public sealed record WriteCertificateMessage(
    NodeBody Node,
    IReadOnlyList<Digest<Attachment>> Path,
    string Serial,
    NodeProofs? Possession = null,
    CertificateTransfer? Transfer = null);

/// <summary><c>certificates.write_crl</c>: by a recognised authority.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="Key">The authority's key, which signed the list.</param>
/// <param name="List">SHA-256 of the list's DER, an attachment.</param>
/// <param name="Number">Its CRL number.</param>
/// <param name="ThisUpdate">Unix seconds.</param>
/// <param name="NextUpdate">Unix seconds.</param>
/// <param name="Revoked">Its entries in their order, at most 1,000.</param>
public sealed record WriteListMessage(
    string Request,
    PublicKey Key,
    Digest<Attachment> List,
    long Number,
    long ThisUpdate,
    long NextUpdate,
    IReadOnlyList<RevokedSerial> Revoked);

/// <summary>An entry of a revocation list.</summary>
/// <param name="Serial">Lower-case hexadecimal digits.</param>
/// <param name="Reason">The reason code of RFC 5280 section 5.3.1; 0 where there is none.</param>
/// <param name="Date">Since when, Unix seconds.</param>
public sealed record RevokedSerial(string Serial, int Reason, long Date);

/// <summary><c>certificates.revoke_node</c>: by a linked node.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="Target">SHA-256 of the target's certificate.</param>
/// <param name="Reason">1 to 200 characters.</param>
/// <param name="Evidence">The digest of a document off the ledger, or null.</param>
/// <param name="Node">The target's id, for an entry without a certificate; else null.</param>
public sealed record RevokeNodeMessage(
    string Request,
    string Reason,
    Digest<Attachment>? Target = null,
    Digest<Statement>? Evidence = null,
    string? Node = null);

/// <summary>What a voter found in each check: <c>pass</c>, <c>fail</c> or <c>not_mine</c>, which is as good as left out.</summary>
/// <param name="C1">Possession and form.</param>
/// <param name="C2">Validity period.</param>
/// <param name="C3">Version number.</param>
/// <param name="C4">Algorithms and unused keys.</param>
/// <param name="C5">Not on a revocation list.</param>
/// <param name="C6">Organisation entitled.</param>
/// <param name="C7">Endpoint answers with the key; a coming validator is in step.</param>
public sealed record VoteChecks(
    string? C1 = null,
    string? C2 = null,
    string? C3 = null,
    string? C4 = null,
    string? C5 = null,
    string? C6 = null,
    string? C7 = null);

/// <summary><c>certificates.vote</c>: by a member of the request's committee, once.</summary>
/// <param name="Request">The request's id.</param>
/// <param name="Certificate">What is voted on: the certificate, list or target that the request names.</param>
/// <param name="Decision"><c>approve</c> or <c>deny</c>.</param>
/// <param name="Checks">What the voter found.</param>
/// <param name="HeightSeen">The last height that the voter's state had.</param>
/// <param name="Reason">At most 200 characters.</param>
public sealed record NodeVoteMessage(
    string Request,
    Digest<Attachment> Certificate,
    string Decision,
    VoteChecks Checks,
    long HeightSeen,
    string? Reason = null);

/// <summary><c>certificates.report_equivocation</c>: by anybody.</summary>
/// <param name="Key">The consensus key that signed both.</param>
/// <param name="First">A signed proposal, prevote or precommit: compact JWS.</param>
/// <param name="Second">Another of the same height, round and phase.</param>
public sealed record EquivocationMessage(PublicKey Key, string First, string Second);

/// <summary><c>certificates.report_contradiction</c>: by anybody.</summary>
/// <param name="Key">The voter's key that signed both.</param>
/// <param name="First">A transaction with a vote: compact JWS.</param>
/// <param name="Second">Another with another vote on the same request.</param>
public sealed record ContradictionMessage(PublicKey Key, string First, string Second);

/// <summary><c>certificates.set_parameters</c>: by governance only, never by a transaction.</summary>
/// <param name="Parameters">All of them.</param>
public sealed record SetNodeParametersMessage(NodeParameters Parameters);

/// <summary><c>certificates.elect</c>: by governance only, never by a transaction.</summary>
/// <param name="Seats">All validators, ordered as one likes.</param>
public sealed record ElectMessage(IReadOnlyList<Seat> Seats);

/// <summary>A validator's TLS certificate in the genesis document.</summary>
/// <param name="Node">The node's id.</param>
/// <param name="Account">The validator's account.</param>
/// <param name="Certificate">Its TLS certificate in DER, in base64url.</param>
/// <param name="Endpoint">Where it is reached, <c>host:port</c>.</param>
/// <param name="Possession">A proof for each of its three keys, over <see cref="NodePossession.DigestOf(GenesisNode)"/>.</param>
public sealed record GenesisNode(
    string Node,
    AccountId Account,
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Certificate,
    string Endpoint,
    NodeProofs Possession);

/// <summary>The strict JSON forms of the messages.</summary>
[JsonSerializable(typeof(NodeRequestMessage))]
[JsonSerializable(typeof(RecogniseMessage))]
[JsonSerializable(typeof(DismissMessage))]
[JsonSerializable(typeof(WriteCertificateMessage))]
[JsonSerializable(typeof(WriteListMessage))]
[JsonSerializable(typeof(RevokeNodeMessage))]
[JsonSerializable(typeof(NodeVoteMessage))]
[JsonSerializable(typeof(EquivocationMessage))]
[JsonSerializable(typeof(ContradictionMessage))]
[JsonSerializable(typeof(SetNodeParametersMessage))]
[JsonSerializable(typeof(ElectMessage))]
[JsonSerializable(typeof(NodeParameters))]
public sealed partial class NodesJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static NodesJson Instance { get; } = new(MessageJson.NewOptions());
}
