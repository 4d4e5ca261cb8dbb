using System.Text.Json.Serialization;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>What an applicant hands to its sponsor; the sponsor brings it to the ledger as it is.</summary>
/// <param name="Node">What it asks for.</param>
/// <param name="Possession">A proof for each of its keys, over the digest of that.</param>
/// <param name="Certificate">The certificate in DER, in base64url.</param>
/// <param name="Renewal">In a renewal, the old keys' proofs.</param>
public sealed record LinkRequest(
    NodeBody Node,
    NodeProofs Possession,
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Certificate,
    RenewalProofs? Renewal = null);

/// <summary>That a linking request is on the ledger and its vote is open.</summary>
/// <param name="Transaction">The sponsor's transaction.</param>
/// <param name="Height">The block that fixed voters and seed.</param>
public sealed record LinkAnswer(Digest<Transaction> Transaction, long Height);

/// <summary>The strict JSON forms of what goes between applicant and sponsor.</summary>
[JsonSerializable(typeof(LinkRequest))]
[JsonSerializable(typeof(LinkAnswer))]
public sealed partial class ManagementJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static ManagementJson Instance { get; } = new(MessageJson.NewOptions());
}
