namespace Counterfoil.Contracts.Exchange;

/// <summary>A side of a market. <c>default</c> is "neither" and is refused in orders.</summary>
public enum MarketSide
{
    /// <summary>Neither side: unset in an order; in a result, no side was cut.</summary>
    None = 0,

    /// <summary>The buyer's side: takes quantity at the limit price or lower.</summary>
    Buy = 1,

    /// <summary>The seller's side: gives quantity at the limit price or higher.</summary>
    Sell = 2,
}
