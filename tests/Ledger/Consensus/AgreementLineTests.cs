using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Ledger.Tests.Consensus;

/// <summary>
/// Algorithm 1 line by line, at one of four equal validators. At height 100 validator r mod 4 proposes in round r; the one under test is 3.
/// <b>Source:</b> arXiv 1807.04938.
/// </summary>
public sealed class AgreementLineTests
{
    private static AgreementBench Started(int self = 3)
    {
        var bench = new AgreementBench(self, 1, 1, 1, 1);
        bench.Agreement.Start();
        return bench;
    }

    /// <summary>Locked on block a in round 0, now in round 1, step propose.</summary>
    private static AgreementBench LockedInRoundOne()
    {
        var bench = Started();
        bench.Propose(0, 'a');
        bench.Prevotes(0, 'a', 0, 1, 3);
        bench.Timeout(0, Step.Precommit);
        bench.Take();
        Assert.Equal((1, Step.Propose, 0), (bench.Agreement.Round, bench.Agreement.Step, bench.Agreement.LockedRound));
        return bench;
    }

    [Fact]
    public void Line14_ProposerOfTheRound_ProposesANewBlock()
    {
        var bench = Started(self: 0);
        Assert.Equal(["propose 0 nil -1", "timeout Propose 0"], bench.Take());
    }

    [Fact]
    public void Line16_ProposerWithAValidValue_ProposesItWithItsRound()
    {
        var bench = LockedInRoundOne();
        bench.Timeout(1, Step.Precommit);
        bench.Timeout(2, Step.Precommit);
        Assert.Equal(["timeout Propose 2", "propose 3 a 0", "timeout Propose 3"], bench.Take());
    }

    [Fact]
    public void Line16_PrevotesThatCameAfterTheirRound_RaiseTheProposersValidValue()
    {
        var bench = Started();
        bench.Propose(0, 'a');
        bench.Timeout(0, Step.Precommit);
        bench.Prevotes(0, 'a', 0, 1, 2);
        Assert.Equal(-1, bench.Agreement.ValidRound);
        bench.Timeout(1, Step.Precommit);
        bench.Timeout(2, Step.Precommit);
        Assert.Contains("propose 3 a 0", bench.Take());
        Assert.Equal((0, -1), (bench.Agreement.ValidRound, bench.Agreement.LockedRound));
    }

    [Fact]
    public void Line21_NotTheProposer_StartsTimeoutPropose() => Assert.Equal(["timeout Propose 0"], Started().Take());

    [Fact]
    public void Line22_NewValidProposal_IsPrevoted()
    {
        var bench = Started();
        bench.Propose(0, 'a');
        Assert.Equal(["timeout Propose 0", "Prevote 0 a"], bench.Take());
        Assert.Equal(Step.Prevote, bench.Agreement.Step);
    }

    [Fact]
    public void Line22_InvalidProposal_IsPrevotedNil()
    {
        var bench = Started();
        bench.Verdict('a', BlockValidity.Invalid);
        bench.Propose(0, 'a');
        Assert.Equal(["timeout Propose 0", "Prevote 0 nil"], bench.Take());
    }

    [Fact]
    public void Line22_UntimelyProposal_IsPrevotedNilAndCanStillBeDecided()
    {
        var bench = Started();
        bench.IsClockRight = false;
        bench.Propose(0, 'a');
        bench.Precommits(0, 'a', 0, 1, 2);
        Assert.Equal(["timeout Propose 0", "Prevote 0 nil", "decide 0 a"], bench.Take());
    }

    [Fact]
    public void Line22_LockedOnAnotherValue_PrevotesNil()
    {
        var bench = LockedInRoundOne();
        bench.Propose(1, 'b');
        Assert.Equal(["Prevote 1 nil"], bench.Take());
    }

    [Fact]
    public void Line22_LockedOnTheSameValue_PrevotesIt()
    {
        var bench = LockedInRoundOne();
        bench.Propose(1, 'a');
        Assert.Equal(["Prevote 1 a"], bench.Take());
    }

    [Fact]
    public void Line22_BodiesMissing_WaitsUntilTheyCome()
    {
        var bench = Started();
        bench.Verdict('a', BlockValidity.Unknown);
        bench.Propose(0, 'a');
        Assert.Equal(["timeout Propose 0"], bench.Take());
        bench.Verdict('a', BlockValidity.Valid);
        bench.Agreement.OnValueAvailable(AgreementBench.Block('a'));
        Assert.Equal(["Prevote 0 a"], bench.Take());
    }

    [Fact]
    public void Line28_ValidRoundWithoutItsPrevotes_Waits()
    {
        var bench = LockedInRoundOne();
        bench.Propose(1, 'b', validRound: 0);
        bench.Prevotes(0, 'b', 1, 2);
        Assert.DoesNotContain(bench.Take(), line => line.StartsWith("Prevote", StringComparison.Ordinal));
    }

    [Fact]
    public void Line28_LockOlderThanTheValidRound_GivesWay()
    {
        var bench = LockedInRoundOne();
        bench.Timeout(1, Step.Precommit);
        bench.Prevotes(1, 'b', 0, 1, 2);
        bench.Take();
        bench.Propose(2, 'b', validRound: 1);
        Assert.Equal(["Prevote 2 b"], bench.Take());
        Assert.Equal(0, bench.Agreement.LockedRound);
    }

    [Fact]
    public void Line28_LockYoungerThanTheValidRound_PrevotesNil()
    {
        var bench = Started();
        bench.Timeout(0, Step.Precommit);
        bench.Propose(1, 'b');
        bench.Prevotes(1, 'b', 0, 1, 3);
        bench.Timeout(1, Step.Precommit);
        bench.Prevotes(0, 'a', 0, 1, 2);
        bench.Take();
        bench.Propose(2, 'a', validRound: 0);
        Assert.Equal(["Prevote 2 nil"], bench.Take());
    }

    [Fact]
    public void Line28_LockInTheValidRoundItself_PrevotesTheValue()
    {
        var bench = LockedInRoundOne();
        bench.Propose(1, 'a', validRound: 0);
        Assert.Equal(["Prevote 1 a"], bench.Take());
    }

    [Fact]
    public void Line34_QuorumOfAnyPrevotesInStepPrevote_StartsTimeoutPrevoteOnce()
    {
        var bench = Started();
        bench.Propose(0, 'a');
        bench.Take();
        bench.Prevotes(0, 'a', 3, 1);
        Assert.Empty(bench.Take());
        bench.Prevotes(0, null, 2);
        bench.Prevotes(0, 'b', 0);
        Assert.Equal(["timeout Prevote 0"], bench.Take());
    }

    [Fact]
    public void Line34_QuorumOfAnyPrevotesInStepPropose_StartsNothing()
    {
        var bench = Started();
        bench.Prevotes(0, 'a', 0, 1);
        bench.Prevotes(0, null, 2);
        Assert.Equal(["timeout Propose 0"], bench.Take());
        bench.Timeout(0, Step.Propose);
        Assert.Equal(["Prevote 0 nil", "timeout Prevote 0"], bench.Take());
    }

    [Fact]
    public void Line36_QuorumOfPrevotesInStepPrevote_LocksAndPrecommits()
    {
        var bench = Started();
        bench.Propose(0, 'a');
        bench.Prevotes(0, 'a', 0, 1, 3);
        Assert.Equal(["timeout Propose 0", "Prevote 0 a", "Precommit 0 a"], bench.Take());
        Assert.Equal((0, AgreementBench.Block('a')), (bench.Agreement.LockedRound, bench.Agreement.LockedValue!.Value));
        Assert.Equal((0, AgreementBench.Block('a')), (bench.Agreement.ValidRound, bench.Agreement.ValidValue!.Value));
        var memory = bench.Memories[^1];
        Assert.Equal((0, 0, Step.Precommit), (memory.LockedRound, memory.ValidRound, memory.Step));
    }

    [Fact]
    public void Line36_QuorumOfPrevotesInStepPrecommit_SetsTheValidValueOnly()
    {
        var bench = Started();
        bench.Propose(0, 'a');
        bench.Timeout(0, Step.Prevote);
        bench.Take();
        bench.Prevotes(0, 'a', 0, 1, 2);
        Assert.Empty(bench.Take());
        Assert.Equal((-1, 0), (bench.Agreement.LockedRound, bench.Agreement.ValidRound));
    }

    [Fact]
    public void Line36_QuorumOfPrevotesInStepPropose_WaitsForTheOwnPrevote()
    {
        var bench = Started();
        bench.Verdict('a', BlockValidity.Unknown);
        bench.Propose(0, 'a');
        bench.Prevotes(0, 'a', 0, 1, 2);
        bench.Take();
        bench.Verdict('a', BlockValidity.Valid);
        bench.Agreement.OnValueAvailable(AgreementBench.Block('a'));
        Assert.Equal(["Prevote 0 a", "Precommit 0 a"], bench.Take());
    }

    [Fact]
    public void Line36_WithoutTheProposal_DoesNotLock()
    {
        var bench = Started();
        bench.Timeout(0, Step.Propose);
        bench.Prevotes(0, 'a', 0, 1, 2);
        Assert.Equal(-1, bench.Agreement.LockedRound);
        bench.Propose(0, 'a');
        Assert.Equal(0, bench.Agreement.LockedRound);
    }

    [Fact]
    public void Line44_QuorumOfNilPrevotes_PrecommitsNil()
    {
        var bench = Started();
        bench.Timeout(0, Step.Propose);
        bench.Prevotes(0, null, 0, 1, 3);
        Assert.Equal(["timeout Propose 0", "Prevote 0 nil", "Precommit 0 nil"], bench.Take());
    }

    [Fact]
    public void Line47_QuorumOfAnyPrecommits_StartsTimeoutPrecommitOnceInAnyStep()
    {
        var bench = Started();
        bench.Take();
        bench.Precommits(0, 'a', 0);
        bench.Precommits(0, null, 1, 2, 3);
        Assert.Equal(["timeout Precommit 0"], bench.Take());
        Assert.Equal(Step.Propose, bench.Agreement.Step);
    }

    [Fact]
    public void Line49_QuorumOfPrecommits_DecidesOnce()
    {
        var bench = Started();
        bench.Propose(0, 'a');
        bench.Take();
        bench.Precommits(0, 'a', 0, 1, 2, 3);
        Assert.Equal(["decide 0 a"], bench.Take());
        Assert.True(bench.Agreement.IsDecided);
        Assert.Equal([.. Enumerable.Range(0, 4).Select(bench.Account)], bench.Agreement.Votes(VotePhase.Precommit, 0, AgreementBench.Block('a')));
        bench.Timeout(0, Step.Precommit);
        bench.Prevotes(0, 'a', 0, 1, 2);
        Assert.Empty(bench.Take());
    }

    [Fact]
    public void Line49_PrecommitsOfAnEarlierRound_DecideStill()
    {
        var bench = LockedInRoundOne();
        bench.Precommits(0, 'a', 0, 1, 2);
        Assert.Equal(["decide 0 a"], bench.Take());
    }

    [Fact]
    public void Line49_PrecommitsOfARoundNeverSeen_Decide()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Precommits(7, 'a', 0);
        bench.Propose(7, 'a');
        bench.Precommits(7, 'a', 1, 2);
        Assert.Equal("decide 7 a", bench.Take()[^1]);
    }

    [Fact]
    public void Line49_InvalidValue_IsNotDecided()
    {
        var bench = Started();
        bench.Verdict('a', BlockValidity.Invalid);
        bench.Propose(0, 'a');
        bench.Precommits(0, 'a', 0, 1, 2);
        Assert.False(bench.Agreement.IsDecided);
    }

    [Fact]
    public void Line55_MessagesOfMoreThanFOfAHigherRound_StartIt()
    {
        var bench = Started();
        bench.Take();
        bench.Prevotes(5, 'a', 0);
        bench.Precommits(5, null, 0);
        Assert.Empty(bench.Take());
        bench.Precommits(5, null, 1);
        Assert.Equal(["timeout Propose 5"], bench.Take());
        Assert.Equal((5, Step.Propose), (bench.Agreement.Round, bench.Agreement.Step));
    }

    [Fact]
    public void Line57_TimeoutProposeInStepPropose_PrevotesNil()
    {
        var bench = Started();
        bench.Timeout(0, Step.Propose);
        bench.Timeout(0, Step.Propose);
        Assert.Equal(["timeout Propose 0", "Prevote 0 nil"], bench.Take());
    }

    [Fact]
    public void Line61_TimeoutPrevoteInStepPrevote_PrecommitsNil()
    {
        var bench = Started();
        bench.Timeout(0, Step.Prevote);
        bench.Timeout(0, Step.Propose);
        bench.Timeout(0, Step.Prevote);
        Assert.Equal(["timeout Propose 0", "Prevote 0 nil", "Precommit 0 nil"], bench.Take());
    }

    [Fact]
    public void Line65_TimeoutPrecommit_StartsTheNextRound()
    {
        var bench = Started();
        bench.Timeout(0, Step.Precommit);
        bench.Timeout(0, Step.Precommit);
        Assert.Equal(["timeout Propose 0", "timeout Propose 1"], bench.Take());
        Assert.Equal(1, bench.Agreement.Round);
    }
}
