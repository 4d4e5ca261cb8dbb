using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.X509;

/// <summary>What <see cref="CertificateParser"/> found in a certificate.</summary>
internal sealed record CertificateContent
{
    public required ReadOnlyMemory<byte> Signed { get; init; }

    public required string SignatureAlgorithm { get; init; }

    /// <summary>r and s; null if the algorithm is another or the signature out of form.</summary>
    public required byte[]? Signature { get; init; }

    public required ReadOnlyMemory<byte> SerialNumber { get; init; }

    public required ReadOnlyMemory<byte> Issuer { get; init; }

    public required ReadOnlyMemory<byte> Subject { get; init; }

    public required string? Organisation { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public required PublicKey? PublicKey { get; init; }

    public bool IsAuthority { get; init; }

    public int? PathLength { get; init; }

    public KeyUsages KeyUsages { get; init; }

    public IReadOnlyList<string>? ExtendedKeyUsages { get; init; }

    public ReadOnlyMemory<byte>? SubjectKeyIdentifier { get; init; }

    public ReadOnlyMemory<byte>? AuthorityKeyIdentifier { get; init; }

    public IReadOnlyList<string> DnsNames { get; init; } = [];

    public bool HasUnknownCriticalExtension { get; init; }
}
