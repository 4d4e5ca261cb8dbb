using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Tests.Governance;

public class EmergencyTests
{
    [Fact]
    public void Pause_ByKOfTheCommittee_HoldsUpActionsAndDueWorkUntilItsEnd()
    {
        var world = new GovernanceWorld(ownParameters: "\"pause_seconds\":3600");
        var ran = 0;
        world.Probe.LaterRule = _ =>
        {
            ran++;
            return null;
        };
        world.Probe.Rule = context =>
        {
            context.Schedule("later", context.Time + TimeSpan.FromMinutes(10), "work"u8);
            return null;
        };
        Assert.Equal("accepted", world.Bench.Run("probe.run", "{}", world.Dora).Code);
        Assert.Equal("accepted", world.Pause(world.Alice, "probe").Code);
        Assert.False(world.Governance.IsPaused("probe", null));
        Assert.Equal("replayed", world.Pause(world.Alice, "probe").Code);
        Assert.Equal("no_governance_permission", world.Pause(world.Dora, "probe").Code);
        Assert.Equal("accepted", world.Pause(world.Bob, "probe").Code);
        Assert.True(world.Governance.IsPaused("probe", null));
        var refused = world.Bench.Run("probe.run", "{}", world.Dora);
        Assert.Equal(("paused", "probe"), (refused.Code, GovernanceWorld.Fact(refused, "contract")));
        Assert.Equal("accepted", world.Give(world.Alice, world.Bob, 1).Code);
        // Its due work waits; that of others does not.
        var id = world.ProposeOrdinary();
        Assert.Equal("", GovernanceWorld.Codes(world.Bench.Advance(TimeSpan.FromMinutes(50))));
        Assert.Equal(0, ran);
        // The end is due work too: what waited runs in the same block, behind it.
        Assert.Equal("done done done", GovernanceWorld.Codes(world.Bench.Advance(world.Proposal(id).Stop - world.Bench.Time)));
        Assert.Equal(1, ran);
        Assert.Equal("accepted", world.Bench.Run("probe.run", "{}", world.Dora).Code);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Pause_OfWhatMayNotBePaused_IsRefused()
    {
        var world = new GovernanceWorld();
        Assert.Equal("cannot_pause", world.Pause(world.Alice, "governance").Code);
        Assert.Equal("cannot_pause", world.Pause(world.Alice, "ledger").Code);
        Assert.Equal("malformed_request", world.Pause(world.Alice, "No Contract").Code);
        Assert.Equal("malformed_request", world.Pause(world.Alice, "rights", "").Code);
    }

    [Fact]
    public void Pause_OfAccounts_LeavesTheRecoveryOfKeys()
    {
        var world = new GovernanceWorld();
        world.Pause(world.Alice, "accounts");
        world.Pause(world.Carol, "accounts");
        Assert.Equal("paused", world.Bench.Run("accounts.sponsor", $$"""{"accounts":["{{new TestAccount("new")}}"]}""", world.Dora).Code);
        Assert.Equal("last_key", world.Bench.Run("accounts.remove_key", $$"""{"kid":"{{world.Dora.Key.PublicKey.Thumbprint}}"}""", world.Dora).Code);
    }

    [Fact]
    public void Pause_ThatTooFewCallForInAnHour_Lapses()
    {
        var world = new GovernanceWorld();
        world.Pause(world.Alice, "probe");
        world.Bench.Advance(TimeSpan.FromHours(1));
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "governance.pause_call_lapsed");
        Assert.Equal("accepted", world.Pause(world.Bob, "probe").Code);
        Assert.False(world.Governance.IsAnyPaused);
        // Calls for different incidents do not add up.
        Assert.Equal("accepted", world.Pause(world.Carol, "probe", "incident 2").Code);
        Assert.False(world.Governance.IsAnyPaused);
        Assert.Equal("accepted", world.Pause(world.Carol, "probe").Code);
        Assert.True(world.Governance.IsAnyPaused);
        Assert.Equal("cannot_pause", world.Pause(world.Alice, "probe", "incident 2").Code);
        // An incident pauses once.
        world.Bench.Advance(TimeSpan.FromDays(3));
        Assert.False(world.Governance.IsAnyPaused);
        Assert.Equal("replayed", world.Pause(world.Alice, "probe").Code);
    }

    [Fact]
    public void Pause_ConfirmedByProposal_LastsLongerAndIsLiftedByAnother()
    {
        var world = new GovernanceWorld(ownParameters: "\"pause_seconds\":10000");
        world.Pause(world.Alice, "probe");
        world.Pause(world.Bob, "probe");
        var reads = GovernanceWorld.Read("governance.pauses", new TextKey("probe"));
        var id = world.NextId();
        var until = world.Now + 50_000;
        Assert.Equal("accepted", world.Propose(
            id, world.Alice, SceneNames.Emergency, "governance.confirm_pause", $$"""{"contract":"probe","until":{{until}}}""", reads).Code);
        world.Pass(id);
        world.Bench.Advance(TimeSpan.FromSeconds(20_000));
        Assert.True(world.Governance.IsPaused("probe", "probe.run"));
        var lift = world.NextId();
        Assert.Equal("accepted", world.Propose(lift, world.Alice, SceneNames.Emergency, "governance.lift_pause", """{"contract":"probe"}""", reads).Code);
        world.Pass(lift);
        Assert.False(world.Governance.IsAnyPaused);
        Assert.Equal("", GovernanceWorld.Codes(world.Bench.Advance(TimeSpan.FromSeconds(60_000))));
        Assert.Equal("accepted", world.Bench.Run("probe.run", "{}", world.Dora).Code);
    }

    [Fact]
    public void Committee_ChangedByProposal_CountsAsItIsNow()
    {
        var world = new GovernanceWorld();
        world.Pause(world.Carol, "probe");
        var id = world.NextId();
        Assert.Equal("accepted", world.Propose(
            id, world.Alice, SceneNames.Emergency, "governance.set_committee", $$"""{"members":["{{world.Dora}}"],"threshold":1}""",
            GovernanceWorld.Read("governance.configuration", new TextKey(""))).Code);
        world.Pass(id);
        Assert.Equal("no_governance_permission", world.Pause(world.Bob, "probe").Code);
        Assert.Equal("accepted", world.Pause(world.Dora, "probe").Code);
        Assert.True(world.Governance.IsAnyPaused);
    }
}
