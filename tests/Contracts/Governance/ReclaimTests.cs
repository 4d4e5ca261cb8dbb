using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Tests.Governance;

public class ReclaimTests
{
    private const int Notice = 40 * 86_400;

    [Fact]
    public void Reclaim_OfAnAccountThatActedWithinTheNotice_IsRefusedAsNotDormant()
    {
        var world = new GovernanceWorld(ownParameters: $"\"reclaim_notice_seconds\":{Notice}");
        var result = Propose(world, world.NextId());
        Assert.Equal(("bad_proposal", "not_dormant"), (result.Code, GovernanceWorld.Fact(result, "inner_code")));
        world.Bench.Advance(TimeSpan.FromSeconds(Notice - 10));
        Assert.Equal("accepted", world.Bench.Run("governance.alive", "{}", world.Carol).Code);
        world.Bench.Advance(TimeSpan.FromSeconds(Notice - 10));
        Assert.Equal("not_dormant", GovernanceWorld.Fact(Propose(world, world.NextId()), "inner_code"));
        world.Bench.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("accepted", Propose(world, world.NextId()).Code);
    }

    [Fact]
    public void Reclaim_ThatNobodyEnds_BurnsTheTokensAtTheEndOfTheNotice()
    {
        var world = new GovernanceWorld(ownParameters: $"\"reclaim_notice_seconds\":{Notice}");
        Announce(world);
        Assert.Equal((UInt128)100, world.Governance.TotalOf(world.Carol.Id));
        Assert.Equal("replayed", GovernanceWorld.Fact(Propose(world, world.NextId()), "inner_code"));
        world.Bench.Advance(TimeSpan.FromSeconds(Notice));
        Assert.Equal((UInt128)0, world.Governance.TotalOf(world.Carol.Id));
        Assert.Equal((UInt128)900, world.Governance.Supply);
        Assert.Null(world.Governance.ReclaimOf(world.Carol.Id));
        // 51 % of what is left can be reached again.
        var id = world.ProposeOrdinary();
        world.Vote(world.Alice, id, "yes", 459);
        world.ToStop(id);
        Assert.Equal(ProposalState.Passed, world.Ballot(id).State);
    }

    [Fact]
    public void Reclaim_OfAnAccountThatShowsItIsUsed_Ends()
    {
        var world = new GovernanceWorld(ownParameters: $"\"reclaim_notice_seconds\":{Notice}");
        Announce(world);
        Assert.NotNull(world.Governance.ReclaimOf(world.Carol.Id));
        Assert.Equal("accepted", world.Bench.Run("governance.alive", "{}", world.Carol).Code);
        Assert.Null(world.Governance.ReclaimOf(world.Carol.Id));
        world.Bench.Advance(TimeSpan.FromSeconds(2 * Notice));
        Assert.Equal((UInt128)100, world.Governance.TotalOf(world.Carol.Id));
    }

    [Fact]
    public void Reclaim_WhoseAccountActsBeforeItsTime_FailsAtTheTrigger()
    {
        var world = new GovernanceWorld(ownParameters: $"\"reclaim_notice_seconds\":{Notice}");
        world.Bench.Advance(TimeSpan.FromSeconds(Notice));
        var id = world.NextId();
        Assert.Equal("accepted", Propose(world, id).Code);
        Assert.Equal("accepted", world.Bench.Run("governance.alive", "{}", world.Carol).Code);
        Assert.Equal("execution_failed", GovernanceWorld.Codes(world.Pass(id)));
        Assert.Equal("not_dormant", world.Ballot(id).FailureCode);
    }

    private static BenchResult Propose(GovernanceWorld world, ProposalId id) => world.Propose(
        id, world.Alice, SceneNames.Reclaim, "governance.reclaim", $$"""{"account":"{{world.Carol}}"}""",
        GovernanceWorld.Read("governance.reclaims", new AccountKey(world.Carol.Id)));

    private static void Announce(GovernanceWorld world)
    {
        world.Bench.Advance(TimeSpan.FromSeconds(Notice));
        var id = world.NextId();
        Assert.Equal("accepted", Propose(world, id).Code);
        Assert.Equal("done", GovernanceWorld.Codes(world.Pass(id)));
    }
}
