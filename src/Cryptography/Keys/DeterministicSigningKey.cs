using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;

namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// A private ES256 key in memory whose signature of some data is always the same: a simulation with the same seed gives the same bytes, and
/// published examples can be made again. Several times slower than <see cref="EphemeralSigningKey"/>; verifiers see no difference.
/// Safe for concurrent use. <b>Source:</b> RFC 6979, FIPS 186-5 section 6.4.1.
/// </summary>
public sealed class DeterministicSigningKey : ISigningKey
{
    private readonly P256Scalar secret;

    private DeterministicSigningKey(P256Scalar secret)
    {
        this.secret = secret;
        PublicKey = P256.MultiplyGenerator(secret).ToPublicKey();
    }

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>The key of a secret scalar, 32 bytes big-endian, from 1 to n−1. The caller clears its copy.</summary>
    /// <exception cref="CryptographicException">The secret has another length or is outside that range.</exception>
    public static DeterministicSigningKey Import(ReadOnlySpan<byte> secret) => new(P256Scalar.Import(secret));

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        // FIPS 186-5 section 6.4.1.
        // 1. and 2. The digest as an integer; hash and order have the same length.
        Span<byte> e = stackalloc byte[Es256.DigestSize];
        Sha256.Hash(data, e);
        // 3. and 4. RFC 6979 gives the nonce.
        using var k = Rfc6979.NonceOfDigest(secret, e);
        Rfc6979.Reduce(e);
        // 5. to 8. r is the x coordinate modulo the order.
        var signature = new byte[Es256.SignatureSize];
        Span<byte> r = signature.AsSpan(0, P256.ScalarSize), s = signature.AsSpan(P256.ScalarSize);
        Span<byte> xy = stackalloc byte[PublicKey.Size];
        P256.MultiplyGenerator(k).ToPublicKey().CopyTo(xy);
        xy[..P256.ScalarSize].CopyTo(r);
        Rfc6979.Reduce(r);
        // 9.
        k.Divide(e, r, secret, s);
        // 11. Both are not 0, except with probability 2^-255.
        if (!P256.IsSecret(r) || !P256.IsSecret(s))
            throw new CryptographicException("The nonce of this message gives no signature.");
        return signature;
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose() => secret.Dispose();
}
