using Counterfoil.Simulator.Governance;

namespace Counterfoil.Simulator.FullStack;

/// <summary>How one world went.</summary>
/// <param name="Seed">What it was drawn from.</param>
/// <param name="Validators">How many validators it began with.</param>
/// <param name="Liars">How many of them lied.</param>
/// <param name="Heights">The height that was reached.</param>
/// <param name="Transactions">How many transactions stand in blocks.</param>
/// <param name="HighestRound">The highest round in which a block was certified.</param>
/// <param name="Events">How many events it took.</param>
/// <param name="Forks">Heights with two final blocks: must be 0.</param>
/// <param name="DoubleSignatures">Contradictions that an honest validator signed: must be 0.</param>
/// <param name="Stuck">1 if no block came in the bounded number of rounds after all faults were over.</param>
/// <param name="Violations">Everything that must not happen and did, in words.</param>
/// <param name="Faults">How often each kind of fault happened, by <see cref="WorldFault"/>.</param>
/// <param name="TraceDigest">The same for the same seed, on every machine.</param>
public sealed record WorldOutcome(
    ulong Seed, int Validators, int Liars, long Heights, long Transactions, int HighestRound, long Events, int Forks, int DoubleSignatures, int Stuck,
    IReadOnlyList<string> Violations, IReadOnlyList<long> Faults, string TraceDigest)
{
    /// <summary>What happened, line by line, of a replay.</summary>
    public IReadOnlyList<string> Trace { get; init; } = [];

    /// <summary>What was decided in a governed world; null in others.</summary>
    public GovernedFigures? Governed { get; init; }

    /// <summary>Nodes that lied.</summary>
    internal IReadOnlyCollection<int> LyingNodes { get; init; } = [];

    /// <summary>Nodes against whom evidence was found.</summary>
    internal IReadOnlyCollection<int> Accused { get; init; } = [];
}
