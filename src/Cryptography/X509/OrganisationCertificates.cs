using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.X509;

/// <summary>
/// Makes an organisation's certificates: a root that it signs itself, authorities below it, and certificates
/// of one use each. <b>Source:</b> RFC 5280 section 4, RFC 5480.
/// </summary>
public static class OrganisationCertificates
{
    private const int SerialBytes = 16;

    /// <summary>A self-signed root.</summary>
    /// <param name="key">The root's key.</param>
    /// <param name="subject">The organisation.</param>
    /// <param name="maximumAuthoritiesBelow">How many further authorities a path below it may have; 0 for none.</param>
    public static OrganisationCertificate CreateRoot(ISigningKey key, CertificateSubject subject, int maximumAuthoritiesBelow = 1)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(subject);
        var request = RequestOf(subject, key.PublicKey);
        AddAuthority(request, maximumAuthoritiesBelow);
        var identifier = AddSubjectKeyIdentifier(request);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(identifier));
        return Sign(request, request.SubjectName, key, subject);
    }

    /// <summary>A certificate signed by an authority.</summary>
    /// <param name="issuerKey">The authority's key.</param>
    /// <param name="issuer">The authority's certificate, of the same key.</param>
    /// <param name="subjectKey">
    /// The key that is certified. That the subject holds it is for the caller to have seen:
    /// <see cref="CertificatePossession"/>, or a request that it signed.
    /// </param>
    /// <param name="subject">The subject.</param>
    /// <param name="use">What it is for; an authority issued here has no authorities below it.</param>
    /// <exception cref="ArgumentException">The issuer is no authority of this key, the use is unset, or the validity is empty.</exception>
    public static OrganisationCertificate Issue(
        ISigningKey issuerKey, OrganisationCertificate issuer, Keys.PublicKey subjectKey, CertificateSubject subject,
        CertificateUse use)
    {
        ArgumentNullException.ThrowIfNull(issuerKey);
        ArgumentNullException.ThrowIfNull(issuer);
        ArgumentNullException.ThrowIfNull(subject);
        if (!issuer.IsAuthority || issuer.PublicKey != issuerKey.PublicKey)
            throw new ArgumentException("The issuer is not an authority of this key.", nameof(issuer));
        if (subjectKey == issuerKey.PublicKey)
            throw new ArgumentException("An authority's key is for nothing else.", nameof(subjectKey));
        var request = RequestOf(subject, subjectKey);
        if (use == CertificateUse.Authority)
            AddAuthority(request, 0);
        else
            AddUse(request, use, subject.DnsNames);
        AddSubjectKeyIdentifier(request);
        if (issuer.Content.SubjectKeyIdentifier is { } identifier)
            request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(identifier.Span));
        return Sign(request, new X500DistinguishedName(issuer.Subject.Span), issuerKey, subject);
    }

    /// <summary>
    /// A TLS certificate that its own key signs, for peers that know it by its digest: it is no authority, and no path leads to it.
    /// </summary>
    /// <param name="key">The key that is certified and signs.</param>
    /// <param name="subject">Who it is about.</param>
    public static OrganisationCertificate CreateSelfSignedTls(ISigningKey key, CertificateSubject subject)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(subject);
        var request = RequestOf(subject, key.PublicKey);
        AddUse(request, CertificateUse.Tls, subject.DnsNames);
        AddSubjectKeyIdentifier(request);
        return Sign(request, request.SubjectName, key, subject);
    }

    /// <summary>A revocation list, complete. <b>Source:</b> RFC 5280 section 5.</summary>
    /// <param name="issuerKey">The authority's key.</param>
    /// <param name="issuer">The authority's certificate, of the same key.</param>
    /// <param name="number">The CRL number, greater than the last one's, from 0.</param>
    /// <param name="thisUpdate">When it is made.</param>
    /// <param name="nextUpdate">When the next one is due.</param>
    /// <param name="entries">What is revoked; a reason of 0 is left out.</param>
    /// <returns>The DER.</returns>
    public static byte[] CreateRevocationList(
        ISigningKey issuerKey, OrganisationCertificate issuer, long number, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate,
        IEnumerable<RevokedCertificate> entries)
    {
        ArgumentNullException.ThrowIfNull(issuerKey);
        ArgumentNullException.ThrowIfNull(issuer);
        ArgumentNullException.ThrowIfNull(entries);
        if (!issuer.IsAuthority || issuer.PublicKey != issuerKey.PublicKey || issuer.Content.SubjectKeyIdentifier is not { } identifier)
            throw new ArgumentException("The issuer is not an authority of this key.", nameof(issuer));
        var builder = new CertificateRevocationListBuilder();
        foreach (var entry in entries)
            builder.AddEntry(entry.SerialNumber.Span, entry.Date, entry.Reason == 0 ? null : (X509RevocationReason)entry.Reason);
        return builder.Build(
            new X500DistinguishedName(issuer.Subject.Span), new SigningKeyGenerator(issuerKey), number, nextUpdate, HashAlgorithmName.SHA256,
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(identifier.Span), thisUpdate);
    }

    private static CertificateRequest RequestOf(CertificateSubject subject, Keys.PublicKey key)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddOrganizationName(subject.Organisation);
        name.AddCommonName(subject.CommonName);
        return new CertificateRequest(name.Build(), SigningKeyGenerator.Of(key), HashAlgorithmName.SHA256);
    }

    private static void AddAuthority(CertificateRequest request, int pathLength)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, pathLength, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
    }

    private static void AddUse(CertificateRequest request, CertificateUse use, IReadOnlyList<string> dnsNames)
    {
        var usage = use switch
        {
            CertificateUse.Signing or CertificateUse.Tls => X509KeyUsageFlags.DigitalSignature,
            CertificateUse.Encryption => X509KeyUsageFlags.KeyAgreement,
            _ => throw new ArgumentException("A certificate has a use.", nameof(use)),
        };
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(usage, true));
        if (use != CertificateUse.Tls)
            return;
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        if (dnsNames.Count == 0)
            return;
        var names = new SubjectAlternativeNameBuilder();
        foreach (var dnsName in dnsNames)
            names.AddDnsName(dnsName);
        request.CertificateExtensions.Add(names.Build());
    }

    private static byte[] AddSubjectKeyIdentifier(CertificateRequest request)
    {
        // RFC 7093 section 2, method 1: the first 160 bits of SHA-256 over the key's bits.
        var identifier = SHA256.HashData(request.PublicKey.EncodedKeyValue.RawData)[..20];
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(identifier, critical: false));
        return identifier;
    }

    private static OrganisationCertificate Sign(
        CertificateRequest request, X500DistinguishedName issuer, ISigningKey key, CertificateSubject subject)
    {
        var serial = RandomNumberGenerator.GetBytes(SerialBytes);
        // Positive, and without a leading zero byte.
        serial[0] = (byte)((serial[0] & 0x7F) | 0x40);
        using var made = request.Create(issuer, new SigningKeyGenerator(key), subject.NotBefore, subject.NotAfter, serial);
        return OrganisationCertificate.TryParse(made.RawData, out var certificate)
            ? certificate
            : throw new CryptographicException("The certificate made is not one that is read: names are too long or out of form.");
    }
}
