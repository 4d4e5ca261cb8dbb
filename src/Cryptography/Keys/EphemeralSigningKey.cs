using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// A private ES256 key that lives in this process's memory only: for sandboxes, tests, and as what a file's custody decrypts into.
/// The secret is held by libcrypto and cleared on <see cref="Dispose"/>. Safe for concurrent use: signatures are made one at a time.
/// </summary>
public sealed class EphemeralSigningKey : ISigningKey
{
    private readonly Lock guard = new();
    private readonly ECDsa key;

    private EphemeralSigningKey(ECDsa key)
    {
        this.key = key;
        PublicKey = PublicKey.Of(key.ExportParameters(includePrivateParameters: false));
    }

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>A new random key.</summary>
    public static EphemeralSigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>The key of a secret scalar, 32 bytes big-endian, from 1 to n−1. The caller clears its copy.</summary>
    /// <exception cref="CryptographicException">The secret has another length or is outside that range.</exception>
    public static EphemeralSigningKey Import(ReadOnlySpan<byte> secret)
    {
        var parameters = P256Secret.Parameters(secret);
        try
        {
            return new EphemeralSigningKey(ECDsa.Create(parameters));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }

    /// <inheritdoc/>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (guard)
            return key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose()
    {
        lock (guard)
            key.Dispose();
    }
}
