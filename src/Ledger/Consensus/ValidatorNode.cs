using System.Collections.Concurrent;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// Drives the chain forward, alone or with others: waits for work, runs the agreement on the next height, makes what is decided final, and follows the
/// others where it is behind. One thread calls <see cref="Step"/>; whatever comes from elsewhere waits in the inbox. It starts no thread and no timer, so
/// that a simulator runs it as it is.
/// </summary>
internal sealed partial class ValidatorNode : IPeerListener, IDisposable
{
    /// <summary>A snapshot is taken at the first checkpoint so many leaves after the last one.</summary>
    public const long LeavesBetweenSnapshots = 1_000_000;

    private readonly Genesis genesis;
    private readonly ContractSet contracts;
    private readonly Executor executor;
    private readonly LedgerEnvironment environment;
    private readonly ReaderWriterLockSlim stateLock;
    private readonly Chain chain;
    private readonly Pool pool;
    private readonly Admitter admitter;
    private readonly BlockBuilder builder;
    private readonly BlockExecution execution;
    private readonly SnapshotStore snapshots;
    private readonly ConsensusLog log;
    private readonly BodyIntake intake;
    private readonly ConcurrentQueue<Action> inbox = new();
    private readonly List<(long Due, AgreementTimeout Timeout)> timeouts = [];
    private ChainTip tip;
    private long leavesSinceSnapshot;
    private bool snapshotWanted;
    private bool isHalted;
    private long retryAt;

    public ValidatorNode(
        Genesis genesis,
        ContractSet contracts,
        Executor executor,
        LedgerEnvironment environment,
        ReaderWriterLockSlim stateLock,
        Chain chain,
        Pool pool,
        Admitter admitter,
        ChainTip tip)
    {
        this.genesis = genesis;
        this.contracts = contracts;
        this.executor = executor;
        this.environment = environment;
        this.stateLock = stateLock;
        this.chain = chain;
        this.pool = pool;
        this.admitter = admitter;
        this.tip = tip;
        builder = new BlockBuilder(genesis, contracts, executor);
        execution = new BlockExecution(genesis, contracts, executor, admitter, environment.VerifyingThreads);
        snapshots = new SnapshotStore(environment.Disk);
        log = new ConsensusLog(environment.Disk);
        intake = new BodyIntake((bodies, from) => AddBodies(bodies.Submissions, from), environment.VerifyingThreads < 0 ? Math.Max(1, Environment.ProcessorCount / 2) : 0,
            fault => Counters.CountBodyRefused(fault.GetType().Name));
        Feed = new BlockFeed(chain, () => Tip.Height);
        BeginHeight();
    }

    public BlockFeed Feed { get; }

    public ChainTip Tip => Volatile.Read(ref tip);

    public ConsensusCounters Counters { get; } = new();

    public string? LastFault
    {
        get => field ?? snapshotFault ?? (isSigningStopped == true ? "wal_behind: this validator's key has signed what its log does not know; it follows, and needs a new key." : null);
        private set;
    }

    /// <summary>How the agreement stands; may be a moment old on another thread.</summary>
    public ConsensusStanding Standing => new(validators, self?.Account, Math.Max(0, agreement.Round), IsSigningStopped);

    /// <summary>Signalled when there is something to do.</summary>
    public AutoResetEvent Arrived => pool.Arrived;

    private bool IsAlone => validators.Validators.Count == 1;

    /// <summary>What the agreement must not forget, for the simulator's checks.</summary>
    public AgreementMemory AgreementMemory => agreement.Memory;

    /// <summary>Nothing more is done before the next start.</summary>
    public bool IsHalted => isHalted;

    public void WriteSnapshot() => Volatile.Write(ref snapshotWanted, true);

    /// <summary>Has something done on the node's thread.</summary>
    public void Post(Action action)
    {
        inbox.Enqueue(action);
        Arrived.Set();
    }

    /// <summary>
    /// Does what there is to do now: messages, timeouts, the next height.
    /// </summary>
    /// <returns>How long there is nothing more to do unless something arrives; zero if there is more.</returns>
    public TimeSpan Step()
    {
        if (isHalted)
            return LongestWait;
        try
        {
            if (Ticks < retryAt)
                return FromTicks(retryAt - Ticks);
            var height = Tip.Height;
            FinaliseIfDecided();
            while (inbox.TryDequeue(out var action))
            {
                action();
                FinaliseIfDecided();
            }
            BeginSigning();
            EndTimeouts();
            FinaliseIfDecided();
            TellProgress();
            TryStart();
            FinaliseIfDecided();
            if (Tip.Height != height && HasWork())
                return TimeSpan.Zero;
        }
        catch (LogWriteException fault)
        {
            // Nothing was acknowledged or signed, and the state is as before.
            Retry(fault.Message, TransactionRefusals.StorageUnavailable);
        }
        catch (HandlerFaultException fault)
        {
            // A handler has a bug: its block left nothing, the node stays up and says so.
            Retry(fault.Message, TransactionRefusals.InternalFault);
        }
        catch (Exception fault)
        {
            // Whether the block is in the log is unknown: only reading the log again, at the next start, can tell.
            Halt(fault.Message);
        }
        return NextWait();
    }

    /// <summary>Gives up what waits; called when no thread steps any more.</summary>
    public void Stop()
    {
        intake.Dispose();
        pool.Close();
        Answer(pool.Clear(), TransactionRefusals.StorageUnavailable);
        Feed.Dispose();
    }

    public void Dispose() => log.Dispose();

    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private long Ticks => environment.Clock.GetTimestamp();

    private long ToTicks(TimeSpan length) => (long)(length.TotalSeconds * environment.Clock.TimestampFrequency);

    private TimeSpan FromTicks(long ticks) => TimeSpan.FromSeconds((double)ticks / environment.Clock.TimestampFrequency);

    private TimeSpan NextWait()
    {
        var wait = LongestWait;
        foreach (var (due, _) in timeouts)
            wait = Min(wait, FromTicks(due - Ticks));
        if (self is not null && !IsAlone && !agreement.IsStarted && pool.OldestTicks is { } oldest)
            wait = Min(wait, FromTicks(oldest + ToTicks(environment.GatherTime) - Ticks));
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;

        static TimeSpan Min(TimeSpan first, TimeSpan second) => first < second ? first : second;
    }

    // Handlers of this height may still be at work: what they said is in the log, and the height begins again from it.
    private void Retry(string fault, RefusalCode reason)
    {
        LastFault = fault;
        retryAt = Ticks + ToTicks(RetryDelay);
        if (contracts.State.IsBlockOpen)
            WithWriteLock(contracts.State.RollbackBlock);
        if (IsAlone)
            Answer(pool.Clear(keepPromised: reason == TransactionRefusals.StorageUnavailable), reason);
        decided = null;
        try
        {
            BeginHeight();
        }
        catch (LogWriteException)
        {
            // What is to be said next cannot be logged yet either.
            isAbandoned = true;
        }
    }

    private void Halt(string fault)
    {
        LastFault = fault;
        isHalted = true;
        pool.Close();
        Answer(pool.Clear(), TransactionRefusals.StorageUnavailable);
    }

    private void TryStart()
    {
        // What another node holds eligible and this one does not comes into a block of that node, once enough take part.
        if (self is not null && !agreement.IsStarted && (HasWork() || !messages.IsEmpty && pool.HasDeferred))
            agreement.Start();
    }

    /// <summary>The preset condition: enough waits, or what waits has waited long enough, or something is due.</summary>
    private bool HasWork()
    {
        if (IsAlone ? pool.EligibleCount > 0 : HasGathered())
            return true;
        var now = NextTime();
        // Only this thread writes the state, so it may read it without the lock.
        return executor.NextDue is { } due && due <= now
            || Tip.LeavesSinceCheckpoint > 0 && now - Tip.CheckpointTime >= TimeSpan.FromSeconds(executor.Rules.Parameters.CheckpointIntervalSeconds)
            || Volatile.Read(ref snapshotWanted) && Tip.LeavesSinceCheckpoint > 0;
    }

    private bool HasGathered() =>
        pool.EligibleCount >= executor.Rules.Parameters.MaximumBlockTransactions
        || pool.OldestTicks is { } oldest && Ticks - oldest >= ToTicks(environment.GatherTime);

    private Timestamp NextTime()
    {
        var now = Timestamp.From(environment.Clock.GetUtcNow());
        return now > Tip.Time ? now : new Timestamp(Tip.Time.UnixMilliseconds + 1);
    }

    private void EndTimeouts()
    {
        for (var index = timeouts.Count - 1; index >= 0; index--)
        {
            if (index >= timeouts.Count || timeouts[index].Due > Ticks)
                continue;
            var timeout = timeouts[index].Timeout;
            timeouts.RemoveAt(index);
            agreement.OnTimeout(timeout);
        }
    }

    private static void Answer(List<PoolEntry> entries, RefusalCode reason)
    {
        foreach (var entry in entries)
            entry.Answer(SubmissionResult.Refused(entry.Transaction.Transaction.Id, reason));
    }

    private void WithWriteLock(Action action)
    {
        stateLock.EnterWriteLock();
        try
        {
            action();
        }
        finally
        {
            stateLock.ExitWriteLock();
        }
    }
}
