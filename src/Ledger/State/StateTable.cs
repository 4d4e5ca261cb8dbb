using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>A change of one row that was taken back and can be made again, in the order in which it was made.</summary>
internal interface IRowRedo
{
    void Apply();
}

/// <summary>What the ledger's state needs of every table, whatever its key and row.</summary>
public abstract class StateTable
{
    private protected StateTable(LedgerState state, int number, string name)
    {
        State = state;
        Number = number;
        Name = name;
    }

    /// <summary>The table's name, unique in its ledger; part of every row's key digest.</summary>
    public string Name { get; }

    /// <summary>The number of rows.</summary>
    public abstract int Count { get; }

    private protected LedgerState State { get; }

    private protected int Number { get; }

    /// <summary>Takes the last journalled change back.</summary>
    internal abstract void UndoLast();

    /// <summary>The names of the rows of the last journalled changes, so many; a row may be named more than once.</summary>
    internal abstract IEnumerable<RowName> LastWritten(int changes);

    /// <summary>The digest of the value that the row of this key has, unset if there is none.</summary>
    /// <param name="keyHex">The key's bytes, lower-case hexadecimal.</param>
    /// <param name="value">The digest.</param>
    /// <returns>False if these are not the bytes of a key.</returns>
    internal abstract bool TryDigestRow(string keyHex, out Digest<StateValue> value);

    /// <summary>Takes the last journalled change back and keeps what it was, to be made again.</summary>
    internal abstract IRowRedo DetachLast();

    /// <summary>The block is committed: its changes can no longer be taken back.</summary>
    internal abstract void ForgetUndo();

    /// <summary>The number of keys noted as changed since the last root; a key may be noted more than once.</summary>
    internal abstract int ChangedCount { get; }

    /// <summary>
    /// Hashes a portion of the changed keys and their present rows. Only reads, so portions run on several threads.
    /// </summary>
    internal abstract void HashChanges(int from, Span<RowChange> changes);

    /// <summary>The changes are in the tree.</summary>
    internal abstract void ForgetChanges();

    internal abstract void WriteRows(SnapshotWriter snapshot);

    internal abstract void ReadRows(SnapshotReader snapshot, int count);

    internal abstract void Clear();
}
