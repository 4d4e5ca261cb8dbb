using Counterfoil.Simulator.Governance;

namespace Counterfoil.Simulator.FullStack;

/// <summary>The whole node under a schedule drawn from a seed.</summary>
public static class WorldSimulation
{
    /// <summary>Plays a world.</summary>
    public static WorldOutcome Run(ulong seed) => Run(seed, new WorldScenario(), isTracing: false);

    /// <summary>Plays it again and writes down what happens; the digest is that of <see cref="Run(ulong)"/>.</summary>
    public static WorldOutcome Replay(ulong seed) => Run(seed, new WorldScenario(), isTracing: true);

    /// <summary>Plays a world whose members decide by proposals and admit nodes by votes.</summary>
    /// <param name="seed">What it is drawn from.</param>
    /// <param name="isTracing">True to write down what happens.</param>
    public static WorldOutcome RunGoverned(ulong seed, bool isTracing = false) => Run(seed, GovernedWorld.Scenario, isTracing);

    internal static WorldOutcome Run(ulong seed, WorldScenario scenario, bool isTracing) => new SimulatedWorld(seed, scenario, isTracing).Run();
}
