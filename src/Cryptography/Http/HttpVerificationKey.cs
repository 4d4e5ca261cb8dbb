using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Http;

/// <summary>A key that verifies message signatures by the one algorithm that it is for.</summary>
public abstract class HttpVerificationKey
{
    private protected HttpVerificationKey(string algorithm) => Algorithm = algorithm;

    /// <summary>The algorithm's registered name.</summary>
    public string Algorithm { get; }

    /// <summary>A P-256 public key.</summary>
    public static HttpVerificationKey Of(PublicKey publicKey) => new Es256Key(publicKey);

    /// <summary>
    /// A key of an algorithm that is not offered: known to the caller, refused as
    /// <c>unsupported_algorithm</c>.
    /// </summary>
    public static HttpVerificationKey Unsupported(string algorithm) => new UnsupportedKey(algorithm);

    internal abstract bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature);

    private sealed class Es256Key(PublicKey publicKey) : HttpVerificationKey(SignatureAlgorithms.EcdsaP256Sha256)
    {
        internal override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => Es256.Verify(publicKey, data, signature);
    }

    private sealed class UnsupportedKey(string algorithm) : HttpVerificationKey(algorithm)
    {
        internal override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => false;
    }
}

/// <summary>
/// A shared secret for <c>hmac-sha256</c>: it signs and verifies. Cleared on <see cref="Dispose"/>.
/// </summary>
public sealed class HttpHmacKey : HttpVerificationKey, IDisposable
{
    /// <summary>The shortest secret in bytes: as long as the hash.</summary>
    public const int MinimumBytes = 32;

    private readonly byte[] secret;
    private bool disposed;

    /// <summary>A key of the secret, which is copied.</summary>
    /// <exception cref="ArgumentException">The secret is shorter than <see cref="MinimumBytes"/>.</exception>
    public HttpHmacKey(ReadOnlySpan<byte> secret)
        : base(SignatureAlgorithms.HmacSha256)
    {
        if (secret.Length < MinimumBytes)
            throw new ArgumentException($"A secret has at least {MinimumBytes} bytes.", nameof(secret));
        this.secret = secret.ToArray();
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose()
    {
        disposed = true;
        CryptographicOperations.ZeroMemory(secret);
    }

    internal byte[] Sign(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return HMACSHA256.HashData(secret, data);
    }

    internal override bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        CryptographicOperations.FixedTimeEquals(Sign(data), signature);
}
