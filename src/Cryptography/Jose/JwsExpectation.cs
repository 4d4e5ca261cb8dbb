namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// What a reader of a JWS expects; what is otherwise is refused before any signature is looked at.
/// </summary>
public sealed class JwsExpectation
{
    /// <summary>The largest JWS in bytes that is read where nothing else is said: 1 MiB.</summary>
    public const int DefaultMaximumBytes = 1024 * 1024;

    /// <summary>ES256, any type, no extension, 1 MiB.</summary>
    public static readonly JwsExpectation Es256 = new();

    /// <summary>
    /// The values of <c>alg</c> taken; default ES256 alone. Another name means that the caller verifies such
    /// signatures over <c>SigningInput</c> itself.
    /// </summary>
    public IReadOnlyList<string> Algorithms { get; init; } = [JoseAlgorithms.Es256];

    /// <summary>The only <c>typ</c> taken, compared exactly; null (default) for any or none.</summary>
    public string? Type { get; init; }

    /// <summary>The names in <c>crit</c> that the caller understands and acts on; default none.</summary>
    public IReadOnlyList<string> Critical { get; init; } = [];

    /// <summary>True if RFC 7797 unencoded payloads (<c>b64: false</c>) are taken; default false.</summary>
    public bool AllowUnencodedPayload { get; init; }

    /// <summary>The largest JWS in bytes that is read; default <see cref="DefaultMaximumBytes"/>.</summary>
    public int MaximumBytes { get; init; } = DefaultMaximumBytes;

    /// <summary>True to judge nothing yet: the reader judges each signature itself.</summary>
    internal bool TakesAnything { get; init; }

    /// <summary>
    /// The refusal of a header that is well formed but not as expected, in order of precedence; null if it is
    /// as expected.
    /// </summary>
    internal JoseRefusal? Check(JoseHeader header)
    {
        if (TakesAnything)
            return null;
        if (!Algorithms.Contains(header.Algorithm))
            return JoseRefusal.UnsupportedAlgorithm;
        foreach (var name in header.Critical)
            if (!(name == "b64" && AllowUnencodedPayload) && !Critical.Contains(name))
                return JoseRefusal.UnknownCriticalHeader;
        return Type is not null && header.Type != Type ? JoseRefusal.UnexpectedType : null;
    }
}
