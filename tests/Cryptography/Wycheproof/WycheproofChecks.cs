using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Cryptography.Curves;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Wycheproof;

/// <summary>
/// How each file's cases go through the product's code. Each answers the refusal's code, or null for acceptance; an accepted key
/// agreement or derivation with another result than the case's is <see cref="WrongResult"/>.
/// </summary>
internal static class WycheproofChecks
{
    /// <summary>Not a refusal of the product: it accepted and computed something else. No case wants it.</summary>
    internal const string WrongResult = "wrong_result";

    private const string Malformed = SubjectPublicKeyInfo.Malformed;

    internal static readonly Dictionary<string, Func<WycheproofCase, string?>> ByFile = new()
    {
        ["ecdsa_secp256r1_sha256"] = EcdsaOverDer,
        ["ecdsa_secp256r1_sha256_p1363"] = EcdsaOverP1363,
        ["ecdsa_secp256r1_sha512"] = EcdsaOverDer,
        ["ecdsa_secp256r1_sha512_p1363"] = EcdsaOverP1363,
        ["ecdsa_secp384r1_sha384"] = EcdsaOverDer,
        ["ecdsa_secp384r1_sha384_p1363"] = EcdsaOverP1363,
        ["ecdsa_secp256k1_sha256"] = EcdsaOverDer,
        ["ecdsa_secp256k1_sha256_p1363"] = EcdsaOverP1363,
        ["ecdsa_secp256k1_sha256_bitcoin"] = EcdsaOverDer,
        ["ecdh_secp256r1"] = EcdhOverSpki,
        ["ecdh_secp256r1_ecpoint"] = EcdhOverPoint,
        ["ecdh_secp256r1_webcrypto"] = EcdhOverJwk,
        ["hmac_sha256"] = vector => Hmac(vector, HMACSHA256.HashData(vector.Hex("key"), vector.Hex("msg"))),
        ["hmac_sha512"] = vector => Hmac(vector, HMACSHA512.HashData(vector.Hex("key"), vector.Hex("msg"))),
        ["hkdf_sha256"] = vector => Hkdf(vector, HashAlgorithmName.SHA256),
        ["hkdf_sha512"] = vector => Hkdf(vector, HashAlgorithmName.SHA512),
    };

    private static string SignatureAlgorithm(WycheproofCase vector) => vector.Group.GetProperty("sha").GetString() switch
    {
        "SHA-256" => "1.2.840.10045.4.3.2",
        "SHA-384" => "1.2.840.10045.4.3.3",
        "SHA-512" => "1.2.840.10045.4.3.4",
        var other => throw new InvalidOperationException(other),
    };

    private static byte[] Key(WycheproofCase vector) => Convert.FromHexString(vector.Group.GetProperty("publicKeyDer").GetString()!);

    private static string? EcdsaOverDer(WycheproofCase vector) =>
        NamedSignature.Verify(SignatureAlgorithm(vector), Key(vector), vector.Hex("msg"), vector.Hex("sig"));

    private static string? EcdsaOverP1363(WycheproofCase vector)
    {
        if (NamedSignature.Resolve(SignatureAlgorithm(vector), Key(vector), out var key) is { } refusal)
            return refusal;
        return Es256.Verify(key, vector.Hex("msg"), vector.Hex("sig")) ? null : NamedSignature.InvalidSignature;
    }

    private static string? EcdhOverSpki(WycheproofCase vector) =>
        SubjectPublicKeyInfo.Decode(vector.Hex("public"), out var peer) is { } refusal ? refusal : Agree(vector, Scalar(vector.Hex("private")), peer);

    private static string? EcdhOverPoint(WycheproofCase vector) =>
        P256Point.TryDecode(vector.Hex("public"), out var peer)
            ? Agree(vector, Scalar(vector.Hex("private")), peer.ToPublicKey())
            : SubjectPublicKeyInfo.InvalidKey;

    private static string? EcdhOverJwk(WycheproofCase vector)
    {
        var jwk = vector.Test.GetProperty("public");
        if (jwk.GetProperty("crv").GetString() != "P-256")
            return Algorithms.Unsupported;
        if (Coordinate(jwk, "x") is not { } x || Coordinate(jwk, "y") is not { } y)
            return Malformed;
        Assert.True(Base64Url.TryDecode(vector.Test.GetProperty("private").GetProperty("d").GetString(), out var secret));
        return Agree(vector, Scalar(secret), new PublicKey([.. x, .. y]));
    }

    private static byte[]? Coordinate(JsonElement jwk, string name) =>
        Base64Url.TryDecode(jwk.GetProperty(name).GetString(), out var bytes) && bytes.Length == 32 ? bytes : null;

    private static string? Agree(WycheproofCase vector, byte[] secret, PublicKey peer)
    {
        using var key = EphemeralAgreementKey.Import(secret);
        try
        {
            return key.Agree(peer).AsSpan().SequenceEqual(vector.Hex("shared")) ? null : WrongResult;
        }
        catch (CryptographicException)
        {
            return SubjectPublicKeyInfo.InvalidKey;
        }
    }

    // The files write private keys as integers, with or without leading zeros.
    private static byte[] Scalar(byte[] integer)
    {
        var digits = integer.AsSpan().TrimStart((byte)0);
        var scalar = new byte[P256.ScalarSize];
        digits.CopyTo(scalar.AsSpan(scalar.Length - digits.Length));
        return scalar;
    }

    private static string? Hmac(WycheproofCase vector, byte[] code)
    {
        var size = vector.Group.GetProperty("tagSize").GetInt32() / 8;
        return CryptographicOperations.FixedTimeEquals(code.AsSpan(0, size), vector.Hex("tag")) ? null : NamedSignature.InvalidSignature;
    }

    private static string? Hkdf(WycheproofCase vector, HashAlgorithmName hash)
    {
        try
        {
            var key = HKDF.DeriveKey(hash, vector.Hex("ikm"), vector.Test.GetProperty("size").GetInt32(), vector.Hex("salt"), vector.Hex("info"));
            return key.AsSpan().SequenceEqual(vector.Hex("okm")) ? null : WrongResult;
        }
        catch (ArgumentOutOfRangeException)
        {
            // More than 255 blocks: RFC 5869 section 2.3.
            return Malformed;
        }
    }
}
