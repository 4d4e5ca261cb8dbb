using System.Numerics;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Simulator.Consensus;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Tools.Tests.Simulator;

/// <summary>Algorithms that are broken on purpose must be caught: a checker that finds nothing proves nothing.</summary>
public sealed class ConsensusCanaryTests(ITestOutputHelper output)
{
    private static readonly AgreementCommittee Four = ConsensusCommittees.Even[3];
    private static readonly AgreementCommittee Five = ConsensusCommittees.Even[4];

    [Fact]
    public void LockRemoved_WithNobodyLying_Forks() =>
        Find(20_000, Scenario(Four, liars: 0) with { Rules = new AgreementRules { Lock = false } }, outcome => outcome.Forks > 0);

    [Fact]
    public void LockRemoved_WithOneLiar_Forks() =>
        Find(20_000, Scenario(Four, liars: 1) with { Rules = new AgreementRules { Lock = false } }, outcome => outcome.Forks > 0);

    [Fact]
    public void QuorumOfTwoFPlusOneAtFive_WithOneLiar_Forks()
    {
        var rules = new AgreementRules { Quorum = weight => 2 * ((weight - 1) / 3) + 1 };
        Find(20_000, Scenario(Five, liars: 1) with { Rules = rules }, outcome => outcome.Forks > 0);
    }

    [Fact]
    public void LiarsOfMoreThanF_ThatForkOneRound_AreNamedByEvidenceAndNobodyElseIs()
    {
        var scenario = Scenario(Four, liars: 2) with { Style = LiarStyle.Split };
        var outcome = Find(5_000, scenario, outcome => outcome.Fork is { } fork && fork.First.Round == fork.Second.Round);
        var both = Signers(outcome.Fork!.Value.First) & Signers(outcome.Fork.Value.Second);
        Assert.True(BitOperations.PopCount((uint)both) >= 2);
        Assert.Equal(both, both & outcome.Accused);
        Assert.Equal(outcome.LiarBits, outcome.LiarBits | outcome.Accused);
    }

    [Fact]
    public void LogLost_AtARestart_SignsTwice() =>
        Find(200, new ConsensusScenario { IsLogLost = true }, outcome => outcome.DoubleSignatures > 0);

    [Fact]
    public void SilentOnes_OfMoreThanF_AreStuck() =>
        Find(1, Scenario(Four, liars: 2) with { Style = LiarStyle.Silent }, outcome => outcome is { Stuck: 1, Forks: 0 });

    [Fact]
    public void BrokenRules_OutsideTheSimulator_AreMadeByNobody()
    {
        var users = Directory.EnumerateFiles(Path.Combine(Shared.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => File.ReadAllText(file).Contains("new AgreementRules", StringComparison.Ordinal)
                || File.ReadAllText(file).Contains("AgreementRules {", StringComparison.Ordinal))
            .Select(Path.GetFileName);
        Assert.Empty(users);
    }

    private static ConsensusScenario Scenario(AgreementCommittee committee, int liars) => new() { Committee = committee, Liars = liars };

    private static int Signers(SimulatedCertificate certificate) =>
        certificate.Precommits.Aggregate(0, (bits, precommit) => bits | 1 << precommit.Signer);

    private ConsensusOutcome Find(int schedules, ConsensusScenario scenario, Predicate<ConsensusOutcome> isCaught)
    {
        for (ulong seed = 1; seed <= (ulong)schedules; seed++)
        {
            var outcome = ConsensusSimulation.Run(seed, scenario, isTracing: false);
            if (!isCaught(outcome))
                continue;
            output.WriteLine($"Caught at seed {seed}: {string.Join("; ", outcome.Violations)}");
            Assert.NotEmpty(outcome.Violations);
            return outcome;
        }
        throw new InvalidOperationException($"Not caught in {schedules} schedules.");
    }
}
