using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Counterfoil.Simulator.FullStack;

/// <summary>What happened, as a digest that is the same for the same seed, and in words if somebody wants to read it.</summary>
internal sealed class WorldTrace(bool isWritten)
{
    private readonly List<string> lines = [];
    private ulong first = 0xCBF29CE484222325;
    private ulong second = 0x9E3779B97F4A7C15;

    public IReadOnlyList<string> Lines => lines;

    public string Digest => string.Create(CultureInfo.InvariantCulture, $"{first:x16}{second:x16}");

    public bool IsWritten => isWritten;

    public void Note(long at, int node, int what, long value)
    {
        Mix((ulong)at);
        Mix((ulong)(uint)node << 32 | (uint)what);
        Mix(unchecked((ulong)value));
    }

    public void Note(ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            Mix(BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var rest in bytes)
            Mix(rest);
    }

    public void Write(long at, string line)
    {
        if (isWritten)
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{at / 1000,8}.{at % 1000:D3} {line}"));
    }

    private void Mix(ulong word)
    {
        unchecked
        {
            first = (first ^ word) * 0x100000001B3;
            second = BitOperations.RotateLeft(second + word, 23) * 0xD6E8FEB86659FD93;
        }
    }
}
