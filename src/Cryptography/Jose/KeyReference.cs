namespace Counterfoil.Cryptography.Jose;

/// <summary>How a protected header names the key that signed.</summary>
public enum KeyReference
{
    /// <summary><c>kid</c>: the RFC 7638 thumbprint in base64url.</summary>
    Thumbprint,

    /// <summary><c>jwk</c>: the public key itself.</summary>
    Key,

    /// <summary>Both <c>kid</c> and <c>jwk</c>.</summary>
    ThumbprintAndKey,

    /// <summary>Neither; the extra members of the caller may say it.</summary>
    None,
}
