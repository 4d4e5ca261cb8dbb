namespace Counterfoil.Tools;

/// <summary>
/// Which (<c>iss</c>, <c>jti</c>) could still execute again: the table <c>ledger.replay</c> as the log gives
/// it.
/// </summary>
internal sealed class ReplayModel
{
    private readonly Dictionary<Hash, (Hash Transaction, long Expires, long Height)> live = [];
    private readonly PriorityQueue<Hash, long> expiring = new();

    public int Count => live.Count;

    /// <summary>Drops what has expired when a block of this time begins.</summary>
    public void Begin(long seconds)
    {
        while (expiring.TryPeek(out var key, out var expires) && expires <= seconds)
        {
            expiring.Dequeue();
            live.Remove(key);
        }
    }

    /// <summary>Notes a transaction.</summary>
    /// <returns>False if its key is there.</returns>
    public bool Add(StoredTransaction transaction, long height)
    {
        if (!live.TryAdd(transaction.ReplayKey, (transaction.Id, transaction.Expires, height)))
            return false;
        expiring.Enqueue(transaction.ReplayKey, transaction.Expires);
        return true;
    }

    /// <summary>True if the table has exactly this row.</summary>
    public bool Has(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var keys = new ByteReader(key);
        var row = new ByteReader(value);
        var name = keys.Hash();
        return live.TryGetValue(name, out var known) && row.Hash() == known.Transaction
            && row.Int64() == known.Expires && row.Int64() == known.Height
            && keys.IsDone && row.IsDone;
    }
}
