using System.Collections.Immutable;

namespace Counterfoil.Contracts.Exchange;

/// <summary>One point of an aggregated curve.</summary>
/// <param name="Price">A limit price at which quantity stands, in ticks.</param>
/// <param name="Cumulative">The quantity of this limit and all better ones, in ticks, 1 … 2⁶³−1.</param>
public readonly record struct CurvePoint(long Price, long Cumulative);

/// <summary>
/// All orders of one side, added up and without names: the points in merit order (sell prices strictly
/// rising, buy prices strictly falling) with strictly rising cumulative quantity. An empty curve is a side
/// without orders.
/// </summary>
public sealed class AggregatedCurve
{
    internal AggregatedCurve(MarketSide side, ImmutableArray<CurvePoint> points)
    {
        Side = side;
        Points = points;
    }

    /// <summary>The side.</summary>
    public MarketSide Side { get; }

    /// <summary>The points in merit order.</summary>
    public ImmutableArray<CurvePoint> Points { get; }

    /// <summary>The quantity of the whole side, in ticks; 0 for an empty curve.</summary>
    public long Total => Points.IsEmpty ? 0 : Points[^1].Cumulative;

    /// <summary>Takes points from outside.</summary>
    /// <returns>
    /// Null, or the first failure: <c>side_unset</c>, <c>price_out_of_range</c>, <c>price_not_monotone</c>,
    /// <c>quantity_not_monotone</c>.
    /// </returns>
    public static string? TryCreate(
        MarketSide side, ImmutableArray<CurvePoint> points, CallMarketLimits limits, out AggregatedCurve? curve)
    {
        ArgumentNullException.ThrowIfNull(limits);
        curve = null;
        if (side is not (MarketSide.Buy or MarketSide.Sell)) return "side_unset";
        if (points.IsDefault)
            throw new ArgumentException("A curve has an array of points, if an empty one.", nameof(points));
        var cumulative = 0L;
        for (var index = 0; index < points.Length; index++)
        {
            var point = points[index];
            if (point.Price < limits.MinimumPrice || point.Price > limits.MaximumPrice) return "price_out_of_range";
            if (index > 0 && !Better(side, points[index - 1].Price, point.Price)) return "price_not_monotone";
            if (point.Cumulative <= cumulative) return "quantity_not_monotone";
            cumulative = point.Cumulative;
        }
        curve = new AggregatedCurve(side, points);
        return null;
    }

    /// <summary>The quantity with a limit at the price or better: D(p) of a buy curve, S(p) of a sell curve.
    /// In ticks.</summary>
    public long QuantityAt(long price)
    {
        var index = CountOfBetter(price);
        if (index < Points.Length && Points[index].Price == price) index++;
        return index == 0 ? 0 : Points[index - 1].Cumulative;
    }

    /// <summary>The quantity with a limit strictly better than the price: D⁺(p) of a buy curve, S⁻(p) of a
    /// sell curve. In ticks.</summary>
    public long QuantityBetterThan(long price)
    {
        var index = CountOfBetter(price);
        return index == 0 ? 0 : Points[index - 1].Cumulative;
    }

    /// <summary>The quantity whose limit is exactly the price: what a bidder looks for his own step in. In
    /// ticks.</summary>
    public long QuantityExactlyAt(long price) => QuantityAt(price) - QuantityBetterThan(price);

    /// <summary>True if a limit of the side is strictly better for the market than the price.</summary>
    internal static bool Better(MarketSide side, long limit, long price) =>
        side == MarketSide.Buy ? limit > price : limit < price;

    private int CountOfBetter(long price)
    {
        int low = 0, high = Points.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (Better(Side, Points[middle].Price, price)) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
