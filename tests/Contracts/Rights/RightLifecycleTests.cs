using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Rights;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Tests.Rights;

public class RightLifecycleTests
{
    private readonly RightsWorld world = new();

    //           steps, each "action by=code", then the state at the end
    [Theory]
    [InlineData("redeem holder=accepted  redeem holder=already_redeemed", RightState.Redeemed)]
    [InlineData("suspend holder=not_issuer  suspend issuer=accepted  suspend issuer=suspended  redeem holder=suspended", RightState.Suspended)]
    [InlineData("resume issuer=not_suspended  suspend issuer=accepted  resume issuer=accepted  redeem holder=accepted", RightState.Redeemed)]
    [InlineData("revoke other=not_issuer  revoke issuer=accepted  redeem holder=revoked  revoke issuer=revoked  suspend issuer=revoked", RightState.Revoked)]
    [InlineData("suspend issuer=accepted  revoke issuer=accepted  resume issuer=revoked", RightState.Revoked)]
    [InlineData("redeem holder=accepted  revoke issuer=already_redeemed  suspend issuer=already_redeemed", RightState.Redeemed)]
    [InlineData("activate issuer=already_active  redeem other=not_holder  redeem issuer=not_holder", RightState.Active)]
    [InlineData("restore issuer=nothing_to_restore  redeem holder=accepted  restore holder=not_redeemer  restore issuer=accepted  redeem holder=accepted", RightState.Redeemed)]
    [InlineData("redeem holder=accepted  restore issuer=accepted  revoke issuer=accepted  restore issuer=revoked", RightState.Revoked)]
    public void Right_ByScenario(string steps, RightState state)
    {
        Assert.Equal("accepted", world.Issue());
        foreach (var step in steps.Split("  "))
        {
            var (action, by, code) = (step.Split(' ')[0], step.Split(' ', '=')[1], step.Split('=')[1]);
            Assert.Equal((step, code), (step, world.Rule(action, world.Party(by))));
        }
        Assert.Equal(state, world.State);
    }

    [Theory]
    [InlineData("activate")]
    [InlineData("suspend")]
    [InlineData("resume")]
    [InlineData("revoke")]
    [InlineData("redeem")]
    [InlineData("restore")]
    public void Action_OnAnUnknownRight_IsRefused(string action) => Assert.Equal("unknown_right", world.Rule(action, world.Issuer));

    [Fact]
    public void Issue_Twice_IsRefusedAndAnotherIssuerIsFree()
    {
        Assert.Equal("accepted", world.Issue());
        Assert.Equal("right_exists", world.Issue());
        var argument = $$"""{"right":"{{RightsWorld.Id()}}","holder":"{{world.Holder}}"}""";
        Assert.Equal("accepted", world.Bench.Run("rights.issue", argument, world.Other).Code);
    }

    [Fact]
    public void Issue_OfAnotherForm_IsRefusedAsMalformed()
    {
        Assert.Equal("malformed_right", world.Issue(message => message with { Holder = null }));
        Assert.Equal("malformed_right", world.Issue(message => message with { Commitment = Digest<HolderCommitment>.Of("x"u8) }));
        Assert.Equal("malformed_right", world.Issue(message => message with { Uses = 0 }));
        Assert.Equal("malformed_right", world.Issue(message => message with { Limit = new Amount(Digest<Asset>.Of("x"u8), 0) }));
        Assert.Equal("malformed_right", world.Issue(message => message with { NotBeforeSeconds = 0 }));
        Assert.Equal("malformed_right", world.Issue(message => message with { ExpiresSeconds = RightsContract.MaximumSeconds + 1 }));
        Assert.Equal("malformed_right", world.Issue(message => message with { NotBeforeSeconds = world.Start + 50, ExpiresSeconds = world.Start + 50 }));
        Assert.Equal("expired", world.Issue(message => message with { ExpiresSeconds = world.Start }));
    }

    [Fact]
    public void Issue_ToAnUnknownHolder_AddressesItOnTheIssuersQuota()
    {
        var stranger = new TestAccount("stranger");
        Assert.Equal("accepted", world.Issue(message => message with { Holder = stranger.Id }));
        Assert.Equal(AccountStanding.Addressed, world.Bench.Kernel.Accounts.StandingOf(stranger.Id));
        Assert.True(world.Bench.Kernel.Accounts.TryGetAccount(world.Issuer.Id, out var issuer));
        Assert.Equal(1, issuer.Sponsored);
        Assert.Equal("accepted", world.Redeem(stranger));
    }

    [Fact]
    public void Right_WithTimes_BeginsAndExpiresByTimer()
    {
        Assert.Equal("accepted", world.Issue(message => message with { NotBeforeSeconds = world.Start + 100, ExpiresSeconds = world.Start + 200 }));
        Assert.Equal("not_yet_valid", world.Redeem(world.Holder));
        world.Bench.Advance(TimeSpan.FromSeconds(97));
        Assert.Equal(RightState.Pending, world.Row().State);
        Assert.Single(world.Bench.Advance(TimeSpan.FromSeconds(1)));
        Assert.Equal("rights.activated", Assert.Single(world.Bench.LastEvents).Type);
        Assert.Equal(RightState.Active, world.Row().State);
        world.Bench.Advance(TimeSpan.FromSeconds(99));
        Assert.Equal(RightState.Active, world.Row().State);
        Assert.Single(world.Bench.Advance(TimeSpan.FromSeconds(1)));
        Assert.Equal("rights.expired", Assert.Single(world.Bench.LastEvents).Type);
        Assert.Equal(RightState.Expired, world.Row().State);
        Assert.Equal("expired", world.Redeem(world.Holder));
        Assert.Equal("expired", world.Rule("revoke", world.Issuer));
        Assert.Equal("expired", world.Rule("restore", world.Issuer));
    }

    [Fact]
    public void Right_OnceEnded_HasNoDueWork()
    {
        Assert.Equal("accepted", world.Issue(message => message with { ExpiresSeconds = world.Start + 200 }));
        Assert.Equal("accepted", world.Redeem(world.Holder));
        Assert.Empty(world.Bench.Advance(TimeSpan.FromSeconds(1000)));
        Assert.Equal(RightState.Redeemed, world.State);
    }

    [Fact]
    public void Right_RestoredBeforeItsEnd_ExpiresAfterAll()
    {
        Assert.Equal("accepted", world.Issue(message => message with { ExpiresSeconds = world.Start + 200 }));
        Assert.Equal("accepted", world.Redeem(world.Holder));
        Assert.Equal("accepted", world.Rule("restore", world.Issuer));
        Assert.Single(world.Bench.Advance(TimeSpan.FromSeconds(1000)));
        Assert.Equal(RightState.Expired, world.Row().State);
    }

    [Fact]
    public void Right_RedeemedThenPastItsEnd_CannotBeRestored()
    {
        Assert.Equal("accepted", world.Issue(message => message with { ExpiresSeconds = world.Start + 200 }));
        Assert.Equal("accepted", world.Redeem(world.Holder));
        world.Bench.Advance(TimeSpan.FromSeconds(300));
        Assert.Equal("expired", world.Rule("restore", world.Issuer));
    }

    [Fact]
    public void Right_AwaitingActivation_WaitsForItsIssuerAndItsTime()
    {
        Assert.Equal("accepted", world.Issue(message => message with { AwaitsActivation = true, NotBeforeSeconds = world.Start + 50 }));
        world.Bench.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("not_issuer", world.Rule("activate", world.Holder));
        Assert.Equal("accepted", world.Rule("activate", world.Issuer));
        Assert.Equal(RightState.Pending, world.State);
        Assert.Single(world.Bench.Advance(TimeSpan.FromSeconds(60)));
        Assert.Equal(RightState.Active, world.Row().State);

        Assert.Equal("accepted", world.Issue(message => message with { AwaitsActivation = true }, "second"));
        world.Bench.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(RightState.Pending, world.Row("second").StateAt(world.Bench.Time));
        Assert.Equal("accepted", world.Rule("suspend", world.Issuer, "second"));
        Assert.Equal("suspended", world.Rule("activate", world.Issuer, "second"));
        Assert.Equal("accepted", world.Rule("resume", world.Issuer, "second"));
        Assert.Equal("accepted", world.Rule("activate", world.Issuer, "second"));
        Assert.Equal(RightState.Active, world.Row("second").State);
    }

    [Fact]
    public void Right_ResumedAfterItsBeginning_IsActive()
    {
        Assert.Equal("accepted", world.Issue(message => message with { NotBeforeSeconds = world.Start + 50 }));
        Assert.Equal("accepted", world.Rule("suspend", world.Issuer));
        world.Bench.Advance(TimeSpan.FromSeconds(100));
        Assert.Equal(RightState.Suspended, world.State);
        Assert.Equal("accepted", world.Rule("resume", world.Issuer));
        Assert.Equal(RightState.Active, world.Row().State);

        Assert.Equal("accepted", world.Issue(message => message with { NotBeforeSeconds = world.Start + 500 }, "later"));
        Assert.Equal("accepted", world.Rule("suspend", world.Issuer, "later"));
        Assert.Equal("accepted", world.Rule("resume", world.Issuer, "later"));
        Assert.Single(world.Bench.Advance(TimeSpan.FromSeconds(500)));
        Assert.Equal(RightState.Active, world.Row("later").State);
    }

    [Fact]
    public void IsActive_ForAMandate_IsTrueForItsHolderWhileItStands()
    {
        bool IsActive(TestAccount holder)
        {
            var result = false;
            Assert.Equal("accepted", world.InProbe(
                context =>
                {
                    result = world.Bench.Kernel.Rights.IsActive(context, world.Key(), holder.Id);
                    return null;
                },
                holder));
            return result;
        }

        Assert.False(IsActive(world.Holder));
        Assert.Equal("accepted", world.Issue());
        Assert.True(IsActive(world.Holder));
        Assert.False(IsActive(world.Other));
        Assert.Equal("accepted", world.Rule("suspend", world.Issuer));
        Assert.False(IsActive(world.Holder));
        Assert.Equal("accepted", world.Rule("resume", world.Issuer));
        Assert.Equal("accepted", world.Rule("revoke", world.Issuer));
        Assert.False(IsActive(world.Holder));
    }

    [Fact]
    public void Right_OfAContract_IsRuledByThatContractAlone()
    {
        var key = new RightKey(Authority.OfContract("probe"), RightsWorld.Id());
        var terms = new IssueRightMessage(RightsWorld.Id(), new TestAccount("stranger").Id);
        var kernel = world.Bench.Kernel.Rights;
        Assert.Equal("accepted", world.InProbe(context => context.Call(inner => kernel.Issue(inner, terms)), world.Issuer));
        Assert.Equal("not_issuer", world.InProbe(context => kernel.Revoke(context, key), world.Issuer));
        Assert.Equal("not_issuer", world.Bench.Run("rights.revoke", $$"""{"issuer":"{{key.Issuer}}","right":"{{key.Id}}"}""", world.Issuer).Code);
        Assert.Equal("accepted", world.InProbe(context => context.Call(inner => kernel.Revoke(inner, key)), world.Issuer));
        Assert.True(kernel.TryGet(key, out var row));
        Assert.Equal(RightState.Revoked, row.State);
    }

    [Fact]
    public void Operation_InDueWork_HasTheContractsAuthorityInAnInnerCallOnly()
    {
        var kernel = world.Bench.Kernel;
        string Later(Func<ExecutionContext, Ledger.Refusal?> rule)
        {
            world.Probe.LaterRule = rule;
            Assert.Equal("accepted", world.InProbe(
                context =>
                {
                    context.Schedule("later", context.Time, [1]);
                    return null;
                },
                world.Other));
            var outcome = Assert.Single(world.Bench.Advance(TimeSpan.FromSeconds(1)));
            return outcome.Code ?? outcome.Status;
        }

        var terms = new IssueRightMessage(RightsWorld.Id(), world.Holder.Id);
        var item = new Contracts.Registry.RegisterItemMessage(Digest<Contracts.Registry.Item>.Of("x"u8), "thing", world.Holder.Id);
        var entry = new Contracts.Anchors.AnchorEntry
        {
            Rid = Digest<Contracts.Anchors.AnchoredRecord>.Of("x"u8), Version = 1, Digest = Digest<Contracts.Anchors.RecordVersion>.Of("x"u8),
        };
        Assert.Equal("not_authorised", Later(context => kernel.Rights.Issue(context, terms)));
        Assert.Equal("not_authorised", Later(context => kernel.Registry.Register(context, item)));
        Assert.Equal("not_authorised", Later(context => kernel.Anchors.Put(context, entry)));
        Assert.Equal("done", Later(context => context.Call(inner => kernel.Rights.Issue(inner, terms))));
        Assert.Equal("done", Later(context => context.Call(inner => kernel.Registry.Register(inner, item))));
        Assert.Equal("done", Later(context => context.Call(inner => kernel.Anchors.Put(inner, entry))));
    }

    //           precedence: the right has all the faults at once, each row cures the first that is left
    [Theory]
    [InlineData("revoked",         "revoked")]
    [InlineData("expired",         "expired")]
    [InlineData("suspended",       "suspended")]
    [InlineData("redeemer",        "not_redeemer")]
    [InlineData("holder",          "not_holder")]
    [InlineData("too soon",        "reused_too_soon")]
    [InlineData("limit",           "over_limit")]
    public void Redeem_WithSeveralFaults_NamesTheFirst(string from, string code)
    {
        string[] ladder = ["revoked", "expired", "suspended", "redeemer", "holder", "too soon", "limit"];
        bool Has(string fault) => Array.IndexOf(ladder, fault) >= Array.IndexOf(ladder, from);
        Assert.Equal("accepted", world.Issue(message => message with
        {
            Uses = 5,
            Limit = new Amount(Digest<Asset>.Of("EUR"u8), 10),
            Redeemer = world.Shop.Id,
            ReuseWindowSeconds = 1_000,
            ExpiresSeconds = Has("expired") ? world.Start + 60 : null,
        }));
        var argument = $$"""{"issuer":"{{world.Issuer}}","right":"{{RightsWorld.Id()}}","amount":{"asset":"{{Digest<Asset>.Of("EUR"u8)}}","units":"1"} }""";
        Assert.Equal("accepted", world.Bench.Run("rights.redeem", argument, world.Shop, world.Holder).Code);
        if (Has("suspended") && from != "revoked")
            Assert.Equal("accepted", world.Rule("suspend", world.Issuer));
        if (from == "revoked")
            Assert.Equal("accepted", world.Rule("revoke", world.Issuer));
        world.Bench.Advance(TimeSpan.FromSeconds(Has("too soon") ? 100 : 2_000));
        TestAccount[] signers = Has("redeemer") ? [world.Other] : Has("holder") ? [world.Shop] : [world.Shop, world.Holder];
        var units = Has("limit") ? "99" : "1";
        Assert.Equal(code, world.Bench.Run("rights.redeem", argument.Replace("\"1\"", $"\"{units}\"", StringComparison.Ordinal), signers).Code);
    }
}
