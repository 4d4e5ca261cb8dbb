using Counterfoil.Contracts.Rights;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Rules;

public sealed class BidRuleTests
{
    [Theory]
    [InlineData(24, 25, 24_576)]
    [InlineData(96, 25, 81_920)]
    [InlineData(100, 25, 81_920)]
    public void BidSize_OfASession_IsTheFormulas(int periods, int steps, uint size) => Assert.Equal(size, BidSize.Of(periods, steps));

    public static TheoryData<string, Func<SessionMessage, SessionMessage>> Malformed => new()
    {
        { "bid size", terms => terms with { BidSize = terms.BidSize + 4_096 } },
        { "periods", terms => terms with { Periods = 22 } },
        { "quarter-hours", terms => terms with { Mtu = "PT15M" } },
        { "length of a period", terms => terms with { Mtu = "PT30M" } },
        { "seal", terms => terms with { Seal = "threshold" } },
        { "prices", terms => terms with { PMin = terms.PMax } },
        { "width of prices", terms => terms with { PMax = 999_901 } },
        { "tick of zero", terms => terms with { PriceTick = "0.00" } },
        { "tick that is none", terms => terms with { QtyTick = "1e-1" } },
        { "seed before the gate", terms => terms with { SeedDue = terms.GateTime } },
        { "curves before the result", terms => terms with { CurvesDue = terms.ResultDue - 1 } },
        { "day", terms => terms with { DeliveryDay = "2026-02-30" } },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Session_OfAnotherForm_IsRefusedAsMalformed(string what, Func<SessionMessage, SessionMessage> change)
    {
        using var world = new BrokerageBench();

        Assert.True(world.Open(change(world.Terms())) == "malformed_session", what);
    }

    [Fact]
    public void Session_WithAGateThatIsPast_IsRefused()
    {
        using var world = new BrokerageBench();
        var terms = world.Terms();
        world.Close(terms);

        Assert.Equal("gate_closed", world.Open(terms));
    }

    [Fact]
    public void Bid_BeforeTheGate_IsTakenWithItsVersions()
    {
        using var world = new BrokerageBench().WithMandate();
        var terms = world.Opened();
        var first = world.Bid(terms);
        var second = world.Bid(terms, first.Record.Signed.Original);

        Assert.Equal(BrokerageBench.Accepted, world.Put(first));
        Assert.Equal(BrokerageBench.Accepted, world.Put(second));
        Assert.Equal(2, world.Rules.FindBid(terms.SessionId, first.Message.Rid)!.Version);
    }

    [Fact]
    public void Bid_AnchoredAgain_IsRefusedAsReplayedOrAsAConflict()
    {
        using var world = new BrokerageBench().WithMandate();
        var terms = world.Opened();
        var first = world.Bid(terms);
        world.Put(first);
        var second = world.Bid(terms, first.Record.Signed.Original);
        world.Put(second);

        Assert.Equal("replayed", world.Put(second));
        Assert.Equal("replayed", world.Put(first));
        Assert.Equal("version_conflict", world.Put(world.Bid(terms, first.Record.Signed.Original)));
    }

    [Fact]
    public void Bid_OfAnotherSizeSessionOrKind_IsRefused()
    {
        using var world = new BrokerageBench().WithMandate();
        var terms = world.Opened();

        Assert.Equal("malformed_bid", world.Put(world.Bid(terms, size: 4_096)));
        Assert.Equal("unknown_session", world.Put(world.Bid(world.Terms())));
        var (record, message) = world.Bid(terms);
        Assert.Equal("malformed_anchor", world.Put((record, message with { Rtype = "award" })));
        Assert.Equal("signature_invalid", world.Put((record, message with { Sig = world.Bid(terms).Message.Sig })));
        Assert.Equal("envelope_mismatch", world.Put((record, message with { CtLen = message.CtLen - 1 })));
        Assert.Equal("key_not_active", world.Put(world.Bid(terms, by: world.Rival)));
    }

    [Fact]
    public void Bid_InABlockAtTheGate_IsLate()
    {
        using var world = new BrokerageBench().WithMandate();
        var terms = world.Opened();
        world.Bench.Advance(TimeSpan.FromMilliseconds(terms.GateTime - world.Bench.Time.UnixMilliseconds - 1_000));
        var bid = world.Bid(terms);

        // The bench's next block is one second later: exactly at the gate.
        Assert.Equal("gate_closed", world.Put(bid));
    }

    [Fact]
    public void Bid_WithoutAnActiveMandate_IsRefused()
    {
        using var world = new BrokerageBench();
        var early = world.Opened();
        Assert.Equal("not_mandated", world.Put(world.Bid(early)));

        world.WithMandate();
        Assert.Equal("not_mandated", world.Put(world.Bid(early, by: world.Rival), world.Rival));
        Assert.Equal(BrokerageBench.Accepted, world.Put(world.Bid(early)));
        Assert.Equal(BrokerageBench.Accepted, Rule(world, "suspend"));
        Assert.Equal("not_mandated", world.Put(world.Bid(early)));
        Assert.Equal(BrokerageBench.Accepted, Rule(world, "resume"));
        Assert.Equal(BrokerageBench.Accepted, world.Put(world.Bid(early)));
        Assert.Equal(BrokerageBench.Accepted, Rule(world, "revoke"));
        Assert.Equal("not_mandated", world.Put(world.Bid(early)));
    }

    [Fact]
    public void Bid_OnAMandateThatExpired_IsRefused()
    {
        using var world = new BrokerageBench();
        world.WithMandate(world.Bench.Time.UnixSeconds + 60);
        var terms = world.Opened();
        world.Bench.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("not_mandated", world.Put(world.Bid(terms)));
    }

    [Fact]
    public void Bid_InAnotherOperatorsSession_IsRefused()
    {
        using var world = new BrokerageBench().WithMandate();
        var terms = world.Terms();
        Assert.Equal(BrokerageBench.Accepted, world.Send("session.open", terms, BrokerageJson.Instance.SessionMessage, [], world.Rival));

        Assert.Equal("not_mandated", world.Put(world.Bid(terms)));
    }

    [Fact]
    public void Gate_WithMoreBidsThanAPart_ClosesInPortionsWithOneRoot()
    {
        using var world = new BrokerageBench().WithMandate();
        var terms = world.Opened();
        var bids = new (MadeRecord Record, BidMessage Message)[BrokerageContract.BidsInPart + 6];
        Parallel.For(0, bids.Length, index => bids[index] = world.Bid(terms));
        var results = world.Bench.Block([.. bids.Select(bid => new BenchTransaction(
            "brokerage.bid.put", BrokerageBench.Json(bid.Message, BrokerageJson.Instance.BidMessage), [world.Desk]) { Attachments = [bid.Record.Sealed.Bytes.ToArray()] })]);
        Assert.All(results, result => Assert.Equal(BrokerageBench.Accepted, result.Code));
        var late = world.Bid(terms);

        world.Close(terms);
        Assert.Equal(SessionState.Closing, world.Rules.FindSession(terms.SessionId)!.State);
        Assert.Equal("gate_closed", world.Put(late));

        var session = world.Rules.FindSession(terms.SessionId)!;
        Assert.Equal(SessionState.Closed, session.State);
        Assert.Equal(bids.Length, session.BidCount);
        Assert.Equal(InputRoot.Of(bids.Select(bid => (bid.Message.Rid, bid.Message.Ver, bid.Message.Digest, bid.Message.CtDigest))), session.InputRoot);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    private static string Rule(BrokerageBench world, string verb) => world.Bench.Run(
        $"rights.{verb}", BrokerageBench.Json(new RightMessage(world.Broker.Id, world.Mandate), RightsJson.Instance.RightMessage), world.Broker).Code;
}
