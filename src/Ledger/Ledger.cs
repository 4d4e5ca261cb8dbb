using System.Diagnostics.CodeAnalysis;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger;

/// <summary>
/// One ledger: takes signed transactions, executes them in blocks, keeps the certified blocks and the state that follows from them. An object without
/// statics, so that several live in one process. Thread-safe.
/// </summary>
public sealed partial class Ledger : IAsyncDisposable
{
    private readonly ContractSet contracts;
    private readonly LedgerEnvironment environment;
    private readonly ReaderWriterLockSlim stateLock;
    private readonly Chain chain;
    private readonly Pool pool;
    private readonly Admitter admitter;
    private readonly AdmissionJournal journal;
    private readonly ValidatorNode node;
    private readonly ValidatorLoop loop;
    private readonly RulesInForce rules;
    private int isDisposed;

    private Ledger(Genesis genesis, ContractSet contracts, LedgerEnvironment environment, ReaderWriterLockSlim stateLock, Chain chain, Executor executor, ChainTip tip)
    {
        Genesis = genesis;
        this.contracts = contracts;
        this.environment = environment;
        this.stateLock = stateLock;
        this.chain = chain;
        rules = executor.Rules;
        pool = new Pool(PoolCapacity, environment.Clock, environment.Waiting);
        admitter = new Admitter(contracts, genesis, stateLock);
        journal = new AdmissionJournal(environment.Disk);
        node = new ValidatorNode(genesis, contracts, executor, environment, stateLock, chain, pool, admitter, tip);
        loop = new ValidatorLoop(node);
    }

    /// <summary>The most transactions that wait at one time.</summary>
    public const int PoolCapacity = 200_000;

    /// <summary>From what the ledger grew.</summary>
    public Genesis Genesis { get; }

    /// <summary>Where the chain stands: certified and durable.</summary>
    public ChainTip Tip => node.Tip;

    /// <summary>Figures since the start.</summary>
    public LedgerCounters Counters => new(admitter.SignaturesChecked, pool.Count, node.Counters.BlocksBuilt, node.LastFault);

    /// <summary>What the agreement counts.</summary>
    public ConsensusCounters Consensus => node.Counters;

    /// <summary>How the agreement on the next height stands.</summary>
    public ConsensusStanding Standing => node.Standing;

    /// <summary>The names of all actions.</summary>
    public IReadOnlyList<string> ActionNames => contracts.ActionNames;

    /// <summary>
    /// Opens a ledger in the environment's disk: begins it if the disk is empty, else reads the last snapshot and executes the blocks after it again.
    /// </summary>
    /// <exception cref="LedgerDamagedException">What lies on the disk contradicts itself.</exception>
    public static async Task<Ledger> OpenAsync(Genesis genesis, ContractSet contracts, LedgerEnvironment environment, CancellationToken cancellation = default)
    {
        var ledger = await OpenStoppedAsync(genesis, contracts, environment, cancellation);
        ledger.loop.Start();
        return ledger;
    }

    /// <summary>
    /// The same without a thread of its own: whoever opened it calls <see cref="Step"/>. Everything happens on the caller's thread if the environment's parts
    /// complete at once, so that a simulation is the same each time.
    /// </summary>
    internal static Ledger OpenStepped(Genesis genesis, ContractSet contracts, LedgerEnvironment environment) =>
        OpenStoppedAsync(genesis, contracts, environment, default).GetAwaiter().GetResult();

    /// <summary>Does what there is to do; only of a ledger from <see cref="OpenStepped"/>.</summary>
    /// <returns>How long there is nothing to do unless something arrives.</returns>
    internal TimeSpan Step() => node.Step();

    /// <summary>The agreement's memory, for the simulator's checks.</summary>
    internal AgreementMemory AgreementMemory => node.AgreementMemory;

    /// <summary>How many transactions wait for a block of this node, for the simulator's checks.</summary>
    internal int EligibleCount => pool.EligibleCount;

    /// <summary>True if it votes where it has a vote, for the simulator's checks.</summary>
    internal bool IsSigning => node.IsSigning;

    /// <summary>Nothing more is done before the next start, for the simulator's checks.</summary>
    internal bool IsHalted => node.IsHalted;

    /// <summary>Whether a transaction waits, and whether it is eligible; for the simulator's checks.</summary>
    internal bool Holds(Digest<Transaction> id, out bool isEligible)
    {
        var holds = pool.TryGet(id, out var entry);
        isEligible = holds && entry!.IsEligible;
        return holds;
    }

    /// <summary>Who certified the block of that height, for the simulator's checks.</summary>
    internal ValidatorSet? ValidatorsAt(long height) => new RulesInForce(Genesis, contracts).ValidatorsAt(height);

    private static async Task<Ledger> OpenStoppedAsync(Genesis genesis, ContractSet contracts, LedgerEnvironment environment, CancellationToken cancellation)
    {
        var executor = new Executor(contracts, genesis);
        var stateLock = new ReaderWriterLockSlim();
        var chain = new Chain(environment.Disk);
        var recovery = new Recovery(genesis, contracts, executor, new Admitter(contracts, genesis, stateLock), chain, verifySignatures: false);
        recovery.Restore(new SnapshotStore(environment.Disk));
        recovery.ReplayTo(chain.Height, null, cancellation);
        var ledger = new Ledger(genesis, contracts, environment, stateLock, chain, executor, recovery.Tip);
        // A ledger that stops often would otherwise replay the same long log at each start.
        if (recovery.Leaves >= environment.ReplayWorthASnapshot)
            ledger.node.WriteSnapshot();
        await ledger.ReadmitAsync(cancellation);
        environment.Network?.Start(ledger.node);
        return ledger;
    }

    /// <summary>
    /// Submits transactions and waits until each is refused or final: executed in a block that survives a crash. An item that cannot be final within the
    /// caller's patience goes on without it; asking again with the same bytes is safe.
    /// </summary>
    public async Task<IReadOnlyList<SubmissionResult>> SubmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default)
    {
        var batch = new SubmissionBatch(submissions.Count);
        await AdmitAsync(submissions, batch, null, cancellation);
        return submissions.Count == 0 ? [] : await batch.Completion.WaitAsync(cancellation);
    }

    /// <summary>
    /// Submits transactions and answers as soon as each is admitted and journalled: the node's signed acknowledgement says so. The outcome is in the
    /// receipt later.
    /// </summary>
    public async Task<IReadOnlyList<SubmissionResult>> AdmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default)
    {
        var key = environment.NodeKey ?? throw new InvalidOperationException("The node has no key to acknowledge with.");
        var batch = new SubmissionBatch(submissions.Count);
        var admitted = new VerifiedTransaction?[submissions.Count];
        await AdmitAsync(submissions, batch, admitted, cancellation);
        List<(Submission, long)> journalled = [];
        for (var index = 0; index < submissions.Count; index++)
            if (admitted[index] is { } transaction)
                journalled.Add((submissions[index], transaction.Transaction.Payload.ExpiresSeconds));
        await journal.AppendAsync(journalled, () => pool.IsDrained, Tip.Time.UnixSeconds, cancellation);
        for (var index = 0; index < submissions.Count; index++)
            if (admitted[index] is { } transaction)
                batch.Answer(index, Acknowledgement.Make(Genesis.Net, transaction.Transaction.Id, Now, key));
        return submissions.Count == 0 ? [] : await batch.Completion.WaitAsync(cancellation);
    }

    /// <summary>
    /// Takes the next certified block from elsewhere, verifies all that it says and executes it: for a ledger that only follows.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="verifySignatures">
    /// False where the certificate and the same outcomes are enough: a process of a node whose validator verifies them.
    /// </param>
    /// <returns>False if it is not the next block or breaks a rule; the state is as before.</returns>
    public Task<bool> FollowAsync(StoredBlock block, bool verifySignatures = true)
    {
        ArgumentNullException.ThrowIfNull(block);
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Post(() => done.TrySetResult(block.Header.Height == Tip.Height + 1 && node.TryFollow(block, verifySignatures)));
        return done.Task;
    }

    /// <summary>Reads a certified block.</summary>
    public bool TryReadBlock(long height, [NotNullWhen(true)] out StoredBlock? block) => chain.TryRead(height, out block);

    /// <summary>The changes of validators that blocks above a height announce, in order: by them a light client goes from genesis to today.</summary>
    /// <param name="afterHeight">The height of the last change that is known, 0 for none.</param>
    /// <param name="limit">The most that are wanted, at least 1.</param>
    public IReadOnlyList<ValidatorChange> ValidatorChanges(long afterHeight, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterHeight);
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        // The state may be a block ahead of what is certified and durable.
        var tip = Tip.Height;
        var changes = new List<ValidatorChange>();
        foreach (var height in Read(() => rules.ValidatorChangesAfter(afterHeight, limit)))
            if (height <= tip && chain.TryRead(height, out var block) && ValidatorChange.Of(block) is { } change)
                changes.Add(change);
        return changes;
    }

    /// <summary>The receipt of a transaction or of due work of any time.</summary>
    /// <returns>Null if it is in no block; the flag says whether the node knows all blocks' ids already.</returns>
    public Receipt? FindReceipt(Digest<Transaction> id, out bool isComplete)
    {
        var position = FindPosition(id, out isComplete);
        return position is { } found && chain.TryRead(found.Height, out var block) ? Receipt.Of(block, found.Index) : null;
    }

    /// <summary>The proof of a bucket of rows against the last checkpoint root: who asks does not say which row is meant.</summary>
    public (BucketProof Proof, long CheckpointHeight) ProveBucket(int bucket)
    {
        stateLock.EnterReadLock();
        try
        {
            return (contracts.State.Prove(bucket), node.Tip.CheckpointHeight);
        }
        finally
        {
            stateLock.ExitReadLock();
        }
    }

    /// <summary>Reads contract tables as of the last executed block.</summary>
    /// <param name="read">Runs under the state's read lock; must be short and must not keep what it was given.</param>
    public TResult Read<TResult>(Func<TResult> read)
    {
        stateLock.EnterReadLock();
        try
        {
            return read();
        }
        finally
        {
            stateLock.ExitReadLock();
        }
    }

    /// <summary>Calls back for every block from a height on, in order, first those in the log and then each new one once it is durable.</summary>
    /// <returns>Ends the subscription when disposed.</returns>
    public IDisposable Subscribe(long fromHeight, Action<StoredBlock> onBlock) => node.Feed.Subscribe(fromHeight, onBlock);

    /// <summary>Looks at the clock again at once; a sandbox calls it after its clock was advanced.</summary>
    public void Wake() => pool.Arrived.Set();

    /// <summary>Writes a snapshot of the state, so that the next start need not execute the whole log.</summary>
    public void WriteSnapshot() => node.WriteSnapshot();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) != 0)
            return;
        await loop.StopAsync();
        loop.Dispose();
        node.Dispose();
        journal.Dispose();
        chain.Dispose();
        stateLock.Dispose();
    }

    private Timestamp Now => Timestamp.From(environment.Clock.GetUtcNow());

    private async Task AdmitAsync(IReadOnlyList<Submission> submissions, SubmissionBatch batch, VerifiedTransaction?[]? admitted, CancellationToken cancellation,
        PoolOrigin origin = PoolOrigin.Here)
    {
        var verified = new VerifiedTransaction?[submissions.Count];
        List<AttachmentContent>? attachments = null;
        for (var index = 0; index < submissions.Count; index++)
        {
            verified[index] = Verify(submissions[index], batch, index, origin);
            if (verified[index] is not null && submissions[index].Attachments.Count > 0)
                (attachments ??= []).AddRange(submissions[index].Attachments);
        }
        if (attachments is not null)
            await environment.Attachments.PutAsync(attachments, cancellation);
        List<int> executed = [];
        List<Submission>? added = null;
        stateLock.EnterReadLock();
        try
        {
            for (var index = 0; index < submissions.Count; index++)
            {
                if (verified[index] is not { } transaction)
                    continue;
                // Executed since it was looked for; nothing executes while the lock is held.
                if (contracts.System.Replay.Contains(new(transaction.Transaction.Payload.ReplayKey)))
                    executed.Add(index);
                else if (pool.Add(transaction, submissions[index], origin, admitted is null ? batch : null, index) is { } refusal)
                    batch.Answer(index, SubmissionResult.Refused(transaction.Transaction.Id, refusal));
                else
                {
                    if (admitted is not null)
                        admitted[index] = transaction;
                    if (environment.Network is not null)
                        (added ??= []).Add(submissions[index]);
                }
            }
        }
        finally
        {
            stateLock.ExitReadLock();
        }
        if (added is not null)
            node.HandOn(added);
        foreach (var index in executed)
            AnswerRepeat(verified[index]!.Transaction, isExpired: false, batch, index);
    }

    /// <summary>Answers what needs no block; otherwise the verified transaction.</summary>
    private VerifiedTransaction? Verify(Submission submission, SubmissionBatch batch, int index, PoolOrigin origin)
    {
        // What was acknowledged was in time then, and only the ledger's time ends it.
        var now = origin == PoolOrigin.Journal && TransactionParser.Parse(submission.Transaction, out var known) is null
            ? Timestamp.FromSeconds(known!.Payload.IssuedAtSeconds) : Now;
        var formRefusal = admitter.CheckForm(submission, now, Tip.Time, out var transaction);
        if (transaction is not null && (formRefusal is null || formRefusal == TransactionRefusals.Expired) && AnswerRepeat(transaction, formRefusal is not null, batch, index))
            return null;
        if (formRefusal is not null)
        {
            batch.Answer(index, SubmissionResult.Refused(transaction?.Id ?? default, formRefusal));
            return null;
        }
        if (admitter.Verify(transaction!, submission, out var verified, isFirst: origin == PoolOrigin.Here) is { } refusal)
        {
            batch.Answer(index, SubmissionResult.Refused(transaction!.Id, refusal));
            return null;
        }
        return verified;
    }

    /// <summary>Answers a transaction that was seen before, with its first outcome; false if it was not.</summary>
    private bool AnswerRepeat(Transaction transaction, bool isExpired, SubmissionBatch batch, int index)
    {
        if (isExpired)
        {
            var position = FindPosition(transaction.Id, out var isComplete);
            if (position is null && !isComplete)
                return Answer(TransactionRefusals.Busy);
            return position is { } found && AnswerFrom(found);
        }
        // A block that is being written has the transaction in the replay table and still in the pool; it leaves the pool when the chain's tip has it.
        for (var attempt = 0; attempt < 3; attempt++)
        {
            if (pool.TryJoin(transaction.Id, batch, index))
                return true;
            if (!admitter.TryGetReplay(transaction, out var row))
                return false;
            if (row.Transaction != transaction.Id)
                return Answer(TransactionRefusals.Replayed);
            if (PositionIn(row.Height, transaction.Id) is { } position)
                return AnswerFrom(position);
        }
        return Answer(TransactionRefusals.Busy);

        bool Answer(RefusalCode refusal)
        {
            batch.Answer(index, SubmissionResult.Refused(transaction.Id, refusal));
            return true;
        }

        bool AnswerFrom(TransactionPosition position)
        {
            if (!chain.TryRead(position.Height, out var block) || !Outcome.TryParse(block.Leaves[position.Index].Outcome.ToArray(), out var outcome))
                return false;
            batch.Answer(index, new SubmissionResult { Id = transaction.Id, Height = position.Height, Index = position.Index, Outcome = outcome, Repeat = true });
            return true;
        }
    }

    private TransactionPosition? FindPosition(Digest<Transaction> id, out bool isComplete)
    {
        var indexed = environment.Index.Height;
        if (environment.Index.Find(id) is { } position)
        {
            isComplete = true;
            return position;
        }
        // The index follows the chain: the few blocks that it has not seen are searched.
        var tip = Tip.Height;
        isComplete = tip - indexed <= MaximumSearchedBlocks;
        for (var height = tip; isComplete && height > indexed; height--)
            if (PositionIn(height, id) is { } found)
                return found;
        return null;
    }

    private const int MaximumSearchedBlocks = 64;

    private TransactionPosition? PositionIn(long height, Digest<Transaction> id)
    {
        if (height > Tip.Height || !chain.TryRead(height, out var block))
            return null;
        for (var index = 0; index < block.Leaves.Count; index++)
            if (block.Leaves[index].Id == id)
                return new TransactionPosition(height, index);
        return null;
    }

    /// <summary>What was acknowledged before the last stop goes into the pool again, unless it stands in a block or its time is over.</summary>
    private async Task ReadmitAsync(CancellationToken cancellation)
    {
        // Under load the journal holds much that stands in blocks by now; to look that up as if it came anew would read a block for each.
        List<Submission> pending = [.. journal.ReadAll()
            .Where(known => known.Transaction.Payload.ExpiresSeconds > Tip.Time.UnixSeconds
                && !contracts.System.Replay.Contains(new(known.Transaction.Payload.ReplayKey)))
            .Select(known => known.Submission)];
        if (pending.Count > 0)
            await AdmitAsync(pending, new SubmissionBatch(pending.Count), new VerifiedTransaction?[pending.Count], cancellation, PoolOrigin.Journal);
    }
}
