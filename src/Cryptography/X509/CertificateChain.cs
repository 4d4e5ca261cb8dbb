using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.X509;

/// <summary>
/// Path validation that gives the same answer everywhere: the caller gives the roots and the time; no system
/// store, network or revocation list is asked. <b>Source:</b> RFC 5280 section 6.1 without policies and name
/// constraints, which are refused where critical. Stricter: roots are held to validity, key usage and path
/// length like any authority; P-256 with SHA-256 only; names compare by their bytes.
/// </summary>
public static class CertificateChain
{
    /// <summary>The most certificates in a chain, root included.</summary>
    public const int MaximumLength = 6;

    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Validates a chain.</summary>
    /// <param name="chain">The certificate in question first, then each one's issuer; the root may be left out.</param>
    /// <param name="roots">The certificates that are trusted.</param>
    /// <param name="at">The time at which all must be valid.</param>
    /// <param name="use">What the first certificate is to be used for.</param>
    /// <returns>
    /// Null if the chain is valid; else <c>chain_too_long</c>, <c>untrusted_root</c>, then of the first
    /// certificate from the root's end: <c>unsupported_algorithm</c>, <c>unknown_critical_extension</c>,
    /// <c>not_yet_valid</c>, <c>expired</c>, <c>issuer_mismatch</c>, <c>not_a_certificate_authority</c>,
    /// <c>path_too_long</c>, <c>invalid_signature</c>; at last <c>wrong_certificate_use</c>.
    /// </returns>
    public static CertificateRefusal? Validate(
        IReadOnlyList<OrganisationCertificate> chain, IReadOnlyList<OrganisationCertificate> roots, DateTimeOffset at,
        CertificateUse use)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(roots);
        if (chain.Count is 0 or > MaximumLength)
            return CertificateRefusal.ChainTooLong;
        if (roots.Any(root => root.Thumbprint == chain[^1].Thumbprint))
            return ValidatePath(chain, at, use);
        // Several roots may have one name, such as before and after a change of its key.
        CertificateRefusal? first = null;
        foreach (var root in roots.Where(root => root.Subject.Span.SequenceEqual(chain[^1].Issuer.Span)))
        {
            if (chain.Count == MaximumLength)
                return CertificateRefusal.ChainTooLong;
            if (ValidatePath([.. chain, root], at, use) is not { } refusal)
                return null;
            first ??= refusal;
        }
        return first ?? CertificateRefusal.UntrustedRoot;
    }

    private static CertificateRefusal? ValidatePath(
        IReadOnlyList<OrganisationCertificate> path, DateTimeOffset at, CertificateUse use)
    {
        for (var place = path.Count - 1; place >= 0; place--)
        {
            var certificate = path[place];
            var issuer = place + 1 < path.Count ? path[place + 1] : null;
            if (CheckItself(certificate, at) is { } itself)
                return itself;
            if (issuer is not null && !IsIssuedBy(certificate, issuer))
                return CertificateRefusal.IssuerMismatch;
            if (place > 0 && !MayIssue(certificate))
                return CertificateRefusal.NotAnAuthority;
            // Section 6.1.4 (l): authorities that only change their own key do not count.
            if (place > 0 && certificate.Content.PathLength < path.Take(place).Skip(1).Count(below => !below.IsSelfIssued))
                return CertificateRefusal.PathTooLong;
            if (issuer is not null
                && !Es256.Verify(issuer.PublicKey!.Value, certificate.Content.Signed.Span, certificate.Content.Signature))
                return CertificateRefusal.InvalidSignature;
        }
        return IsFor(path[0], use) ? null : CertificateRefusal.WrongUse;
    }

    private static CertificateRefusal? CheckItself(OrganisationCertificate certificate, DateTimeOffset at)
    {
        if (certificate.PublicKey is null || !Algorithms.IsOfferedSignature(certificate.Content.SignatureAlgorithm))
            return CertificateRefusal.UnsupportedAlgorithm;
        if (certificate.Content.HasUnknownCriticalExtension)
            return CertificateRefusal.UnknownCriticalExtension;
        if (at < certificate.NotBefore)
            return CertificateRefusal.NotYetValid;
        // Validity ends with the last moment of the second notAfter.
        return at >= certificate.NotAfter.AddSeconds(1) ? CertificateRefusal.Expired : null;
    }

    private static bool IsIssuedBy(OrganisationCertificate certificate, OrganisationCertificate issuer) =>
        certificate.Issuer.Span.SequenceEqual(issuer.Subject.Span)
        && (certificate.Content.AuthorityKeyIdentifier is not { } wanted || issuer.Content.SubjectKeyIdentifier is not { } given
            || wanted.Span.SequenceEqual(given.Span));

    private static bool MayIssue(OrganisationCertificate certificate) =>
        certificate.IsAuthority && certificate.KeyUsages.HasFlag(KeyUsages.KeyCertSign);

    private static bool IsFor(OrganisationCertificate certificate, CertificateUse use)
    {
        var usages = certificate.KeyUsages;
        var extended = certificate.ExtendedKeyUsages;
        var signs = usages.HasFlag(KeyUsages.DigitalSignature);
        var agrees = usages.HasFlag(KeyUsages.KeyAgreement);
        return use switch
        {
            CertificateUse.Authority => MayIssue(certificate),
            CertificateUse.Signing => !certificate.IsAuthority && signs && !agrees && extended is null,
            CertificateUse.Encryption => !certificate.IsAuthority && agrees && !signs && extended is null,
            CertificateUse.Tls => !certificate.IsAuthority && signs
                && extended is not null && extended.Contains(ServerAuthentication) && extended.Contains(ClientAuthentication),
            _ => false,
        };
    }
}
