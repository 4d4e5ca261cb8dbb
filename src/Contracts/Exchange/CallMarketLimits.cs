namespace Counterfoil.Contracts.Exchange;

/// <summary>The bounds of a call. They are part of its result: the same curves under other price limits may
/// give another price.</summary>
public sealed record CallMarketLimits
{
    /// <summary>The widest price that any call may allow, either sign, in ticks.</summary>
    public const long WidestPrice = 1_000_000_000_000;

    /// <summary>The largest quantity that any call may allow in one step, in ticks.</summary>
    public const long LargestQuantity = 1_000_000_000_000_000;

    /// <summary>The most steps that any call may allow in one order.</summary>
    public const int MostSteps = 65_536;

    /// <summary>Limits of a call.</summary>
    /// <param name="minimumPrice">In ticks, −<see cref="WidestPrice"/> or more.</param>
    /// <param name="maximumPrice">In ticks, above <paramref name="minimumPrice"/>, at most
    /// <see cref="WidestPrice"/>.</param>
    /// <param name="maximumQuantity">Of one step, in ticks, 1 … <see cref="LargestQuantity"/>.</param>
    /// <param name="maximumSteps">Of one order, 1 … <see cref="MostSteps"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bound is outside its own range.</exception>
    public CallMarketLimits(long minimumPrice, long maximumPrice, long maximumQuantity, int maximumSteps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(minimumPrice, -WidestPrice);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumPrice, WidestPrice);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(minimumPrice, maximumPrice);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumQuantity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumQuantity, LargestQuantity);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumSteps, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumSteps, MostSteps);
        MinimumPrice = minimumPrice;
        MaximumPrice = maximumPrice;
        MaximumQuantity = maximumQuantity;
        MaximumSteps = maximumSteps;
    }

    /// <summary>The lowest limit that an order may have, in ticks.</summary>
    public long MinimumPrice { get; }

    /// <summary>The highest limit that an order may have, in ticks.</summary>
    public long MaximumPrice { get; }

    /// <summary>The largest quantity of one step, in ticks.</summary>
    public long MaximumQuantity { get; }

    /// <summary>The most steps of one order.</summary>
    public int MaximumSteps { get; }
}
