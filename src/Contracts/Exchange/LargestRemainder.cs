using System.Numerics;
using Counterfoil.Cryptography;

namespace Counterfoil.Contracts.Exchange;

/// <summary>
/// Exact splits: each part is its proportional share rounded down, and the units that are left over go one
/// each to the parts with the largest remainders, ties by ascending key. The parts always sum to the total.
/// <b>Source:</b> Hamilton's method of apportionment.
/// </summary>
public static class LargestRemainder
{
    /// <summary>Splits a total in proportion to weights.</summary>
    /// <param name="total">In its smallest unit. A negative total is split by its size, so that its parts
    /// mirror those of the positive one.</param>
    /// <param name="weights">0 or more each, any unit, not all 0 unless the total is.</param>
    /// <param name="key">The key of a part, asked only for parts that tie for a left-over unit. Distinct
    /// parts have distinct keys.</param>
    /// <returns>A part for each weight, of the total's sign, summing to the total.</returns>
    /// <exception cref="ArgumentException">A weight is negative, all are 0, or two tied parts have one
    /// key.</exception>
    public static long[] Split(long total, ReadOnlySpan<long> weights, Func<int, Digest<TieBreak>> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var sum = UInt128.Zero;
        foreach (var weight in weights)
        {
            if (weight < 0) throw new ArgumentException("A weight is negative.", nameof(weights));
            sum += (ulong)weight;
        }
        var parts = new long[weights.Length];
        if (total == 0) return parts;
        RequireSome(sum);
        var size = (UInt128)Int128.Abs(total);
        var left = size;
        var remainders = new UInt128[weights.Length];
        for (var index = 0; index < weights.Length; index++)
        {
            var (quotient, remainder) = UInt128.DivRem(size * (ulong)weights[index], sum);
            parts[index] = total < 0 ? (long)-(Int128)quotient : (long)quotient;
            remainders[index] = remainder;
            left -= quotient;
        }
        foreach (var index in Largest(remainders, (int)left, key))
            parts[index] += Math.Sign(total);
        return parts;
    }

    /// <summary>Splits an amount of any size in proportion to weights of any size.</summary>
    /// <param name="total">In its smallest unit.</param>
    /// <param name="weights">Any unit, not all 0 unless the total is; their sum below 2¹²⁸.</param>
    /// <param name="key">The key of a part, asked only for parts that tie for a left-over unit. Distinct
    /// parts have distinct keys.</param>
    /// <returns>A part for each weight, summing to the total.</returns>
    /// <exception cref="ArgumentException">All weights are 0, or two tied parts have one key.</exception>
    /// <exception cref="OverflowException">The weights sum to 2¹²⁸ or more.</exception>
    public static UInt128[] SplitAmount(UInt128 total, ReadOnlySpan<UInt128> weights, Func<int, Digest<TieBreak>> key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var sum = UInt128.Zero;
        foreach (var weight in weights)
            sum = checked(sum + weight);
        var parts = new UInt128[weights.Length];
        if (total == UInt128.Zero) return parts;
        RequireSome(sum);
        var left = total;
        var remainders = new UInt128[weights.Length];
        for (var index = 0; index < weights.Length; index++)
        {
            var quotient = BigInteger.DivRem((BigInteger)total * weights[index], sum, out var remainder);
            parts[index] = (UInt128)quotient;
            remainders[index] = (UInt128)remainder;
            left -= parts[index];
        }
        foreach (var index in Largest(remainders, (int)left, key))
            parts[index] += UInt128.One;
        return parts;
    }

    private static void RequireSome(UInt128 sum)
    {
        if (sum == UInt128.Zero) throw new ArgumentException("Nothing to split by: all weights are 0.", nameof(sum));
    }

    /// <summary>The indices of the <paramref name="count"/> largest remainders; keys are asked only where the
    /// last place is tied.</summary>
    private static int[] Largest(UInt128[] remainders, int count, Func<int, Digest<TieBreak>> key)
    {
        if (count == 0) return [];
        var order = new int[remainders.Length];
        for (var index = 0; index < order.Length; index++) order[index] = index;
        Array.Sort(order, (left, right) => remainders[right].CompareTo(remainders[left]));
        var cutoff = remainders[order[count - 1]];
        int first = count - 1, last = count - 1;
        while (first > 0 && remainders[order[first - 1]] == cutoff) first--;
        while (last + 1 < order.Length && remainders[order[last + 1]] == cutoff) last++;
        if (last >= count) BreakTies(order.AsSpan(first, last - first + 1), count - first, key);
        return order[..count];
    }

    private static void BreakTies(Span<int> tied, int places, Func<int, Digest<TieBreak>> key)
    {
        var keys = new Digest<TieBreak>[tied.Length];
        for (var index = 0; index < tied.Length; index++) keys[index] = key(tied[index]);
        keys.AsSpan().Sort(tied);
        if (keys[places - 1] == keys[places])
            throw new ArgumentException("Two tied parts have one key, so the split would rest on the order of input.", nameof(key));
    }
}
