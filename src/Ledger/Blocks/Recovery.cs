using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

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
    private readonly Admitter admitter;
    private readonly Chain chain;
    private readonly bool verifySignatures;

    public Recovery(Genesis genesis, ContractSet contracts, Executor executor, Admitter admitter, Chain chain, bool verifySignatures)
    {
        this.genesis = genesis;
        this.contracts = contracts;
        this.executor = executor;
        this.admitter = admitter;
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
        Begin();
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
        var builder = new BlockBuilder(genesis, contracts, executor);
        while (Tip.Height < height)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!chain.TryRead(Tip.Height + 1, out var block))
                throw new LedgerDamagedException($"Block {Tip.Height + 1} is missing.", Tip.Height + 1);
            Replay(builder, block);
            progress?.Report(Tip.Height);
        }
    }

    private void Replay(BlockBuilder builder, StoredBlock block)
    {
        var header = block.Header;
        Require(header.Height == Tip.Height + 1 && header.Net == genesis.Net && (header.Height == 1 || header.Parent == Tip.Block), header, "does not follow the block before it");
        Require(header.Time > Tip.Time.UnixMilliseconds, header, "is not later than the block before it");
        Require(BlockCertificate.TryParse(block.CertificateBytes, out var certificate) && certificate.Verify(header, block.Id, executor.Rules.Validators), header, "is not certified");
        var builderEntry = executor.Rules.Validators.Find(header.Builder);
        Require(builderEntry is not null && BlockRandomness.Verify(builderEntry.VrfKey, Tip.Randomness, header.Height, block.VrfProof, header.Randomness), header, "has randomness that its builder did not prove");

        var transactions = ReadTransactions(block);
        var candidate = builder.Build(Tip, new Timestamp(header.Time), header.BuiltRound, header.Builder, new(block.VrfProof), header.Randomness, transactions);
        var same = candidate.LeftOut.Count == 0 && candidate.Leaves.Count == block.Leaves.Count;
        for (var index = 0; same && index < candidate.Leaves.Count; index++)
            same = candidate.Leaves[index].Id == block.Leaves[index].Id && block.Leaves[index].Outcome.Span.SequenceEqual(candidate.Leaves[index].Outcome.Bytes);
        if (!same || candidate.Header != header)
        {
            contracts.State.RollbackBlock();
            Require(false, header, same ? "has a header that its execution does not give" : "has an outcome that its execution does not give");
        }
        contracts.State.CommitBlock();
        executor.Committed(new Timestamp(header.Time));
        Tip = Tip.After(header, block.Id, block.Leaves.Count);
        Leaves += block.Leaves.Count;
    }

    private VerifiedTransaction[] ReadTransactions(StoredBlock block)
    {
        var leaves = block.Leaves.Where(leaf => leaf.Due is null).ToArray();
        var transactions = new VerifiedTransaction[leaves.Length];
        // Keys that a block's own transactions add are not active before it, so all its signatures are checked against the state before it.
        Parallel.For(0, leaves.Length, new ParallelOptions { MaxDegreeOfParallelism = verifySignatures ? -1 : 1 }, index =>
        {
            var leaf = leaves[index];
            Require(TransactionParser.Parse(leaf.Transaction, out var transaction) is null && transaction!.Id == leaf.Id && transaction.Payload.Net == genesis.Net, block.Header, "holds bytes that are not the transaction it names");
            var refusal = admitter.Reread(transaction!, verifySignatures, out var verified);
            Require(refusal is null, block.Header, $"holds a transaction that is refused as {refusal?.Code}");
            transactions[index] = verified!;
        });
        return transactions;
    }

    private ChainTip TipAt(StoredBlock last)
    {
        var checkpointHeight = 0L;
        var checkpointTime = genesis.Time;
        for (var height = last.Header.Height; height >= 1 && checkpointHeight == 0; height--)
            if (chain.TryRead(height, out var block) && block.Header.CheckpointRoot is not null)
                (checkpointHeight, checkpointTime) = (height, new Timestamp(block.Header.Time));
        return new ChainTip(last.Header.Height, last.Id, new Timestamp(last.Header.Time), last.Header.Randomness, checkpointHeight, checkpointTime, 1);
    }

    private static void Require(bool holds, BlockHeader header, string fault)
    {
        if (!holds)
            throw new LedgerDamagedException($"Block {header.Height} {fault}.", header.Height);
    }
}
