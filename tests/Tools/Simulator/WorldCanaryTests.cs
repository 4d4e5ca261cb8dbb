using Counterfoil.Ledger.Consensus;
using Counterfoil.Simulator.FullStack;
using Xunit.Abstractions;

namespace Counterfoil.Tools.Tests.Simulator;

/// <summary>Whole nodes with an agreement that is broken on purpose, or with more liars than it bears: the world must see it.</summary>
public sealed class WorldCanaryTests(ITestOutputHelper output)
{
    private static readonly AgreementRules WithoutLock = new() { Lock = false };
    private static readonly AgreementRules WithTwoFPlusOne = new() { Quorum = weight => 2 * ((weight - 1) / 3) + 1 };

    private static readonly WorldScenario FourInAStorm = new() { Weights = [1, 1, 1, 1], Liars = 1, IsStormy = true, AreLiarsSplitting = true };
    private static readonly WorldScenario Five = new() { Weights = [1, 1, 1, 1, 1], Liars = 1, IsStormy = false, AreLiarsSplitting = true };

    [Fact]
    public void LockRemoved_WithNobodyLying_IsSeenInEveryWorld()
    {
        for (var seed = 1UL; seed <= 5; seed++)
        {
            var outcome = WorldSimulation.Run(seed, FourInAStorm with { Liars = 0, Rules = WithoutLock }, isTracing: false);
            Assert.Contains(outcome.Violations, violation => violation.Contains("was locked in round", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void LockRemoved_WithOneLiarInAStorm_Forks() => FindFork(200, FourInAStorm with { Rules = WithoutLock });

    [Fact]
    public void QuorumOfTwoFPlusOneAtFive_WithOneLiar_Forks() => FindFork(40, Five with { Rules = WithTwoFPlusOne });

    /// <summary>It is the broken rule that the canaries see, and nothing else of their worlds.</summary>
    [Fact]
    public void PublishedRules_InTheCanariesWorlds_HoldEverything()
    {
        foreach (var scenario in new[] { FourInAStorm, FourInAStorm with { Liars = 0 }, Five })
            for (var seed = 1UL; seed <= 5; seed++)
                Assert.Equal([], WorldSimulation.Run(seed, scenario, isTracing: false).Violations);
    }

    [Fact]
    public void LiarsOfMoreThanF_ThatFork_AreNamedByEvidenceAndNobodyElseIs()
    {
        var outcome = FindFork(20, new WorldScenario { Weights = [1, 1, 1, 1], Liars = 2, IsStormy = false, AreLiarsSplitting = true });
        Assert.Equal(2, outcome.LyingNodes.Count);
        Assert.Equal(outcome.LyingNodes.Order(), outcome.Accused.Order());
        Assert.Contains(outcome.Violations, violation => violation.Contains("conflicting_certificates", StringComparison.Ordinal));
    }

    private WorldOutcome FindFork(int worlds, WorldScenario scenario)
    {
        for (var seed = 1UL; seed <= (ulong)worlds; seed++)
        {
            var outcome = WorldSimulation.Run(seed, scenario, isTracing: false);
            if (outcome.Forks == 0)
                continue;
            output.WriteLine($"Caught at seed {seed}: {string.Join("; ", outcome.Violations)}");
            return outcome;
        }
        throw new InvalidOperationException($"No fork in {worlds} worlds.");
    }
}
