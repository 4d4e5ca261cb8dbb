using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Rules;

public sealed class EngineTests
{
    private static readonly int[] Seeds = [1, 20, 333];

    [Fact]
    public void Result_InAnyOrderThreadsAndCulture_HasTheSameBytes()
    {
        using var world = new BrokerageBench();
        var terms = world.Terms();
        foreach (var seed in Seeds)
        {
            var random = new Random(seed);
            var bids = Enumerable.Range(0, 60).Select(_ => Opened(world, terms, RandomBody(world, random))).ToList();
            var root = Envelopes.NewId<MerkleNode>();
            var tie = Envelopes.NewId<SessionSeed>();
            var first = Bytes(ClearingEngine.Clear(terms, root, tie, bids, 1));
            var culture = CultureInfo.CurrentCulture;
            try
            {
                var odd = (CultureInfo)CultureInfo.InvariantCulture.Clone();
                (odd.NumberFormat.NegativeSign, odd.NumberFormat.NumberDecimalSeparator) = ("~", ",");
                CultureInfo.CurrentCulture = odd;
                for (var threads = 1; threads <= 4; threads++)
                    Assert.True(first.AsSpan().SequenceEqual(Bytes(ClearingEngine.Clear(terms, root, tie, [.. bids.OrderBy(_ => random.Next())], threads))), $"seed {seed}");
            }
            finally
            {
                CultureInfo.CurrentCulture = culture;
            }
        }
    }

    [Fact]
    public void Clearing_OfD1sFirstCase_GivesItsPriceAndShares()
    {
        using var world = new BrokerageBench();
        var terms = world.Terms();
        CheckedBid[] bids =
        [
            Opened(world, terms, Body(world, (MarketSide.Sell, [(2_000, 300)]))), Opened(world, terms, Body(world, (MarketSide.Sell, [(3_500, 400)]))),
            Opened(world, terms, Body(world, (MarketSide.Sell, [(3_500, 500)]))), Opened(world, terms, Body(world, (MarketSide.Sell, [(6_000, 200)]))),
            Opened(world, terms, Body(world, (MarketSide.Buy, [(8_000, 500)]))), Opened(world, terms, Body(world, (MarketSide.Buy, [(5_000, 600)]))),
            Opened(world, terms, Body(world, (MarketSide.Buy, [(3_000, 300)]))),
        ];

        var result = ClearingEngine.Clear(terms, Envelopes.NewId<MerkleNode>(), Envelopes.NewId<SessionSeed>(), bids, 2);

        Assert.Equal(3_500, result.Result.Periods[0].Price);
        Assert.Equal(1_100, result.Result.Periods[0].Volume);
        Assert.Equal([300, 356, 444, 0, 500, 600, 0], bids.Select(bid => Awarded(result, bid.Rid)));
    }

    public static TheoryData<string, string> Broken => new()
    {
        { "falling sells", """{"mtu":0,"side":"sell","steps":[[20,1],[10,1]]}""" },
        { "rising buys", """{"mtu":0,"side":"buy","steps":[[10,1],[20,1]]}""" },
        { "fraction of a tick", """{"mtu":0,"side":"sell","steps":[[10.5,1]]}""" },
        { "price as text", """{"mtu":0,"side":"sell","steps":[["10",1]]}""" },
        { "price beyond the limits", """{"mtu":0,"side":"sell","steps":[[400001,1]]}""" },
        { "quantity of zero", """{"mtu":0,"side":"sell","steps":[[10,0]]}""" },
        { "quantity too large", """{"mtu":0,"side":"sell","steps":[[10,100000000]]}""" },
        { "no steps", """{"mtu":0,"side":"sell","steps":[]}""" },
        { "too many steps over both sides", """{"mtu":0,"side":"sell","steps":[[10,1]]},{"mtu":0,"side":"buy","steps":[[9,1]]}""" },
        { "two orders of a side", """{"mtu":1,"side":"buy","steps":[[10,1]]},{"mtu":1,"side":"buy","steps":[[9,1]]}""" },
        { "period beyond the day", """{"mtu":24,"side":"sell","steps":[[10,1]]}""" },
        { "side that is none", """{"mtu":0,"side":"both","steps":[[10,1]]}""" },
        { "another member", """{"mtu":0,"side":"sell","steps":[[10,1]],"note":1}""" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Body_AgainstTheRules_IsMalformed(string what, string orders)
    {
        using var world = new BrokerageBench();
        var terms = world.Terms();
        using var json = JsonDocument.Parse($$"""{"orders":[{{orders}}],"portfolio":"{{world.Portfolio}}"}""");

        Assert.True(BidBody.Parse(json.RootElement, terms.Periods, terms.Limits) is null, what);
    }

    [Fact]
    public void Bid_OpenedByItsContentKey_IsCheckedAgainstAnchorMandateAndGuarantee()
    {
        using var world = new BrokerageBench();
        var terms = world.Terms();

        Assert.Null(Open(world, terms, Body(world, (MarketSide.Sell, [(1_000, 10)])), 10, 100m, 100m).Rejection);
        Assert.Equal("limit_exceeded", Open(world, terms, Body(world, (MarketSide.Sell, [(1_000, 11)])), 10, 100m, 100m).Rejection?.Code);
        // 1.0 MW bought for an hour at 10.01 costs 10.01; sold at a negative price it costs too.
        Assert.Null(Open(world, terms, Body(world, (MarketSide.Buy, [(1_001, 10)])), 10, 10.01m, 10.01m).Rejection);
        Assert.Equal("limit_exceeded", Open(world, terms, Body(world, (MarketSide.Buy, [(1_001, 10)])), 10, 10m, 100m).Rejection?.Code);
        Assert.Equal("limit_exceeded", Open(world, terms, Body(world, (MarketSide.Buy, [(1_001, 10)])), 10, 100m, 10m).Rejection?.Code);
        Assert.Equal("limit_exceeded", Open(world, terms, Body(world, (MarketSide.Sell, [(-1_001, 10)])), 10, 10m, 100m).Rejection?.Code);
        Assert.Equal("limit_exceeded", Open(world, terms, Body(world, (MarketSide.Sell, [(1_000, 1)])), 10, 100m, 100m, Envelopes.NewId<Portfolio>()).Rejection?.Code);
    }

    [Fact]
    public void Bid_OfAnotherAccountReaderOrDigest_IsAnEnvelopeMismatch()
    {
        using var world = new BrokerageBench();
        var terms = world.Terms();
        var body = Body(world, (MarketSide.Sell, [(1_000, 10)]));

        Assert.Equal("envelope_mismatch", Open(world, terms, body, 10, 100m, 100m, change: bid => bid with { Account = world.Rival.Id }).Rejection?.Code);
        Assert.Equal("envelope_mismatch", Open(world, terms, body, 10, 100m, 100m, reader: world.Rival.Id).Rejection?.Code);
        Assert.Equal("envelope_mismatch", Open(
            world, terms, body, 10, 100m, 100m, change: bid => bid with { Anchor = bid.Anchor with { Digest = Envelopes.NewId<RecordVersion>() } }).Rejection?.Code);
        Assert.Equal("envelope_mismatch", Open(world, terms, body, 10, 100m, 100m, change: bid => bid with { ContentKey = null }).Rejection?.Code);
    }

    [Fact]
    public void Bids_OfOneAndOfAllSteps_HaveEqualSizes()
    {
        using var world = new BrokerageBench();
        var terms = world.Terms() with { MaxSteps = 25, BidSize = BidSize.Of(24, 25) };
        var small = Sealed(world, terms, Body(world, (MarketSide.Sell, [(1, 1)])).ToBytes());
        var large = Sealed(world, terms, new BidBody(world.Portfolio, [.. Enumerable.Range(0, 24).Select(mtu => new BidOrder(mtu, new CallMarketOrder(
            MarketSide.Sell, [.. Enumerable.Range(0, 25).Select(step => new CallMarketStep(399_900 + step, 99_999_999))])))]).ToBytes());

        Assert.Equal(terms.BidSize, (uint)small.Sealed.CtLen);
        Assert.Equal(small.Sealed.CtLen, large.Sealed.CtLen);
        Assert.Equal(small.Sealed.Bytes.Length, large.Sealed.Bytes.Length);
    }

    [Fact]
    public void Digests_OfBids_AreNotFoundByAnyoneWhoKnowsAllBodies()
    {
        using var world = new BrokerageBench();
        var terms = world.Terms();
        // Whoever knows everything of a bid but its salt: 10,000 bodies, each with its true frame, the salt of every other record tried.
        var original = Sealed(world, terms, Body(world, (MarketSide.Sell, [(5_000, 10)])).ToBytes()).Signed.Original;
        var text = System.Text.Encoding.UTF8.GetString(original.Bytes.Span);
        var salt = JsonDocument.Parse(original.Bytes).RootElement.GetProperty("salt").GetString()!;
        var guesses = new HashSet<Digest<RecordOriginal>>();
        for (var guess = 0; guess < 10_000; guess++)
        {
            var wrong = Base64Url.Encode(SHA256.HashData(BitConverter.GetBytes(guess)));
            guesses.Add(Digest<RecordOriginal>.Of(System.Text.Encoding.UTF8.GetBytes(
                text.Replace("[5000,10]", $"[{guess},10]", StringComparison.Ordinal).Replace(salt, guess % 2 == 0 ? wrong : "", StringComparison.Ordinal))));
        }

        Assert.DoesNotContain(original.Digest, guesses);
        // The attack itself works: with the salt it finds the bid among its guesses.
        Assert.Contains(original.Digest, Enumerable.Range(4_990, 20).Select(guess => Digest<RecordOriginal>.Of(
            System.Text.Encoding.UTF8.GetBytes(text.Replace("[5000,10]", $"[{guess},10]", StringComparison.Ordinal)))));
    }

    private static byte[] Bytes(EngineResult result) =>
    [
        .. JsonSerializer.SerializeToUtf8Bytes(result.Result, BrokerageJson.Instance.ResultMessage), .. result.Curves.SelectMany(curves => curves),
        .. result.Awards.SelectMany(award => award.Body),
    ];

    private static long Awarded(EngineResult result, Digest<AnchoredRecord> rid)
    {
        using var json = JsonDocument.Parse(result.Awards.First(award => award.Bid == rid).Body);
        return AwardBody.Parse(json.RootElement)!.Orders.SelectMany(order => order.Quantities).Sum();
    }

    private static BidBody Body(BrokerageBench world, params (MarketSide Side, (long Price, long Quantity)[] Steps)[] orders) =>
        new(world.Portfolio, [.. orders.Select(order => new BidOrder(0, new CallMarketOrder(
            order.Side, [.. order.Steps.Select(step => new CallMarketStep(step.Price, step.Quantity))])))]);

    private static BidBody RandomBody(BrokerageBench world, Random random) => new(world.Portfolio,
    [
        .. Enumerable.Range(0, 24).Select(mtu => new BidOrder(mtu, new CallMarketOrder(
            random.Next(2) == 0 ? MarketSide.Buy : MarketSide.Sell, [new CallMarketStep(random.Next(-3, 8) * 500, random.Next(1, 50))]))),
    ]);

    private static MadeRecord Sealed(BrokerageBench world, SessionMessage terms, byte[] body)
    {
        var original = RecordMaker.Write(RecordTypes.Bid, body, [world.Desk.Id], [world.Operator.Id], world.Bench.Time, terms.SessionId);
        return RecordMaker.Seal(SignedRecord.Sign(original, world.Desk.Key), [terms.SessionKey], [], RecordPadding.ToSize((int)terms.BidSize));
    }

    private static CheckedBid Opened(BrokerageBench world, SessionMessage terms, BidBody body)
    {
        var record = Sealed(world, terms, body.ToBytes());
        return new CheckedBid(record.Rid, world.Desk.Id, record.Signed, body, new MandateBody(world.Portfolio, world.Desk.Id, world.SessionKey.PublicKey, 1, 1m), null);
    }

    private static CheckedBid Open(
        BrokerageBench world, SessionMessage terms, BidBody body, long maximumQuantity, decimal maximumEur, decimal guarantee, Digest<Portfolio>? portfolio = null,
        Func<EngineBid, EngineBid>? change = null, Counterfoil.Ledger.AccountId? reader = null)
    {
        var record = Sealed(world, terms, body.ToBytes());
        var anchor = record.ToAnchor([RecordMaker.SignAnchor(world.Bench.Net, record.Signed.Original, world.Desk.Key)]);
        var bid = new EngineBid(
            world.Desk.Id, world.Mandate, anchor, record.Sealed.Bytes, RecordOpener.UnwrapContentKey(record.Sealed.Bytes, world.SessionKey).Value);
        var of = portfolio ?? world.Portfolio;
        var limits = new MarketLimits(
            new Dictionary<Digest<Contracts.Rights.Right>, MandateBody> { [world.Mandate] = new(of, world.Desk.Id, world.SessionKey.PublicKey, maximumQuantity, maximumEur) },
            new Dictionary<Digest<Portfolio>, GuaranteeBody> { [of] = new(of, guarantee) });
        return ClearingEngine.Open(change?.Invoke(bid) ?? bid, terms, reader ?? world.Operator.Id, limits);
    }
}
