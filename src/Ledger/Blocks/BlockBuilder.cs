using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// Makes a block on the state from transactions: the proposer's half that pre-executes, and the other validators' half that executes what was proposed,
/// are this same code. Knows no disk, network or votes.
/// </summary>
internal sealed class BlockBuilder(Genesis genesis, ContractSet contracts, Executor executor)
{
    private readonly LedgerState state = contracts.State;

    /// <summary>
    /// Executes a block on top of the tip; leaves the state with the block open, to be committed or rolled back. Called under the state's write lock.
    /// </summary>
    public CandidateBlock Build(
        ChainTip tip,
        Timestamp time,
        int builtRound,
        AccountId builder,
        VrfProof proof,
        Digest<VrfOutput> randomness,
        IReadOnlyList<VerifiedTransaction> transactions)
    {
        var height = tip.Height + 1;
        Digest<LedgerState>? checkpoint = tip.IsCheckpointDue(height, time, executor.Rules.Parameters) ? state.Root() : null;
        state.BeginBlock(height);
        ExecutedBlock executed;
        try
        {
            executed = executor.Execute(height, time, randomness, transactions);
        }
        catch (Exception fault)
        {
            // A fault in a handler is a bug: nothing of the block stays, whoever asked decides what to do about it.
            state.RollbackBlock();
            throw new HandlerFaultException(fault);
        }
        var header = new BlockHeader
        {
            Net = genesis.Net,
            Format = BlockHeader.FormatVersion,
            Rules = executed.Rules,
            Height = height,
            BuiltRound = builtRound,
            Parent = tip.Height == 0 ? null : tip.Block,
            Time = time.UnixMilliseconds,
            TransactionsRoot = RootOf(executed.Leaves),
            CheckpointRoot = checkpoint,
            Validators = executed.Validators.Digest,
            NextValidators = executed.NextValidators.Digest,
            Builder = builder,
            Randomness = randomness,
        };
        return new CandidateBlock(header, header.ToBytes(), proof, executed);
    }

    /// <summary>The root over leaves in their order.</summary>
    public static Digest<MerkleNode> RootOf(IReadOnlyList<ExecutedLeaf> leaves)
    {
        var frontier = new MerkleFrontier();
        foreach (var leaf in leaves)
            frontier.Append(BlockTree.Leaf(leaf.Id, leaf.Outcome.Bytes));
        return frontier.Root();
    }
}

/// <summary>A block that was executed and is not certified yet.</summary>
internal sealed class CandidateBlock(BlockHeader header, byte[] headerBytes, VrfProof proof, ExecutedBlock executed)
{
    public BlockHeader Header => header;

    public byte[] HeaderBytes => headerBytes;

    public Digest<Block> Id { get; } = Digest<Block>.Of(headerBytes);

    public VrfProof Proof => proof;

    public IReadOnlyList<ExecutedLeaf> Leaves => executed.Leaves;

    public IReadOnlyList<LeftOutTransaction> LeftOut => executed.LeftOut;

    public StoredBlock Certified(byte[] certificateBytes) => StoredBlock.Create(
        header,
        headerBytes,
        proof.Bytes.ToArray(),
        certificateBytes,
        header.NextValidators == header.Validators ? [] : executed.NextValidators.Bytes,
        [.. executed.Leaves.Select(leaf => new StoredLeaf(leaf.Id, leaf.Entry?.Transaction.Bytes ?? default, leaf.Due, leaf.Outcome.Bytes))]);
}

/// <summary>A contract's handler threw: a bug, whose block was undone.</summary>
internal sealed class HandlerFaultException(Exception fault) : Exception($"A handler failed: {fault.Message}", fault);
