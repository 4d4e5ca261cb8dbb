using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Tests.Governance;

public class ExecutionTests
{
    [Fact]
    public void BlockSize_ChangedByProposal_TakesEffectInTheNextBlock()
    {
        var world = new GovernanceWorld();
        var seen = new List<int>();
        world.Probe.Rule = context =>
        {
            seen.Add(context.Parameters.MaximumBlockTransactions);
            return null;
        };
        var id = world.ProposeParameter("maximum_block_transactions", 100);
        world.Vote(world.Alice, id, "yes", 590);
        Assert.Equal("done", GovernanceWorld.Codes(world.ToStop(id)));
        world.Bench.Advance(world.Ballot(id).Due - world.Bench.Time - TimeSpan.FromSeconds(1));
        // The block of the trigger itself, then the next.
        world.Bench.Run("probe.run", "{}", world.Dora);
        Assert.Equal(ProposalState.Executed, world.Ballot(id).State);
        world.Bench.Run("probe.run", "{}", world.Dora);
        Assert.Equal([4_096, 100], seen);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Action_ThatPassed_RunsOnceAndNotAgain()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeParameter("sponsor_quota", 7);
        Assert.Equal("done", GovernanceWorld.Codes(world.Pass(id)));
        Assert.Equal(7, world.Governance.ParameterOf("sponsor_quota"));
        Assert.Equal(7, world.Governance.Parameters!.SponsorQuota);
        Assert.Equal("already_executed", world.WithId("requeue", id, world.Dora).Code);
        Assert.Equal("", GovernanceWorld.Codes(world.Bench.Advance(TimeSpan.FromDays(30))));
    }

    [Fact]
    public void TwoPassedProposals_OfTheSameValueAtOneTime_LeaveTheFirstsValue()
    {
        var world = new GovernanceWorld(deposit: 0);
        var (low, high) = (new ProposalId(5), new ProposalId(9));
        var start = world.Now + 10;
        var trigger = start + 2 * GovernanceWorld.VoteWindow + GovernanceWorld.Delay;
        // Votes one after the other, since the same tokens count once at a time; the actions are due together.
        foreach (var (id, value, stop) in new[] { (high, 90, start + GovernanceWorld.VoteWindow), (low, 50, start + 2 * GovernanceWorld.VoteWindow) })
            Assert.Equal("accepted", world.Propose(
                id, world.Alice, SceneNames.Parameter, "governance.set_parameter", GovernanceWorld.SetParameter("sponsor_quota", value),
                GovernanceWorld.ParameterRead("sponsor_quota"), stop, trigger).Code);
        world.Vote(world.Alice, high, "yes", 600);
        world.ToStop(high);
        world.Vote(world.Alice, low, "yes", 600);
        world.ToStop(low);
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("done execution_failed", GovernanceWorld.Codes(world.ToTrigger(low)));
        Assert.Equal((ProposalState.Executed, ProposalState.Failed), (world.Ballot(low).State, world.Ballot(high).State));
        Assert.Equal("precondition_failed", world.Ballot(high).FailureCode);
        Assert.Equal(50, world.Governance.ParameterOf("sponsor_quota"));
    }

    [Fact]
    public void Trigger_ThatIsRefused_FailsWithItsCodeAndRunsAfterARequeue()
    {
        var world = new GovernanceWorld(extra: kernel => GovernedProbe.OpenIn(kernel));
        var id = world.NextId();
        Assert.Equal("accepted", world.Propose(
            id, world.Alice, SceneNames.Parameter, "governed.set", """{"value":50}""", GovernanceWorld.Read("governed.values", new TextKey("value"))).Code);
        // Meanwhile somebody sets a limit that the proposal did not read: the invariant guard holds it up.
        Assert.Equal("accepted", world.Bench.Run("governed.limit", """{"value":20}""", world.Dora).Code);
        Assert.Equal("execution_failed", GovernanceWorld.Codes(world.Pass(id)));
        var failed = world.Bench.LastEvents.Single(happened => happened.Type == "governance.execution_failed");
        Assert.Equal(("invariant_broken", "value_below_limit"), (failed["inner_code"], failed["invariant"]));
        Assert.Equal((ProposalState.Failed, "invariant_broken"), (world.Ballot(id).State, world.Ballot(id).FailureCode));
        Assert.Contains(world.Governance.Targets, target => target.Name == "governed.set");
        Assert.Equal("accepted", world.Bench.Run("governed.limit", """{"value":60}""", world.Dora).Code);
        Assert.Equal("accepted", world.WithId("requeue", id, world.Dora).Code);
        Assert.Equal("cannot_requeue", world.WithId("requeue", id, world.Dora).Code);
        Assert.Equal("done", GovernanceWorld.Codes(world.ToTrigger(id)));
        Assert.Equal(ProposalState.Executed, world.Ballot(id).State);
        Assert.Equal("already_executed", world.WithId("requeue", id, world.Dora).Code);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Requeue_AfterItsWindowOrASecondFailure_IsRefused()
    {
        var world = new GovernanceWorld(extra: kernel => GovernedProbe.OpenIn(kernel));
        ProposalId Fail()
        {
            var id = world.NextId();
            world.Bench.Run("governed.limit", """{"value":100}""", world.Dora);
            Assert.Equal("accepted", world.Propose(
                id, world.Alice, SceneNames.Parameter, "governed.set", """{"value":50}""", GovernanceWorld.Read("governed.values", new TextKey("value"))).Code);
            world.Bench.Run("governed.limit", """{"value":20}""", world.Dora);
            Assert.Contains("execution_failed", GovernanceWorld.Codes(world.Pass(id)), StringComparison.Ordinal);
            return id;
        }
        var late = Fail();
        Assert.Equal("done", GovernanceWorld.Codes(world.Bench.Advance(TimeSpan.FromSeconds(7_200))));
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "governance.failed_finally");
        Assert.Equal("cannot_requeue", world.WithId("requeue", late, world.Dora).Code);
        var twice = Fail();
        Assert.Equal("accepted", world.WithId("requeue", twice, world.Dora).Code);
        Assert.Equal("execution_failed", GovernanceWorld.Codes(world.ToTrigger(twice)));
        Assert.Equal("cannot_requeue", world.WithId("requeue", twice, world.Dora).Code);
        Assert.Equal("unknown_proposal", world.WithId("requeue", new ProposalId(12345), world.Dora).Code);
        Assert.Equal("cannot_requeue", world.WithId("requeue", world.ProposeOrdinary(), world.Dora).Code);
    }

    [Fact]
    public void Treasury_PaysByProposalOnly()
    {
        var world = new GovernanceWorld();
        string Transfer(object to, int units) => $$"""{"to":"{{to}}","amount":{"asset":"{{world.Euro}}","units":"{{units}}"} }""";
        world.Bench.Run("accounts.transfer", Transfer(GovernanceContract.Treasury, 100), world.Dora);
        var id = world.NextId();
        Assert.Equal("accepted", world.Propose(id, world.Alice, SceneNames.Treasury, "governance.treasury_transfer", Transfer(world.Carol, 60)).Code);
        // Whoever sends the recipient a unit meanwhile stops nothing: the payment is a difference, not a value.
        world.Bench.Run("accounts.transfer", Transfer(world.Carol, 1), world.Dora);
        Assert.Equal("done", GovernanceWorld.Codes(world.Pass(id)));
        Assert.Equal((UInt128)61, world.Bench.Kernel.Accounts.BalanceOf(world.Carol.Id, world.Euro).Units);
        Assert.Equal((UInt128)40, world.Bench.Kernel.Accounts.BalanceOf(GovernanceContract.Treasury, world.Euro).Units);
        // The rest may be spent elsewhere before a second proposal's time: it fails, and nothing moves.
        var (second, third) = (world.NextId(), world.NextId());
        foreach (var (next, window) in new[] { (second, 1), (third, 2) })
            Assert.Equal("accepted", world.Propose(
                next, world.Alice, SceneNames.Treasury, "governance.treasury_transfer", Transfer(world.Bob, 40), stop: world.Now + 60 + window * GovernanceWorld.VoteWindow).Code);
        world.Pass(second, world.Alice);
        Assert.Contains("execution_failed", GovernanceWorld.Codes(world.Pass(third, world.Alice)), StringComparison.Ordinal);
        Assert.Equal("insufficient_funds", world.Ballot(third).FailureCode);
        Assert.Equal((UInt128)40, world.Bench.Kernel.Accounts.BalanceOf(world.Bob.Id, world.Euro).Units);
    }

    [Fact]
    public void Rules_ActivatedByProposal_AreInForceFromTheirHeight()
    {
        GovernanceWorld Make(int known) => new(extra: kernel => GovernedProbe.OpenIn(kernel, known), kernel: () => new KernelContracts(known));
        // The blocks of before: the new software replays them to the digest that the old one had.
        var (old, world) = (Make(1), Make(2));
        foreach (var each in new[] { old, world })
            for (var tick = 0; tick < 5; tick++)
                each.Bench.Run("governed.tick", "{}", each.Dora);
        Assert.Equal(old.Bench.Root(), world.Bench.Root());

        var height = world.Bench.Height + 9;
        var id = world.NextId();
        string Activate(int version) => $$"""{"version":{{version}},"height":{{height}}}""";
        var reads = GovernanceWorld.Read("governance.rules", new TextKey(""));
        var refused = old.Propose(new ProposalId(1), old.Alice, SceneNames.ContractUpgrade, "governance.activate_rules", Activate(2), reads);
        Assert.Equal(("bad_proposal", "unknown_rules"), (refused.Code, GovernanceWorld.Fact(refused, "inner_code")));
        Assert.Equal("accepted", world.Propose(id, world.Alice, SceneNames.ContractUpgrade, "governance.activate_rules", Activate(2), reads).Code);
        Assert.Equal("done", GovernanceWorld.Codes(world.Pass(id)));
        Assert.Equal((2, height), world.Governance.NextRules);
        var ticks = new List<long>();
        while (world.Bench.Height < height + 1)
        {
            world.Bench.Run("governed.tick", "{}", world.Dora);
            ticks.Add(TicksOf(world));
        }
        // One a block below the height, a hundred from it on.
        Assert.Equal([6, 7, 107, 207], ticks);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
        Assert.Equal((1, 2), (world.Governance.RulesAt(height - 1), world.Governance.RulesAt(height)));
    }

    [Fact]
    public void Scene_SetByProposal_HoldsForWhatIsProposedLater()
    {
        var world = new GovernanceWorld();
        var id = world.NextId();
        Assert.Equal("accepted", world.Propose(
            id, world.Alice, SceneNames.ContractUpgrade, "governance.set_scene", GovernanceWorld.Scene(SceneNames.Parameter, 25, pass: 80),
            GovernanceWorld.Read("governance.scenes", new TextKey(SceneNames.Parameter))).Code);
        world.Pass(id);
        var result = world.Propose(
            world.NextId(), world.Alice, SceneNames.Parameter, "governance.set_parameter", GovernanceWorld.SetParameter("sponsor_quota", 7), GovernanceWorld.ParameterRead("sponsor_quota"));
        Assert.Equal(("bad_proposal", "80"), (result.Code, GovernanceWorld.Fact(result, "min_vote_percent")));
        Assert.True(world.Governance.TryGetScene(SceneNames.Parameter, out var scene));
        Assert.Equal((UInt128)25, scene.Deposit);
    }

    private static long TicksOf(GovernanceWorld world) => ((GovernedProbe)world.Extra!).ValueOf("ticks");
}
