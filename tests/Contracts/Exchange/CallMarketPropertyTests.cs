using System.Text;
using Counterfoil.Contracts.Exchange;
using Xunit.Abstractions;
using static Counterfoil.Contracts.Tests.Exchange.RandomBooks;

namespace Counterfoil.Contracts.Tests.Exchange;

/// <summary>Random books against <see cref="ReferenceCall"/>: 20,000 as a rule, 100,000 with
/// COUNTERFOIL_FULL=1.</summary>
public class CallMarketPropertyTests(ITestOutputHelper output)
{
    private const int Seed = 1_804_067_621;

    private static int Books => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1" ? 100_000 : 20_000;

    [Fact]
    public void Clear_OfRandomBooks_AgreesWithTheReference()
    {
        output.WriteLine($"{Books} books, seed {Seed}");
        var random = new Random(Seed);
        int indeterminate = 0, rationed = 0, curtailed = 0, noTrade = 0, oneSided = 0;
        for (var number = 0; number < Books; number++)
        {
            var limits = Limits(random);
            var orders = Book(random, limits);
            Assert.All(orders, order => Assert.Null(order.Refusal(limits)));
            var result = CallMarket.Clear(orders, limits, TieBreakByIndex(orders.Count));
            RequireAgreement(number, orders, limits, result);
            if (result.Summary.Low < result.Summary.High) indeterminate++;
            if (result.Summary.RationedSide != MarketSide.None) rationed++;
            if (result.Summary.Curtailed) curtailed++;
            if (result.Summary is { NoTrade: true, OneSided: false }) noTrade++;
            if (result.Summary.OneSided) oneSided++;
        }
        output.WriteLine($"indeterminate {indeterminate}, rationed {rationed}, curtailed {curtailed}, no trade {noTrade}, one-sided {oneSided}");
        // A generator that stopped making one of the cases would make this test blind to it.
        Assert.All([indeterminate, rationed, curtailed, noTrade, oneSided], count => Assert.True(count > Books / 100));
    }

    [Fact]
    public void Clear_OfPermutedBooks_ChangesNoByte()
    {
        var random = new Random(Seed + 1);
        output.WriteLine($"seed {Seed + 1}");
        for (var number = 0; number < Books / 4; number++)
        {
            var limits = Limits(random);
            var orders = Book(random, limits);
            int[] identifiers = [.. Enumerable.Range(0, orders.Count)];
            var straight = Bytes(orders, identifiers, limits);
            random.Shuffle(identifiers);
            var permuted = Bytes([.. identifiers.Select(identifier => orders[identifier])], identifiers, limits);
            Assert.Equal(straight, permuted);
        }
    }

    [Fact]
    public void ClearCurves_OfPublishedPoints_GivesTheSameSummary()
    {
        var random = new Random(Seed + 2);
        output.WriteLine($"seed {Seed + 2}");
        for (var number = 0; number < Books / 4; number++)
        {
            var limits = Limits(random);
            var orders = Book(random, limits);
            var result = CallMarket.Clear(orders, limits, TieBreakByIndex(orders.Count));
            Assert.Null(AggregatedCurve.TryCreate(MarketSide.Buy, result.Buys.Points, limits, out var buys));
            Assert.Null(AggregatedCurve.TryCreate(MarketSide.Sell, result.Sells.Points, limits, out var sells));
            Assert.Equal(result.Summary, CallMarket.ClearCurves(buys!, sells!, limits));
        }
    }

    private static void RequireAgreement(int number, List<CallMarketOrder> orders, CallMarketLimits limits, CallMarketResult result)
    {
        var reference = new ReferenceCall(orders, limits);
        var summary = result.Summary;
        Assert.True(reference.Volume == summary.Volume, $"book {number}: volume {summary.Volume}, expected {reference.Volume}");
        Assert.Equal(reference.LargestEfficientVolume, summary.Volume);
        Assert.Equal((reference.Low, reference.High, reference.Price), (summary.Low, summary.High, summary.Price));
        Assert.Equal(reference.Supporting, summary.High - summary.Low + 1);
        Assert.Equal(reference.OneSided, summary.OneSided);
        for (var price = limits.MinimumPrice; price <= limits.MaximumPrice; price += 7)
        {
            Assert.Equal((reference.Demand(price), reference.DemandAbove(price)),
                (result.Buys.QuantityAt(price), result.Buys.QuantityBetterThan(price)));
            Assert.Equal((reference.Supply(price), reference.SupplyBelow(price)),
                (result.Sells.QuantityAt(price), result.Sells.QuantityBetterThan(price)));
        }

        long bought = 0, sold = 0, welfare = 0;
        for (var order = 0; order < orders.Count; order++)
        {
            var isBuy = orders[order].Side == MarketSide.Buy;
            for (var step = 0; step < orders[order].Steps.Length; step++)
            {
                var (limit, quantity) = orders[order].Steps[step];
                var allocated = result.Allocations(order)[step];
                Assert.InRange(allocated, 0, quantity);
                var advantage = isBuy ? limit - summary.Price : summary.Price - limit;
                if (summary.Price is null || advantage < 0) Assert.Equal(0, allocated);
                if (advantage > 0) Assert.Equal(quantity, allocated);
                Assert.True(summary.Fits(orders[order].Side, orders[order].Steps[step], allocated));
                (bought, sold) = isBuy ? (bought + allocated, sold) : (bought, sold + allocated);
                welfare += isBuy ? limit * allocated : -limit * allocated;
            }
        }
        Assert.Equal((summary.Volume, summary.Volume, reference.Welfare), (bought, sold, welfare));
    }

    private static string Bytes(List<CallMarketOrder> orders, int[] identifiers, CallMarketLimits limits)
    {
        var result = CallMarket.Clear(orders, limits, TieBreakFor(identifiers));
        var text = new StringBuilder().Append(result.Summary).AppendJoin(' ', result.Buys.Points).AppendJoin(' ', result.Sells.Points);
        for (var identifier = 0; identifier < identifiers.Length; identifier++)
            text.Append('|').AppendJoin(' ', result.Allocations(Array.IndexOf(identifiers, identifier)).ToArray());
        return text.ToString();
    }
}
