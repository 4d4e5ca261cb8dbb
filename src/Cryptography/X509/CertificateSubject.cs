namespace Counterfoil.Cryptography.X509;

/// <summary>Who a certificate is about, and for how long.</summary>
/// <param name="Organisation">The organisation's name.</param>
/// <param name="CommonName">What in the organisation: a role, a key's purpose, a host.</param>
/// <param name="NotBefore">The first second of validity.</param>
/// <param name="NotAfter">The last second of validity.</param>
public sealed record CertificateSubject(string Organisation, string CommonName, DateTimeOffset NotBefore, DateTimeOffset NotAfter)
{
    /// <summary>The DNS names of a TLS certificate.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];
}
