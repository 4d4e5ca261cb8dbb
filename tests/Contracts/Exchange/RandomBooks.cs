using System.Buffers.Binary;
using System.Collections.Immutable;
using Counterfoil.Contracts.Exchange;

namespace Counterfoil.Contracts.Tests.Exchange;

/// <summary>Seeded random books with crowded prices, so that ties, indeterminate prices, empty sides and cuts
/// at the limits are common.</summary>
internal static class RandomBooks
{
    internal static CallMarketLimits Limits(Random random)
    {
        var low = random.Next(-40, 5);
        return new CallMarketLimits(low, low + random.Next(1, 60), 1_000, 25);
    }

    internal static List<CallMarketOrder> Book(Random random, CallMarketLimits limits)
    {
        var orders = new List<CallMarketOrder>();
        var count = random.Next(16) == 0 ? random.Next(0, 3) : random.Next(3, 14);
        var largest = random.Next(2) == 0 ? 5 : 1_000;
        var buyShare = random.Next(16) == 0 ? random.Next(2) * 10 : random.Next(3, 8);
        var atLimits = random.Next(3) == 0;
        var apart = random.Next(8) == 0 ? (limits.MinimumPrice + limits.MaximumPrice) >> 1 : (long?)null;
        for (var order = 0; order < count; order++)
        {
            var side = random.Next(10) < buyShare ? MarketSide.Buy : MarketSide.Sell;
            var prices = Enumerable.Range(0, random.Next(1, 6)).Select(_ => Price(random, limits, atLimits)).Order().ToList();
            if (apart is { } middle)
                prices = [.. prices.Select(price => side == MarketSide.Buy ? Math.Min(price, middle) : Math.Max(price, middle + 1)).Order()];
            if (side == MarketSide.Buy) prices.Reverse();
            orders.Add(new CallMarketOrder(side, [.. prices.Select(price => new CallMarketStep(price, random.Next(1, largest + 1)))]));
        }
        return orders;
    }

    /// <summary>A key that rests on what stands for the claimant's identifier, not on the place in the
    /// list.</summary>
    internal static StepTieBreak TieBreakFor(int[] identifiers) => (order, step) =>
    {
        var claimant = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(claimant, identifiers[order]);
        return TieBreak.Key(new byte[32], claimant, 7, (uint)step);
    };

    internal static StepTieBreak TieBreakByIndex(int count) => TieBreakFor([.. Enumerable.Range(0, count)]);

    internal static CallMarketOrder Buy(params (long Price, long Quantity)[] steps) => Order(MarketSide.Buy, steps);

    internal static CallMarketOrder Sell(params (long Price, long Quantity)[] steps) => Order(MarketSide.Sell, steps);

    private static CallMarketOrder Order(MarketSide side, (long Price, long Quantity)[] steps) =>
        new(side, steps.Select(step => new CallMarketStep(step.Price, step.Quantity)).ToImmutableArray());

    private static long Price(Random random, CallMarketLimits limits, bool atLimits) => random.Next(6) switch
    {
        0 when atLimits => limits.MinimumPrice,
        1 when atLimits => limits.MaximumPrice,
        _ => random.NextInt64(limits.MinimumPrice, limits.MaximumPrice + 1),
    };
}
