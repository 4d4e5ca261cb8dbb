namespace Counterfoil.Contracts.Exchange;

/// <summary>One call to clear among several.</summary>
/// <param name="Orders">The orders of the call.</param>
/// <param name="TieBreak">The key of each of their steps.</param>
public sealed record CallMarketBook(IReadOnlyList<CallMarketOrder> Orders, StepTieBreak TieBreak);

/// <summary>
/// A call market with one price: collects simple step orders and clears them at once, integers only. Write
/// D(p), D⁺(p) for the buy quantity with limit ≥ p, &gt; p, and S(p), S⁻(p) for the sell quantity with limit
/// ≤ p, &lt; p. (a) The volume v* is the most that some price can trade: max min(D, S).
/// (b) Prices p with S⁻(p) ≤ v* ≤ S(p) and D⁺(p) ≤ v* ≤ D(p) support it: a closed interval, cut to the
/// limits; the price is its midpoint rounded half up to a tick, ⌊(low + high + 1)/2⌋, below zero too. Without
/// a trade it is indicative; with an empty side there is none. (c) Steps strictly better than the price are
/// accepted in full; what remains of v* is shared pro rata among the side's steps at the price by largest
/// remainder, ties by ascending key. By maximum volume at most one side is really cut. (d) Bought = sold =
/// v*, checked. Nothing depends on the order of the input, on time of arrival, or on the number of threads.
/// </summary>
public static class CallMarket
{
    /// <summary>Clears one call.</summary>
    /// <param name="orders">Orders for which <see cref="CallMarketOrder.Refusal"/> is null, in any
    /// order.</param>
    /// <param name="limits">The bounds of the call.</param>
    /// <param name="tieBreak">The key of a step; it must not depend on the order of the input.</param>
    /// <exception cref="ArgumentException">An order is of no side, or a step is outside the limits: a fault
    /// of the caller.</exception>
    /// <exception cref="OverflowException">A side's quantities sum to 2⁶³ or more.</exception>
    public static CallMarketResult Clear(
        IReadOnlyList<CallMarketOrder> orders, CallMarketLimits limits, StepTieBreak tieBreak)
    {
        ArgumentNullException.ThrowIfNull(orders);
        ArgumentNullException.ThrowIfNull(limits);
        ArgumentNullException.ThrowIfNull(tieBreak);
        var (buys, sells) = Aggregate(orders, limits);
        var summary = ClearCurves(buys, sells, limits);
        return Allocate(orders, summary, buys, sells, tieBreak);
    }

    /// <summary>Clears several calls, each by itself, on several threads. The results are in the order of the
    /// books and do not depend on the threads.</summary>
    /// <param name="books">The calls.</param>
    /// <param name="limits">The bounds of each.</param>
    /// <param name="threads">The most threads to use, 1 or more.</param>
    /// <exception cref="AggregateException">A call could not be cleared: see <see cref="Clear"/>.</exception>
    public static CallMarketResult[] ClearAll(IReadOnlyList<CallMarketBook> books, CallMarketLimits limits, int threads)
    {
        ArgumentNullException.ThrowIfNull(books);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var results = new CallMarketResult[books.Count];
        Parallel.For(0, books.Count, new ParallelOptions { MaxDegreeOfParallelism = threads },
            index => results[index] = Clear(books[index].Orders, limits, books[index].TieBreak));
        return results;
    }

    /// <summary>Recomputes from the curves alone all that a call publishes; agrees with <see cref="Clear"/>
    /// of the orders behind them.</summary>
    /// <exception cref="ArgumentException">The curves are not one of each side.</exception>
    public static CallMarketSummary ClearCurves(AggregatedCurve buys, AggregatedCurve sells, CallMarketLimits limits)
    {
        ArgumentNullException.ThrowIfNull(buys);
        ArgumentNullException.ThrowIfNull(sells);
        ArgumentNullException.ThrowIfNull(limits);
        if (buys.Side != MarketSide.Buy) throw new ArgumentException("Not a buy curve.", nameof(buys));
        if (sells.Side != MarketSide.Sell) throw new ArgumentException("Not a sell curve.", nameof(sells));
        var (volume, low, high) = VolumeAndInterval(buys, sells, limits);
        if (buys.Points.IsEmpty || sells.Points.IsEmpty)
        {
            return new CallMarketSummary
            {
                Volume = 0, Price = null, Low = low, High = high, Curtailed = false,
                RationedSide = MarketSide.None, RationNumerator = 1, RationDenominator = 1,
            };
        }
        // An arithmetic shift is the floor of a half for negative numbers too.
        var price = (low + high + 1) >> 1;
        var (side, numerator, denominator) = Ration(buys, sells, price, volume);
        return new CallMarketSummary
        {
            Volume = volume, Price = price, Low = low, High = high,
            RationedSide = side, RationNumerator = numerator, RationDenominator = denominator,
            Curtailed = (side == MarketSide.Buy && price == limits.MaximumPrice)
                || (side == MarketSide.Sell && price == limits.MinimumPrice),
        };
    }

    private static (AggregatedCurve Buys, AggregatedCurve Sells) Aggregate(
        IReadOnlyList<CallMarketOrder> orders, CallMarketLimits limits)
    {
        int buySteps = 0, sellSteps = 0;
        for (var order = 0; order < orders.Count; order++)
        {
            switch (orders[order].Side)
            {
                case MarketSide.Buy: buySteps += orders[order].Steps.Length; break;
                case MarketSide.Sell: sellSteps += orders[order].Steps.Length; break;
                default: throw new ArgumentException("An order has no side.", nameof(orders));
            }
        }
        using var buys = new CurveBuilder(MarketSide.Buy, limits, buySteps);
        using var sells = new CurveBuilder(MarketSide.Sell, limits, sellSteps);
        for (var order = 0; order < orders.Count; order++)
        {
            var builder = orders[order].Side == MarketSide.Buy ? buys : sells;
            foreach (var step in orders[order].Steps)
            {
                if (step.Price < limits.MinimumPrice || step.Price > limits.MaximumPrice
                    || step.Quantity < 1 || step.Quantity > limits.MaximumQuantity)
                    throw new ArgumentException("A step is outside the call's limits.", nameof(orders));
                builder.Add(step);
            }
        }
        return (buys.Build(), sells.Build());
    }

    /// <summary>
    /// Walks both curves in merit order. With b(v), s(v) the limits of the v-th unit bought and sold, v* is
    /// the last unit with b(v) ≥ s(v), and the prices that support it are those from max(s(v*), b(v*+1)) to
    /// min(b(v*), s(v*+1)).
    /// </summary>
    private static (long Volume, long Low, long High) VolumeAndInterval(
        AggregatedCurve buys, AggregatedCurve sells, CallMarketLimits limits)
    {
        var (demand, supply) = (buys.Points, sells.Points);
        int buy = 0, sell = 0;
        var volume = 0L;
        long low = limits.MinimumPrice, high = limits.MaximumPrice;
        while (buy < demand.Length && sell < supply.Length && demand[buy].Price >= supply[sell].Price)
        {
            (low, high) = (supply[sell].Price, demand[buy].Price);
            volume = Math.Min(demand[buy].Cumulative, supply[sell].Cumulative);
            if (demand[buy].Cumulative == volume) buy++;
            if (supply[sell].Cumulative == volume) sell++;
        }
        if (buy < demand.Length) low = Math.Max(low, demand[buy].Price);
        if (sell < supply.Length) high = Math.Min(high, supply[sell].Price);
        return (volume, low, high);
    }

    private static (MarketSide Side, long Numerator, long Denominator) Ration(
        AggregatedCurve buys, AggregatedCurve sells, long price, long volume)
    {
        foreach (var curve in (ReadOnlySpan<AggregatedCurve>)[buys, sells])
        {
            var remaining = volume - curve.QuantityBetterThan(price);
            var atPrice = curve.QuantityExactlyAt(price);
            if (remaining < atPrice) return (curve.Side, remaining, atPrice);
        }
        return (MarketSide.None, 1, 1);
    }

    private static CallMarketResult Allocate(
        IReadOnlyList<CallMarketOrder> orders, CallMarketSummary summary,
        AggregatedCurve buys, AggregatedCurve sells, StepTieBreak tieBreak)
    {
        var starts = new int[orders.Count + 1];
        for (var order = 0; order < orders.Count; order++)
            starts[order + 1] = starts[order] + orders[order].Steps.Length;
        var allocations = new long[starts[^1]];
        if (summary.Volume == 0) return new CallMarketResult(summary, buys, sells, starts, allocations);

        var price = summary.Price ?? throw new InvalidOperationException("A volume without a price.");
        var margin = new List<(int Order, int Step, long Quantity)>();
        for (var order = 0; order < orders.Count; order++)
        {
            var (side, steps) = (orders[order].Side, orders[order].Steps);
            for (var step = 0; step < steps.Length; step++)
            {
                if (AggregatedCurve.Better(side, steps[step].Price, price)
                    || (steps[step].Price == price && side != summary.RationedSide))
                    allocations[starts[order] + step] = steps[step].Quantity;
                else if (steps[step].Price == price)
                    margin.Add((order, step, steps[step].Quantity));
            }
        }
        if (margin.Count > 0)
        {
            var quantities = new long[margin.Count];
            for (var index = 0; index < quantities.Length; index++) quantities[index] = margin[index].Quantity;
            var parts = LargestRemainder.Split(summary.RationNumerator, quantities,
                index => tieBreak(margin[index].Order, margin[index].Step));
            for (var index = 0; index < parts.Length; index++)
                allocations[starts[margin[index].Order] + margin[index].Step] = parts[index];
        }
        RequireBalance(orders, summary.Volume, starts, allocations);
        return new CallMarketResult(summary, buys, sells, starts, allocations);
    }

    private static void RequireBalance(
        IReadOnlyList<CallMarketOrder> orders, long volume, int[] starts, long[] allocations)
    {
        long bought = 0, sold = 0;
        for (var order = 0; order < orders.Count; order++)
        {
            var sum = 0L;
            for (var index = starts[order]; index < starts[order + 1]; index++) sum += allocations[index];
            if (orders[order].Side == MarketSide.Buy) bought += sum;
            else sold += sum;
        }
        if (bought != volume || sold != volume)
            throw new InvalidOperationException("A call does not balance.");
    }
}
