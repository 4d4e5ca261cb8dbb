using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Ledger.Tests.Consensus;

/// <summary>What surrounds Algorithm 1: one validator, weights, restarts, contradictions, bounds.</summary>
public sealed class AgreementTests
{
    [Fact]
    public void Start_OfASingleValidator_DecidesWithinTheCallAndWithoutTimers()
    {
        var bench = new AgreementBench(0, 7) { IsSynchronous = true, SelfIndex = 0 };
        bench.Agreement.Start();
        Assert.Equal(["propose 0 nil -1", "Prevote 0 n", "Precommit 0 n", "decide 0 n"], bench.Take());
    }

    [Theory]
    // weights 40, 30, 20, 10: the quorum is 67.
    [InlineData(new[] { 0, 1 }, true)]
    [InlineData(new[] { 0, 2 }, false)]
    [InlineData(new[] { 0, 2, 3 }, true)]
    [InlineData(new[] { 1, 2, 3 }, false)]
    public void Precommits_OfUnevenWeights_DecideFromTheQuorumOn(int[] voters, bool decides)
    {
        var bench = new AgreementBench(-1, 40, 30, 20, 10);
        Assert.Equal(67, bench.Agreement.Quorum);
        bench.Propose(0, 'a');
        bench.Precommits(0, 'a', voters);
        Assert.Equal(decides, bench.Agreement.IsDecided);
    }

    [Theory]
    // f = 33: more than f is needed to follow into a higher round.
    [InlineData(new[] { 1 }, 0)]
    [InlineData(new[] { 2, 3 }, 0)]
    [InlineData(new[] { 1, 3 }, 4)]
    [InlineData(new[] { 0 }, 4)]
    public void Line55_OfUnevenWeights_NeedsMoreThanF(int[] voters, int round)
    {
        var bench = new AgreementBench(2, 40, 30, 20, 10);
        bench.Agreement.Start();
        bench.Prevotes(4, null, voters);
        Assert.Equal(round, bench.Agreement.Round);
    }

    [Fact]
    public void Start_WhenMoreThanFVotedAlready_IsNotNeeded()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Prevotes(0, 'a', 0);
        Assert.False(bench.Agreement.IsStarted);
        bench.Prevotes(0, 'a', 1);
        Assert.Equal(0, bench.Agreement.Round);
        bench.Take();
        bench.Agreement.Start();
        Assert.Empty(bench.Take());
    }

    [Fact]
    public void Proposal_BeforeTheStart_StartsRoundZero()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Propose(1, 'b');
        Assert.False(bench.Agreement.IsStarted);
        bench.Propose(0, 'a');
        Assert.Equal(["timeout Propose 0", "Prevote 0 a"], bench.Take());
    }

    [Fact]
    public void Account_OutsideTheSet_FollowsAndDecidesSilently()
    {
        var bench = new AgreementBench(-1, 1, 1, 1, 1);
        bench.Agreement.Start();
        bench.Propose(0, 'a');
        bench.Prevotes(0, 'a', 0, 1, 2);
        bench.Prevotes(3, null, 0, 1);
        Assert.Equal(3, bench.Agreement.Round);
        bench.Precommits(0, 'a', 0, 1, 2);
        Assert.Equal(["decide 0 a"], bench.Take());
    }

    [Fact]
    public void Restore_AfterAPrevoteWasLogged_PrevotesNothingElse()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Restore(new AgreementMemory(AgreementBench.Height, 0, Step.Prevote, -1, null, -1, null)
        {
            Sent = [new SentMessage(Step.Prevote, 0, AgreementBench.Block('a'))],
        });
        bench.Timeout(0, Step.Propose);
        bench.Propose(0, 'b');
        bench.Votes(VotePhase.Prevote, 0, 'b', 0, 1);
        Assert.DoesNotContain(bench.Take(), line => line.StartsWith("Prevote", StringComparison.Ordinal));
        // The logged prevote counts: two others make the quorum.
        bench.Prevotes(0, 'a', 0, 1);
        bench.Propose(0, 'a');
        Assert.Contains("Precommit 0 a", bench.Take());
    }

    [Fact]
    public void Restore_AfterALockWasLogged_KeepsItAndPrecommitsNothingElse()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        var block = AgreementBench.Block('a');
        bench.Agreement.Restore(new AgreementMemory(AgreementBench.Height, 2, Step.Precommit, 2, block, 2, block)
        {
            Sent = [new SentMessage(Step.Prevote, 2, block), new SentMessage(Step.Precommit, 2, block)],
        });
        bench.Timeout(2, Step.Prevote);
        Assert.Equal(["timeout Precommit 2"], bench.Take());
        bench.Timeout(2, Step.Precommit);
        // Validator 3 proposes in round 3.
        Assert.Equal(["propose 3 a 2", "timeout Propose 3"], bench.Take());
        bench.Timeout(3, Step.Precommit);
        bench.Propose(4, 'b');
        Assert.Equal(["timeout Propose 4", "Prevote 4 nil"], bench.Take());
    }

    [Theory]
    [InlineData("Prevote", "Precommit 0 nil")]
    [InlineData("Precommit", "timeout Propose 1")]
    public void Restore_WithNobodyElseHeardAgain_StillLeavesTheStep(string name, string next)
    {
        var step = Enum.Parse<Step>(name);
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Restore(new AgreementMemory(AgreementBench.Height, 0, step, -1, null, -1, null) { Sent = [new SentMessage(step, 0, null)] });
        Assert.Equal([$"timeout {step} 0"], bench.Take());
        bench.Timeout(0, step);
        Assert.Equal([next], bench.Take());
    }

    [Fact]
    public void Holds_AMessageThatWasGivenUpForOneOfAHigherRound_IsFalse()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Start();
        var vote = new VoteMessage(VotePhase.Prevote, AgreementBench.Height, 1, null, bench.Account(0));
        var proposal = new ProposalMessage(AgreementBench.Height, 0, AgreementBench.Block('a'), -1, bench.Account(0));
        Assert.True(bench.Agreement.OnVote(vote));
        Assert.True(bench.Agreement.OnProposal(proposal));
        for (var round = 2; round < 10; round++)
        {
            Assert.True(bench.Agreement.Holds(vote) || round == 9);
            bench.Prevotes(round, null, 0);
        }
        Assert.False(bench.Agreement.Holds(vote));
        Assert.False(bench.Agreement.Holds(vote with { Block = AgreementBench.Block('a') }));
        Assert.True(bench.Agreement.Holds(proposal));
        Assert.False(bench.Agreement.Holds(proposal with { Block = AgreementBench.Block('b') }));
    }

    [Fact]
    public void Restore_FromAnOwnPrecommitAlone_IsLocked()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Restore(new AgreementMemory(AgreementBench.Height, 0, Step.Prevote, -1, null, -1, null)
        {
            Sent = [new SentMessage(Step.Precommit, 1, AgreementBench.Block('a'))],
        });
        Assert.Equal((1, Step.Precommit, 1), (bench.Agreement.Round, bench.Agreement.Step, bench.Agreement.LockedRound));
        Assert.Equal(AgreementBench.Block('a'), bench.Agreement.LockedValue);
    }

    [Fact]
    public void Restore_AfterTheOwnProposalWasLogged_ProposesNothingElse()
    {
        var bench = new AgreementBench(0, 1, 1, 1, 1);
        bench.Agreement.Restore(new AgreementMemory(AgreementBench.Height, 0, Step.Propose, -1, null, -1, null)
        {
            Sent = [new SentMessage(Step.Propose, 0, AgreementBench.Block('a'))],
        });
        Assert.Equal(["Prevote 0 a"], bench.Take());
    }

    [Fact]
    public void Restore_OfASingleValidatorAfterItsPrecommit_DecidesWithoutANewVote()
    {
        var bench = new AgreementBench(0, 1) { IsSynchronous = true, SelfIndex = 0 };
        var block = AgreementBench.Block('a');
        bench.Agreement.Restore(new AgreementMemory(AgreementBench.Height, 0, Step.Precommit, 0, block, 0, block)
        {
            Sent = [new(Step.Propose, 0, block), new(Step.Prevote, 0, block), new(Step.Precommit, 0, block)],
        });
        Assert.Equal(["decide 0 a"], bench.Take());
    }

    [Fact]
    public void Restore_AfterTheStart_IsAFault()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Start();
        Assert.Throws<InvalidOperationException>(() => bench.Agreement.Restore(bench.Agreement.Memory));
        var other = new AgreementBench(3, 1, 1, 1, 1);
        Assert.Throws<InvalidOperationException>(() => other.Agreement.Restore(bench.Agreement.Memory with { Height = AgreementBench.Height + 1 }));
    }

    [Fact]
    public void Vote_ThatContradictsTheFirst_IsReportedOnceAndCountsForBoth()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Start();
        bench.Take();
        bench.Prevotes(0, 'a', 0);
        bench.Prevotes(0, 'b', 0);
        bench.Prevotes(0, 'a', 0);
        bench.Precommits(0, 'b', 0);
        Assert.Equal(["evidence Prevote 0 a b"], bench.Take());
        Assert.Equal(1, bench.Agreement.VoteWeight(VotePhase.Prevote, 0, AgreementBench.Block('a')));
        Assert.Equal(1, bench.Agreement.VoteWeight(VotePhase.Prevote, 0, AgreementBench.Block('b')));
    }

    [Fact]
    public void Proposals_OfALiar_AreReportedAndEitherCanBeDecided()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Start();
        bench.Propose(0, 'a');
        bench.Propose(0, 'b');
        Assert.False(bench.Propose(0, 'c'));
        bench.Precommits(0, 'c', 0, 1, 2);
        Assert.True(bench.Propose(0, 'c'));
        Assert.Equal(["timeout Propose 0", "Prevote 0 a", "evidence Proposal 0 a b", "timeout Precommit 0", "decide 0 c"], bench.Take());
    }

    [Fact]
    public void Votes_OfALiarForManyValues_AreBoundedAndStillCompleteAQuorum()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Start();
        bench.Propose(0, 'a');
        bench.Precommits(0, 'x', 0);
        bench.Precommits(0, 'y', 0);
        var third = new VoteMessage(VotePhase.Precommit, AgreementBench.Height, 0, AgreementBench.Block('a'), bench.Account(0));
        Assert.False(bench.Agreement.OnVote(third));
        bench.Precommits(0, 'a', 1, 2, 0);
        Assert.True(bench.Agreement.IsDecided);
    }

    [Fact]
    public void Messages_OfManyRoundsAhead_AreBoundedForEachSigner()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Start();
        for (var round = 1; round <= 10_000; round++)
            bench.Prevotes(round, 'a', 0);
        Assert.Equal(0, bench.Agreement.VoteWeight(VotePhase.Prevote, 9_992, AgreementBench.Block('a')));
        Assert.Equal(1, bench.Agreement.VoteWeight(VotePhase.Prevote, 9_993, AgreementBench.Block('a')));
        Assert.False(bench.Agreement.OnVote(new VoteMessage(VotePhase.Prevote, AgreementBench.Height, 5, null, bench.Account(0))));
        // An honest one far behind the liar still brings the validator forward, with one more of its round.
        bench.Prevotes(50, null, 1, 2);
        Assert.Equal(50, bench.Agreement.Round);
        Assert.True(bench.Agreement.OnVote(new VoteMessage(VotePhase.Prevote, AgreementBench.Height, 5, null, bench.Account(0))));
    }

    [Fact]
    public void Message_OfAnotherHeightOrSigner_IsNotKept()
    {
        var bench = new AgreementBench(3, 1, 1, 1, 1);
        bench.Agreement.Start();
        var block = AgreementBench.Block('a');
        var stranger = new AgreementBench(0, 1, 1, 1, 1, 1).Account(4);
        Assert.False(bench.Agreement.OnVote(new VoteMessage(VotePhase.Prevote, AgreementBench.Height + 1, 0, block, bench.Account(0))));
        Assert.False(bench.Agreement.OnVote(new VoteMessage(VotePhase.Prevote, AgreementBench.Height, -1, block, bench.Account(0))));
        Assert.False(bench.Agreement.OnVote(new VoteMessage(VotePhase.None, AgreementBench.Height, 0, block, bench.Account(0))));
        Assert.False(bench.Agreement.OnVote(new VoteMessage(VotePhase.Prevote, AgreementBench.Height, 0, block, stranger)));
        Assert.False(bench.Agreement.OnProposal(new ProposalMessage(AgreementBench.Height, 0, block, -1, bench.Account(1))));
        Assert.False(bench.Agreement.OnProposal(new ProposalMessage(AgreementBench.Height, 0, block, 0, bench.Account(0))));
        Assert.False(bench.Agreement.OnProposal(new ProposalMessage(AgreementBench.Height, 0, block, -2, bench.Account(0))));
        Assert.Equal(["timeout Propose 0"], bench.Take());
    }
}
