using System.Buffers;
using System.Collections.Immutable;
using System.Numerics;

namespace Counterfoil.Contracts.Exchange;

/// <summary>
/// Collects the steps of one side and adds them up into a curve. A step's key is the distance of its limit
/// from the side's best possible limit, so that one ascending sort serves both sides; of equal keys only the
/// sum matters, so the sort need not be stable.
/// </summary>
internal sealed class CurveBuilder : IDisposable
{
    private const int DigitBits = 11;
    private const int Buckets = 1 << DigitBits;

    /// <summary>Below this many steps a comparison sort is quicker than clearing the buckets.</summary>
    private const int RadixThreshold = 512;

    private readonly MarketSide side;
    private readonly long best;
    private ulong[] keys, otherKeys;
    private long[] quantities, otherQuantities;
    private int count;
    private ulong largest;

    internal CurveBuilder(MarketSide side, CallMarketLimits limits, int capacity)
    {
        this.side = side;
        best = side == MarketSide.Buy ? limits.MaximumPrice : limits.MinimumPrice;
        keys = ArrayPool<ulong>.Shared.Rent(capacity);
        otherKeys = ArrayPool<ulong>.Shared.Rent(capacity);
        quantities = ArrayPool<long>.Shared.Rent(capacity);
        otherQuantities = ArrayPool<long>.Shared.Rent(capacity);
    }

    internal void Add(CallMarketStep step)
    {
        var key = (ulong)(side == MarketSide.Buy ? best - step.Price : step.Price - best);
        if (key > largest) largest = key;
        keys[count] = key;
        quantities[count++] = step.Quantity;
    }

    /// <exception cref="OverflowException">The side's quantities sum to 2⁶³ or more.</exception>
    internal AggregatedCurve Build()
    {
        if (count < RadixThreshold) keys.AsSpan(0, count).Sort(quantities.AsSpan(0, count));
        else RadixSort();
        var distinct = 0;
        for (var index = 0; index < count; index++)
            if (index == 0 || keys[index] != keys[index - 1]) distinct++;
        var points = ImmutableArray.CreateBuilder<CurvePoint>(distinct);
        var cumulative = 0L;
        for (var index = 0; index < count; index++)
        {
            cumulative = checked(cumulative + quantities[index]);
            if (index + 1 == count || keys[index + 1] != keys[index])
                points.Add(new CurvePoint(Price(keys[index]), cumulative));
        }
        return new AggregatedCurve(side, points.MoveToImmutable());
    }

    public void Dispose()
    {
        ArrayPool<ulong>.Shared.Return(keys);
        ArrayPool<ulong>.Shared.Return(otherKeys);
        ArrayPool<long>.Shared.Return(quantities);
        ArrayPool<long>.Shared.Return(otherQuantities);
        keys = otherKeys = [];
        quantities = otherQuantities = [];
    }

    private long Price(ulong key) => side == MarketSide.Buy ? best - (long)key : best + (long)key;

    private void RadixSort()
    {
        Span<int> starts = stackalloc int[Buckets];
        var bits = 64 - BitOperations.LeadingZeroCount(largest);
        for (var shift = 0; shift < bits; shift += DigitBits)
        {
            starts.Clear();
            for (var index = 0; index < count; index++)
                starts[(int)((keys[index] >> shift) & (Buckets - 1))]++;
            var start = 0;
            for (var bucket = 0; bucket < Buckets; bucket++)
            {
                var size = starts[bucket];
                starts[bucket] = start;
                start += size;
            }
            for (var index = 0; index < count; index++)
            {
                var place = starts[(int)((keys[index] >> shift) & (Buckets - 1))]++;
                otherKeys[place] = keys[index];
                otherQuantities[place] = quantities[index];
            }
            (keys, otherKeys) = (otherKeys, keys);
            (quantities, otherQuantities) = (otherQuantities, quantities);
        }
    }
}
