using Counterfoil.Contracts.Exchange;

namespace Counterfoil.Contracts.Tests.Exchange;

public class AggregatedCurveTests
{
    private static readonly CallMarketLimits Limits = new(-100, 100, 1_000, 25);

    [Theory]
    [InlineData(MarketSide.None, "side_unset")]
    [InlineData(MarketSide.Sell, "price_out_of_range", 101, 5)]
    [InlineData(MarketSide.Sell, "price_not_monotone", 5, 5, 5, 6)]
    [InlineData(MarketSide.Sell, "price_not_monotone", 5, 5, 4, 6)]
    [InlineData(MarketSide.Buy, "price_not_monotone", 4, 5, 5, 6)]
    [InlineData(MarketSide.Buy, "quantity_not_monotone", 5, 5, 4, 5)]
    [InlineData(MarketSide.Buy, "quantity_not_monotone", 5, 0)]
    [InlineData(MarketSide.Buy, null, 5, 5, 4, 6)]
    [InlineData(MarketSide.Sell, null)]
    public void TryCreate_OfPoints_NamesTheFirstFailure(MarketSide side, string? code, params int[] points)
    {
        var refusal = AggregatedCurve.TryCreate(
            side, [.. points.Chunk(2).Select(point => new CurvePoint(point[0], point[1]))], Limits, out var curve);
        Assert.Equal(code, refusal);
        Assert.Equal(code is null, curve is not null);
    }

    [Fact]
    public void QuantityExactlyAt_AfterAggregation_IsTheSumOfThatLimit()
    {
        var orders = new[] { RandomBooks.Sell((5, 2), (5, 3), (9, 1)), RandomBooks.Sell((5, 4)), RandomBooks.Buy((7, 8)) };
        var result = CallMarket.Clear(orders, Limits, RandomBooks.TieBreakByIndex(3));
        Assert.Equal([new CurvePoint(5, 9), new CurvePoint(9, 10)], result.Sells.Points.AsEnumerable());
        Assert.Equal([9, 1, 0], new[] { 5L, 9, 7 }.Select(result.Sells.QuantityExactlyAt));
        Assert.Equal([new CurvePoint(7, 8)], result.Buys.Points.AsEnumerable());
    }

    [Fact]
    public void ClearCurves_WithThePartsExchanged_IsAFault()
    {
        var result = CallMarket.Clear([RandomBooks.Sell((5, 2)), RandomBooks.Buy((7, 8))], Limits, RandomBooks.TieBreakByIndex(2));
        Assert.Throws<ArgumentException>(() => CallMarket.ClearCurves(result.Sells, result.Buys, Limits));
    }

    [Fact]
    public void Clear_OfALargeBook_SortsAsTheSmallOneDoes()
    {
        // Past the threshold of the radix sort, over the widest limits, so that every digit of a key is used.
        var wide = new CallMarketLimits(-CallMarketLimits.WidestPrice, CallMarketLimits.WidestPrice, 1_000, 25);
        var random = new Random(42);
        var orders = Enumerable.Range(0, 4_000).Select(index => index % 2 == 0
            ? RandomBooks.Sell((random.NextInt64(wide.MinimumPrice, wide.MaximumPrice + 1), random.Next(1, 1_000)))
            : RandomBooks.Buy((random.NextInt64(wide.MinimumPrice, wide.MaximumPrice + 1), random.Next(1, 1_000)))).ToList();
        var result = CallMarket.Clear(orders, wide, RandomBooks.TieBreakByIndex(orders.Count));
        foreach (var curve in new[] { result.Buys, result.Sells })
        {
            var cumulative = 0L;
            var steps = orders.Where(order => order.Side == curve.Side).Select(order => order.Steps[0])
                .OrderBy(step => curve.Side == MarketSide.Buy ? -step.Price : step.Price);
            Assert.Equal(steps.GroupBy(step => step.Price).Select(group =>
                new CurvePoint(group.Key, cumulative += group.Sum(step => step.Quantity))), curve.Points.AsEnumerable());
        }
    }
}
