using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// The paper's proposer(h, r): weighted round robin as a pure function, without running through earlier rounds. Its law: validator i with
/// weight w has the turns (2k − 1) / 2w for k = 1 … w; all turns are ordered by value, equal ones by the validators' order; proposer(h, r)
/// owns the turn number (h + r) mod W. So over any W consecutive positions each proposes exactly as often as its weight says, turns of one
/// validator are spread evenly, and equal weights give <c>V[(h + r) mod n]</c>. <b>Source:</b> the order of seats of Sainte-Laguë.
/// </summary>
internal static class ProposerRotation
{
    /// <summary>The proposer of a round.</summary>
    public static Validator At(ValidatorSet validators, long height, int round)
    {
        var weights = new long[validators.Validators.Count];
        for (var i = 0; i < weights.Length; i++)
            weights[i] = validators.Validators[i].Weight;
        return validators.Validators[IndexAt(weights, Position(validators.TotalWeight, height, round))];
    }

    /// <summary>The turn's number: (h + r) mod W.</summary>
    public static long Position(long totalWeight, long height, int round) => (long)(((Int128)height + round) % totalWeight);

    /// <summary>The index of the validator that owns a turn.</summary>
    /// <param name="weights">At least 1 each, their sum a long.</param>
    /// <param name="position">From 0, below the sum.</param>
    public static int IndexAt(ReadOnlySpan<long> weights, long position)
    {
        for (var i = 0; i < weights.Length; i++)
        {
            // The number of turns before i's k-th grows with k: the search ends at the only k that may fit.
            var (low, high) = (1L, weights[i]);
            while (low < high)
            {
                var middle = low + (high - low) / 2;
                if (TurnsBefore(weights, i, middle) < position)
                    low = middle + 1;
                else
                    high = middle;
            }
            if (TurnsBefore(weights, i, low) == position)
                return i;
        }
        throw new ArgumentOutOfRangeException(nameof(position), position, "A turn is from 0 and below the total weight.");
    }

    private static long TurnsBefore(ReadOnlySpan<long> weights, int index, long turn)
    {
        Int128 count = turn - 1;
        for (var j = 0; j < weights.Length; j++)
        {
            if (j == index)
                continue;
            // m of (2m − 1) / 2w_j < (2k − 1) / 2w_i; an equal one comes first if its validator does.
            var (quotient, remainder) = Int128.DivRem((2 * (Int128)turn - 1) * weights[j], weights[index]);
            count += j < index || remainder != 0 ? (quotient + 1) / 2 : quotient / 2;
        }
        return (long)count;
    }
}
