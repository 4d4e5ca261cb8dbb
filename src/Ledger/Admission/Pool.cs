using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// Transactions that wait for a block, in the order in which they came, and what they claim. A transaction stays until its block stands or is given up,
/// so that the same bytes sent twice meet here.
/// </summary>
internal sealed class Pool(int capacity)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Digest<Transaction>, PoolEntry> entries = [];
    private readonly Dictionary<Digest<ReplayKey>, Digest<Transaction>> replayKeys = [];
    private readonly Queue<PoolEntry> waiting = new();
    private readonly Dictionary<(ClaimKind, ClaimKey), UInt128> reserved = [];

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

    /// <summary>True if something waits for a block.</summary>
    public bool HasWaiting
    {
        get
        {
            lock (gate)
                return waiting.Count > 0;
        }
    }

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

    /// <summary>
    /// Takes a verified transaction in; called under the state's read lock, since the capacity of claims is read.
    /// </summary>
    /// <returns>Null, or <c>busy</c>, <c>replayed</c> or the refusal of the claim that others hold.</returns>
    public Refusal? Add(VerifiedTransaction transaction, SubmissionBatch? batch, int index)
    {
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
            if (entries.Count >= capacity)
                return TransactionRefusals.Busy;
            if (replayKeys.ContainsKey(transaction.Transaction.Payload.ReplayKey))
                return TransactionRefusals.Replayed;
            foreach (var claim in transaction.Claims)
                if (!HasRoom(claim))
                    return claim.Kind.TransientConflict;
            foreach (var claim in transaction.Claims)
                reserved[(claim.Kind, claim.Key)] = reserved.GetValueOrDefault((claim.Kind, claim.Key)) + claim.Amount;
            var entry = new PoolEntry(transaction);
            entry.Listen(batch, index, isRepeat: false);
            entries.Add(id, entry);
            replayKeys.Add(transaction.Transaction.Payload.ReplayKey, id);
            waiting.Enqueue(entry);
        }
        Arrived.Set();
        return null;
    }

    /// <summary>Takes nothing in any more.</summary>
    public void Close()
    {
        lock (gate)
            isClosed = true;
        Arrived.Set();
    }

    /// <summary>Takes the next transactions for a block, oldest first; they stay known and their claims held until they are completed.</summary>
    public List<PoolEntry> Take(int maximumCount, int maximumBytes)
    {
        lock (gate)
        {
            var taken = new List<PoolEntry>(Math.Min(maximumCount, waiting.Count));
            var bytes = 0;
            while (taken.Count < maximumCount && waiting.TryPeek(out var next))
            {
                bytes += next.Transaction.Transaction.Bytes.Length;
                if (bytes > maximumBytes && taken.Count > 0)
                    break;
                taken.Add(waiting.Dequeue());
            }
            return taken;
        }
    }

    /// <summary>Lets go of transactions whose block stands or was given up; who listens is answered by the caller.</summary>
    public void Remove(IReadOnlyList<PoolEntry> done)
    {
        lock (gate)
        {
            foreach (var entry in done)
            {
                entries.Remove(entry.Transaction.Transaction.Id);
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
        }
    }

    private bool HasRoom(Claim claim)
    {
        // Reservations may exceed a capacity that shrank since they were made.
        var capacityNow = claim.Kind.Capacity(claim.Key);
        var held = reserved.GetValueOrDefault((claim.Kind, claim.Key));
        return held <= capacityNow && claim.Amount <= capacityNow - held;
    }
}

/// <summary>A transaction in the pool and those who wait for its answer.</summary>
internal sealed class PoolEntry(VerifiedTransaction transaction)
{
    private List<(SubmissionBatch Batch, int Index, bool IsRepeat)>? others;
    private SubmissionBatch? firstBatch;
    private int firstIndex;
    private bool firstIsRepeat;

    public VerifiedTransaction Transaction => transaction;

    public void Listen(SubmissionBatch? batch, int index, bool isRepeat)
    {
        if (batch is null)
            return;
        if (firstBatch is null)
            (firstBatch, firstIndex, firstIsRepeat) = (batch, index, isRepeat);
        else
            (others ??= []).Add((batch, index, isRepeat));
    }

    public void Answer(SubmissionResult result)
    {
        firstBatch?.Answer(firstIndex, firstIsRepeat ? result with { Repeat = result.Refusal is null } : result);
        foreach (var (batch, index, isRepeat) in others ?? [])
            batch.Answer(index, isRepeat ? result with { Repeat = result.Refusal is null } : result);
    }
}
