namespace Counterfoil.Cryptography.X509;

/// <summary>What an organisation's certificate is for. One use each: a key that signs never encrypts.</summary>
public enum CertificateUse
{
    /// <summary>No use; never issued.</summary>
    Unset = 0,

    /// <summary>An authority: signs certificates and revocation lists.</summary>
    Authority = 1,

    /// <summary>Signs documents: digitalSignature, no extended key usage.</summary>
    Signing = 2,

    /// <summary>Is encrypted to: keyAgreement, no extended key usage.</summary>
    Encryption = 3,

    /// <summary>TLS on either side: digitalSignature, serverAuth and clientAuth.</summary>
    Tls = 4,
}

/// <summary>
/// The bits of the key usage extension in the order of their numbers. <b>Source:</b> RFC 5280 section
/// 4.2.1.3.
/// </summary>
[Flags]
public enum KeyUsages
{
    /// <summary>No bit, or no extension.</summary>
    None = 0,

    /// <summary>Verifies signatures other than those on certificates and lists.</summary>
    DigitalSignature = 1 << 0,

    /// <summary>Content commitment.</summary>
    NonRepudiation = 1 << 1,

    /// <summary>Encrypts keys.</summary>
    KeyEncipherment = 1 << 2,

    /// <summary>Encrypts data directly.</summary>
    DataEncipherment = 1 << 3,

    /// <summary>Agrees on keys.</summary>
    KeyAgreement = 1 << 4,

    /// <summary>Verifies signatures on certificates.</summary>
    KeyCertSign = 1 << 5,

    /// <summary>Verifies signatures on revocation lists.</summary>
    CrlSign = 1 << 6,

    /// <summary>Agreement only to encipher.</summary>
    EncipherOnly = 1 << 7,

    /// <summary>Agreement only to decipher.</summary>
    DecipherOnly = 1 << 8,
}
