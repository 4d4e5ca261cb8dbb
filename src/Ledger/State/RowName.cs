namespace Counterfoil.Ledger.State;

/// <summary>
/// Names a row of any table, so that what is known of it only by name can be compared: the same name is the same row.
/// </summary>
/// <param name="Table">The table's name.</param>
/// <param name="Key">The key's bytes in lower-case hexadecimal digits.</param>
public readonly record struct RowName(string Table, string Key) : IComparable<RowName>
{
    /// <summary>The name of the row that a typed key has in that table.</summary>
    public static RowName Of<TKey>(string table, in TKey key)
        where TKey : struct, IStateKey<TKey>
    {
        var writer = new StateWriter(stackalloc byte[128]);
        try
        {
            key.Write(ref writer);
            return new RowName(table, Convert.ToHexStringLower(writer.Written));
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>By table, then by key.</summary>
    public int CompareTo(RowName other) =>
        string.CompareOrdinal(Table, other.Table) is not 0 and var order ? order : string.CompareOrdinal(Key, other.Key);
}
