namespace Counterfoil.Ledger.State;

/// <summary>A past version of a key: the key and the version's number, from 1 without gaps.</summary>
/// <param name="Key">The history table's key.</param>
/// <param name="Number">1 for the first version.</param>
public readonly record struct VersionKey<TKey>(TKey Key, uint Number) : IStateKey<VersionKey<TKey>>
    where TKey : struct, IStateKey<TKey>
{
    /// <inheritdoc/>
    public int CompareTo(VersionKey<TKey> other) => Key.CompareTo(other.Key) is not 0 and var order ? order : Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        Key.Write(ref writer);
        writer.UInt32(Number);
    }

    /// <inheritdoc/>
    public static VersionKey<TKey> Read(ref StateReader reader) => new(TKey.Read(ref reader), reader.UInt32());
}

/// <summary>A key's present version: its number, the height from which it holds, and its row, absent if the key was removed.</summary>
/// <param name="Number">1 for the first version.</param>
/// <param name="From">The height of the block that made it.</param>
/// <param name="IsPresent">False if the key has had no row since <paramref name="From"/>.</param>
/// <param name="Row">The row; unset if there is none.</param>
public sealed record CurrentVersion<TRow>(uint Number, long From, bool IsPresent, TRow? Row) : IStateRow<CurrentVersion<TRow>>
    where TRow : IStateRow<TRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.UInt32(Number);
        writer.Int64(From);
        writer.Bool(IsPresent);
        if (IsPresent)
            Row!.Write(ref writer);
    }

    /// <inheritdoc/>
    public static CurrentVersion<TRow> Read(ref StateReader reader)
    {
        var (number, from, isPresent) = (reader.UInt32(), reader.Int64(), reader.Bool());
        return new(number, from, isPresent, isPresent ? TRow.Read(ref reader) : default);
    }
}

/// <summary>A version that held from one height until another: in the blocks <c>From ≤ height &lt; Until</c>, as of their ends.</summary>
/// <param name="From">The height of the block that made it.</param>
/// <param name="Until">The height of the block that replaced it.</param>
/// <param name="IsPresent">False if the key had no row in that time.</param>
/// <param name="Row">The row; unset if there was none.</param>
public sealed record PastVersion<TRow>(long From, long Until, bool IsPresent, TRow? Row) : IStateRow<PastVersion<TRow>>
    where TRow : IStateRow<TRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Int64(From);
        writer.Int64(Until);
        writer.Bool(IsPresent);
        if (IsPresent)
            Row!.Write(ref writer);
    }

    /// <inheritdoc/>
    public static PastVersion<TRow> Read(ref StateReader reader)
    {
        var (from, until, isPresent) = (reader.Int64(), reader.Int64(), reader.Bool());
        return new(from, until, isPresent, isPresent ? TRow.Read(ref reader) : default);
    }
}
