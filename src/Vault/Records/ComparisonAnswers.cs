namespace Counterfoil.Vault.Records;

/// <summary>The server's answer, as it came; the caller has verified the signature over it.</summary>
public sealed class OriginalAnswer
{
    private OriginalAnswer(ReadOnlyMemory<byte> bytes, bool isSealed, bool isForbidden)
    {
        Bytes = bytes;
        IsSealed = isSealed;
        IsForbidden = isForbidden;
    }

    /// <summary>The answer <c>forbidden</c>, which also stands for "no such record".</summary>
    public static OriginalAnswer Forbidden { get; } = new(default, false, true);

    /// <summary>The answer <c>damaged_document</c>: the server itself cannot read what it stored.</summary>
    public static OriginalAnswer Damaged { get; } = new(default, false, false);

    /// <summary>The signed original <c>S</c>.</summary>
    public static OriginalAnswer Signed(ReadOnlyMemory<byte> bytes) => new(bytes, false, false);

    /// <summary>The second ciphertext <c>C2</c>, before an opening.</summary>
    public static OriginalAnswer Sealed(ReadOnlyMemory<byte> bytes) => new(bytes, true, false);

    internal ReadOnlyMemory<byte> Bytes { get; }

    internal bool IsSealed { get; }

    internal bool IsForbidden { get; }
}

/// <summary>The vault's answer for the anchored <c>ct_digest</c>.</summary>
public sealed class CiphertextAnswer
{
    private CiphertextAnswer(ReadOnlyMemory<byte>? bytes, bool isExcused)
    {
        Bytes = bytes;
        IsExcused = isExcused;
    }

    /// <summary>Not asked for: the reader is no recipient.</summary>
    public static CiphertextAnswer NotAsked { get; } = new(null, true);

    /// <summary>The bytes that the vault returned.</summary>
    public static CiphertextAnswer Found(ReadOnlyMemory<byte> bytes) => new(bytes, false);

    /// <summary>The vault returned nothing.</summary>
    /// <param name="retainUntil">Until when it had to keep it.</param>
    /// <param name="askedAt">When it was asked.</param>
    public static CiphertextAnswer Absent(DateTimeOffset retainUntil, DateTimeOffset askedAt) => new(null, askedAt >= retainUntil);

    internal ReadOnlyMemory<byte>? Bytes { get; }

    internal bool IsExcused { get; }
}
