namespace Counterfoil.Simulator.Consensus;

/// <summary>
/// The agreement alone, with the production state machine, under a schedule drawn from a seed: one to seven validators, several heights,
/// faults of network, clocks and machines, and up to f of the weight lying. Blocks are numbers and signatures keyed hashes.
/// </summary>
public static class ConsensusSimulation
{
    /// <summary>Plays a schedule.</summary>
    public static ConsensusOutcome Run(ulong seed) => Run(seed, new ConsensusScenario(), isTracing: false);

    /// <summary>Plays it again and writes down what happens; the digest is that of <see cref="Run(ulong)"/>.</summary>
    public static ConsensusOutcome Replay(ulong seed) => Run(seed, new ConsensusScenario(), isTracing: true);

    internal static ConsensusOutcome Run(ulong seed, ConsensusScenario scenario, bool isTracing)
    {
        var world = new ConsensusWorld(seed, scenario, isTracing);
        world.Run();
        var checker = world.Checker;
        return new ConsensusOutcome(
            seed, world.Plan.Committee.Count, System.Numerics.BitOperations.PopCount((uint)world.Plan.Liars), checker.Decisions,
            checker.HighestRound, world.Events, checker.Forks, checker.DoubleSignatures, checker.Stuck, checker.Violations, world.TraceDigest)
        {
            Faults = world.Faults,
            Trace = world.TraceLines,
            Accused = checker.Accused,
            LiarBits = world.Plan.Liars,
            Fork = checker.Fork,
        };
    }
}
