using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.X509;

/// <summary>
/// An X.509 certificate read strictly from DER, with what path validation needs. Certificates of other
/// algorithms are read too, without a key, and refused when a chain is validated. <b>Source:</b> RFC 5280
/// section 4.
/// </summary>
public sealed class OrganisationCertificate
{
    /// <summary>The largest certificate in bytes.</summary>
    public const int MaximumBytes = 16 * 1024;

    private OrganisationCertificate(byte[] der, CertificateContent content)
    {
        Der = der;
        Content = content;
        Thumbprint = Digest<OrganisationCertificate>.Of(der);
    }

    /// <summary>The certificate as it came.</summary>
    public ReadOnlyMemory<byte> Der { get; }

    /// <summary>The SHA-256 of the DER: what names the certificate (<c>x5t#S256</c>).</summary>
    public Digest<OrganisationCertificate> Thumbprint { get; }

    /// <summary>The subject's key; null if it is not of P-256 or not on the curve.</summary>
    public PublicKey? PublicKey => Content.PublicKey;

    /// <summary>The subject's name in DER.</summary>
    public ReadOnlyMemory<byte> Subject => Content.Subject;

    /// <summary>The issuer's name in DER.</summary>
    public ReadOnlyMemory<byte> Issuer => Content.Issuer;

    /// <summary>The subject's organizationName, or null if it has none or several.</summary>
    public string? Organisation => Content.Organisation;

    /// <summary>The serial number, big-endian, 1 to 20 bytes.</summary>
    public ReadOnlyMemory<byte> SerialNumber => Content.SerialNumber;

    /// <summary>The first second of validity.</summary>
    public DateTimeOffset NotBefore => Content.NotBefore;

    /// <summary>The last second of validity.</summary>
    public DateTimeOffset NotAfter => Content.NotAfter;

    /// <summary>True if basic constraints say that the subject is an authority.</summary>
    public bool IsAuthority => Content.IsAuthority;

    /// <summary>The key usages; none without the extension.</summary>
    public KeyUsages KeyUsages => Content.KeyUsages;

    /// <summary>The extended key usages' object identifiers; null without the extension.</summary>
    public IReadOnlyList<string>? ExtendedKeyUsages => Content.ExtendedKeyUsages;

    /// <summary>The DNS names of the subject alternative name.</summary>
    public IReadOnlyList<string> DnsNames => Content.DnsNames;

    internal CertificateContent Content { get; }

    /// <summary>Reads a certificate.</summary>
    /// <returns>
    /// False for anything that is not a version 3 certificate in DER without trailing bytes, with a positive
    /// serial number of at most 20 bytes, each extension once, and basic constraints, key usage, extended key
    /// usage, key identifiers and alternative names in form.
    /// </returns>
    public static bool TryParse(ReadOnlySpan<byte> der, [NotNullWhen(true)] out OrganisationCertificate? certificate)
    {
        certificate = null;
        if (der.Length > MaximumBytes)
            return false;
        var bytes = der.ToArray();
        try
        {
            if (CertificateParser.Parse(bytes) is not { } content)
                return false;
            certificate = new OrganisationCertificate(bytes, content);
            return true;
        }
        catch (AsnContentException)
        {
            return false;
        }
    }

    /// <summary>True if the subject and the issuer have the same name.</summary>
    internal bool IsSelfIssued => Subject.Span.SequenceEqual(Issuer.Span);
}
