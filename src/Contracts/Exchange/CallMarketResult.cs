namespace Counterfoil.Contracts.Exchange;

/// <summary>The outcome of a call: what is published, and what each step of each order gets.</summary>
public sealed class CallMarketResult
{
    private readonly int[] starts;
    private readonly long[] allocations;

    internal CallMarketResult(
        CallMarketSummary summary, AggregatedCurve buys, AggregatedCurve sells, int[] starts, long[] allocations)
    {
        Summary = summary;
        Buys = buys;
        Sells = sells;
        this.starts = starts;
        this.allocations = allocations;
    }

    /// <summary>Volume, price, interval, flags and ration.</summary>
    public CallMarketSummary Summary { get; }

    /// <summary>The aggregated buy curve.</summary>
    public AggregatedCurve Buys { get; }

    /// <summary>The aggregated sell curve.</summary>
    public AggregatedCurve Sells { get; }

    /// <summary>The number of orders.</summary>
    public int OrderCount => starts.Length - 1;

    /// <summary>The accepted quantity of each step of the order with this index, in ticks, 0 … the step's
    /// quantity.</summary>
    public ReadOnlySpan<long> Allocations(int order) =>
        allocations.AsSpan(starts[order], starts[order + 1] - starts[order]);

    /// <summary>The accepted quantity of the order with this index, in ticks.</summary>
    public long Allocated(int order)
    {
        var sum = 0L;
        foreach (var part in Allocations(order)) sum += part;
        return sum;
    }
}
