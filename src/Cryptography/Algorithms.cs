namespace Counterfoil.Cryptography;

/// <summary>
/// Which algorithms are offered where data name one outside JOSE (whose own list is in its parser): object identifiers of X.509 and CMS, and
/// names of VRF suites. Everything else is refused with <see cref="Unsupported"/> before any of it is looked at.
/// </summary>
public static class Algorithms
{
    /// <summary>The code of every refusal of an algorithm that is not offered.</summary>
    public const string Unsupported = "unsupported_algorithm";

    /// <summary>The only suite of the verifiable random function. RFC 9381 section 5.5, suite_string 0x01.</summary>
    public const string EcvrfP256Sha256Tai = "ECVRF-P256-SHA256-TAI";

    /// <summary>ECDSA with SHA-256. RFC 5758 section 3.2.</summary>
    public const string EcdsaWithSha256 = "1.2.840.10045.4.3.2";

    /// <summary>id-ecPublicKey. RFC 5480 section 2.1.1.</summary>
    public const string EcPublicKey = "1.2.840.10045.2.1";

    /// <summary>The curve P-256, secp256r1. RFC 5480 section 2.1.1.1.</summary>
    public const string CurveP256 = "1.2.840.10045.3.1.7";

    /// <summary>True if signatures of this object identifier are offered.</summary>
    public static bool IsOfferedSignature(string objectIdentifier) => objectIdentifier == EcdsaWithSha256;

    /// <summary>True if the VRF suite is offered.</summary>
    public static bool IsOfferedVrf(string suite) => suite == EcvrfP256Sha256Tai;
}
