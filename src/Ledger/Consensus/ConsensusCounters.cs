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
    public long TransactionSignaturesInRound => Interlocked.Read(ref signaturesInRound);

    /// <summary>Signatures of proposals and votes that were verified.</summary>
    public long MessageSignatures { get; internal set; }

    /// <summary>Transactions of other nodes that passed the second verification here and are stored.</summary>
    public long BodiesStored => Interlocked.Read(ref bodiesStored);

    /// <summary>Transactions of other nodes that did not pass the second verification here, by code.</summary>
    public IReadOnlyDictionary<string, long> BodiesRefused => bodiesRefused;

    /// <summary>Answers of other nodes that they stored a transaction of this node.</summary>
    public long BodiesStoredElsewhere { get; internal set; }

    /// <summary>Answers of other nodes that they refused a transaction of this node.</summary>
    public long BodiesRefusedElsewhere { get; internal set; }

    /// <summary>Transactions that were sent again to a node that had not answered.</summary>
    public long BodiesResent { get; internal set; }

    /// <summary>Proposals that were found invalid, by reason.</summary>
    public IReadOnlyDictionary<string, long> InvalidProposals => invalidProposals;

    /// <summary>Validators that were seen to contradict themselves.</summary>
    public long Equivocations { get; internal set; }

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, long> invalidProposals = new(StringComparer.Ordinal);

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, long> bodiesRefused = new(StringComparer.Ordinal);
    private long bodiesStored;
    private long signaturesInRound;

    internal void CountInvalid(string reason) => invalidProposals.AddOrUpdate(reason, 1, (_, count) => count + 1);

    // By several threads: bodies are verified where they arrive.
    internal void CountBodyStored() => Interlocked.Increment(ref bodiesStored);

    internal void CountSignaturesInRound(int count) => Interlocked.Add(ref signaturesInRound, count);

    internal void CountBodyRefused(string code) => bodiesRefused.AddOrUpdate(code, 1, (_, count) => count + 1);
}
