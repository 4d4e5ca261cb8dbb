namespace Counterfoil.Vault.Storage;

/// <summary>The column types that both engines share.</summary>
internal enum SqlType
{
    Integer = 1,
    Text = 2,
    Bytes = 3,
}

/// <summary>
/// One parameter of a statement: a 64-bit integer, a text or bytes, or null of one of these types. Made by conversion from
/// <c>long</c>, <c>string</c>, <c>byte[]</c> and their nullable forms, so that a null too carries its type (PostgreSQL asks for it).
/// </summary>
public readonly struct SqlValue
{
    private readonly long integer;
    private readonly object? reference;

    private SqlValue(SqlType type, bool isNull, long integer, object? reference)
    {
        Type = type;
        IsNull = isNull;
        this.integer = integer;
        this.reference = reference;
    }

    internal SqlType Type { get; }

    internal bool IsNull { get; }

    internal object Boxed => IsNull ? DBNull.Value : Type == SqlType.Integer ? integer : reference!;

    /// <summary>A 64-bit integer.</summary>
    public static SqlValue FromInt64(long? value) => value;

    /// <summary>A text.</summary>
    public static SqlValue FromString(string? value) => value;

    /// <summary>Bytes; the array is read when the statement runs, or when its batch is flushed.</summary>
    public static SqlValue FromByteArray(byte[]? value) => value;

    /// <summary>A 64-bit integer.</summary>
    public static implicit operator SqlValue(long value) => new(SqlType.Integer, false, value, null);

    /// <summary>A 64-bit integer or null.</summary>
    public static implicit operator SqlValue(long? value) => new(SqlType.Integer, value is null, value ?? 0, null);

    /// <summary>A text or null.</summary>
    public static implicit operator SqlValue(string? value) => new(SqlType.Text, value is null, 0, value);

    /// <summary>Bytes or null.</summary>
    public static implicit operator SqlValue(byte[]? value) => new(SqlType.Bytes, value is null, 0, value);
}
