namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>How near the prices of a replay come to the published ones of a zone.</summary>
/// <param name="Zone">The zone.</param>
/// <param name="Periods">How many periods were compared.</param>
/// <param name="Exact">In how many the price is the same to the tick.</param>
/// <param name="AbsoluteErrorTicks">The sum of the differences without sign, in price ticks.</param>
public sealed record PriceComparison(string Zone, int Periods, int Exact, long AbsoluteErrorTicks)
{
    /// <summary>The mean absolute error in EUR/MWh, rounded half up to the given number of
    /// decimals.</summary>
    public decimal MeanAbsoluteError(decimal priceTick, int decimals) =>
        Math.Round(AbsoluteErrorTicks * priceTick / Periods, decimals, MidpointRounding.AwayFromZero);

    /// <summary>Compares cleared prices, one for each period of the day, with the published ones.</summary>
    /// <returns>Null where nothing is published for the zone. A period without a cleared price counts with
    /// its published price as error.</returns>
    public static PriceComparison? Of(MarketDay day, string zone, IReadOnlyList<long?> prices)
    {
        if (day.Published.FirstOrDefault(item => item.Zone == zone) is not { } published) return null;
        if (prices.Count != day.Periods)
            throw new ArgumentException("A price for each period, null where there is none.", nameof(prices));
        var errors = published.Prices.Select((price, period) => Math.Abs(price - (prices[period] ?? 0))).ToList();
        var exact = published.Prices.Where((price, period) => prices[period] == price).Count();
        return new PriceComparison(zone, day.Periods, exact, errors.Sum());
    }
}
