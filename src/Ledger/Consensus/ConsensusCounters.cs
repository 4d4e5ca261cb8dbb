namespace Counterfoil.Ledger.Consensus;

/// <summary>What the agreement counts since the ledger was opened; written by one thread, read by any.</summary>
public sealed class ConsensusCounters
{
    /// <summary>Blocks that this node built and that became final.</summary>
    public long BlocksBuilt { get; internal set; }

    /// <summary>Blocks that became final by agreement.</summary>
    public long BlocksDecided { get; internal set; }

    /// <summary>Blocks that were taken from others, certified.</summary>
    public long BlocksFollowed { get; internal set; }

    /// <summary>Snapshots that were taken from others in place of blocks.</summary>
    public long SnapshotsTaken { get; internal set; }

    /// <summary>Rounds after the first of a height.</summary>
    public long FurtherRounds { get; internal set; }

    /// <summary>Signatures of transactions that were verified because a proposed block had a transaction that this node lacked; 0 on a warm pool.</summary>
    public long TransactionSignaturesInRound { get; internal set; }

    /// <summary>Signatures of proposals and votes that were verified.</summary>
    public long MessageSignatures { get; internal set; }

    /// <summary>Proposals that were found invalid, by reason.</summary>
    public IReadOnlyDictionary<string, long> InvalidProposals => invalidProposals;

    /// <summary>Validators that were seen to contradict themselves.</summary>
    public long Equivocations { get; internal set; }

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, long> invalidProposals = new(StringComparer.Ordinal);

    internal void CountInvalid(string reason) => invalidProposals.AddOrUpdate(reason, 1, (_, count) => count + 1);
}
