using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Vault.Records;

/// <summary>
/// What stands on the ledger of one version of a confidential record:
/// <c>{rid, rtype, ver, prev?, session?, digest, sig[], ct_digest, ct_len}</c>. <c>sig</c> holds, of each signer, a compact JWS
/// (<c>typ: cf-anchor+jws</c>, header <c>jwk</c>) over the canonical JSON <c>{digest, net, rid, ver}</c>. <b>Source:</b> D1 "The confidential record".
/// </summary>
public sealed record AnchorContent
{
    /// <summary>The <c>typ</c> of the anchor's signatures.</summary>
    public const string SignatureType = "cf-anchor+jws";

    private const int MaximumSignatureBytes = 2048;
    private static readonly JwsExpectation Expected = new() { Type = SignatureType, MaximumBytes = MaximumSignatureBytes };

    /// <summary>The record's id.</summary>
    public required Digest<VaultRecord> Rid { get; init; }

    /// <summary>The kind of record.</summary>
    public required string Rtype { get; init; }

    /// <summary>The version, from 1.</summary>
    public required long Ver { get; init; }

    /// <summary>The digest of the version before; unset for the first.</summary>
    public Digest<RecordOriginal> Prev { get; init; }

    /// <summary>The session, or null.</summary>
    public string? Session { get; init; }

    /// <summary>The digest of the original.</summary>
    public required Digest<RecordOriginal> Digest { get; init; }

    /// <summary>The signers' signatures, compact.</summary>
    public required IReadOnlyList<string> Sig { get; init; }

    /// <summary>SHA-256 of the ciphertext <c>C</c> as it travels.</summary>
    public required Digest<VaultDocument> CtDigest { get; init; }

    /// <summary>The decoded length of the <c>ciphertext</c> member of <c>C</c>, in bytes.</summary>
    public required long CtLen { get; init; }

    /// <summary>The content for an original and its ciphertext, signed by these keys.</summary>
    /// <param name="net">The ledger: the digest of its genesis.</param>
    /// <param name="original">The original.</param>
    /// <param name="sealedRecord">Its ciphertext.</param>
    /// <param name="keys">The keys of the signers.</param>
    public static AnchorContent Create<TNet>(Digest<TNet> net, RecordOriginal original, SealedRecord sealedRecord, IReadOnlyList<ISigningKey> keys)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(sealedRecord);
        ArgumentNullException.ThrowIfNull(keys);
        return new AnchorContent
        {
            Rid = original.Rid,
            Rtype = original.Rtype,
            Ver = original.Ver,
            Prev = original.Prev,
            Session = original.Session,
            Digest = original.Digest,
            Sig = [.. keys.Select(key => Sign(net, original.Rid, original.Ver, original.Digest, key))],
            CtDigest = sealedRecord.CtDigest,
            CtLen = sealedRecord.CtLen,
        };
    }

    /// <summary>One signature of <c>sig</c>, for signers that sign apart.</summary>
    public static string Sign<TNet>(Digest<TNet> net, Digest<VaultRecord> rid, long ver, Digest<RecordOriginal> digest, ISigningKey key) =>
        Jws.SignCompact(SignatureType, SignedPayload(net, rid, ver, digest), key, reference: KeyReference.Key);

    /// <summary>Reads the object as it stands in a transaction. Refusal: <c>malformed</c>.</summary>
    /// <param name="element">An object of a document that <see cref="StrictJson"/> accepted.</param>
    public static RecordResult<AnchorContent> Parse(JsonElement element)
    {
        var members = new JsonMembers(element);
        var prevText = members.OptionalText("prev");
        var session = members.OptionalText("session");
        var rtype = members.Text("rtype");
        var ver = members.Integer("ver", minimum: 1);
        var sig = members.Element("sig");
        var ctLen = members.Integer("ct_len", minimum: 1, maximum: DocumentVault.MaximumDocumentBytes);
        Digest<RecordOriginal> prev = default;
        if (!Digest<VaultRecord>.TryParse(members.Text("rid"), out var rid)
            | !Digest<RecordOriginal>.TryParse(members.Text("digest"), out var digest)
            | !Digest<VaultDocument>.TryParse(members.Text("ct_digest"), out var ctDigest)
            || !members.AreExact || !RecordOriginal.IsRtype(rtype) || !RecordOriginal.IsSession(session)
            || (prevText is not null && !Digest<RecordOriginal>.TryParse(prevText, out prev))
            || prevText is null != (ver == 1)
            || sig.ValueKind != JsonValueKind.Array || sig.GetArrayLength() is 0 or > RecordOriginal.MaximumIssuers
            || sig.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String || item.GetString()!.Length > MaximumSignatureBytes))
            return RecordRefusal.Malformed;
        return new AnchorContent
        {
            Rid = rid,
            Rtype = rtype,
            Ver = ver,
            Prev = prev,
            Session = session,
            Digest = digest,
            Sig = [.. sig.EnumerateArray().Select(item => item.GetString()!)],
            CtDigest = ctDigest,
            CtLen = ctLen,
        };
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("rid", Rid.ToString());
        writer.WriteString("rtype", Rtype);
        writer.WriteNumber("ver", Ver);
        if (!Prev.IsUnset)
            writer.WriteString("prev", Prev.ToString());
        if (Session is not null)
            writer.WriteString("session", Session);
        writer.WriteString("digest", Digest.ToString());
        writer.WriteStartArray("sig");
        foreach (var signature in Sig)
            writer.WriteStringValue(signature);
        writer.WriteEndArray();
        writer.WriteString("ct_digest", CtDigest.ToString());
        writer.WriteNumber("ct_len", CtLen);
        writer.WriteEndObject();
    }

    /// <summary>
    /// The stateless check of <c>sig</c>: every one is over this content for this ledger and verifies under the key it carries, each key once.
    /// Whether the keys are active keys of the signers is the ledger's to say. Refusal: <c>signature_invalid</c>.
    /// </summary>
    /// <param name="net">The ledger: the digest of its genesis.</param>
    /// <returns>The keys that signed, in the order of <c>sig</c>.</returns>
    public RecordResult<IReadOnlyList<PublicKey>> CheckSignatures<TNet>(Digest<TNet> net)
    {
        var payload = SignedPayload(net, Rid, Ver, Digest);
        var keys = new List<PublicKey>(Sig.Count);
        foreach (var text in Sig)
        {
            if (!Jws.ParseCompact(text, Expected).TryGet(out var jws)
                || !jws.Header.HasOnlyProtected("alg", "typ", "jwk")
                || !jws.Header.Key().TryGet(out var key)
                || !jws.Payload.Span.SequenceEqual(payload)
                || jws.Verify(key) is not null
                || keys.Contains(key))
                return RecordRefusal.SignatureInvalid;
            keys.Add(key);
        }
        return keys.Count == 0 ? RecordRefusal.SignatureInvalid : RecordResult<IReadOnlyList<PublicKey>>.Accept(keys);
    }

    /// <summary>
    /// The stateless check of the ciphertext that travels with the anchor: its digest, its form, the header's <c>rid</c>, <c>rtype</c> and
    /// <c>ver</c>, and <c>ct_len</c>. Refusal: <c>envelope_mismatch</c>.
    /// </summary>
    /// <returns>Null if all is well.</returns>
    public RecordRefusal? CheckCiphertext(ReadOnlyMemory<byte> ciphertext) =>
        Digest<VaultDocument>.Of(ciphertext.Span) == CtDigest
        && RecordEnvelope.Parse(ciphertext).TryGet(out var envelope)
        && envelope.Rid == Rid && envelope.Rtype == Rtype && envelope.Ver == Ver && envelope.CiphertextLength == CtLen
            ? null
            : RecordRefusal.EnvelopeMismatch;

    /// <inheritdoc/>
    public bool Equals(AnchorContent? other) =>
        other is not null && Rid == other.Rid && Rtype == other.Rtype && Ver == other.Ver && Prev == other.Prev && Session == other.Session
        && Digest == other.Digest && CtDigest == other.CtDigest && CtLen == other.CtLen && Sig.SequenceEqual(other.Sig, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rid, Ver, Digest, CtDigest);

    // Canonical by construction: member names in order, hexadecimal digits and an integer need no escaping.
    private static byte[] SignedPayload<TNet>(Digest<TNet> net, Digest<VaultRecord> rid, long ver, Digest<RecordOriginal> digest) =>
        Encoding.ASCII.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $$"""{"digest":"{{digest}}","net":"{{net}}","rid":"{{rid}}","ver":{{ver}}}"""));
}
