using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Ledger.State;

/// <summary>
/// A table that can be read as of a past height. Every version is a row with the heights from and until which it held, and a time without
/// a row is a version too: so the present checkpoint root proves past values and past absences.
/// <para>
/// The present version of a key stands in the table <c>name</c> as <see cref="CurrentVersion{TRow}"/>, the earlier ones in <c>name/past</c> under
/// <see cref="VersionKey{TKey}"/> as <see cref="PastVersion{TRow}"/>, numbered from 1 without gaps. A key that had a row at height h has it in the version
/// that covers h; a key without any row in <c>name</c> never had one; before its first version a key had none. Several changes in one
/// block make one version: a height means the end of its block.
/// </para>
/// Get one from <see cref="LedgerState.DefineHistory"/>.
/// </summary>
/// <typeparam name="TKey">The key, a readonly struct.</typeparam>
/// <typeparam name="TRow">The row, immutable.</typeparam>
public sealed class HistoryTable<TKey, TRow>
    where TKey : struct, IStateKey<TKey>
    where TRow : IStateRow<TRow>
{
    private readonly LedgerState state;

    internal HistoryTable(LedgerState state, Table<TKey, CurrentVersion<TRow>> current, Table<VersionKey<TKey>, PastVersion<TRow>> past)
    {
        this.state = state;
        Current = current;
        Past = past;
    }

    /// <summary>The table's name.</summary>
    public string Name => Current.Name;

    /// <summary>The present versions, for proofs; keys that were removed stand here without a row.</summary>
    public Table<TKey, CurrentVersion<TRow>> Current { get; }

    /// <summary>The earlier versions, for proofs.</summary>
    public Table<VersionKey<TKey>, PastVersion<TRow>> Past { get; }

    /// <summary>The present row of this key.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryGet(in TKey key, [MaybeNullWhen(false)] out TRow row)
    {
        if (Current.TryGet(in key, out var version) && version.IsPresent)
        {
            row = version.Row!;
            return true;
        }
        row = default;
        return false;
    }

    /// <summary>True if there is a present row of this key.</summary>
    public bool Contains(in TKey key) => TryGet(in key, out _);

    /// <summary>The row of this key at the end of the block of that height; for the open block, so far.</summary>
    /// <returns>False if there was none.</returns>
    public bool TryGetAt(in TKey key, long height, [MaybeNullWhen(false)] out TRow row)
    {
        row = default;
        if (!Current.TryGet(in key, out var current))
            return false;
        if (current.From <= height)
        {
            row = current.Row;
            return current.IsPresent;
        }
        for (uint low = 1, high = current.Number - 1; low <= high;)
        {
            var middle = low + (high - low) / 2;
            if (!Past.TryGet(new VersionKey<TKey>(key, middle), out var version))
                throw new StateFormatException($"Version {middle} of a key in {Name} is missing.");
            if (height < version.From)
                high = middle - 1;
            else if (height >= version.Until)
                low = middle + 1;
            else
            {
                row = version.Row;
                return version.IsPresent;
            }
        }
        return false;
    }

    /// <summary>Gives the key this row from the open block on.</summary>
    public void Set(in TKey key, TRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        Put(in key, isPresent: true, row);
    }

    /// <summary>Takes the key's row away from the open block on; its past stays.</summary>
    /// <returns>False if there was none.</returns>
    public bool Remove(in TKey key)
    {
        state.RequireOpenBlock();
        if (!Contains(in key))
            return false;
        Put(in key, isPresent: false, row: default);
        return true;
    }

    /// <summary>The first present rows in key order from <paramref name="start"/> on, itself included.</summary>
    /// <param name="start">The smallest key wanted.</param>
    /// <param name="limit">The largest number of rows wanted, at least 1.</param>
    public IReadOnlyList<KeyValuePair<TKey, TRow>> From(TKey start, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var portion = new List<KeyValuePair<TKey, TRow>>(Math.Min(limit, 64));
        foreach (var (key, version) in Current.AllFrom(start))
        {
            if (!version.IsPresent)
                continue;
            portion.Add(new(key, version.Row!));
            if (portion.Count == limit)
                break;
        }
        return portion;
    }

    private void Put(in TKey key, bool isPresent, TRow? row)
    {
        var height = state.Height;
        if (!Current.TryGet(in key, out var before))
        {
            Current.Set(in key, new CurrentVersion<TRow>(1, height, isPresent, row));
        }
        else if (before.From < height)
        {
            Past.Set(new VersionKey<TKey>(key, before.Number), new PastVersion<TRow>(before.From, height, before.IsPresent, before.Row));
            Current.Set(in key, new CurrentVersion<TRow>(before.Number + 1, height, isPresent, row));
        }
        else if (isPresent || before.Number > 1)
        {
            Current.Set(in key, before with { IsPresent = isPresent, Row = row });
        }
        else
        {
            // Added and removed in one block: at no height's end was there a row.
            Current.Remove(in key);
        }
    }
}
