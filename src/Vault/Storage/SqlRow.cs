using System.Data.Common;

namespace Counterfoil.Vault.Storage;

/// <summary>The current row of a running query; columns are counted from 0. Valid only inside the function it is given to.</summary>
public readonly struct SqlRow
{
    private readonly DbDataReader reader;

    internal SqlRow(DbDataReader reader) => this.reader = reader;

    /// <summary>True if the column holds null.</summary>
    public bool IsNull(int column) => reader.IsDBNull(column);

    /// <summary>The 64-bit integer of the column.</summary>
    public long Integer(int column) => reader.GetInt64(column);

    /// <summary>The 64-bit integer of the column, or null.</summary>
    public long? IntegerOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    /// <summary>The text of the column.</summary>
    public string Text(int column) => reader.GetString(column);

    /// <summary>The text of the column, or null.</summary>
    public string? TextOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <summary>The bytes of the column, in an array of their own.</summary>
    public byte[] Bytes(int column) => reader.GetFieldValue<byte[]>(column);

    /// <summary>The bytes of the column, or null.</summary>
    public byte[]? BytesOrNull(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<byte[]>(column);
}
