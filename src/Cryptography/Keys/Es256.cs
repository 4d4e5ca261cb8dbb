namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// Verification of ES256 signatures: ECDSA over P-256 and SHA-256, the signature as r then s. Each verifying thread owns one
/// libcrypto key object into which it sets the point, so that any of ten million keys costs the same and nothing is cached.
/// No managed memory is allocated. Safe for concurrent use. <b>Source:</b> RFC 7518 section 3.4, FIPS 186-5 section 6.4.2.
/// </summary>
public static class Es256
{
    /// <summary>The length of a signature in bytes: r and s of 32 bytes each.</summary>
    public const int SignatureSize = 64;

    /// <summary>The length of the digest that is signed, in bytes.</summary>
    public const int DigestSize = 32;

    [ThreadStatic]
    private static Es256Verifier? verifier;

    /// <summary>True if the signature is the key's signature over SHA-256 of the data.</summary>
    /// <returns>
    /// False for a signature of other than 64 bytes, for r or s outside 1..n−1, for a key that is not a point of the curve,
    /// and for any signature that does not fit.
    /// </returns>
    public static bool Verify(PublicKey key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> digest = stackalloc byte[DigestSize];
        Sha256.Hash(data, digest);
        return VerifyDigest(key, digest, signature);
    }

    /// <summary>True if the signature is the key's signature over a SHA-256 digest made by the caller.</summary>
    /// <returns>False as in <see cref="Verify"/>, and for a digest of other than 32 bytes.</returns>
    public static bool VerifyDigest(PublicKey key, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature) =>
        digest.Length == DigestSize && signature.Length == SignatureSize
        && (verifier ??= new Es256Verifier()).Verify(key, digest, signature);

    /// <summary>
    /// True if the coordinates are below the field's prime and satisfy the curve's equation. P-256 has cofactor 1 and 64 bytes
    /// cannot stand for infinity, so this is the full validation of a public key.
    /// <b>Source:</b> SP 800-56A revision 3 section 5.6.2.3.3.
    /// </summary>
    public static bool IsOnCurve(PublicKey key) => (verifier ??= new Es256Verifier()).SetKey(key);
}
