using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;

namespace Counterfoil.Ledger.Blocks;

/// <summary>Where the chain stands: what the next block builds on.</summary>
/// <param name="Height">The last block's height; 0 before the first.</param>
/// <param name="Block">Its id; unset before the first.</param>
/// <param name="Time">Its time; the genesis time before the first.</param>
/// <param name="Randomness">Its VRF output.</param>
/// <param name="CheckpointHeight">The last block with a checkpoint root; 0 if none.</param>
/// <param name="CheckpointTime">That block's time; the genesis time if none.</param>
/// <param name="LeavesSinceCheckpoint">How many leaves came since, so that an idle ledger makes no blocks.</param>
public sealed record ChainTip(
    long Height,
    Digest<Block> Block,
    Timestamp Time,
    Digest<VrfOutput> Randomness,
    long CheckpointHeight,
    Timestamp CheckpointTime,
    long LeavesSinceCheckpoint)
{
    /// <summary>The tip before the first block.</summary>
    public static ChainTip Start(Genesis genesis) =>
        new(0, default, genesis.Time, BlockRandomness.Initial(genesis.Net), 0, genesis.Time, 0);

    /// <summary>The tip after a block.</summary>
    public ChainTip After(BlockHeader header, Digest<Block> block, int leaves) => header.CheckpointRoot is null
        ? this with { Height = header.Height, Block = block, Time = new Timestamp(header.Time), Randomness = header.Randomness, LeavesSinceCheckpoint = LeavesSinceCheckpoint + leaves }
        : new ChainTip(header.Height, block, new Timestamp(header.Time), header.Randomness, header.Height, new Timestamp(header.Time), leaves);

    /// <summary>True if the block of this height and time carries a checkpoint root.</summary>
    public bool IsCheckpointDue(long height, Timestamp time, LedgerParameters parameters) =>
        height % parameters.CheckpointIntervalBlocks == 0 || time - CheckpointTime >= TimeSpan.FromSeconds(parameters.CheckpointIntervalSeconds);
}
