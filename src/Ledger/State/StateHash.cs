using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>The hashes that <see cref="LedgerState"/> documents.</summary>
internal static class StateHash
{
    /// <summary>The digest of a row from the digests of its key and value.</summary>
    public static Digest<StateRow> Row(in Digest<StateKey> key, in Digest<StateValue> value)
    {
        Span<byte> input = stackalloc byte[7 + 64];
        "cf-row\0"u8.CopyTo(input);
        key.CopyTo(input[7..]);
        value.CopyTo(input[39..]);
        return ShortHash.Of<StateRow>(input);
    }

    /// <summary>The leaf of a bucket. <b>Source:</b> RFC 9162 section 2.1.1.</summary>
    public static Digest<LedgerState> Leaf(ReadOnlySpan<StateEntry> entries)
    {
        var length = 1 + 32 * entries.Length;
        var input = length <= 8193 ? stackalloc byte[length] : new byte[length];
        input[0] = 0x00;
        for (var i = 0; i < entries.Length; i++)
            entries[i].Row.CopyTo(input[(1 + 32 * i)..]);
        return ShortHash.Of<LedgerState>(input);
    }

    /// <summary>An inner node. <b>Source:</b> RFC 9162 section 2.1.1.</summary>
    public static Digest<LedgerState> Node(in Digest<LedgerState> left, in Digest<LedgerState> right)
    {
        Span<byte> input = stackalloc byte[65];
        input[0] = 0x01;
        left.CopyTo(input[1..]);
        right.CopyTo(input[33..]);
        return ShortHash.Of<LedgerState>(input);
    }
}
