using Counterfoil.Simulator.Consensus;
using Xunit.Abstractions;

namespace Counterfoil.Tools.Tests.Simulator;

/// <summary>The production agreement under thousands of schedules; a million with COUNTERFOIL_FULL=1.</summary>
public sealed class ConsensusSimulationTests(ITestOutputHelper output)
{
    private static int Schedules => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1" ? 1_000_000 : 5_000;

    [Fact]
    public void Campaign_OfThePublishedAlgorithm_FindsNoViolation()
    {
        var result = ConsensusCampaign.Run(1, Schedules);
        output.WriteLine($"{result.Seeds} schedules, {result.Heights} heights, {result.Events} events in {result.Seconds:f1} s");
        foreach (var (kind, count) in result.Faults)
            output.WriteLine($"{kind}: {count}");
        foreach (var failure in result.Failures)
            output.WriteLine($"seed {failure.Seed}: {string.Join("; ", failure.Violations)}");
        Assert.Equal((Schedules, 0, 0, 0, 0), (result.Seeds, result.Forks, result.DoubleSignatures, result.Stuck, result.Violations));
        // Two heights at least in each, and each kind of fault often enough to mean something.
        Assert.True(result.Heights >= 2 * result.Seeds);
        Assert.DoesNotContain(result.Faults, fault => fault.Value < Schedules / 20);
    }

    [Fact]
    public void Campaign_OfTheSameSeeds_IsTheSameOnTwoThreads()
    {
        var one = ConsensusCampaign.Run(77, 600);
        var two = ConsensusCampaign.Run(77, 600, threads: 2);
        Assert.Equal((one.Seeds, one.Heights, one.Events), (two.Seeds, two.Heights, two.Events));
        Assert.Equal(one.Faults, two.Faults);
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(4711UL)]
    [InlineData(ulong.MaxValue)]
    public void Replay_OfASeed_GivesTheSameTraceDigest(ulong seed)
    {
        var first = ConsensusSimulation.Run(seed);
        var second = ConsensusSimulation.Replay(seed);
        var third = ConsensusSimulation.Replay(seed);
        Assert.Equal(first.TraceDigest, second.TraceDigest);
        Assert.Equal((first.Events, first.Heights), (second.Events, second.Heights));
        Assert.NotEmpty(second.Trace);
        Assert.Equal(second.Trace, third.Trace);
        Assert.NotEqual(first.TraceDigest, ConsensusSimulation.Run(unchecked(seed + 1)).TraceDigest);
    }

    [Fact]
    public void Campaign_ThatIsCancelled_ReturnsWhatWasPlayed()
    {
        using var cancellation = new CancellationTokenSource();
        var result = ConsensusCampaign.Run(1, 100_000, progress: new CancelAtOnce(cancellation), cancellation: cancellation.Token);
        Assert.InRange(result.Seeds, 1, 99_999);
        Assert.Equal(0, result.Violations);
    }

    private sealed class CancelAtOnce(CancellationTokenSource cancellation) : IProgress<long>
    {
        public void Report(long value) => cancellation.Cancel();
    }
}
