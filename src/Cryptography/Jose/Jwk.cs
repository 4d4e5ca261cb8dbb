using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// A JSON Web Key's public side: what kind of key it is and what it may be used for. Keys that are not
/// offered (RSA, other curves) can be described and named by thumbprint, but not used. Secret keys are read
/// by <see cref="EcPrivateKey"/> and <see cref="SymmetricKey"/>. <b>Source:</b> RFC 7517 section 4, RFC 7518
/// section 6, RFC 8037 section 2.
/// </summary>
public sealed class Jwk
{
    /// <summary>The largest key in bytes that is read.</summary>
    public const int MaximumBytes = 16 * 1024;

    private Jwk(JsonElement json, string keyType)
    {
        Json = json;
        KeyType = keyType;
    }

    /// <summary>The key as it came. It may hold secrets if it came from a file of secrets.</summary>
    public JsonElement Json { get; }

    /// <summary><c>kty</c>.</summary>
    public string KeyType { get; }

    /// <summary><c>crv</c>, or null.</summary>
    public string? Curve => OptionalText("crv");

    /// <summary><c>kid</c>, or null.</summary>
    public string? KeyId => OptionalText("kid");

    /// <summary><c>use</c>, or null.</summary>
    public string? Use => OptionalText("use");

    /// <summary><c>alg</c>, or null.</summary>
    public string? Algorithm => OptionalText("alg");

    /// <summary>True for <c>oct</c>: a key that two sides share.</summary>
    public bool IsSymmetric => KeyType == "oct";

    /// <summary>
    /// Describes a key. Malformed if it is no object with a <c>kty</c>, or a member that RFC 7517 defines has
    /// another kind.
    /// </summary>
    public static JoseResult<Jwk> Parse(ReadOnlySpan<byte> json) =>
        StrictJson.TryParseObject(json, out var element, MaximumBytes)
            ? Parse(element)
            : JoseRefusal.Malformed;

    /// <summary>Describes a key that is part of a document which <see cref="StrictJson"/> accepted.</summary>
    public static JoseResult<Jwk> Parse(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            return JoseRefusal.Malformed;
        foreach (var name in (ReadOnlySpan<string>)["kty", "crv", "kid", "use", "alg"])
            if (json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.String)
                return JoseRefusal.Malformed;
        if (!json.TryGetProperty("kty", out var type))
            return JoseRefusal.Malformed;
        if (json.TryGetProperty("key_ops", out var operations) && !IsListOfTexts(operations))
            return JoseRefusal.Malformed;
        return new Jwk(json.Clone(), type.GetString()!);
    }

    /// <summary>
    /// The P-256 public key. Unsupported algorithm for other kinds; invalid key if the point is off the
    /// curve.
    /// </summary>
    public JoseResult<PublicKey> PublicKey() => ReadPublicKey(Json, allowPrivate: true);

    /// <summary>
    /// True if neither <c>use</c>, <c>key_ops</c> nor <c>alg</c> forbids this operation with this algorithm.
    /// A key that says nothing permits all.
    /// </summary>
    /// <param name="operation">
    /// A value of RFC 7517 section 4.3: sign, verify, encrypt, decrypt, wrapKey, unwrapKey, deriveKey.
    /// </param>
    /// <param name="algorithm">The <c>alg</c> of the header.</param>
    public bool Permits(string operation, string algorithm)
    {
        var use = operation is "sign" or "verify" ? "sig" : "enc";
        if (Use is { } declaredUse && declaredUse != use
            || Algorithm is { } declaredAlgorithm && declaredAlgorithm != algorithm)
            return false;
        return !Json.TryGetProperty("key_ops", out var operations)
            || operations.EnumerateArray().Any(value => value.ValueEquals(operation));
    }

    /// <summary>
    /// Reads a P-256 public key. A private member <c>d</c> is refused as malformed: a secret that was
    /// published is no key. Other members are ignored, as RFC 7517 section 4 demands.
    /// </summary>
    public static JoseResult<PublicKey> ParsePublicKey(ReadOnlySpan<byte> json) =>
        StrictJson.TryParseObject(json, out var element, MaximumBytes)
            ? ParsePublicKey(element)
            : JoseRefusal.Malformed;

    /// <summary>The same of an element of a document which <see cref="StrictJson"/> accepted.</summary>
    public static JoseResult<PublicKey> ParsePublicKey(JsonElement json) =>
        ReadPublicKey(json, allowPrivate: false);

    /// <summary>Writes the key as an object with exactly kty, crv, x, y and, if given, kid.</summary>
    public static void Write(Utf8JsonWriter writer, PublicKey key, string? keyId = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartObject();
        writer.WriteString("kty"u8, "EC"u8);
        writer.WriteString("crv"u8, "P-256"u8);
        writer.WriteString("x"u8, key.X);
        writer.WriteString("y"u8, key.Y);
        if (keyId is not null)
            writer.WriteString("kid"u8, keyId);
        writer.WriteEndObject();
    }

    /// <summary>The key as JSON text with exactly kty, crv, x, y.</summary>
    public static string Serialize(PublicKey key) =>
        $$"""{"kty":"EC","crv":"P-256","x":"{{key.X}}","y":"{{key.Y}}"}""";

    /// <summary>
    /// The thumbprint: the digest of the members that the key's type requires, in lexicographic order, with
    /// their values as they are. Offered for EC, RSA, oct and OKP. Unsupported algorithm for another
    /// <c>kty</c>. <b>Source:</b> RFC 7638 sections 3 and 3.2, RFC 8037 section 2.
    /// </summary>
    /// <param name="hash">The digest; SHA-256 is what the kernel uses everywhere.</param>
    public JoseResult<byte[]> Thumbprint(HashAlgorithmName hash)
    {
        string[]? required = KeyType switch
        {
            "EC" => ["crv", "kty", "x", "y"],
            "RSA" => ["e", "kty", "n"],
            "oct" => ["k", "kty"],
            "OKP" => ["crv", "kty", "x"],
            _ => null,
        };
        if (required is null)
            return JoseRefusal.UnsupportedAlgorithm;
        using var canonical = new MemoryStream();
        using (var writer = new Utf8JsonWriter(canonical, Jws.WriterOptions))
        {
            writer.WriteStartObject();
            foreach (var name in required)
            {
                if (OptionalText(name) is not { } value)
                    return JoseRefusal.Malformed;
                writer.WriteString(name, value);
            }
            writer.WriteEndObject();
        }
        return CryptographicOperations.HashData(hash, canonical.GetBuffer().AsSpan(0, (int)canonical.Length));
    }

    private string? OptionalText(string name) =>
        Json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    private static bool IsListOfTexts(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array
            && list.EnumerateArray().All(value => value.ValueKind == JsonValueKind.String);

    private static JoseResult<PublicKey> ReadPublicKey(JsonElement json, bool allowPrivate)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("kty"u8, out var type)
            || type.ValueKind != JsonValueKind.String)
            return JoseRefusal.Malformed;
        if (!type.ValueEquals("EC"u8))
            return JoseRefusal.UnsupportedAlgorithm;
        if (!json.TryGetProperty("crv"u8, out var curve) || curve.ValueKind != JsonValueKind.String)
            return JoseRefusal.Malformed;
        if (!curve.ValueEquals("P-256"u8))
            return JoseRefusal.UnsupportedAlgorithm;
        if (!allowPrivate && json.TryGetProperty("d"u8, out _))
            return JoseRefusal.Malformed;
        Span<byte> point = stackalloc byte[Keys.PublicKey.Size];
        if (!ReadCoordinate(json, "x"u8, point[..32]) || !ReadCoordinate(json, "y"u8, point[32..]))
            return JoseRefusal.Malformed;
        var key = new PublicKey(point);
        return Es256.IsOnCurve(key) ? key : JoseRefusal.InvalidKey;
    }

    private static bool ReadCoordinate(JsonElement json, ReadOnlySpan<byte> name, Span<byte> coordinate)
    {
        // RFC 7518 section 6.2.1.2: always the full 32 octets.
        if (!json.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.String
            || !Base64Url.TryDecode(value.GetString(), out var bytes) || bytes.Length != coordinate.Length)
            return false;
        bytes.CopyTo(coordinate);
        return true;
    }
}
