namespace Counterfoil.Contracts.Exchange;

/// <summary>
/// What a call publishes: everything here follows from the two aggregated curves and the limits alone, so
/// that anybody recomputes it.
/// </summary>
public sealed record CallMarketSummary
{
    /// <summary>The volume that changes hands, in ticks: the same bought and sold. 0 without a
    /// trade.</summary>
    public required long Volume { get; init; }

    /// <summary>The price of the call in ticks; indicative without a trade; null where a side has no
    /// orders.</summary>
    public required long? Price { get; init; }

    /// <summary>The lowest price that supports <see cref="Volume"/>, in ticks, not below the minimum
    /// price.</summary>
    public required long Low { get; init; }

    /// <summary>The highest price that supports <see cref="Volume"/>, in ticks, not above the maximum
    /// price.</summary>
    public required long High { get; init; }

    /// <summary>No quantity changes hands; the price, if any, is indicative.</summary>
    public bool NoTrade => Volume == 0;

    /// <summary>A side, or both, has no orders, so there is no price.</summary>
    public bool OneSided => Price is null;

    /// <summary>Buyers at the maximum price, or sellers at the minimum price, are cut: the limits kept the
    /// market from clearing.</summary>
    public required bool Curtailed { get; init; }

    /// <summary>The side whose steps at the price are cut; <see cref="MarketSide.None"/> where all of them
    /// are accepted in full.</summary>
    public required MarketSide RationedSide { get; init; }

    /// <summary>What is accepted of the cut steps, in ticks, 0 or more and below the denominator; 1 where no
    /// side is cut.</summary>
    public required long RationNumerator { get; init; }

    /// <summary>What the cut steps offer, in ticks; 1 where no side is cut.</summary>
    public required long RationDenominator { get; init; }

    /// <summary>
    /// Whether an allocation to one step fits what is published: full if strictly better than the price,
    /// nothing if strictly worse, at the price full, or within one tick of the ration fraction if its side is
    /// cut.
    /// </summary>
    public bool Fits(MarketSide side, CallMarketStep step, long allocated)
    {
        if (Price is not { } price) return allocated == 0;
        if (AggregatedCurve.Better(side, step.Price, price)) return allocated == step.Quantity;
        if (step.Price != price) return allocated == 0;
        if (side != RationedSide) return allocated == step.Quantity;
        var floor = (long)((Int128)step.Quantity * RationNumerator / RationDenominator);
        return allocated == floor || allocated == floor + 1;
    }
}
