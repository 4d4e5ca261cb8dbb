using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// Drives the chain forward with one validator: takes what waits, has the block built, certifies it, stores it, then tells. The place where agreement among
/// several validators stands is between building and storing.
/// </summary>
internal sealed class Producer : IDisposable
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
    private readonly BlockBuilder builder;
    private readonly SnapshotStore snapshots;
    private readonly Validator? self;
    private readonly CancellationTokenSource stopping = new();
    private readonly Thread thread;
    private ChainTip tip;
    private long leavesSinceSnapshot;
    private bool snapshotWanted;

    public Producer(
        Genesis genesis, ContractSet contracts, Executor executor, LedgerEnvironment environment, ReaderWriterLockSlim stateLock, Chain chain, Pool pool, ChainTip tip)
    {
        this.genesis = genesis;
        this.contracts = contracts;
        this.executor = executor;
        this.environment = environment;
        this.stateLock = stateLock;
        this.chain = chain;
        this.pool = pool;
        this.tip = tip;
        builder = new BlockBuilder(genesis, contracts, executor);
        snapshots = new SnapshotStore(environment.Disk);
        Feed = new BlockFeed(chain, () => Tip.Height);
        self = environment.ConsensusKey is { } key ? executor.Rules.Validators.Find(key.PublicKey.Thumbprint) : null;
        thread = new Thread(Run) { IsBackground = true, Name = "counterfoil producer" };
    }

    public BlockFeed Feed { get; }

    public ChainTip Tip => Volatile.Read(ref tip);

    public long BlocksMade { get; private set; }

    public string? LastFault { get; private set; }

    public void Start()
    {
        if (self is not null)
            thread.Start();
    }

    public void WriteSnapshot() => Volatile.Write(ref snapshotWanted, true);

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        pool.Close();
        if (thread.IsAlive)
            await Task.Run(thread.Join);
        GiveUp(pool.Take(int.MaxValue, int.MaxValue), TransactionRefusals.StorageUnavailable);
        Feed.Dispose();
    }

    public void Dispose() => stopping.Dispose();

    private void Run()
    {
        while (!stopping.IsCancellationRequested)
        {
            if (!HasWork())
            {
                pool.Arrived.WaitOne(LongestWait);
                continue;
            }
            var parameters = executor.Rules.Parameters;
            var entries = pool.Take(parameters.MaximumBlockTransactions, parameters.MaximumBlockBytes);
            try
            {
                MakeBlock(entries);
                LastFault = null;
            }
            catch (LogWriteException fault)
            {
                // Nothing was acknowledged and the state is as before: whoever sent these may send them again.
                LastFault = fault.Message;
                GiveUp(entries, TransactionRefusals.StorageUnavailable);
                stopping.Token.WaitHandle.WaitOne(RetryDelay);
            }
            catch (HandlerFaultException fault)
            {
                // A handler has a bug: its block left nothing, the node stays up and says so.
                LastFault = fault.Message;
                GiveUp(entries, TransactionRefusals.InternalFault);
                stopping.Token.WaitHandle.WaitOne(RetryDelay);
            }
            catch (Exception fault)
            {
                // Whether the block is in the log is unknown: only reading the log again, at the next start, can tell.
                LastFault = fault.Message;
                pool.Close();
                GiveUp(entries, TransactionRefusals.StorageUnavailable);
                GiveUp(pool.Take(int.MaxValue, int.MaxValue), TransactionRefusals.StorageUnavailable);
                return;
            }
        }
    }

    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private bool HasWork()
    {
        if (pool.HasWaiting)
            return true;
        var now = NextTime();
        // Only this thread writes the state, so it may read it without the lock.
        return executor.NextDue is { } due && due <= now
            || Tip.LeavesSinceCheckpoint > 0 && now - Tip.CheckpointTime >= TimeSpan.FromSeconds(executor.Rules.Parameters.CheckpointIntervalSeconds)
            || Volatile.Read(ref snapshotWanted) && Tip.LeavesSinceCheckpoint > 0;
    }

    private Timestamp NextTime()
    {
        var now = Timestamp.From(environment.Clock.GetUtcNow());
        return now > Tip.Time ? now : new Timestamp(Tip.Time.UnixMilliseconds + 1);
    }

    private void MakeBlock(List<PoolEntry> entries)
    {
        var time = NextTime();
        var height = Tip.Height + 1;
        var proof = BlockRandomness.Prove(environment.VrfKey!, Tip.Randomness, height);
        if (!Cryptography.Vrf.Ecvrf.TryOutput(proof, out var randomness))
            throw new InvalidOperationException("The validator's own VRF proof has no output.");
        TakeSnapshotIfWanted(height, time);

        CandidateBlock candidate;
        stateLock.EnterWriteLock();
        try
        {
            candidate = builder.Build(Tip, time, 0, self!.Account, proof, randomness, [.. entries.Select(entry => entry.Transaction)]);
        }
        finally
        {
            stateLock.ExitWriteLock();
        }
        if (candidate.Leaves.Count == 0 && candidate.LeftOut.Count > 0 && candidate.Header.CheckpointRoot is null)
        {
            // None of these has a place in a block, and a block of nothing helps nobody.
            WithWriteLock(contracts.State.RollbackBlock);
            Complete(entries, candidate);
            return;
        }
        var block = candidate.Certified(Certify(candidate));
        try
        {
            // The log's fsync comes before the certificate leaves this method: it is the write-ahead log of a single validator.
            chain.Append(block);
        }
        catch
        {
            WithWriteLock(contracts.State.RollbackBlock);
            throw;
        }
        WithWriteLock(contracts.State.CommitBlock);
        executor.Committed(time);
        leavesSinceSnapshot += block.Leaves.Count;
        Volatile.Write(ref tip, Tip.After(block.Header, block.Id, block.Leaves.Count));
        BlocksMade++;
        Complete(entries, candidate);
        Feed.Publish(block);
    }

    private BlockCertificate Certify(CandidateBlock candidate)
    {
        var vote = new BlockVote(genesis.Net, candidate.Header.Height, Round: 0, candidate.Id);
        return BlockCertificate.Assemble(vote, [Jws.Sign(BlockCertificate.PrecommitType, vote.ToBytes(), environment.ConsensusKey!)]);
    }

    /// <summary>The state before a checkpoint block is what its certified root confirms.</summary>
    private void TakeSnapshotIfWanted(long height, Timestamp time)
    {
        if (height == 1 || !Volatile.Read(ref snapshotWanted) && leavesSinceSnapshot < LeavesBetweenSnapshots)
            return;
        if (!Tip.IsCheckpointDue(height, time, executor.Rules.Parameters))
            return;
        snapshots.Write(height - 1, contracts.State);
        leavesSinceSnapshot = 0;
        Volatile.Write(ref snapshotWanted, false);
    }

    private void Complete(List<PoolEntry> entries, CandidateBlock candidate)
    {
        // Removed first: whoever is told that it is final may send the next at once.
        pool.Remove(entries);
        var positions = new Dictionary<Digest<Transaction>, int>(entries.Count);
        for (var index = candidate.Leaves.Count - 1; index >= 0 && candidate.Leaves[index].Entry is not null; index--)
            positions.Add(candidate.Leaves[index].Id, index);
        foreach (var entry in entries)
        {
            var id = entry.Transaction.Transaction.Id;
            entry.Answer(positions.TryGetValue(id, out var index)
                ? new SubmissionResult { Id = id, Height = candidate.Header.Height, Index = index, Outcome = candidate.Leaves[index].Outcome }
                : SubmissionResult.Refused(id, candidate.LeftOut.First(leftOut => leftOut.Transaction.Transaction.Id == id).Reason));
        }
    }

    private void GiveUp(List<PoolEntry> entries, RefusalCode reason)
    {
        pool.Remove(entries);
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
