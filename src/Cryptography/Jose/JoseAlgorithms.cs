namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// The registered names of the algorithms that are offered. <b>Source:</b> RFC 7518 sections 3.1, 4.1 and
/// 5.1.
/// </summary>
public static class JoseAlgorithms
{
    /// <summary>ECDSA on P-256 with SHA-256: the only asymmetric signature.</summary>
    public const string Es256 = "ES256";

    /// <summary>HMAC with SHA-256, through <see cref="HmacJws"/> only.</summary>
    public const string Hs256 = "HS256";

    /// <summary>HMAC with SHA-384, through <see cref="HmacJws"/> only.</summary>
    public const string Hs384 = "HS384";

    /// <summary>HMAC with SHA-512, through <see cref="HmacJws"/> only.</summary>
    public const string Hs512 = "HS512";

    /// <summary>Key agreement on P-256; the agreed key is the content key.</summary>
    public const string EcdhEs = "ECDH-ES";

    /// <summary>Key agreement on P-256; the agreed key wraps the content key with AES-128.</summary>
    public const string EcdhEsA128Kw = "ECDH-ES+A128KW";

    /// <summary>
    /// Key agreement on P-256; the agreed key wraps the content key with AES-256: the default.
    /// </summary>
    public const string EcdhEsA256Kw = "ECDH-ES+A256KW";

    /// <summary>The shared symmetric key is the content key, through <c>SymmetricJwe</c> only.</summary>
    public const string Direct = "dir";

    /// <summary>AES-128 key wrap, through <c>SymmetricJwe</c> only.</summary>
    public const string A128Kw = "A128KW";

    /// <summary>AES-256 key wrap, through <c>SymmetricJwe</c> only.</summary>
    public const string A256Kw = "A256KW";

    /// <summary>Key wrap by AES-128-GCM, through <c>SymmetricJwe</c> only.</summary>
    public const string A128GcmKw = "A128GCMKW";

    /// <summary>Key wrap by AES-256-GCM, through <c>SymmetricJwe</c> only.</summary>
    public const string A256GcmKw = "A256GCMKW";

    /// <summary>Content encryption by AES-128-GCM.</summary>
    public const string A128Gcm = "A128GCM";

    /// <summary>Content encryption by AES-256-GCM: the default.</summary>
    public const string A256Gcm = "A256GCM";

    /// <summary>Content encryption by AES-128-CBC with HMAC-SHA-256.</summary>
    public const string A128CbcHs256 = "A128CBC-HS256";

    /// <summary>Content encryption by AES-256-CBC with HMAC-SHA-512.</summary>
    public const string A256CbcHs512 = "A256CBC-HS512";
}
