using System.Numerics;

namespace Counterfoil.Simulator.Consensus;

/// <summary>
/// The simulation's signature: 64 bits keyed with 128 that only the signer and the checker have. Nobody in a simulation computes against
/// it; it is there so that a message under a wrong name is refused. <b>Source:</b> SipHash-2-4 (Aumasson, Bernstein), over whole words.
/// </summary>
internal readonly struct KeyedHash(ulong first, ulong second)
{
    public ulong Of(ReadOnlySpan<ulong> words)
    {
        unchecked
        {
            var v0 = first ^ 0x736F6D6570736575;
            var v1 = second ^ 0x646F72616E646F6D;
            var v2 = first ^ 0x6C7967656E657261;
            var v3 = second ^ 0x7465646279746573;
            foreach (var word in words)
            {
                v3 ^= word;
                Round(ref v0, ref v1, ref v2, ref v3);
                Round(ref v0, ref v1, ref v2, ref v3);
                v0 ^= word;
            }
            var length = (ulong)words.Length << 59;
            v3 ^= length;
            Round(ref v0, ref v1, ref v2, ref v3);
            Round(ref v0, ref v1, ref v2, ref v3);
            v0 ^= length;
            v2 ^= 0xFF;
            for (var i = 0; i < 4; i++)
                Round(ref v0, ref v1, ref v2, ref v3);
            return v0 ^ v1 ^ v2 ^ v3;
        }
    }

    private static void Round(ref ulong v0, ref ulong v1, ref ulong v2, ref ulong v3)
    {
        unchecked
        {
            v0 += v1;
            v1 = BitOperations.RotateLeft(v1, 13) ^ v0;
            v0 = BitOperations.RotateLeft(v0, 32);
            v2 += v3;
            v3 = BitOperations.RotateLeft(v3, 16) ^ v2;
            v0 += v3;
            v3 = BitOperations.RotateLeft(v3, 21) ^ v0;
            v2 += v1;
            v1 = BitOperations.RotateLeft(v1, 17) ^ v2;
            v2 = BitOperations.RotateLeft(v2, 32);
        }
    }
}
