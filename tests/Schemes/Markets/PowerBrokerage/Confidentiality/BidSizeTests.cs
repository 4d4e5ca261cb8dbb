using System.Collections.Concurrent;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Vault.Records;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;

/// <summary>What somebody sees who sees no more than lengths.</summary>
public sealed class BidSizeTests(ITestOutputHelper output)
{
    private const int Periods = 24;
    private const int Steps = 25;

    [Fact]
    public async Task Bids_OfOneStepAndOfAllSteps_AreOfOneSizeSealedDeliveredAndOnTheWire()
    {
        await using var market = await LiveMarket.OpenAsync();
        var session = (await market.OpenSessionAsync()).Session;
        var bodies = new (string Name, BidOrder[] Orders)[]
        {
            ("cancelled", []),
            ("one-step", [Order(0, MarketSide.Sell, 1, 1, 1)]),
            ("all-steps", [Order(0, MarketSide.Sell, Steps, 300_000, 1_000_000)]),
            // The longest that the session lets anybody say: both sides in every period, the widest price and quantity.
            ("everything", [.. Enumerable.Range(0, Periods).SelectMany(mtu => new[]
            {
                Order(mtu, MarketSide.Sell, Steps - 1, -49_999, BidSize.MaximumQuantity - Steps), Order(mtu, MarketSide.Buy, 1, -49_999, BidSize.MaximumQuantity),
            })]),
        };

        var seen = new List<Sizes>();
        foreach (var (name, orders) in bodies)
        {
            var wire = new ConcurrentQueue<string>();
            var bidder = await market.JoinAsync(name, 999_000_000_000m, 99_999_999_999, inner => new Meter(wire, inner));
            wire.Clear();
            var bid = bidder.Participant.SealBid(session, bidder.Mandate, new BidBody(bidder.Portfolio, [.. orders]));
            (await bidder.Participant.PutBidAsync(bid)).Required();
            var answer = (await bidder.Participant.Checker.CheckAsync(bid.Record.Signed.Original.Rid)).Answer!;
            seen.Add(new Sizes(
                name, bid.Record.Signed.Bytes.Length, bid.Record.Sealed.CtLen, bid.Record.Sealed.Bytes.Length, answer.Content.Length, [.. wire.Where(line => line.StartsWith("POST", StringComparison.Ordinal))]));
        }

        foreach (var sizes in seen)
            output.WriteLine($"{sizes.Name}: S {sizes.Original}, C {sizes.Length} of {sizes.Ciphertext}, C2 in its answer {sizes.Copy}, wire {string.Join("; ", sizes.Wire)}");
        Assert.Equal(seen.Count, seen.Select(sizes => sizes.Original).Distinct().Count());
        Assert.All(seen, sizes =>
        {
            Assert.Equal((int)session.BidSize, sizes.Length);
            Assert.Equal(seen[0].Ciphertext, sizes.Ciphertext);
            Assert.Equal(seen[0].Copy, sizes.Copy);
            Assert.Equal(seen[0].Wire, sizes.Wire);
            Assert.Contains(sizes.Wire, line => line.StartsWith("POST /transactions ", StringComparison.Ordinal));
            Assert.Contains(sizes.Wire, line => line.StartsWith("POST /schemes/power-brokerage/trading-server/records ", StringComparison.Ordinal));
        });
    }

    [Fact]
    public void BidSize_OfTheLongestBodyOfAnySession_HoldsIt()
    {
        foreach (var (periods, steps) in new[] { (23, 1), (24, 25), (25, 25), (96, 25), (100, 25) })
        {
            var size = (int)BidSize.Of(periods, steps);
            var orders = Enumerable.Range(0, periods).Select(mtu => Order(mtu, MarketSide.Sell, steps, -BidSize.WidestPrice, BidSize.MaximumQuantity - steps));
            using var key = Cryptography.Keys.EphemeralSigningKey.Create();
            using var session = Cryptography.Keys.EphemeralAgreementKey.Create();
            var account = Ledger.AccountId.Of(key.PublicKey);
            var original = RecordMaker.Write(
                RecordTypes.Bid, new BidBody(Envelopes.NewId<Portfolio>(), [.. orders]).ToBytes(), [account], [account], new Ledger.Timestamp(1_750_000_000_000),
                Envelopes.NewId<AuctionSession>());
            Assert.True(
                RecordSealer.Seal(SignedRecord.Sign(original, key), [session.PublicKey], RecordPadding.ToSize(size)).TryGet(out var sealedBid), $"{periods} × {steps} in {size}");
            Assert.Equal(size, sealedBid.CtLen);
        }
    }

    private static BidOrder Order(int mtu, MarketSide side, int steps, long price, long quantity) => new(
        mtu, new CallMarketOrder(side, [.. Enumerable.Range(0, steps).Select(step => new CallMarketStep(price + step, quantity + step))]));

    private sealed record Sizes(string Name, int Original, int Length, int Ciphertext, int Copy, string[] Wire);

    /// <summary>Notes the length of each request: body, and header fields as they are written.</summary>
    private sealed class Meter(ConcurrentQueue<string> wire, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var content = request.Content is { } body ? await body.ReadAsByteArrayAsync(cancellationToken) : [];
            var fields = request.Headers.NonValidated.Concat(request.Content?.Headers.NonValidated ?? default)
                .Sum(field => field.Value.Sum(value => field.Key.Length + value.Length));
            wire.Enqueue($"{request.Method} {request.RequestUri!.AbsolutePath} {request.Content?.Headers.ContentLength ?? 0} {content.Length} {fields}");
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
