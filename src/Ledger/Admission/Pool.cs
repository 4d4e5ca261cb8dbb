using System.Diagnostics.CodeAnalysis;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// Transactions that wait for a block, in the order in which they came, and what they claim. A transaction stays until its block stands or it can stand in
/// none, so that the same bytes sent twice meet here. One that another node admitted is kept even where it conflicts with what came first here: it is not
/// eligible for a block of this node's own, but a block of a node that saw another order finds it.
/// </summary>
internal sealed class Pool(int capacity, TimeProvider clock, Action<Transaction>? onWaiting)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Digest<Transaction>, PoolEntry> entries = [];
    private readonly Dictionary<Digest<ReplayKey>, PoolEntry> replayKeys = [];
    private readonly Queue<PoolEntry> eligible = new();
    private readonly List<PoolEntry> deferred = [];
    private readonly Dictionary<(ClaimKind, ClaimKey), UInt128> reserved = [];

    private int eligibleCount;
    private long reviewedSeconds;
    private bool isClosed;

    /// <summary>Signalled when something waits.</summary>
    public AutoResetEvent Arrived { get; } = new(false);

    /// <summary>Transactions that wait or are being executed.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return entries.Count;
        }
    }

    /// <summary>True if nothing waits because all of it was decided; a pool that is closed has let go of what was promised, too.</summary>
    public bool IsDrained
    {
        get
        {
            lock (gate)
                return entries.Count == 0 && !isClosed;
        }
    }

    /// <summary>How many are eligible for a block.</summary>
    public int EligibleCount => Volatile.Read(ref eligibleCount);

    /// <summary>Adds the listener to a transaction that is here already.</summary>
    /// <returns>False if it is not here.</returns>
    public bool TryJoin(Digest<Transaction> id, SubmissionBatch batch, int index)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(id, out var entry))
                return false;
            entry.Listen(batch, index, isRepeat: true);
            return true;
        }
    }

    /// <summary>Finds a transaction that waits, eligible or not.</summary>
    public bool TryGet(Digest<Transaction> id, [NotNullWhen(true)] out PoolEntry? entry)
    {
        lock (gate)
            return entries.TryGetValue(id, out entry);
    }

    /// <summary>
    /// Takes a verified transaction in; called under the state's read lock, since the capacity of claims is read.
    /// </summary>
    /// <param name="transaction">What was verified here.</param>
    /// <param name="source">The bytes as they came, for other nodes.</param>
    /// <param name="origin">Who admitted it first.</param>
    /// <param name="batch">Who is told what becomes of it; null for nobody.</param>
    /// <param name="index">Which of the batch it is.</param>
    /// <returns>Null, or <c>busy</c>, <c>replayed</c> or the refusal of the claim that others hold; with one of the last two, another node's is kept.</returns>
    public Refusal? Add(VerifiedTransaction transaction, Submission source, PoolOrigin origin, SubmissionBatch? batch = null, int index = 0)
    {
        Refusal? conflict;
        lock (gate)
        {
            var id = transaction.Transaction.Id;
            if (entries.TryGetValue(id, out var present))
            {
                present.Listen(batch, index, isRepeat: true);
                return null;
            }
            if (isClosed)
                return TransactionRefusals.StorageUnavailable;
            if (entries.Count >= capacity && origin != PoolOrigin.Wanted)
                return TransactionRefusals.Busy;
            var entry = new PoolEntry(transaction, source, origin, clock.GetTimestamp()) { IsPromised = batch is null };
            conflict = TryReserve(entry);
            if (conflict is not null && origin == PoolOrigin.Here)
                return conflict;
            entry.Listen(batch, index, isRepeat: false);
            entries.Add(id, entry);
            if (conflict is not null)
                deferred.Add(entry);
        }
        Arrived.Set();
        onWaiting?.Invoke(transaction.Transaction);
        return conflict;
    }

    /// <summary>Takes nothing in any more.</summary>
    public void Close()
    {
        lock (gate)
            isClosed = true;
        Arrived.Set();
    }

    /// <summary>The next transactions for a block, oldest first; they stay here until their block stands.</summary>
    public List<PoolEntry> Peek(int maximumCount, int maximumBytes)
    {
        lock (gate)
        {
            DropGone();
            var next = new List<PoolEntry>(Math.Min(maximumCount, eligible.Count));
            var bytes = 0;
            foreach (var entry in eligible)
            {
                if (entry.IsGone)
                    continue;
                bytes += entry.Transaction.Transaction.Bytes.Length;
                if (next.Count == maximumCount || bytes > maximumBytes && next.Count > 0)
                    break;
                next.Add(entry);
            }
            return next;
        }
    }

    /// <summary>True if something waits that is not eligible here.</summary>
    public bool HasDeferred
    {
        get
        {
            lock (gate)
                return deferred.Count > 0;
        }
    }

    /// <summary>When the oldest eligible transaction came, by the node's timers; null if there is none.</summary>
    public long? OldestTicks
    {
        get
        {
            lock (gate)
            {
                DropGone();
                return eligible.TryPeek(out var oldest) ? oldest.ArrivedTicks : null;
            }
        }
    }

    /// <summary>The transactions that were admitted here and wait, for a node that may lack them.</summary>
    public List<PoolEntry> AdmittedHere()
    {
        lock (gate)
            return [.. entries.Values.Where(entry => entry.Origin is PoolOrigin.Here or PoolOrigin.Journal)];
    }

    /// <summary>Lets go of transactions whose block stands or that were given up.</summary>
    /// <returns>Those that were here; who listens is answered by the caller.</returns>
    public List<PoolEntry> Remove(IEnumerable<Digest<Transaction>> done)
    {
        var removed = new List<PoolEntry>();
        lock (gate)
            foreach (var id in done)
                if (entries.TryGetValue(id, out var entry))
                {
                    Forget(entry);
                    removed.Add(entry);
                }
        return removed;
    }

    /// <summary>Lets go of what a block has.</summary>
    /// <returns>For each leaf what was here, or null.</returns>
    public PoolEntry?[] RemoveExecuted(IReadOnlyList<ExecutedLeaf> leaves)
    {
        var removed = new PoolEntry?[leaves.Count];
        lock (gate)
            for (var index = 0; index < removed.Length; index++)
                if (leaves[index].Entry is not null && entries.TryGetValue(leaves[index].Id, out var entry))
                {
                    Forget(entry);
                    removed[index] = entry;
                }
        return removed;
    }

    /// <summary>Lets go of everything, or of what was promised to nobody.</summary>
    public List<PoolEntry> Clear(bool keepPromised = false)
    {
        List<Digest<Transaction>> all;
        lock (gate)
            all = [.. entries.Values.Where(entry => !keepPromised || !entry.IsPromised).Select(entry => entry.Transaction.Transaction.Id)];
        return Remove(all);
    }

    /// <summary>
    /// After a block: lets go of what can stand in no later one, and tries again what conflicted. Called where the state may be read.
    /// </summary>
    /// <param name="timeSeconds">The block's time.</param>
    /// <param name="executed">The block's leaves, whose (iss, jti) are spent now; null where the state came from elsewhere.</param>
    /// <param name="isSpent">Tells whether the (iss, jti) stands in a block.</param>
    /// <returns>What was let go of, with the reason.</returns>
    public List<(PoolEntry Entry, RefusalCode Reason)> Review(long timeSeconds, IReadOnlyList<ExecutedLeaf>? executed, Func<Digest<ReplayKey>, bool> isSpent)
    {
        var gone = new List<(PoolEntry Entry, RefusalCode Reason)>();
        lock (gate)
        {
            if (executed is null)
            {
                foreach (var (key, entry) in replayKeys)
                    if (isSpent(key))
                        gone.Add((entry, TransactionRefusals.Replayed));
            }
            else if (replayKeys.Count > 0)
            {
                foreach (var leaf in executed)
                    if (leaf.Entry is { } done && replayKeys.TryGetValue(done.Transaction.Payload.ReplayKey, out var other))
                        gone.Add((other, TransactionRefusals.Replayed));
            }
            foreach (var entry in deferred)
                if (isSpent(entry.Transaction.Transaction.Payload.ReplayKey))
                    gone.Add((entry, TransactionRefusals.Replayed));
            // All of them once a second of block time.
            if (timeSeconds > reviewedSeconds)
                foreach (var entry in entries.Values)
                    if (entry.Transaction.Transaction.Payload.ExpiresSeconds <= timeSeconds)
                        gone.Add((entry, TransactionRefusals.Expired));
            reviewedSeconds = timeSeconds;
            gone.RemoveAll(found => found.Entry.IsGone);
            foreach (var (entry, _) in gone)
                if (!entry.IsGone)
                    Forget(entry);
            deferred.RemoveAll(entry => entry.IsGone || TryReserve(entry) is null);
        }
        return gone;
    }

    /// <summary>Tries again what conflicted, after others were given up. Called where the state may be read.</summary>
    public void Reconsider()
    {
        lock (gate)
            deferred.RemoveAll(entry => entry.IsGone || TryReserve(entry) is null);
    }

    private Refusal? TryReserve(PoolEntry entry)
    {
        var replayKey = entry.Transaction.Transaction.Payload.ReplayKey;
        if (replayKeys.ContainsKey(replayKey))
            return TransactionRefusals.Replayed;
        foreach (var claim in entry.Transaction.Claims)
            if (!HasRoom(claim))
                return claim.Kind.TransientConflict;
        foreach (var claim in entry.Transaction.Claims)
            reserved[(claim.Kind, claim.Key)] = reserved.GetValueOrDefault((claim.Kind, claim.Key)) + claim.Amount;
        replayKeys.Add(replayKey, entry);
        entry.IsEligible = true;
        eligible.Enqueue(entry);
        eligibleCount++;
        return null;
    }

    private void Forget(PoolEntry entry)
    {
        entries.Remove(entry.Transaction.Transaction.Id);
        entry.IsGone = true;
        if (!entry.IsEligible)
        {
            deferred.Remove(entry);
            return;
        }
        eligibleCount--;
        replayKeys.Remove(entry.Transaction.Transaction.Payload.ReplayKey);
        foreach (var claim in entry.Transaction.Claims)
        {
            var left = reserved[(claim.Kind, claim.Key)] - claim.Amount;
            if (left == 0)
                reserved.Remove((claim.Kind, claim.Key));
            else
                reserved[(claim.Kind, claim.Key)] = left;
        }
    }

    private void DropGone()
    {
        while (eligible.TryPeek(out var first) && first.IsGone)
            eligible.Dequeue();
    }

    private bool HasRoom(Claim claim)
    {
        // Reservations may exceed a capacity that shrank since they were made.
        var capacityNow = claim.Kind.Capacity(claim.Key);
        var held = reserved.GetValueOrDefault((claim.Kind, claim.Key));
        return held <= capacityNow && claim.Amount <= capacityNow - held;
    }
}
