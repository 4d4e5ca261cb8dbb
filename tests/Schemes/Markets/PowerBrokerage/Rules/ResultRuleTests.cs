using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Markets.PowerBrokerage;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Rules;

public sealed class ResultRuleTests
{
    [Fact]
    public void Randomness_OfTheAuditor_FixesTheSeedOnce()
    {
        using var world = new BrokerageBench();
        var terms = world.Opened();
        Assert.Equal("not_closed", world.Randomness(terms, root: Envelopes.NewId<Cryptography.Merkle.MerkleNode>()));
        world.Close(terms);
        using var other = VrfKey.Create();

        Assert.Equal("randomness_mismatch", world.Randomness(terms, other));
        Assert.Equal("randomness_mismatch", world.Randomness(terms, root: Envelopes.NewId<Cryptography.Merkle.MerkleNode>()));
        Assert.Equal(BrokerageBench.Accepted, world.Randomness(terms));
        Assert.Equal("seed_fixed", world.Randomness(terms));
        var session = world.Rules.FindSession(terms.SessionId)!;
        Assert.False(session.IsSeedSingle);
        Assert.NotEqual(BrokerageContract.SeedOf(terms.SessionId, session.GateOutput, null), session.Seed);
    }

    [Fact]
    public void Seed_WithoutTheAuditorInTime_IsFixedAloneAndFlagged()
    {
        using var world = new BrokerageBench();
        var terms = world.Opened();
        world.Close(terms);
        world.Bench.Advance(new Timestamp(terms.SeedDue) - world.Bench.Time);

        var session = world.Rules.FindSession(terms.SessionId)!;
        Assert.True(session.IsSeedSingle);
        Assert.Equal(BrokerageContract.SeedOf(terms.SessionId, session.GateOutput, null), session.Seed);
    }

    public static TheoryData<string, Func<ResultMessage, ResultMessage>> Wrong => new()
    {
        { "input", result => result with { InputRoot = Envelopes.NewId<Cryptography.Merkle.MerkleNode>() } },
        { "seed", result => result with { Seed = Envelopes.NewId<SessionSeed>() } },
        { "engine", result => result with { EngineHash = Envelopes.NewId<Counterfoil.Schemes.Markets.PowerBrokerage.Opening.EngineHash>() } },
        { "limits", result => result with { Limits = result.Limits with { PMax = result.Limits.PMax - 1 } } },
        { "missing bid", result => result with { UsedRidsRoot = Cryptography.Merkle.MerkleHash.EmptyRoot } },
        { "bid that is not there", result => result with { Rejected = [new RejectedBid(Envelopes.NewId<Contracts.Anchors.AnchoredRecord>(), "malformed_bid")] } },
        { "code that is none", result => result with { Rejected = [new RejectedBid(Envelopes.NewId<Contracts.Anchors.AnchoredRecord>(), "disliked")] } },
        { "missing period", result => result with { Periods = [.. result.Periods.Skip(1)] } },
        { "volume", result => Change(result, period => period with { Volume = period.Volume + 1 }) },
        { "price", result => Change(result, period => period with { Price = (period.Price ?? 0) + 1 }) },
        { "interval", result => Change(result, period => period with { Lo = period.Lo + 1 }) },
        { "ration", result => Change(result, period => period with { RationDen = period.RationDen + 1 }) },
        { "flags", result => Change(result, period => period with { Flags = [] }) },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Result_WithSomethingElse_IsRefusedAndTheSessionStaysClosed(string what, Func<ResultMessage, ResultMessage> change)
    {
        var (world, terms, engine) = Closed();
        using (world)
        {
            Assert.True(world.Publish(engine, change(engine.Result)) == "result_incomplete", what);
            Assert.Equal(SessionState.Closed, world.Rules.FindSession(terms.SessionId)!.State);
            Assert.Equal(BrokerageBench.Accepted, world.Publish(engine));
        }
    }

    [Fact]
    public void Result_OfTheEngine_ClearsTheSessionForGood()
    {
        var (world, terms, engine) = Closed();
        using (world)
        {
            var late = world.Bid(terms);
            Assert.Equal("not_party", world.Publish(engine, by: world.Rival));
            Assert.Equal(BrokerageBench.Accepted, world.Publish(engine));
            Assert.Equal(SessionState.Cleared, world.Rules.FindSession(terms.SessionId)!.State);
            Assert.Equal("session_final", world.Publish(engine));
            Assert.Equal("session_final", world.Put(late));
        }
    }

    [Fact]
    public void Result_BeforeTheSeed_IsRefusedAndALateOneIsStillTaken()
    {
        using var world = new BrokerageBench().WithMandate();
        var terms = world.Opened();
        var bid = world.Bid(terms);
        world.Put(bid);
        world.Close(terms);
        Assert.Equal("not_closed", world.Publish(world.Clear(terms with { SessionId = terms.SessionId }, bid), Seeded(world.Clear(terms, bid).Result)));
        world.Randomness(terms);
        world.Bench.Advance(new Timestamp(terms.ResultDue) - world.Bench.Time);
        Assert.Equal(SessionState.Overdue, world.Rules.FindSession(terms.SessionId)!.State);

        Assert.Equal(BrokerageBench.Accepted, world.Publish(world.Clear(terms, bid)));
    }

    [Fact]
    public void Curves_OfAThinPeriod_AreWithheldPublishedOrFlagged()
    {
        var (world, terms, engine) = Closed(minimumParties: 2);
        using (world)
        {
            var period = engine.Result.Periods[0];
            Assert.Contains("curves_withheld", period.Flags);
            Assert.DoesNotContain("curves_withheld", engine.Result.Periods[1].Flags);
            Assert.Equal(BrokerageBench.Accepted, world.Publish(engine));
            var message = new CurvesMessage(terms.SessionId, ResultLimits.Of(terms), [new PublishedCurves(0, period)]);
            var another = message with { Periods = [new PublishedCurves(0, period with { Volume = 7 })] };

            Assert.Equal("result_incomplete", world.Send("session.curves", another, BrokerageJson.Instance.CurvesMessage, [engine.Curves[0]], world.Operator));
            world.Bench.Advance(new Timestamp(terms.CurvesDue) - world.Bench.Time);
            Assert.True(world.Rules.FindSession(terms.SessionId)!.AreCurvesOverdue);
            Assert.Equal(BrokerageBench.Accepted, world.Send("session.curves", message, BrokerageJson.Instance.CurvesMessage, [engine.Curves[0]], world.Operator));
        }
    }

    [Fact]
    public void Session_IsAnnulled_ByOperatorAndAuditorTogether()
    {
        using var world = new BrokerageBench().WithMandate();
        var terms = world.Opened();
        var annul = new AnnulMessage(terms.SessionId);

        Assert.Equal("not_party", world.Send("session.annul", annul, BrokerageJson.Instance.AnnulMessage, [], world.Operator));
        Assert.Equal(BrokerageBench.Accepted, world.Send("session.annul", annul, BrokerageJson.Instance.AnnulMessage, [], world.Operator, world.Auditor));
        Assert.Equal("session_final", world.Put(world.Bid(terms)));
    }

    private static (BrokerageBench World, SessionMessage Terms, EngineResult Engine) Closed(int minimumParties = 1)
    {
        var world = new BrokerageBench().WithMandate();
        var terms = world.Opened(minimumParties);
        var bid = world.Bid(terms);
        world.Put(bid);
        world.Close(terms);
        world.Randomness(terms);
        return (world, terms, world.Clear(terms, bid));
    }

    // A seed that is not fixed cannot be written; any stands for it.
    private static ResultMessage Seeded(ResultMessage result) => result with { Seed = Envelopes.NewId<SessionSeed>() };

    private static ResultMessage Change(ResultMessage result, Func<PeriodResult, PeriodResult> change) =>
        result with { Periods = [change(result.Periods[0]), .. result.Periods.Skip(1)] };
}
