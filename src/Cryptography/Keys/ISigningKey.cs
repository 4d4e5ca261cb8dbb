namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// A handle to a private ES256 key wherever it lies (file, token, memory of a test): it signs and never shows itself.
/// Safe for concurrent use.
/// </summary>
public interface ISigningKey : IDisposable
{
    /// <summary>The public half.</summary>
    PublicKey PublicKey { get; }

    /// <summary>
    /// The ES256 signature of the data: 64 bytes, r then s, over SHA-256. <b>Source:</b> RFC 7518 section 3.4.
    /// </summary>
    byte[] Sign(ReadOnlySpan<byte> data);
}

/// <summary>
/// A handle to a private P-256 key for key agreement (JWE). Never the same key as one that signs. Safe for concurrent use.
/// </summary>
public interface IAgreementKey : IDisposable
{
    /// <summary>The public half.</summary>
    PublicKey PublicKey { get; }

    /// <summary>
    /// The x coordinate of the shared point, 32 bytes: the secret Z of ECDH. The caller clears it.
    /// <b>Source:</b> RFC 7518 section 4.6, SP 800-56A section 5.7.1.2.
    /// </summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The peer's point is not on the curve.</exception>
    byte[] Agree(PublicKey peer);
}
