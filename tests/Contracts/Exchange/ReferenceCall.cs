using Counterfoil.Contracts.Exchange;

namespace Counterfoil.Contracts.Tests.Exchange;

/// <summary>
/// The rules of the call by definition, slowly: D, S, D⁺, S⁻ are sums over all steps, v* a maximum over every
/// limit price, the interval a search over every tick. The greatest welfare is found apart from that, unit by
/// unit, by pairing the best buyer with the best seller.
/// </summary>
internal sealed class ReferenceCall
{
    private readonly List<(MarketSide Side, long Price, long Quantity)> steps;
    private readonly CallMarketLimits limits;

    internal ReferenceCall(IEnumerable<CallMarketOrder> orders, CallMarketLimits limits)
    {
        steps = [.. orders.SelectMany(order => order.Steps.Select(step => (order.Side, step.Price, step.Quantity)))];
        this.limits = limits;
        Volume = steps.Select(step => step.Price).Append(limits.MinimumPrice).Append(limits.MaximumPrice)
            .Max(price => Math.Min(Demand(price), Supply(price)));
        for (var price = limits.MinimumPrice; price <= limits.MaximumPrice; price++)
        {
            if (SupplyBelow(price) > Volume || Volume > Supply(price) || DemandAbove(price) > Volume || Volume > Demand(price)) continue;
            Low ??= price;
            High = price;
            Supporting++;
        }
        OneSided = steps.All(step => step.Side == MarketSide.Buy) || steps.All(step => step.Side == MarketSide.Sell);
        Price = OneSided ? null : (long)Math.Floor((decimal)(Low!.Value + High!.Value + 1) / 2);
        (Welfare, LargestEfficientVolume) = GreatestWelfare();
    }

    internal long Volume { get; }
    internal long? Low { get; }
    internal long? High { get; }
    internal long? Price { get; }
    internal bool OneSided { get; }

    /// <summary>How many ticks support the volume.</summary>
    internal int Supporting { get; }

    internal long Welfare { get; }

    /// <summary>The largest volume at which the greatest welfare is reached.</summary>
    internal long LargestEfficientVolume { get; }

    internal long Demand(long price) => Sum(MarketSide.Buy, limit => limit >= price);
    internal long DemandAbove(long price) => Sum(MarketSide.Buy, limit => limit > price);
    internal long Supply(long price) => Sum(MarketSide.Sell, limit => limit <= price);
    internal long SupplyBelow(long price) => Sum(MarketSide.Sell, limit => limit < price);

    private long Sum(MarketSide side, Func<long, bool> counts) =>
        steps.Where(step => step.Side == side && counts(step.Price)).Sum(step => step.Quantity);

    private (long Welfare, long Volume) GreatestWelfare()
    {
        var buyers = new Queue<long>(Units(MarketSide.Buy).OrderDescending());
        var sellers = new Queue<long>(Units(MarketSide.Sell).Order());
        long welfare = 0, volume = 0;
        while (buyers.Count > 0 && sellers.Count > 0 && buyers.Peek() >= sellers.Peek())
        {
            welfare += buyers.Dequeue() - sellers.Dequeue();
            volume++;
        }
        return (welfare, volume);
    }

    private IEnumerable<long> Units(MarketSide side) =>
        steps.Where(step => step.Side == side).SelectMany(step => Enumerable.Repeat(step.Price, (int)step.Quantity));
}
