using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Tests.Governance;

public class ProposalTests
{
    private static readonly string QuotaRead = GovernanceWorld.ParameterRead("sponsor_quota");
    private static readonly string SetQuota = GovernanceWorld.SetParameter("sponsor_quota", 7);

    [Fact]
    public void Propose_WithoutTheTokens_IsRefusedWithoutPermission()
    {
        var world = new GovernanceWorld();
        Assert.Equal("no_governance_permission", Propose(world, world.Dora).Code);
        Assert.Equal("accepted", world.Give(world.Carol, world.Dora, 9).Code);
        var result = Propose(world, world.Dora);
        Assert.Equal(("no_governance_permission", "10", "9"), (result.Code, GovernanceWorld.Fact(result, "needed"), GovernanceWorld.Fact(result, "available")));
        Assert.Equal("accepted", world.Give(world.Carol, world.Dora, 1).Code);
        Assert.Equal("accepted", Propose(world, world.Dora).Code);
        // She holds enough, and has locked it as the first deposit.
        result = Propose(world, world.Dora);
        Assert.Equal(("no_governance_permission", "0"), (result.Code, GovernanceWorld.Fact(result, "available")));
    }

    [Fact]
    public void Propose_WithASpentId_IsRefusedAsReplayed()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        Assert.Equal("replayed", world.Propose(id, world.Bob, SceneNames.OrdinaryProposal, "governance.resolve", "{}").Code);
        world.WithId("cancel", id, world.Alice);
        Assert.Equal("replayed", world.Propose(id, world.Alice, SceneNames.OrdinaryProposal, "governance.resolve", "{}").Code);
    }

    [Fact]
    public void Propose_OutsideItsTerms_IsRefusedAsBadProposal()
    {
        var world = new GovernanceWorld();
        BenchResult With(long stopAfter, long triggerAfter, int percent) => world.Propose(
            world.NextId(), world.Alice, SceneNames.Parameter, "governance.set_parameter", SetQuota, QuotaRead,
            world.Now + 1 + stopAfter, world.Now + 1 + stopAfter + triggerAfter, percent);
        foreach (var (stop, trigger, percent, fact) in new[]
        {
            (3_600L, 600L, 50, "min_vote_percent"), (3_600, 600, 101, "min_vote_percent"), (3_599, 600, 51, "stop_vote_time"),
            (400_000_000, 600, 51, "stop_vote_time"), (3_600, 599, 51, "trigger_time"), (3_600, 400_000_000, 51, "trigger_time"),
        })
        {
            var result = With(stop, trigger, percent);
            Assert.Equal(("bad_proposal", "malformed_request"), (result.Code, GovernanceWorld.Fact(result, "inner_code")));
            Assert.NotEmpty(GovernanceWorld.Fact(result, fact));
        }
        Assert.Equal("accepted", With(3_600, 600, 100).Code);
    }

    //          scene                  act                          arg                                       inner code
    [Theory]
    [InlineData("parameter", "governance.set_parameter", """{"name":"sponsor_quota","value":0}""", "invariant_broken")]
    [InlineData("parameter", "governance.set_parameter", """{"name":"sponsor_quota","value":5000000000}""", "invariant_broken")]
    [InlineData("parameter", "governance.set_parameter", """{"name":"quorum","value":3}""", "invariant_broken")]
    [InlineData("parameter", "governance.set_parameter", """{"name":"vote_quota","value":0}""", "invariant_broken")]
    [InlineData("parameter", "governance.set_parameter", """{"name":"colour","value":3}""", "unknown_parameter")]
    [InlineData("parameter", "governance.set_parameter", """{"name":"sponsor_quota"}""", "malformed_argument")]
    [InlineData("parameter", "governance.set_parameter", """{"name":"sponsor_quota","value":5,"more":1}""", "malformed_argument")]
    [InlineData("ordinary_proposal", "governance.set_parameter", """{"name":"sponsor_quota","value":5}""", "not_governed")]
    [InlineData("parameter", "accounts.transfer", "{}", "not_governed")]
    [InlineData("contract_upgrade", "governance.activate_rules", """{"version":2,"height":1000}""", "unknown_rules")]
    [InlineData("contract_upgrade", "governance.activate_rules", """{"version":1,"height":1000}""", "rules_not_ahead")]
    [InlineData("contract_upgrade", "governance.set_scene", """{"scene":"parameter","min_hold_to_propose":"1","deposit":"1","quorum_percent":0,"pass_percent":50,"vote_window":1,"delay":0,"requeue_window":1}""", "invariant_broken")]
    [InlineData("treasury", "governance.treasury_transfer", """{"to":"DORA","amount":{"asset":"EURO","units":"1"}}""", "insufficient_funds")]
    [InlineData("emergency", "governance.lift_pause", """{"contract":"rights"}""", "not_paused")]
    [InlineData("reclaim", "governance.reclaim", """{"account":"DORA"}""", "unknown_account")]
    public void Propose_WithATriggerThatTheDryRunRefuses_IsRefusedWithItsCode(string scene, string act, string arg, string inner)
    {
        var world = new GovernanceWorld();
        arg = arg.Replace("DORA", world.Dora.ToString(), StringComparison.Ordinal).Replace("EURO", world.Euro.ToString(), StringComparison.Ordinal);
        var reads = string.Join(",", QuotaRead, GovernanceWorld.Read("governance.rules", new TextKey("")));
        var before = world.Bench.Set.ContentDigest();
        var result = world.Propose(world.NextId(), world.Alice, scene, act, arg, reads);
        Assert.Equal(("bad_proposal", inner), (result.Code, GovernanceWorld.Fact(result, "inner_code")));
        Assert.Equal(before, world.Bench.Set.ContentDigest());
    }

    [Fact]
    public void Propose_ThatBreaksAnInvariant_NamesIt()
    {
        var world = new GovernanceWorld();
        var result = world.Propose(world.NextId(), world.Alice, SceneNames.Parameter, "governance.set_parameter", GovernanceWorld.SetParameter("quorum", 3));
        Assert.Equal("quorum", GovernanceWorld.Fact(result, "invariant"));
    }

    [Fact]
    public void Propose_ThatDoesNotNameAValueItChanges_IsRefusedAndToldWhich()
    {
        var world = new GovernanceWorld();
        foreach (var reads in new[] { "", GovernanceWorld.ParameterRead("clock_skew_seconds") })
        {
            var result = world.Propose(world.NextId(), world.Alice, SceneNames.Parameter, "governance.set_parameter", SetQuota, reads);
            Assert.Equal(("bad_proposal", "incomplete_reads"), (result.Code, GovernanceWorld.Fact(result, "inner_code")));
            Assert.Equal("governance.parameters", GovernanceWorld.Fact(result, "table"));
            Assert.Contains($"\"{GovernanceWorld.Fact(result, "key")}\"", QuotaRead, StringComparison.Ordinal);
        }
        // A name that is no row's.
        foreach (var read in new[] { """{"table":"nowhere","key":"00"}""", """{"table":"governance.parameters","key":"zz"}""" })
        {
            var result = world.Propose(world.NextId(), world.Alice, SceneNames.Parameter, "governance.set_parameter", SetQuota, $"{QuotaRead},{read}");
            Assert.Equal(("bad_proposal", "incomplete_reads"), (result.Code, GovernanceWorld.Fact(result, "inner_code")));
        }
        Assert.Equal("malformed_request", world.Propose(
            world.NextId(), world.Alice, SceneNames.Parameter, "governance.set_parameter", SetQuota, $"{QuotaRead},{QuotaRead}").Code);
    }

    [Fact]
    public void Propose_InAnUnknownSceneOrForAnUnknownPredecessor_IsRefused()
    {
        var world = new GovernanceWorld();
        Assert.Equal("unknown_scene", world.Propose(world.NextId(), world.Alice, "elsewhere", "governance.resolve", "{}").Code);
        var result = world.Propose(
            world.NextId(), world.Alice, SceneNames.OrdinaryProposal, "governance.resolve", "{}", more: $$""","replaces":"{{new ProposalId(77)}}" """);
        Assert.Equal(("bad_proposal", "unknown_proposal"), (result.Code, GovernanceWorld.Fact(result, "inner_code")));
        var first = world.ProposeOrdinary();
        var second = world.NextId();
        Assert.Equal("accepted", world.Propose(
            second, world.Alice, SceneNames.OrdinaryProposal, "governance.resolve", "{}", more: $$""","replaces":"{{first}}" """).Code);
        Assert.Equal(first, world.Proposal(second).Replaces);
    }

    [Fact]
    public void Propose_WithoutItsText_IsRefused()
    {
        var world = new GovernanceWorld();
        Assert.Equal("attachment_mismatch", world.Bench.Run(
            "governance.propose",
            $$"""
            {"proposal":"{{world.NextId()}}","scene":"ordinary_proposal","title":"A","text_digest":"{{new string('a', 64)}}",
            "args":{"min_vote_percent":51,"stop_vote_time":1},"trigger":{"time":1,"act":"governance.resolve","arg":{},"reads":[]} }
            """,
            world.Alice).Code);
    }

    [Fact]
    public void Cancel_ByAnotherOrAfterAVote_IsRefused()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        Assert.Equal("cannot_cancel", world.WithId("cancel", id, world.Bob).Code);
        Assert.Equal("accepted", world.Vote(world.Bob, id, "yes", 1).Code);
        Assert.Equal("cannot_cancel", world.WithId("cancel", id, world.Alice).Code);
        var other = world.ProposeOrdinary();
        Assert.Equal((UInt128)20, world.Governance.LockedOf(world.Alice.Id, SceneNames.OrdinaryProposal));
        Assert.Equal("accepted", world.WithId("cancel", other, world.Alice).Code);
        Assert.Equal((UInt128)10, world.Governance.LockedOf(world.Alice.Id, SceneNames.OrdinaryProposal));
        Assert.Equal("cannot_cancel", world.WithId("cancel", other, world.Alice).Code);
        Assert.Equal("unknown_proposal", world.WithId("cancel", new ProposalId(999), world.Alice).Code);
        // What was cancelled is not counted.
        Assert.Equal("done", GovernanceWorld.Codes(world.ToStop(id)));
        Assert.Equal(ProposalState.Cancelled, world.Ballot(other).State);
    }

    [Theory]
    [InlineData("count", "PROPOSAL")]
    [InlineData("execute", "PROPOSAL")]
    [InlineData("set_parameter", """{"name":"sponsor_quota","value":5}""")]
    [InlineData("activate_rules", """{"version":2,"height":100}""")]
    [InlineData("resolve", "{}")]
    [InlineData("lift_pause", """{"contract":"rights"}""")]
    [InlineData("confirm_pause", """{"contract":"rights","until":1}""")]
    [InlineData("reclaim", """{"account":"ALICE"}""")]
    [InlineData("set_committee", """{"members":["ALICE"],"threshold":1}""")]
    [InlineData("treasury_transfer", """{"to":"ALICE","amount":{"asset":"EURO","units":"1"}}""")]
    public void Action_OfDueWorkOrGovernanceItself_SentByAnybody_IsRefusedAsCallerDenied(string action, string arg)
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary();
        arg = arg.Replace("PROPOSAL", $$"""{"proposal":"{{id}}"}""", StringComparison.Ordinal)
            .Replace("ALICE", world.Alice.ToString(), StringComparison.Ordinal).Replace("EURO", world.Euro.ToString(), StringComparison.Ordinal);
        Assert.Equal("caller_denied", world.Bench.Run($"governance.{action}", arg, world.Alice, world.Bob, world.Carol).Code);
        Assert.Equal(ProposalState.Voting, world.Ballot(id).State);
    }

    private static BenchResult Propose(GovernanceWorld world, TestAccount by) =>
        world.Propose(world.NextId(), by, SceneNames.Parameter, "governance.set_parameter", SetQuota, QuotaRead);
}
