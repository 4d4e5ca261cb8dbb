namespace Counterfoil.Contracts.Exchange;

/// <summary>One step of an order: up to <paramref name="Quantity"/> at the limit <paramref name="Price"/> or
/// better.</summary>
/// <param name="Price">The limit, in price ticks, signed, within the call's
/// <see cref="CallMarketLimits"/>.</param>
/// <param name="Quantity">In quantity ticks, 1 … <see cref="CallMarketLimits.MaximumQuantity"/>.</param>
public readonly record struct CallMarketStep(long Price, long Quantity);
