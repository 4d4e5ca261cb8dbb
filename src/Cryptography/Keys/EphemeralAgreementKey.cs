using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// A private P-256 key for key agreement that lives in this process's memory only: the ephemeral key of a JWE, and recipients' keys
/// in sandboxes and tests. Safe for concurrent use: agreements are made one at a time.
/// </summary>
public sealed class EphemeralAgreementKey : IAgreementKey
{
    private readonly Lock guard = new();
    private readonly ECDiffieHellman key;

    private EphemeralAgreementKey(ECDiffieHellman key)
    {
        this.key = key;
        PublicKey = PublicKey.Of(key.ExportParameters(includePrivateParameters: false));
    }

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>A new random key.</summary>
    public static EphemeralAgreementKey Create() => new(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>The key of a secret scalar, 32 bytes big-endian, from 1 to n−1. The caller clears its copy.</summary>
    /// <exception cref="CryptographicException">The secret has another length or is outside that range.</exception>
    public static EphemeralAgreementKey Import(ReadOnlySpan<byte> secret)
    {
        var parameters = P256Secret.Parameters(secret);
        try
        {
            return new EphemeralAgreementKey(ECDiffieHellman.Create(parameters));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    /// <inheritdoc/>
    public byte[] Agree(PublicKey peer)
    {
        // A point of another curve would let its sender learn the secret piece by piece.
        if (!Es256.IsOnCurve(peer))
            throw new CryptographicException("The peer's point is not on the curve P-256.");
        using var other = ECDiffieHellman.Create(peer.ToParameters());
        using var otherPublic = other.PublicKey;
        lock (guard)
            return key.DeriveRawSecretAgreement(otherPublic);
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose()
    {
        lock (guard)
            key.Dispose();
    }
}
