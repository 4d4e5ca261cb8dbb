using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Anchors;

/// <summary>
/// <c>anchors.put</c>: one version of a document that is kept elsewhere, under the id of the
/// account that issues the transaction.
/// </summary>
/// <param name="Rid">The record's id, 32 random bytes as 64 hexadecimal digits.</param>
/// <param name="Version"><c>ver</c>: 1, or one more than the last.</param>
/// <param name="Digest">SHA-256 of the original, which holds a salt.</param>
/// <param name="Previous"><c>prev</c>: the digest of the version before; absent for version
/// 1.</param>
/// <param name="Signers">The accounts that signed the document, 0 to 8, each once.</param>
/// <param name="Signatures"><c>sig</c>: their inner signatures (see <see cref="InnerSignature"/>),
/// in the same order.</param>
/// <param name="CiphertextDigest"><c>ct_digest</c>: SHA-256 of the ciphertext, a JWE in the JSON
/// serialisation that travels as attachment; may be absent.</param>
/// <param name="CiphertextBytes"><c>ct_len</c>: the decoded length of its <c>ciphertext</c> member;
/// absent without <c>ct_digest</c>.</param>
public sealed record PutAnchorMessage(
    Digest<AnchoredRecord> Rid,
    [property: JsonPropertyName("ver")] long Version,
    Digest<RecordVersion> Digest,
    [property: JsonPropertyName("prev")] Digest<RecordVersion>? Previous = null,
    IReadOnlyList<AccountId>? Signers = null,
    [property: JsonPropertyName("sig")] IReadOnlyList<string>? Signatures = null,
    [property: JsonPropertyName("ct_digest")] Digest<Attachment>? CiphertextDigest = null,
    [property: JsonPropertyName("ct_len")] uint? CiphertextBytes = null);

/// <summary>
/// One version as a contract anchors it for itself; it has verified signatures and ciphertext in
/// its own <c>Check</c>.
/// </summary>
public sealed record AnchorEntry
{
    /// <summary>The record's id.</summary>
    public required Digest<AnchoredRecord> Rid { get; init; }

    /// <summary>1, or one more than the last.</summary>
    public required long Version { get; init; }

    /// <summary>SHA-256 of the original.</summary>
    public required Digest<RecordVersion> Digest { get; init; }

    /// <summary>The digest of the version before; unset for version 1.</summary>
    public Digest<RecordVersion> Previous { get; init; }

    /// <summary>Who signed, 0 to 8: each key must be an active key of its account now.</summary>
    public IReadOnlyList<AnchorSigner> Signers { get; init; } = [];

    /// <summary>SHA-256 of the ciphertext; unset for none.</summary>
    public Digest<Attachment> CiphertextDigest { get; init; }

    /// <summary>The decoded length of its <c>ciphertext</c> member, in bytes; 0 for none.</summary>
    public uint CiphertextBytes { get; init; }
}

/// <summary>The strict JSON forms of the messages.</summary>
[JsonSerializable(typeof(PutAnchorMessage))]
public sealed partial class AnchorsJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static AnchorsJson Instance { get; } = new(MessageJson.NewOptions());
}
