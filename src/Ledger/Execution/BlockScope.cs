using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Execution;

/// <summary>One block while it is executed: what every context in it shares.</summary>
internal sealed class BlockScope(LedgerState state, SystemTables tables, Digest<Net> net, long height, Timestamp time, int rules, LedgerParameters parameters)
{
    private readonly List<LedgerEvent> events = [];

    public Digest<Net> Net => net;

    public long Height => height;

    public Timestamp Time => time;

    public int Rules => rules;

    public LedgerParameters Parameters => parameters;

    public ValidatorSet? ValidatorsAt(long ofHeight) => tables.Validators.TryGetAt(ValidatorsRow.Key, ofHeight - 1, out var row) ? row.Set : null;

    public Savepoint Mark() => new(state.Savepoint(), events.Count);

    public void RollbackTo(Savepoint savepoint)
    {
        events.RemoveRange(savepoint.Events, events.Count - savepoint.Events);
        state.RollbackTo(savepoint.State);
    }

    public IReadOnlyList<RowName> RowsWrittenSince(Savepoint savepoint) => state.RowsWrittenSince(savepoint.State);

    public bool TryDigestRow(RowName row, out Digest<StateValue> value) => state.TryDigestRow(row, out value);

    public void Emit(LedgerEvent happened) => events.Add(happened);

    public IReadOnlyList<LedgerEvent> TakeEvents()
    {
        if (events.Count == 0)
            return [];
        var taken = events.ToArray();
        events.Clear();
        return taken;
    }

    public bool TryGetRandomness(long ofHeight, out Digest<VrfOutput> output)
    {
        output = default;
        if (!tables.Randomness.TryGet(new HeightKey(ofHeight), out var row))
            return false;
        output = row.Output;
        return true;
    }

    public bool TryGetTime(long ofHeight, out Timestamp ofBlock)
    {
        var found = tables.Randomness.TryGet(new HeightKey(ofHeight), out var row);
        ofBlock = row.Time;
        return found;
    }

    public void Schedule(DueKey key)
    {
        if (key.Id.Length > DueKey.MaximumIdLength)
            throw new ArgumentException($"The id of due work has at most {DueKey.MaximumIdLength} bytes.");
        tables.Due.Set(key, default);
    }

    public bool Cancel(DueKey key) => tables.Due.Remove(key);
}

/// <summary>A point in a block to which state and events can be taken back.</summary>
internal readonly record struct Savepoint(int State, int Events);
