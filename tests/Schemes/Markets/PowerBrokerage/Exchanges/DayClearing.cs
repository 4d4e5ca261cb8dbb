using Counterfoil.Contracts.Exchange;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Exchanges;

/// <summary>Clears a day in one pooled zone with the kernel's call market.</summary>
internal static class DayClearing
{
    internal static CallMarketResult[] Clear(MarketDay day, OrderSelection selection)
    {
        var limits = new CallMarketLimits(day.MinimumPrice, day.MaximumPrice, 99_999_999, 25);
        var orders = new List<CallMarketOrder>[day.Periods];
        for (var period = 0; period < day.Periods; period++) orders[period] = [];
        foreach (var (period, order) in day.Bids(selection).SelectMany(bid => bid.Orders))
        {
            Assert.Null(order.Refusal(limits));
            orders[period].Add(order);
        }
        return CallMarket.ClearAll(
            [.. orders.Select((book, period) => new CallMarketBook(book, (order, step) =>
                TieBreak.Key(new byte[32], new byte[32], (uint)period, (uint)((order * 100) + step))))], limits, 2);
    }

    internal static long?[] Prices(MarketDay day, OrderSelection selection) =>
        [.. Clear(day, selection).Select(result => result.Summary.Price)];
}
