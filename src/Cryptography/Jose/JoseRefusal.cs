namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// Why a JOSE object or key was refused: a stable snake_case code, the same for every way to the same fault.
/// </summary>
public readonly record struct JoseRefusal(string Code)
{
    /// <summary>
    /// Not in the form that the standard and our maxima allow: base64url, JSON, members, sizes, header rules.
    /// </summary>
    public static readonly JoseRefusal Malformed = new("malformed");

    /// <summary>
    /// An algorithm, curve, key type or compression that is not offered here, <c>none</c> included.
    /// </summary>
    public static readonly JoseRefusal UnsupportedAlgorithm = new("unsupported_algorithm");

    /// <summary>An algorithm that is offered, but is not the one that this key is for.</summary>
    public static readonly JoseRefusal UnexpectedAlgorithm = new("unexpected_algorithm");

    /// <summary>The header's <c>typ</c> is not the one that the caller expects.</summary>
    public static readonly JoseRefusal UnexpectedType = new("unexpected_type");

    /// <summary><c>crit</c> names an extension that the caller does not understand.</summary>
    public static readonly JoseRefusal UnknownCriticalHeader = new("unknown_critical_header");

    /// <summary>The signature or authentication code does not verify under the key.</summary>
    public static readonly JoseRefusal InvalidSignature = new("invalid_signature");

    /// <summary>
    /// A key that is not valid: a point off its curve, a private part that does not match, an ambiguous key
    /// set.
    /// </summary>
    public static readonly JoseRefusal InvalidKey = new("invalid_key");

    /// <summary>A symmetric key shorter than its algorithm demands.</summary>
    public static readonly JoseRefusal KeyTooShort = new("key_too_short");

    /// <summary>
    /// The content did not open: wrong key, wrong tag, anything altered. One code, so that nothing is told
    /// apart.
    /// </summary>
    public static readonly JoseRefusal DecryptionFailed = new("decryption_failed");

    /// <summary>The code.</summary>
    public override string ToString() => Code;
}
