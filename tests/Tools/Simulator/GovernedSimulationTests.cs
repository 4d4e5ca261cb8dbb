using Counterfoil.Simulator.FullStack;
using Xunit.Abstractions;

namespace Counterfoil.Tools.Tests.Simulator;

/// <summary>
/// Worlds whose members decide by proposals and admit nodes by votes, under faults around every stop and trigger: 20, a thousand with COUNTERFOIL_FULL=1.
/// <b>Source:</b> the specifications of community governance and of certificate management, measures of done.
/// </summary>
public sealed class GovernedSimulationTests(ITestOutputHelper output)
{
    private static int Worlds => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1" ? 1_000 : 20;

    [Fact]
    public void Campaign_OfGovernedWorlds_CountsAndExecutesEachProposalOnceAndOnTime()
    {
        var result = WorldCampaign.RunGoverned(1, Worlds, Math.Min(2, Environment.ProcessorCount));
        var figures = result.Governed!;
        output.WriteLine($"{result.Seeds} worlds, {result.Heights} heights, {result.Events} events in {result.Seconds:f1} s");
        output.WriteLine($"{figures}");
        foreach (var failure in result.Failures)
            output.WriteLine($"seed {failure.Seed}: {string.Join("; ", failure.Violations)}");
        Assert.Equal((Worlds, 0, 0, 0, 0), (result.Seeds, result.Forks, result.DoubleSignatures, result.Stuck, result.Violations));
        Assert.Equal(figures.Proposals, figures.Counted + figures.Cancelled);
        Assert.Equal(2 * figures.Counted, figures.Proofs);
        // The worlds have something to say.
        Assert.True(figures.Counted > 3 * Worlds, $"{figures.Counted} proposals were counted");
        Assert.True(figures.Executed > Worlds / 2, $"{figures.Executed} proposals were executed");
        Assert.All(
            [figures.IdleWorlds, figures.Admitted, figures.Revoked, figures.Suspended, figures.Failed, figures.Cancelled, figures.ProvedNext], count => Assert.NotEqual(0, count));
        Assert.All([WorldFault.Crash, WorldFault.CrashAfterSend, WorldFault.Partition], kind => Assert.NotEqual(0, result.Faults[kind]));
    }

    /// <summary>Validators that crash after they voted for a proposal still have its text for those who do not.</summary>
    [Theory]
    [InlineData(38UL)]
    [InlineData(40UL)]
    public void Crash_OfWhoVotedForWhatHasAnAttachment_HoldsUpNoBlock(ulong seed) => Assert.Empty(WorldSimulation.RunGoverned(seed).Violations);

    [Fact]
    public void Replay_OfAGovernedSeed_GivesTheSameTraceDigest()
    {
        var first = WorldSimulation.RunGoverned(7);
        var second = WorldSimulation.RunGoverned(7, isTracing: true);
        Assert.Equal((first.TraceDigest, first.Events, first.Heights), (second.TraceDigest, second.Events, second.Heights));
        Assert.Equal(first.Governed, second.Governed);
        Assert.NotEmpty(second.Trace);
    }
}
