using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Vault.Records;

/// <summary>The key of an account by its thumbprint, as of the height that the caller means; null if it was not an active key of the account then.</summary>
/// <param name="account">The account, named by the thumbprint of its first key.</param>
/// <param name="kid">The thumbprint of the key that signed.</param>
public delegate PublicKey? AccountKeyResolver(Digest<PublicKey> account, Digest<PublicKey> kid);

/// <summary>
/// A signed original <c>S</c>: a JWS by ES256, <c>typ: cf-record+jws</c>, whose header names each key by its thumbprint in <c>kid</c>; compact with one
/// signature, general with several. Not verified until <see cref="Verify"/> says so. <b>Source:</b> RFC 7515 section 7.
/// </summary>
public sealed class SignedRecord
{
    /// <summary>The <c>typ</c> of every signature.</summary>
    public const string Type = "cf-record+jws";

    /// <summary>The largest signed original in bytes.</summary>
    public const int MaximumBytes = 190 * 1024;

    private static readonly JwsExpectation Expected = new() { Type = Type, MaximumBytes = MaximumBytes };

    private readonly CompactJws? compact;
    private readonly GeneralJws? general;

    private SignedRecord(ReadOnlyMemory<byte> bytes, RecordOriginal original, CompactJws? compact, GeneralJws? general)
    {
        Bytes = bytes;
        Original = original;
        this.compact = compact;
        this.general = general;
    }

    /// <summary>The bytes of the JWS.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The original that is signed.</summary>
    public RecordOriginal Original { get; }

    /// <summary>How many signatures it bears.</summary>
    public int SignatureCount => general?.Signatures.Count ?? 1;

    /// <summary>Signs an original by one key.</summary>
    public static SignedRecord Sign(RecordOriginal original, ISigningKey key)
    {
        ArgumentNullException.ThrowIfNull(original);
        return Parse(Jws.SignCompactBytes(Type, original.Bytes.Span, key)).Value;
    }

    /// <summary>Signs an original by several keys at once.</summary>
    public static SignedRecord Sign(RecordOriginal original, IReadOnlyList<ISigningKey> keys)
    {
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(keys);
        return keys.Count == 1 ? Sign(original, keys[0]) : Parse(Jws.SignGeneral(Type, original.Bytes.Span, keys)).Value;
    }

    /// <summary>The same original with one more signature, in the general form: how signers that do not meet sign in turn.</summary>
    public SignedRecord AddSignature(ISigningKey key)
    {
        var first = general ?? Jws.ParseGeneral(ToFlattened(), Expected).Value;
        return Parse(Jws.Assemble(Original.Bytes.Span, [.. first.Signatures, Jws.Sign(Type, Original.Bytes.Span, key)])).Value;
    }

    /// <summary>Reads a signed original of either form. Refusal: <c>malformed</c>.</summary>
    public static RecordResult<SignedRecord> Parse(ReadOnlyMemory<byte> bytes)
    {
        if (!bytes.IsEmpty && bytes.Span[0] != (byte)'{')
        {
            return Jws.ParseCompact(bytes, Expected).TryGet(out var compact) && HasForm(compact.Header)
                && RecordOriginal.Parse(compact.Payload).TryGet(out var original)
                ? new SignedRecord(bytes, original, compact, null)
                : RecordRefusal.Malformed;
        }
        // One signature has one form only, the compact one.
        return Jws.ParseGeneral(bytes, Expected).TryGet(out var general)
            && general.Signatures.Count is > 1 and <= RecordOriginal.MaximumIssuers
            && general.Signatures.All(signature => HasForm(signature.Header))
            && RecordOriginal.Parse(general.Payload).TryGet(out var several)
            ? new SignedRecord(bytes, several, null, general)
            : RecordRefusal.Malformed;
    }

    /// <summary>
    /// Verifies every signature: each must be by a key of another account of <c>iss</c>. Refusal: <c>signature_invalid</c>.
    /// </summary>
    /// <param name="keys">The accounts' keys, as of the height that counts.</param>
    /// <param name="required">The accounts that must have signed; null for all of <c>iss</c>. Fewer where a signature is still to come.</param>
    /// <returns>Null if all is well.</returns>
    public RecordRefusal? Verify(AccountKeyResolver keys, IReadOnlyList<Digest<PublicKey>>? required = null)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var missing = Original.Iss.ToList();
        for (var i = 0; i < SignatureCount; i++)
        {
            var header = compact?.Header ?? general!.Signatures[i].Header;
            var kid = KeyIdOf(header);
            var signer = missing.FindIndex(account => keys(account, kid) is { } key && key.Thumbprint == kid && VerifyOne(i, key));
            if (signer < 0)
                return RecordRefusal.SignatureInvalid;
            missing.RemoveAt(signer);
        }
        return (required ?? Original.Iss).All(account => Original.Iss.Contains(account) && !missing.Contains(account))
            ? null
            : RecordRefusal.SignatureInvalid;
    }

    private bool VerifyOne(int index, PublicKey key) =>
        (compact is not null ? compact.Verify(key) : general!.Signatures[index].Verify(key)) is null;

    private static bool HasForm(JoseHeader header) =>
        header.HasOnlyProtected("alg", "typ", "kid") && !KeyIdOf(header).IsUnset;

    private static Digest<PublicKey> KeyIdOf(JoseHeader header) =>
        header.KeyId is { } text && Base64Url.TryDecode(text, out var bytes) && bytes.Length == Digest<PublicKey>.Size
            ? new Digest<PublicKey>(bytes)
            : default;

    // The compact form's three parts as a flattened JWS.
    private byte[] ToFlattened()
    {
        var parts = System.Text.Encoding.ASCII.GetString(Bytes.Span).Split('.');
        return System.Text.Encoding.ASCII.GetBytes(
            $$"""{"payload":"{{parts[1]}}","protected":"{{parts[0]}}","signature":"{{parts[2]}}"}""");
    }
}
