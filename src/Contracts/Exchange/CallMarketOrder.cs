using System.Collections.Immutable;

namespace Counterfoil.Contracts.Exchange;

/// <summary>
/// A simple step order: steps of one side, each of which may be accepted in full, in part or not at all,
/// whatever becomes of the others. Well formed, the limits do not get better for the market from step to
/// step: sell prices never fall, buy prices never rise. Two steps of one price are one step of their sum, but
/// for the keys by which ties are broken.
/// </summary>
public sealed class CallMarketOrder
{
    /// <summary>An order as it came; <see cref="Refusal"/> says whether it is well formed.</summary>
    /// <param name="side">Buy or sell.</param>
    /// <param name="steps">The steps in the bidder's order, which is part of a tie-break key.</param>
    public CallMarketOrder(MarketSide side, ImmutableArray<CallMarketStep> steps)
    {
        if (steps.IsDefault)
            throw new ArgumentException("An order has an array of steps, if an empty one.", nameof(steps));
        Side = side;
        Steps = steps;
    }

    /// <summary>The side.</summary>
    public MarketSide Side { get; }

    /// <summary>The steps in the bidder's order.</summary>
    public ImmutableArray<CallMarketStep> Steps { get; }

    /// <summary>Why a call with these limits does not take the order, or null where it does.</summary>
    /// <returns>
    /// In order of precedence, of the first step that fails: <c>side_unset</c>, <c>no_steps</c>,
    /// <c>too_many_steps</c>,
    /// <c>price_out_of_range</c>, <c>quantity_out_of_range</c>, <c>price_not_monotone</c>,
    /// <c>quantity_overflow</c> (the order's sum passes 2⁶³−1).
    /// </returns>
    public string? Refusal(CallMarketLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (Side is not (MarketSide.Buy or MarketSide.Sell)) return "side_unset";
        if (Steps.IsEmpty) return "no_steps";
        if (Steps.Length > limits.MaximumSteps) return "too_many_steps";
        var sum = (Int128)0;
        for (var index = 0; index < Steps.Length; index++)
        {
            var (price, quantity) = Steps[index];
            if (price < limits.MinimumPrice || price > limits.MaximumPrice) return "price_out_of_range";
            if (quantity < 1 || quantity > limits.MaximumQuantity) return "quantity_out_of_range";
            if (index > 0 && !Follows(Steps[index - 1].Price, price)) return "price_not_monotone";
            sum += quantity;
        }
        return sum > long.MaxValue ? "quantity_overflow" : null;
    }

    private bool Follows(long earlier, long later) => Side == MarketSide.Sell ? later >= earlier : later <= earlier;
}
