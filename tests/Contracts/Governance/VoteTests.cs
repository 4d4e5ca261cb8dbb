using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Harness;

namespace Counterfoil.Contracts.Tests.Governance;

public class VoteTests
{
    [Fact]
    public void Vote_WithMoreThanIsAvailable_IsRefusedWithoutPermission()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        var result = world.Vote(world.Bob, id, "yes", 301);
        Assert.Equal("no_governance_permission", result.Code);
        Assert.Equal(("301", "300"), (GovernanceWorld.Fact(result, "needed"), GovernanceWorld.Fact(result, "available")));
        Assert.Equal("no_governance_permission", world.Vote(world.Dora, id, "yes", 1).Code);
        // The deposit of 10 is a lock of the same scene.
        Assert.Equal("no_governance_permission", world.Vote(world.Alice, id, "yes", 591).Code);
        Assert.Equal("accepted", world.Vote(world.Alice, id, "yes", 590).Code);
    }

    [Fact]
    public void Vote_OfZeroOrNothing_IsRefusedAsBadAmount()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        Assert.Equal("bad_amount", world.Vote(world.Bob, id, "yes", 0).Code);
        Assert.Equal("bad_amount", world.Vote(world.Bob, id, "yes", null).Code);
        Assert.Equal("malformed_argument", world.Bench.Run("governance.vote", $$"""{"proposal":"{{id}}","option":"yes","amount":"-1"}""", world.Bob).Code);
        Assert.Equal("malformed_request", world.Vote(world.Bob, id, "perhaps", 1).Code);
        Assert.Equal("unknown_proposal", world.Vote(world.Bob, new ProposalId(99), "yes", 1).Code);
    }

    [Fact]
    public void Vote_Again_ReplacesOptionLockAndTally()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        Assert.Equal("accepted", world.Vote(world.Bob, id, "yes", 300).Code);
        Assert.Equal("accepted", world.Vote(world.Bob, id, "no", 120).Code);
        Assert.Equal((0ul, 120ul), ((ulong)world.Ballot(id).Yes, (ulong)world.Ballot(id).No));
        Assert.Equal((UInt128)120, world.Governance.LockedOf(world.Bob.Id, SceneNames.OrdinaryProposal));
        Assert.Equal("accepted", world.Vote(world.Bob, id, "spam", 300).Code);
        Assert.Equal((UInt128)300, world.Ballot(id).Spam);
        Assert.Equal(1u, world.Ballot(id).Entries);
    }

    // The block's time is what counts: voting ends in the first block with time ≥ stop.
    [Theory]
    [InlineData(-1, "accepted")]
    [InlineData(0, "voting_closed")]
    [InlineData(1, "voting_closed")]
    public void Vote_AroundTheStop_IsTakenBeforeItOnly(int secondsAfter, string code)
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        // A bench's block is one second after the last.
        world.Bench.Advance(world.Proposal(id).Stop - world.Bench.Time + TimeSpan.FromSeconds(secondsAfter - 1));
        Assert.Equal(code, world.Vote(world.Bob, id, "yes", 1).Code);
    }

    [Fact]
    public void Vote_OnACancelledOrPassedProposal_IsRefusedAsVotingClosed()
    {
        var world = new GovernanceWorld();
        var cancelled = world.ProposeOrdinary();
        Assert.Equal("accepted", world.WithId("cancel", cancelled, world.Alice).Code);
        Assert.Equal("voting_closed", world.Vote(world.Bob, cancelled, "yes", 1).Code);
        var passed = world.ProposeOrdinary();
        world.Pass(passed);
        Assert.Equal("voting_closed", world.Vote(world.Carol, passed, "yes", 1).Code);
    }

    //          supply                  yes                    passes
    [Theory]
    [InlineData("1000000000000000000", "510000000000000000", true)]
    [InlineData("1000000000000000000", "509999999999999999", false)]
    [InlineData("999", "510", true)]
    [InlineData("999", "509", false)]
    [InlineData("1329227995784915872903807060280344576", "677906277850307095180941600742975734", true)]
    [InlineData("1329227995784915872903807060280344576", "677906277850307095180941600742975733", false)]
    public void Count_AtTheBoundaryOf51Percent_IsExactToTheUnit(string supply, string yes, bool passes)
    {
        var (all, voted) = (UInt128.Parse(supply, null), UInt128.Parse(yes, null));
        var alice = new TestAccount("alice");
        var world = new GovernanceWorld(shares: [(alice, voted), (new TestAccount("bob"), all - voted)], deposit: 0);
        var id = world.ProposeOrdinary(world.Alice);
        Assert.Equal("accepted", world.Vote(world.Alice, id, "yes", voted).Code);
        world.ToStop(id);
        Assert.Equal(passes ? ProposalState.Passed : ProposalState.Rejected, world.Ballot(id).State);
    }

    //          percent  yes  no   abstain  spam  passes   why
    [Theory]
    [InlineData(51, 510, 0, 0, 0, true)]
    [InlineData(51, 509, 0, 100, 0, false)]    // abstentions are not for it
    [InlineData(60, 599, 0, 0, 0, false)]      // of the whole supply
    [InlineData(60, 600, 400, 0, 0, true)]
    [InlineData(100, 1000, 0, 0, 0, true)]
    [InlineData(100, 999, 0, 0, 0, false)]
    [InlineData(51, 0, 0, 0, 0, false)]        // nobody votes
    public void Count_OfAVote_FollowsTheSupply(int percent, uint yes, uint no, uint abstain, uint spam, bool passes)
    {
        TestAccount[] parties = [.. Enumerable.Range(0, 5).Select(number => new TestAccount($"party {number}"))];
        uint[] units = [yes, no, abstain, spam, 1_000 - yes - no - abstain - spam];
        var world = new GovernanceWorld(
            shares: [.. parties.Zip(units, (party, share) => (party, (UInt128)share)).Where(share => share.Item2 > 0)], deposit: 0);
        var proposer = parties.First(party => world.Governance.TotalOf(party.Id) >= 10);
        var id = world.ProposeOrdinary(proposer, percent);
        string[] options = ["yes", "no", "abstain", "spam"];
        for (var option = 0; option < 4; option++)
            if (units[option] > 0)
                Assert.Equal("accepted", world.Vote(parties[option], id, options[option], units[option]).Code);
        world.ToStop(id);
        Assert.Equal(passes ? ProposalState.Passed : ProposalState.Rejected, world.Ballot(id).State);
    }

    [Fact]
    public void Count_BelowTheQuorum_Rejects()
    {
        var world = new GovernanceWorld(quorum: 95);
        var id = world.ProposeOrdinary();
        world.Vote(world.Alice, id, "yes", 590);
        world.Vote(world.Bob, id, "abstain", 300);
        world.ToStop(id);
        Assert.Equal(ProposalState.Rejected, world.Ballot(id).State);
        Assert.Equal((UInt128)1_000, world.Governance.Supply);
    }

    // yes 590 of 1,000; spam · 3 > all votes burns the deposit, equal does not.
    [Theory]
    [InlineData(100, 199, true)]
    [InlineData(100, 200, false)]
    [InlineData(100, 0, true)]
    public void Count_OfAProposalCalledSpam_BurnsItsDeposit(uint spam, uint no, bool burns)
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        Assert.Equal("accepted", world.Vote(world.Carol, id, "spam", spam).Code);
        if (no > 0)
            Assert.Equal("accepted", world.Vote(world.Bob, id, "no", no).Code);
        world.ToStop(id);
        Assert.Equal(ProposalState.Rejected, world.Ballot(id).State);
        Assert.Equal((UInt128)(burns ? 990 : 1_000), world.Governance.Supply);
        Assert.Equal((UInt128)(burns ? 590 : 600), world.Governance.TotalOf(world.Alice.Id));
    }

    [Fact]
    public void Burn_OfTokensThatVoteElsewhere_TakesThemFromThatVote()
    {
        var world = new GovernanceWorld();
        var spam = world.ProposeOrdinary();
        var other = world.ProposeParameter("sponsor_quota", 5, world.Bob);
        Assert.Equal("accepted", world.Vote(world.Alice, other, "yes", 600).Code);
        world.Vote(world.Carol, spam, "spam", 100);
        world.ToStop(spam);
        Assert.Equal((UInt128)590, world.Ballot(other).Yes);
        Assert.Equal((UInt128)590, world.Governance.LockedOf(world.Alice.Id, SceneNames.Parameter));
        Assert.Equal((UInt128)0, world.Governance.TransferableOf(world.Alice.Id));
    }

    [Fact]
    public void Locks_AfterTheCount_DoNotBindAndAreClearedSomeBlocksLater()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        world.Vote(world.Alice, id, "yes", 590);
        world.Vote(world.Bob, id, "yes", 300);
        Assert.Equal(3, world.Governance.LockCount);
        Assert.Equal("done", GovernanceWorld.Codes(world.ToStop(id)));
        Assert.Equal((UInt128)600, world.Governance.TransferableOf(world.Alice.Id));
        Assert.Equal((UInt128)0, world.Governance.LockedOf(world.Bob.Id, SceneNames.OrdinaryProposal));
        Assert.Equal(2, world.Governance.LockCount);
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, world.Governance.LockCount);
        Assert.Empty(world.Governance.VotesOf(id, default, 10));
    }

    [Fact]
    public void Vote_ForAnOwner_LocksTheOwnersTokensUntilTheOwnerVotes()
    {
        var world = new GovernanceWorld();
        Assert.Equal("accepted", world.DelegateTo(world.Bob, world.Carol).Code);
        var id = world.ProposeOrdinary();
        Assert.Equal("accepted", world.Vote(world.Carol, id, "yes", 100, (world.Bob, 250)).Code);
        Assert.Equal((UInt128)350, world.Ballot(id).Yes);
        Assert.Equal((UInt128)250, world.Governance.LockedOf(world.Bob.Id, SceneNames.OrdinaryProposal));
        Assert.Equal("accepted", world.Vote(world.Carol, id, "no", null, (world.Bob, 300)).Code);
        Assert.Equal((100ul, 300ul), ((ulong)world.Ballot(id).Yes, (ulong)world.Ballot(id).No));
        // The owner takes them back; a delegate's later vote does not undo that.
        Assert.Equal("accepted", world.Vote(world.Bob, id, "abstain", 10).Code);
        Assert.Equal((100ul, 0ul, 10ul), ((ulong)world.Ballot(id).Yes, (ulong)world.Ballot(id).No, (ulong)world.Ballot(id).Abstain));
        Assert.Equal("no_governance_permission", world.Vote(world.Carol, id, "no", null, (world.Bob, 300)).Code);
    }

    [Fact]
    public void Vote_ForAnOwnerWhoDidNotDelegate_IsRefused()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        Assert.Equal("no_governance_permission", world.Vote(world.Carol, id, "yes", null, (world.Bob, 1)).Code);
        Assert.Equal("accepted", world.DelegateTo(world.Bob, world.Carol, scene: SceneNames.Parameter).Code);
        Assert.Equal("no_governance_permission", world.Vote(world.Carol, id, "yes", null, (world.Bob, 1)).Code);
        // One of several that is not allowed refuses all.
        Assert.Equal("accepted", world.DelegateTo(world.Bob, world.Carol).Code);
        Assert.Equal("no_governance_permission", world.Vote(world.Carol, id, "yes", 50, (world.Bob, 1), (world.Alice, 1)).Code);
        Assert.Equal((UInt128)0, world.Ballot(id).Yes);
        Assert.Equal("malformed_request", world.Vote(world.Carol, id, "yes", null, (world.Bob, 1), (world.Bob, 2)).Code);
    }

    [Fact]
    public void Delegation_AtItsEnd_EndsByBlockTime()
    {
        var world = new GovernanceWorld();
        Assert.Equal("accepted", world.DelegateTo(world.Bob, world.Carol, seconds: 10).Code);
        var id = world.ProposeOrdinary();
        Assert.Equal("accepted", world.Vote(world.Carol, id, "yes", null, (world.Bob, 1)).Code);
        world.Bench.Advance(TimeSpan.FromSeconds(9));
        Assert.False(world.Governance.TryGetDelegation(world.Bob.Id, SceneNames.OrdinaryProposal, out _));
        Assert.Equal("no_governance_permission", world.Vote(world.Carol, id, "yes", null, (world.Bob, 1)).Code);
        // Carol is a delegate no more and may delegate herself.
        Assert.Equal("accepted", world.DelegateTo(world.Carol, world.Alice).Code);
    }

    [Fact]
    public void Delegation_InALoopOrAChain_IsRefusedAsDelegationDepth()
    {
        var world = new GovernanceWorld();
        Assert.Equal("delegation_depth", world.DelegateTo(world.Bob, world.Bob).Code);
        Assert.Equal("accepted", world.DelegateTo(world.Bob, world.Carol).Code);
        Assert.Equal("delegation_depth", world.DelegateTo(world.Carol, world.Bob).Code);
        Assert.Equal("delegation_depth", world.DelegateTo(world.Carol, world.Alice).Code);
        Assert.Equal("delegation_depth", world.DelegateTo(world.Alice, world.Bob).Code);
        Assert.Equal("accepted", world.DelegateTo(world.Alice, world.Carol).Code);
        Assert.Equal("accepted", world.DelegateTo(world.Carol, world.Alice, scene: SceneNames.Parameter).Code);
        // Taken back, and given to another.
        Assert.Equal("accepted", world.Bench.Run("governance.delegate", """{"scene":"ordinary_proposal"}""", world.Bob).Code);
        Assert.Equal("no_governance_permission", world.Bench.Run("governance.delegate", """{"scene":"ordinary_proposal"}""", world.Bob).Code);
        Assert.Equal("accepted", world.DelegateTo(world.Bob, world.Dora).Code);
        Assert.Equal("unknown_scene", world.DelegateTo(world.Bob, world.Dora, scene: "elsewhere").Code);
        Assert.Equal("malformed_request", world.DelegateTo(world.Bob, world.Dora, seconds: 0).Code);
    }

    [Fact]
    public void Votes_BeyondTheQuotaOfAnHour_AreRefused()
    {
        var world = new GovernanceWorld(ownParameters: "\"vote_quota\":2");
        var id = world.ProposeOrdinary(stop: DateTimeOffset.Parse("2026-01-01T05:00:00Z", null).ToUnixTimeSeconds());
        Assert.Equal("accepted", world.Vote(world.Bob, id, "yes", 1).Code);
        Assert.Equal("accepted", world.Vote(world.Bob, id, "yes", 2).Code);
        Assert.Equal("vote_quota_exceeded", world.Vote(world.Bob, id, "yes", 3).Code);
        Assert.Equal("accepted", world.Vote(world.Carol, id, "yes", 1).Code);
        world.Bench.Advance(TimeSpan.FromHours(1));
        Assert.Equal("accepted", world.Vote(world.Bob, id, "yes", 3).Code);
    }
}
