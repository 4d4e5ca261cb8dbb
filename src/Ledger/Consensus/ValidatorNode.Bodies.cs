using Counterfoil.Cryptography;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// Transactions on their way between nodes: handed on once, verified again by each node that receives them, answered as stored or refused, and asked for
/// where a proposed block lists one that is not here.
/// </summary>
internal sealed partial class ValidatorNode
{
    private const int BodiesBytes = 1 << 20;

    private static readonly TimeSpan PatienceForAnswers = TimeSpan.FromSeconds(1);

    private readonly HashSet<Digest<Transaction>> wanted = [];
    private long handedOnAgainAt;

    /// <summary>Hands transactions that were admitted here to all others; any thread.</summary>
    public void HandOn(IEnumerable<Submission> submissions)
    {
        if (environment.Network is not { } network || network.Connected.Count == 0)
            return;
        foreach (var portion in Portions(submissions))
        {
            var bytes = new Bodies(portion).ToBytes();
            foreach (var peer in network.Connected)
                network.Send(peer, bytes, PeerLane.Bulk);
        }
    }

    /// <summary>All transactions of a candidate, or null after asking for those that are missing.</summary>
    private VerifiedTransaction[]? CollectBodies(Candidate candidate)
    {
        var ids = candidate.Block.Transactions;
        var transactions = new VerifiedTransaction[ids.Count];
        List<Digest<Transaction>>? missing = null;
        for (var index = 0; index < ids.Count; index++)
            if (pool.TryGet(ids[index], out var entry))
                transactions[index] = entry.Transaction;
            else
                (missing ??= []).Add(ids[index]);
        if (missing is null)
            return transactions;
        lock (wanted)
            foreach (var id in missing)
                wanted.Add(id);
        Counters.CountInvalid("body_unavailable");
        Send(candidate.Source, new WantBodies(missing), PeerLane.Agreement);
        return null;
    }

    // From anybody: who sent the proposal may be gone.
    private void AskAgain()
    {
        Digest<Transaction>[] ids;
        lock (wanted)
            ids = wanted.Count == 0 ? [] : [.. wanted.Where(id => !pool.TryGet(id, out _))];
        if (environment.Network is not { } network)
            return;
        foreach (var peer in ids.Length == 0 ? [] : network.Connected)
            Send(peer, new WantBodies(ids), PeerLane.Agreement);
    }

    private void SendBodies(WantBodies want, AccountId to)
    {
        var found = want.Ids.Select(id => pool.TryGet(id, out var entry) ? entry.Source : null).OfType<Submission>();
        foreach (var portion in Portions(found))
            Send(to, new Bodies(portion), PeerLane.Bulk);
    }

    /// <summary>Second verification: the same code as the first, trusting nothing. Any thread.</summary>
    private void AddBodies(IReadOnlyList<Submission> submissions, AccountId from)
    {
        List<Digest<Transaction>> stored = [];
        List<(Digest<Transaction>, string)> refused = [];
        List<Digest<Transaction>>? arrived = null;
        foreach (var submission in submissions)
        {
            // What has no id cannot be answered by it.
            if (TransactionParser.Parse(submission.Transaction, out var transaction) is { } illFormed)
            {
                Counters.CountBodyRefused(illFormed.Code);
                continue;
            }
            var id = transaction!.Id;
            if (pool.TryGet(id, out _))
            {
                stored.Add(id);
                continue;
            }
            bool isWanted;
            lock (wanted)
                isWanted = wanted.Contains(id);
            if (AddBody(transaction, submission, isWanted) is { } refusal)
            {
                Counters.CountBodyRefused(refusal.Code);
                refused.Add((id, refusal.Code));
            }
            else
            {
                Counters.CountBodyStored();
                stored.Add(id);
            }
            if (isWanted && pool.TryGet(id, out _))
                (arrived ??= []).Add(id);
        }
        if (stored.Count + refused.Count > 0)
            Send(from, new BodyAnswers(stored, refused), PeerLane.Bulk);
        if (arrived is not null)
            Post(() => BodiesArrived(arrived));
    }

    // One that conflicts with what came first here is refused and kept all the same, for the block of a node that saw another order.
    private Refusal? AddBody(Transaction transaction, Submission submission, bool isWanted)
    {
        if (admitter.VerifyAgain(transaction, submission, Timestamp.From(environment.Clock.GetUtcNow()), Tip.Time, out var verified) is { } refusal)
            return refusal.Reason == TransactionRefusals.Replayed && IsExecuted(transaction) ? null : refusal;
        if (isWanted)
            Counters.CountSignaturesInRound(transaction.Signatures.Count);
        environment.Attachments.PutAsync(submission.Attachments, default).GetAwaiter().GetResult();
        stateLock.EnterReadLock();
        try
        {
            if (!contracts.System.Replay.TryGet(new(transaction.Payload.ReplayKey), out var row))
                return pool.Add(verified!, submission, isWanted ? PoolOrigin.Wanted : PoolOrigin.Peer);
            return row.Transaction == transaction.Id ? null : (Refusal)TransactionRefusals.Replayed;
        }
        finally
        {
            stateLock.ExitReadLock();
        }
    }

    private bool IsExecuted(Transaction transaction) => admitter.TryGetReplay(transaction, out var row) && row.Transaction == transaction.Id;

    private void TakeAnswers(BodyAnswers answers, AccountId from)
    {
        foreach (var id in answers.Stored)
            if (Answered(id))
                Counters.BodiesStoredElsewhere++;
        foreach (var (id, code) in answers.Refused)
            // A full pool has room again later.
            if (code != TransactionRefusals.Busy.Code && Answered(id))
                Counters.BodiesRefusedElsewhere++;

        bool Answered(Digest<Transaction> id) =>
            pool.TryGet(id, out var entry) && entry.Origin == PoolOrigin.Here && entry.TryAddAnswer(from);
    }

    /// <summary>Sends again what a node neither stored nor refused in time, with back-off, as long as it waits here.</summary>
    private void HandOnAgain()
    {
        if (environment.Network is not { } network || Ticks - handedOnAgainAt < ToTicks(PatienceForAnswers))
            return;
        handedOnAgainAt = Ticks;
        var now = Ticks;
        var late = pool.AdmittedHere().Where(entry => entry.HandOnAgainTicks(ToTicks(PatienceForAnswers)) <= now).ToList();
        if (late.Count == 0)
            return;
        foreach (var peer in network.Connected)
        {
            var unanswered = late.Where(entry => !entry.IsAnsweredBy(peer)).Select(entry => entry.Source).ToList();
            Counters.BodiesResent += unanswered.Count;
            foreach (var portion in Portions(unanswered))
                Send(peer, new Bodies(portion), PeerLane.Bulk);
        }
        foreach (var entry in late)
            entry.HandedOnAgain();
    }

    // From the own log: verified before it was written there.
    private void AddLoggedBody(Submission body)
    {
        if (TransactionParser.Parse(body.Transaction, out var transaction) is not null || pool.TryGet(transaction!.Id, out _)
            || admitter.Reread(transaction, verifySignatures: false, out var verified) is not null)
            return;
        pool.Add(verified!, body, PoolOrigin.Wanted);
    }

    // One that others found valid may have been executed here and given way to another since: its transactions wait still.
    private List<Submission> BodiesOf(Candidate candidate)
    {
        var executed = candidate.Executed?.Leaves.Select(leaf => leaf.Entry?.Transaction).OfType<Transaction>().ToDictionary(transaction => transaction.Id);
        return
        [
            .. candidate.Block.Transactions.Select(id => pool.TryGet(id, out var waiting) ? waiting.Source
                : executed?.GetValueOrDefault(id) is { } transaction ? Submission.Of(transaction.Bytes)
                : throw new InvalidOperationException($"The transaction {id} of a block that is voted for is gone.")),
        ];
    }

    private void BodiesArrived(List<Digest<Transaction>> arrived)
    {
        lock (wanted)
            foreach (var id in arrived)
                wanted.Remove(id);
        foreach (var candidate in candidates.Values.Where(candidate => candidate.Validity == BlockValidity.Unknown).ToArray())
            if (candidate.Block.Transactions.All(id => pool.TryGet(id, out _)))
                agreement.OnValueAvailable(candidate.Block.Id);
    }

    private static IEnumerable<List<Submission>> Portions(IEnumerable<Submission> submissions)
    {
        var portion = new List<Submission>();
        var bytes = 0L;
        foreach (var submission in submissions)
        {
            portion.Add(submission);
            bytes += submission.Transaction.Length + submission.Attachments.Sum(attachment => attachment.Content.Length);
            if (bytes < BodiesBytes)
                continue;
            yield return portion;
            (portion, bytes) = ([], 0);
        }
        if (portion.Count > 0)
            yield return portion;
    }
}
