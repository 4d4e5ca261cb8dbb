namespace Counterfoil.Cryptography.Jose;

/// <summary>What a reader of a JWE expects; what is otherwise is refused before any key is used.</summary>
public sealed class JweExpectation
{
    /// <summary>The largest JWE in bytes that is read where nothing else is said: 2 MiB.</summary>
    public const int DefaultMaximumBytes = 2 * 1024 * 1024;

    /// <summary>Any offered content encryption, any type, no extension, 2 MiB.</summary>
    public static readonly JweExpectation Default = new();

    /// <summary>The only <c>typ</c> taken, which must be protected; null (default) for any or none.</summary>
    public string? Type { get; init; }

    /// <summary>The names in <c>crit</c> that the caller understands and acts on; default none.</summary>
    public IReadOnlyList<string> Critical { get; init; } = [];

    /// <summary>The largest JWE in bytes that is read; default <see cref="DefaultMaximumBytes"/>.</summary>
    public int MaximumBytes { get; init; } = DefaultMaximumBytes;

    /// <summary>
    /// The refusal of a recipient's header, in order of precedence; null if it is as expected.
    /// </summary>
    internal JoseRefusal? Check(JoseHeader header)
    {
        if (header.IsCompressed || ContentEncryption.Find(header.Encryption) is null)
            return JoseRefusal.UnsupportedAlgorithm;
        foreach (var name in header.Critical)
            if (!Critical.Contains(name))
                return JoseRefusal.UnknownCriticalHeader;
        if (Type is not null && (header.Type != Type || !header.IsProtected("typ")))
            return JoseRefusal.UnexpectedType;
        return null;
    }
}
