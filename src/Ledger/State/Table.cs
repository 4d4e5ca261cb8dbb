using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>
/// A typed table of the ledger's state, held in memory. Reading allocates nothing; writing allocates no more than the row itself (and, now and
/// then, a larger table) and is journalled, so that the block or a savepoint in it can be undone. One thread writes; others may read only
/// while nobody writes. Get one from <see cref="LedgerState.Define"/>.
/// </summary>
/// <typeparam name="TKey">The key, a readonly struct.</typeparam>
/// <typeparam name="TRow">The row, immutable.</typeparam>
public sealed class Table<TKey, TRow> : StateTable
    where TKey : struct, IStateKey<TKey>
    where TRow : IStateRow<TRow>
{
    private readonly SlotIndex<TKey, TRow> slots = new();
    private readonly SortedKeys<TKey>? order;
    private readonly List<Undo> undo = [];
    private readonly List<TKey> changed = [];

    // A slot whose epoch is this one is already noted in `changed`.
    private uint epoch = 1;

    internal Table(LedgerState state, int number, string name, bool ordered) : base(state, number, name) =>
        order = ordered ? new SortedKeys<TKey>() : null;

    private readonly record struct Undo(TKey Key, TRow? Row, bool Existed);

    /// <inheritdoc/>
    public override int Count => slots.Count;

    /// <summary>The row of this key.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryGet(in TKey key, [MaybeNullWhen(false)] out TRow row)
    {
        ref var slot = ref slots.Find(in key);
        if (Unsafe.IsNullRef(ref slot))
        {
            row = default;
            return false;
        }
        row = slot.Row;
        return true;
    }

    /// <summary>True if there is a row of this key.</summary>
    public bool Contains(in TKey key) => !Unsafe.IsNullRef(ref slots.Find(in key));

    /// <summary>Adds the row, or puts it in the place of the key's present one.</summary>
    /// <exception cref="InvalidOperationException">No block is open: a fault.</exception>
    public void Set(in TKey key, TRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        State.Journal(Number);
        undo.Add(Put(in key, row));
    }

    /// <summary>Removes the row.</summary>
    /// <returns>False if there was none.</returns>
    /// <exception cref="InvalidOperationException">No block is open: a fault.</exception>
    public bool Remove(in TKey key)
    {
        State.RequireOpenBlock();
        if (!Take(in key, out var old))
            return false;
        State.Journal(Number);
        undo.Add(new Undo(key, old, Existed: true));
        return true;
    }

    /// <summary>The first rows in key order from <paramref name="start"/> on, itself included: a portion. It is a copy and stays as it is.</summary>
    /// <param name="start">The smallest key wanted; <c>default</c> is below or equal to all others for most keys.</param>
    /// <param name="limit">The largest number of rows wanted, at least 1.</param>
    /// <exception cref="InvalidOperationException">The table is not ordered: a fault.</exception>
    public IReadOnlyList<KeyValuePair<TKey, TRow>> From(TKey start, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var portion = new List<KeyValuePair<TKey, TRow>>(Math.Min(limit, 64));
        foreach (var row in AllFrom(start))
        {
            portion.Add(row);
            if (portion.Count == limit)
                break;
        }
        return portion;
    }

    /// <summary>The row of the smallest key.</summary>
    /// <returns>False if the table is empty.</returns>
    /// <exception cref="InvalidOperationException">The table is not ordered: a fault.</exception>
    public bool First(out TKey key, [MaybeNullWhen(false)] out TRow row)
    {
        row = default;
        if (!Ordered.TryFirst(out key))
            return false;
        row = slots.Find(in key).Row;
        return true;
    }

    internal IEnumerable<KeyValuePair<TKey, TRow>> AllFrom(TKey start)
    {
        foreach (var key in Ordered.From(start))
            yield return new(key, slots.Find(in key).Row);
    }

    private SortedKeys<TKey> Ordered => order ?? throw new InvalidOperationException($"The table {Name} is not ordered.");

    internal override void UndoLast()
    {
        var last = undo[^1];
        undo.RemoveAt(undo.Count - 1);
        if (last.Existed)
            Put(last.Key, last.Row!);
        else
            Take(last.Key, out _);
    }

    internal override IEnumerable<RowName> LastWritten(int changes)
    {
        for (var at = undo.Count - changes; at < undo.Count; at++)
            yield return RowName.Of(Name, undo[at].Key);
    }

    internal override bool TryDigestRow(string keyHex, out Digest<StateValue> value)
    {
        value = default;
        TKey key;
        try
        {
            var reader = new StateReader(Convert.FromHexString(keyHex));
            key = TKey.Read(ref reader);
            reader.End();
        }
        catch (Exception fault) when (fault is FormatException or StateFormatException)
        {
            return false;
        }
        // Every key has one form in bytes; other bytes that read as the same key would be another name of the row.
        if (RowName.Of(Name, key).Key != keyHex)
            return false;
        if (!TryGet(in key, out var row))
            return true;
        var writer = new StateWriter(stackalloc byte[512]);
        try
        {
            row.Write(ref writer);
            value = ShortHash.Of<StateValue>(writer.Written);
            return true;
        }
        finally
        {
            writer.Dispose();
        }
    }

    internal override IRowRedo DetachLast()
    {
        var key = undo[^1].Key;
        var redo = TryGet(in key, out var row) ? new Redo(this, key, row, isPresent: true) : new Redo(this, key, default, isPresent: false);
        UndoLast();
        return redo;
    }

    private sealed class Redo(Table<TKey, TRow> table, TKey key, TRow? row, bool isPresent) : IRowRedo
    {
        public void Apply()
        {
            if (isPresent)
                table.Set(in key, row!);
            else
                table.Remove(in key);
        }
    }

    internal override void ForgetUndo() => undo.Clear();

    internal override int ChangedCount => changed.Count;

    internal override void HashChanges(int from, Span<RowChange> changes)
    {
        var writer = new StateWriter(stackalloc byte[512]);
        try
        {
            for (var i = 0; i < changes.Length; i++)
            {
                var key = changed[from + i];
                writer.Clear();
                writer.Text(Name);
                key.Write(ref writer);
                var keyDigest = ShortHash.Of<StateKey>(writer.Written);
                if (!TryGet(in key, out var row))
                {
                    changes[i] = new RowChange(keyDigest, default, IsPresent: false);
                    continue;
                }
                writer.Clear();
                row.Write(ref writer);
                changes[i] = new RowChange(keyDigest, ShortHash.Of<StateValue>(writer.Written), IsPresent: true);
            }
        }
        finally
        {
            writer.Dispose();
        }
    }

    internal override void ForgetChanges()
    {
        changed.Clear();
        if (changed.Capacity > 1 << 20)
            changed.Capacity = 0;
        // A slot keeps the epoch of its last note: after a wrap of 2^32 roots a stale one could look fresh.
        epoch = checked(epoch + 1);
    }

    /// <summary>All rows in key order, for what is derived from a table when a state is read; takes as long as sorting them.</summary>
    internal IEnumerable<KeyValuePair<TKey, TRow>> All()
    {
        foreach (var key in order?.All() ?? slots.SortedKeys())
            yield return new KeyValuePair<TKey, TRow>(key, slots.Find(in key).Row);
    }

    internal override void WriteRows(SnapshotWriter snapshot)
    {
        foreach (var key in order?.All() ?? slots.SortedKeys())
            snapshot.Row(key, slots.Find(in key).Row);
    }

    internal override void ReadRows(SnapshotReader snapshot, int count)
    {
        TKey previous = default;
        for (var i = 0; i < count; i++)
        {
            var (key, row) = snapshot.Row<TKey, TRow>();
            if (i > 0 && key.CompareTo(previous) <= 0)
                throw SnapshotException.Damaged($"the rows of {Name} are out of order");
            Put(in key, row);
            previous = key;
        }
    }

    internal override void Clear()
    {
        slots.Clear();
        order?.Clear();
        undo.Clear();
        changed.Clear();
    }

    private Undo Put(in TKey key, TRow row)
    {
        ref var slot = ref slots.FindOrAdd(in key, out var added);
        var before = new Undo(key, added ? default : slot.Row, !added);
        slot.Row = row;
        if (slot.Epoch != epoch)
        {
            slot.Epoch = epoch;
            changed.Add(key);
        }
        if (added)
            order?.Add(key);
        return before;
    }

    private bool Take(in TKey key, [MaybeNullWhen(false)] out TRow old)
    {
        if (!slots.Remove(in key, out old, out var slotEpoch))
            return false;
        if (slotEpoch != epoch)
            changed.Add(key);
        order?.Remove(key);
        return true;
    }
}
