using System.Numerics;

namespace Counterfoil.Simulator;

/// <summary>
/// The only randomness of a simulation: the same seed gives the same numbers on every machine and in every release, which System.Random
/// does not promise. <b>Source:</b> xoshiro256** and SplitMix64 (Blackman, Vigna).
/// </summary>
internal sealed class SimulationRandom
{
    private ulong a, b, c, d;

    public SimulationRandom(ulong seed)
    {
        a = SplitMix(ref seed);
        b = SplitMix(ref seed);
        c = SplitMix(ref seed);
        d = SplitMix(ref seed);
    }

    public ulong Next()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(b * 5, 7) * 9;
            var t = b << 17;
            c ^= a;
            d ^= b;
            b ^= c;
            a ^= d;
            c ^= t;
            d = BitOperations.RotateLeft(d, 45);
            return result;
        }
    }

    /// <summary>A number from 0 and below the limit. The bias of 2^-32 does not matter to a schedule.</summary>
    public int Below(int limit) => (int)(((Next() >> 32) * (ulong)limit) >> 32);

    /// <summary>A number from the first to the last, both included.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    /// <summary>True so many times in a thousand.</summary>
    public bool Chance(int perThousand) => perThousand > 0 && Below(1000) < perThousand;

    public T Pick<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];

    private static ulong SplitMix(ref ulong state)
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
