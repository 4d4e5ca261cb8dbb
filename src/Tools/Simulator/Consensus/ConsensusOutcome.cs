namespace Counterfoil.Simulator.Consensus;

/// <summary>How one schedule went.</summary>
/// <param name="Seed">What it was drawn from.</param>
/// <param name="Validators">How many validators there were.</param>
/// <param name="Liars">How many of them lied.</param>
/// <param name="Heights">How many heights were decided.</param>
/// <param name="HighestRound">The highest round in which a height was decided.</param>
/// <param name="Events">How many events it took.</param>
/// <param name="Forks">Heights with two decided blocks: must be 0.</param>
/// <param name="DoubleSignatures">Contradictions that an honest validator signed: must be 0.</param>
/// <param name="Stuck">1 if a height was not decided in the bounded number of rounds after all faults were over.</param>
/// <param name="Violations">Everything that must not happen and did, in words.</param>
/// <param name="TraceDigest">The same for the same seed, on every machine.</param>
public sealed record ConsensusOutcome(
    ulong Seed, int Validators, int Liars, long Heights, int HighestRound, long Events, int Forks, int DoubleSignatures, int Stuck,
    IReadOnlyList<string> Violations, string TraceDigest)
{
    /// <summary>How often each kind of fault happened, by <see cref="FaultKind"/>.</summary>
    public IReadOnlyList<long> Faults { get; init; } = [];

    /// <summary>What happened, line by line, of a replay.</summary>
    public IReadOnlyList<string> Trace { get; init; } = [];

    /// <summary>One bit a validator against whom evidence was found.</summary>
    internal int Accused { get; init; }

    /// <summary>One bit a validator that lied.</summary>
    internal int LiarBits { get; init; }

    /// <summary>The two certificates of a fork.</summary>
    internal (SimulatedCertificate First, SimulatedCertificate Second)? Fork { get; init; }
}
