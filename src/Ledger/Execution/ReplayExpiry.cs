using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Execution;

/// <summary>
/// The replay table's keys by the second in which they expire. Derived from the table, so it is no state of its own; it may hold keys of blocks
/// that were rolled back, which the table then does not have, and forgets only when a block stands.
/// </summary>
internal sealed class ReplayExpiry
{
    private readonly SortedDictionary<long, List<Digest<ReplayKey>>> bySecond = [];

    public void Add(long expiresSeconds, Digest<ReplayKey> key)
    {
        if (!bySecond.TryGetValue(expiresSeconds, out var keys))
            bySecond.Add(expiresSeconds, keys = []);
        keys.Add(key);
    }

    public IEnumerable<Digest<ReplayKey>> DueBy(long seconds) =>
        bySecond.TakeWhile(pair => pair.Key <= seconds).SelectMany(pair => pair.Value);

    public void Forget(long seconds)
    {
        while (bySecond.Count > 0 && bySecond.Keys.First() <= seconds)
            bySecond.Remove(bySecond.Keys.First());
    }
}
