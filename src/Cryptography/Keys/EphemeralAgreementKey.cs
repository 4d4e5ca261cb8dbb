using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;

namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// A private P-256 key for key agreement that lives in this process's memory only: the ephemeral key of a JWE, and recipients' keys
/// in files, sandboxes and tests. Agrees in libcrypto's group directly, since .NET's key objects cost three times as much. Safe for concurrent use.
/// </summary>
public sealed class EphemeralAgreementKey : IAgreementKey
{
    private readonly P256Scalar secret;

    private EphemeralAgreementKey(P256Scalar secret)
    {
        this.secret = secret;
        PublicKey = P256.MultiplyGenerator(secret).ToPublicKey();
    }

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>A new random key.</summary>
    public static EphemeralAgreementKey Create() => new(P256Scalar.Create());

    /// <summary>The key of a secret scalar, 32 bytes big-endian, from 1 to n−1. The caller clears its copy.</summary>
    /// <exception cref="CryptographicException">The secret has another length or is outside that range.</exception>
    public static EphemeralAgreementKey Import(ReadOnlySpan<byte> secret) => P256.IsSecret(secret)
        ? new(P256Scalar.Import(secret))
        : throw new CryptographicException("A P-256 secret is 32 bytes, from 1 to n-1.");

    /// <inheritdoc/>
    public byte[] Agree(PublicKey peer)
    {
        // A point of another curve would let its sender learn the secret piece by piece.
        if (!P256Point.TryFrom(peer, out var point) || point.IsInfinity)
            throw new CryptographicException("The peer's point is not on the curve P-256.");
        Span<byte> shared = stackalloc byte[PublicKey.Size];
        P256.Multiply(secret, point).ToPublicKey().CopyTo(shared);
        var agreed = shared[..32].ToArray();
        CryptographicOperations.ZeroMemory(shared);
        return agreed;
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose() => secret.Dispose();
}
