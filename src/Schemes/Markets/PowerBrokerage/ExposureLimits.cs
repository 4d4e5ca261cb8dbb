using System.Globalization;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>A bid against its desk's mandate and its portfolio's guarantee: found by the engine, since nobody else sees either.</summary>
internal static class ExposureLimits
{
    /// <summary>Null, or <c>limit_exceeded</c>: also where the mandate is for another portfolio, or its record or the guarantee was not shown.</summary>
    public static RefusalCode? FindRefusal(
        AccountId desk, Digest<Contracts.Rights.Right> right, BidBody body, SessionMessage session, MarketLimits limits, out MandateBody? mandate)
    {
        if (!limits.Mandates.TryGetValue(right, out mandate) || mandate.Desk != desk || mandate.Portfolio != body.Portfolio || !limits.Guarantees.TryGetValue(body.Portfolio, out var guarantee))
            return BrokerageRefusals.LimitExceeded;
        foreach (var (_, order) in body.Orders)
            if (QuantityOf(order) > mandate.MaximumQuantity)
                return BrokerageRefusals.LimitExceeded;
        var cost = CostOf(body, session);
        return cost > mandate.MaximumEurDay || cost > guarantee.AmountEur ? BrokerageRefusals.LimitExceeded : null;
    }

    /// <summary>The most of one order, in ticks.</summary>
    public static long LargestQuantity(BidBody body) => body.Orders.IsEmpty ? 0 : body.Orders.Max(order => QuantityOf(order.Order));

    /// <summary>
    /// The most that the bid can cost in EUR if everything is accepted at its own limit: what is bought at positive prices, what is sold at negative ones.
    /// Exact: a whole number of ticks times the ticks' decimals.
    /// </summary>
    public static decimal CostOf(BidBody body, SessionMessage session)
    {
        Int128 ticks = 0;
        foreach (var (_, order) in body.Orders)
            foreach (var step in order.Steps)
            {
                var value = (Int128)step.Price * step.Quantity;
                ticks += Int128.Max(0, order.Side == MarketSide.Buy ? value : -value);
            }
        var tick = decimal.Parse(session.PriceTick, CultureInfo.InvariantCulture) * decimal.Parse(session.QtyTick, CultureInfo.InvariantCulture);
        return (decimal)ticks * tick * (session.Mtu == "PT60M" ? 60 : 15) / 60;
    }

    private static long QuantityOf(CallMarketOrder order)
    {
        var sum = 0L;
        foreach (var step in order.Steps)
            sum += step.Quantity;
        return sum;
    }
}
