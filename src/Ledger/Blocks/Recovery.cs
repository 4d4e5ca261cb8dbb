using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// Builds the state from what lies on the disk: a snapshot that a certified checkpoint root confirms, then the blocks after it, executed again and compared
/// with what they say. The same code verifies a whole ledger from genesis, signatures included.
/// </summary>
internal sealed class Recovery
{
    private readonly Genesis genesis;
    private readonly ContractSet contracts;
    private readonly Executor executor;
    private readonly BlockExecution execution;
    private readonly Chain chain;
    private readonly bool verifySignatures;

    public Recovery(Genesis genesis, ContractSet contracts, Executor executor, Admitter admitter, Chain chain, bool verifySignatures)
    {
        this.genesis = genesis;
        this.contracts = contracts;
        this.executor = executor;
        execution = new BlockExecution(genesis, contracts, executor, admitter);
        this.chain = chain;
        this.verifySignatures = verifySignatures;
        Tip = ChainTip.Start(genesis);
    }

    /// <summary>Where the state stands.</summary>
    public ChainTip Tip { get; private set; }

    /// <summary>How many transactions and pieces of due work were executed again.</summary>
    public long Leaves { get; private set; }

    /// <summary>Begins with the latest snapshot that can be confirmed, or with genesis.</summary>
    public void Restore(SnapshotStore snapshots)
    {
        foreach (var height in snapshots.Heights)
        {
            if (!chain.TryRead(height, out var last) || !chain.TryRead(height + 1, out var next) || next.Header.CheckpointRoot is not { } root)
                continue;
            if (!snapshots.TryRead(height, contracts.State) || contracts.State.Root() != root)
                throw new LedgerDamagedException($"The snapshot of height {height} does not match the certified checkpoint root; remove it to replay the log.", height);
            Tip = TipAt(last);
            executor.Rebuild();
            return;
        }
        if (chain.FirstHeight > 1)
            throw new LedgerDamagedException($"The log begins with block {chain.FirstHeight}, and the snapshot before it is missing.", chain.FirstHeight);
        Begin();
    }

    /// <summary>Begins with a snapshot that is not among the ledger's own, and the block after which it was taken.</summary>
    /// <exception cref="SnapshotException">The snapshot is damaged.</exception>
    public void Begin(Stream snapshot, StoredBlock last)
    {
        contracts.State.ReadSnapshot(snapshot, last.Header.Height);
        Tip = TipAt(last);
        executor.Rebuild();
    }

    /// <summary>Begins with genesis.</summary>
    public void Begin()
    {
        contracts.State.BeginBlock(0);
        contracts.Initialise(new BlockScope(contracts.State, contracts.System, genesis.Net, 0, genesis.Time, genesis.Document.Rules, genesis.Document.Parameters), genesis);
        contracts.State.CommitBlock();
        Tip = ChainTip.Start(genesis);
    }

    /// <summary>Executes blocks again up to a height.</summary>
    /// <param name="height">The last block.</param>
    /// <param name="progress">Told each height that is done; null for none.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="LedgerDamagedException">A block contradicts the rules or itself.</exception>
    public void ReplayTo(long height, IProgress<long>? progress, CancellationToken cancellation)
    {
        while (Tip.Height < height)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!chain.TryRead(Tip.Height + 1, out var block))
                throw new LedgerDamagedException($"Block {Tip.Height + 1} is missing.", Tip.Height + 1);
            Replay(block);
            progress?.Report(Tip.Height);
        }
    }

    /// <summary>Executes the next block again.</summary>
    /// <exception cref="LedgerDamagedException">It contradicts the rules or itself.</exception>
    public void Replay(StoredBlock block)
    {
        var transactions = execution.Check(Tip, block, verifySignatures);
        execution.Execute(Tip, block, transactions);
        contracts.State.CommitBlock();
        executor.Committed(new Timestamp(block.Header.Time));
        Tip = Tip.After(block.Header, block.Id, block.Leaves.Count);
        Leaves += block.Leaves.Count;
    }

    private ChainTip TipAt(StoredBlock last)
    {
        var checkpointHeight = 0L;
        var checkpointTime = genesis.Time;
        for (var height = last.Header.Height; height >= chain.FirstHeight && checkpointHeight == 0; height--)
            if (chain.TryRead(height, out var block) && block.Header.CheckpointRoot is not null)
                (checkpointHeight, checkpointTime) = (height, new Timestamp(block.Header.Time));
        return new ChainTip(last.Header.Height, last.Id, new Timestamp(last.Header.Time), last.Header.Randomness, checkpointHeight, checkpointTime, 1);
    }
}
