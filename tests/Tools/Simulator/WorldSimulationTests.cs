using Counterfoil.Simulator.FullStack;
using Xunit.Abstractions;

namespace Counterfoil.Tools.Tests.Simulator;

/// <summary>Whole nodes under hundreds of schedules; ten thousand with COUNTERFOIL_FULL=1.</summary>
public sealed class WorldSimulationTests(ITestOutputHelper output)
{
    private static int Worlds => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1" ? 10_000 : 300;

    [Fact]
    public void Campaign_OfRealNodes_FindsNoViolation()
    {
        var result = WorldCampaign.Run(1, Worlds, Math.Min(2, Environment.ProcessorCount));
        output.WriteLine($"{result.Seeds} worlds, {result.Heights} heights, {result.Events} events in {result.Seconds:f1} s");
        foreach (var (kind, count) in result.Faults)
            output.WriteLine($"{kind}: {count}");
        foreach (var failure in result.Failures)
            output.WriteLine($"seed {failure.Seed}: {string.Join("; ", failure.Violations)}");
        Assert.Equal((Worlds, 0, 0, 0, 0), (result.Seeds, result.Forks, result.DoubleSignatures, result.Stuck, result.Violations));
        Assert.True(result.FewestHeights >= 20, $"a world ended at height {result.FewestHeights}");
        Assert.True(result.FewestKindsOfFault >= 3, $"a world had {result.FewestKindsOfFault} kinds of fault");
        Assert.DoesNotContain(result.Faults, fault => fault.Value == 0);
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(4711UL)]
    public void Replay_OfASeed_GivesTheSameTraceDigest(ulong seed)
    {
        var first = WorldSimulation.Run(seed);
        var second = WorldSimulation.Replay(seed);
        Assert.Equal(first.TraceDigest, second.TraceDigest);
        Assert.Equal((first.Events, first.Heights, first.Transactions), (second.Events, second.Heights, second.Transactions));
        Assert.NotEmpty(second.Trace);
        Assert.NotEqual(first.TraceDigest, WorldSimulation.Run(seed + 1).TraceDigest);
    }

    /// <summary>The checkers check: a log that is not flushed lets an honest validator contradict itself.</summary>
    [Fact]
    public void Campaign_WithoutFlushesOfTheLog_SeesADoubleSignature()
    {
        var scenario = new WorldScenario { IsLogFlushSkipped = true };
        for (var seed = 1UL; seed <= 60; seed++)
            if (WorldSimulation.Run(seed, scenario, isTracing: false).DoubleSignatures > 0)
            {
                output.WriteLine($"seen with seed {seed}");
                return;
            }
        Assert.Fail("No seed showed it.");
    }

    /// <summary>More liars than the agreement bears are named by evidence, and by nothing else.</summary>
    [Fact]
    public void Campaign_WithMoreLiarsThanItBears_AccusesLiarsOnly()
    {
        var scenario = new WorldScenario { Weights = [1, 1, 1, 1], Liars = 2 };
        var accused = new HashSet<int>();
        for (var seed = 1UL; seed <= 5; seed++)
        {
            var outcome = WorldSimulation.Run(seed, scenario, isTracing: false);
            accused.UnionWith(outcome.Accused);
            Assert.DoesNotContain(outcome.Violations, violation => violation.Contains("evidence", StringComparison.Ordinal));
        }
        Assert.NotEmpty(accused);
    }
}
