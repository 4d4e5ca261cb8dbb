namespace Counterfoil.Cryptography.X509;

/// <summary>Why a certificate, a chain or a proof of possession was refused: a stable snake_case code.</summary>
public readonly record struct CertificateRefusal(string Code)
{
    /// <summary>
    /// Not a certificate of version 3 in DER, or with an extension twice or in another form than RFC 5280's.
    /// </summary>
    public static readonly CertificateRefusal Malformed = new("malformed_certificate");

    /// <summary>A key that is not of P-256, or a signature that is not ECDSA with SHA-256.</summary>
    public static readonly CertificateRefusal UnsupportedAlgorithm = new(Algorithms.Unsupported);

    /// <summary>A critical extension that this validator does not process.</summary>
    public static readonly CertificateRefusal UnknownCriticalExtension = new("unknown_critical_extension");

    /// <summary>The chain is empty or longer than <see cref="CertificateChain.MaximumLength"/>.</summary>
    public static readonly CertificateRefusal ChainTooLong = new("chain_too_long");

    /// <summary>The chain does not end at one of the given roots.</summary>
    public static readonly CertificateRefusal UntrustedRoot = new("untrusted_root");

    /// <summary>A certificate's issuer name or key identifier is not that of the next certificate.</summary>
    public static readonly CertificateRefusal IssuerMismatch = new("issuer_mismatch");

    /// <summary>The time is before a certificate's validity.</summary>
    public static readonly CertificateRefusal NotYetValid = new("not_yet_valid");

    /// <summary>The time is after a certificate's validity.</summary>
    public static readonly CertificateRefusal Expired = new("expired");

    /// <summary>An issuer that is not a certificate authority, or may not sign certificates.</summary>
    public static readonly CertificateRefusal NotAnAuthority = new("not_a_certificate_authority");

    /// <summary>An authority has more authorities below it than it may.</summary>
    public static readonly CertificateRefusal PathTooLong = new("path_too_long");

    /// <summary>
    /// A certificate's signature does not verify under its issuer's key, or a proof's under its
    /// certificate's.
    /// </summary>
    public static readonly CertificateRefusal InvalidSignature = new("invalid_signature");

    /// <summary>The first certificate is not for this use.</summary>
    public static readonly CertificateRefusal WrongUse = new("wrong_certificate_use");

    /// <summary>A proof of possession that is not in its form.</summary>
    public static readonly CertificateRefusal MalformedProof = new("malformed_proof");

    /// <summary>A proof of possession for another ledger, account or certificate.</summary>
    public static readonly CertificateRefusal ProofMismatch = new("proof_mismatch");

    /// <summary>The code.</summary>
    public override string ToString() => Code ?? "";
}
