using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Certificates;

/// <summary>
/// Why a certificate is not registered or revoked, in order of precedence. It answers
/// <c>unknown_account</c> as the ledger does.
/// </summary>
public static class CertificatesRefusals
{
    /// <summary>
    /// Not an X.509 certificate of a P-256 key in DER within the maximum, or of no known purpose.
    /// </summary>
    public static readonly RefusalCode MalformedCertificate =
        new(
            "malformed_certificate",
            "The bytes are not a certificate of a P-256 key, or the purpose is none of sign, encrypt and tls.");

    /// <summary>Its key usage is another.</summary>
    public static readonly RefusalCode WrongCertificateUse =
        new("wrong_certificate_use", "The certificate's key usage is not that of the purpose.");

    /// <summary>The key's own proof is missing or wrong.</summary>
    public static readonly RefusalCode PossessionUnproven =
        new(
            "possession_unproven",
            "The certificate's key did not prove its possession for this ledger and account.");

    /// <summary>The signer is no registrar.</summary>
    public static readonly RefusalCode NotRegistrar =
        new("not_registrar", "Only a registrar does this.");

    /// <summary>It is one already.</summary>
    public static readonly RefusalCode RegistrarExists =
        new("registrar_exists", "The account is a registrar already.");

    /// <summary>This certificate was registered before.</summary>
    public static readonly RefusalCode CertificateExists =
        new("certificate_exists", "The certificate was registered before.");

    /// <summary>Its key is registered for another account or purpose.</summary>
    public static readonly RefusalCode KeyReused =
        new("key_reused", "The key is or was registered for another account, node or purpose.");

    /// <summary>The time is outside its validity.</summary>
    public static readonly RefusalCode CertificateNotValid =
        new("certificate_not_valid", "The certificate is not valid at this time.");

    /// <summary>None is registered for this account and purpose.</summary>
    public static readonly RefusalCode UnknownCertificate =
        new("unknown_certificate", "No certificate is registered for this account and purpose.");

    /// <summary>It is revoked already.</summary>
    public static readonly RefusalCode CertificateRevoked =
        new("certificate_revoked", "The certificate is revoked.");

    /// <summary>All of them, in order of precedence.</summary>
    public static IReadOnlyList<RefusalCode> All { get; } =
    [
        MalformedCertificate, WrongCertificateUse, PossessionUnproven, NotRegistrar, RegistrarExists,
            CertificateExists, KeyReused, CertificateNotValid,
        UnknownCertificate, CertificateRevoked,
    ];
}
