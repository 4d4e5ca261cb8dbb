using System.Buffers.Binary;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Ledger.State;

/// <summary>
/// The inverse of <see cref="StateWriter"/> with strict bounds. Every read past the end, every Bool other than 0 or 1 and every ill-formed
/// text is a <see cref="StateFormatException"/>.
/// </summary>
public ref struct StateReader
{
    private ReadOnlySpan<byte> rest;

    /// <summary>Reads these bytes from their beginning.</summary>
    public StateReader(ReadOnlySpan<byte> bytes) => rest = bytes;

    /// <summary>The number of bytes that are left.</summary>
    public readonly int Remaining => rest.Length;

    /// <summary>One byte.</summary>
    public byte Byte() => Take(1)[0];

    /// <summary>One byte, 0 or 1.</summary>
    public bool Bool() => Byte() switch
    {
        0 => false,
        1 => true,
        var other => throw new StateFormatException($"A Bool is 0 or 1, not {other}."),
    };

    /// <summary>2 bytes.</summary>
    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    /// <summary>4 bytes.</summary>
    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    /// <summary>8 bytes.</summary>
    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));

    /// <summary>8 bytes, two's complement.</summary>
    public long Int64() => BinaryPrimitives.ReadInt64BigEndian(Take(8));

    /// <summary>16 bytes.</summary>
    public UInt128 UInt128() => BinaryPrimitives.ReadUInt128BigEndian(Take(16));

    /// <summary>16 bytes, two's complement.</summary>
    public Int128 Int128() => BinaryPrimitives.ReadInt128BigEndian(Take(16));

    /// <summary>32 bytes.</summary>
    public Digest<T> Digest<T>() => new(Take(32));

    /// <summary>32 bytes.</summary>
    public AccountId Account() => new(Digest<PublicKey>());

    /// <summary>64 bytes.</summary>
    public PublicKey PublicKey() => new(Take(64));

    /// <summary>8 bytes: milliseconds since the Unix epoch.</summary>
    public Timestamp Time() => new(Int64());

    /// <summary>The length as UInt32, then the bytes: a view of the input, to be copied if it is kept.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        var count = UInt32();
        if (count > (uint)rest.Length)
            throw Truncated();
        return Take((int)count);
    }

    /// <summary>That many bytes: a view of the input, to be copied if it is kept.</summary>
    public ReadOnlySpan<byte> Raw(int count) => Take(count);

    /// <summary>The length in bytes as UInt32, then UTF-8.</summary>
    public string Text()
    {
        var bytes = Bytes();
        try
        {
            return StateWriter.StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException cause)
        {
            throw new StateFormatException("The text is not UTF-8.", cause);
        }
    }

    /// <summary>Asserts that nothing is left.</summary>
    /// <exception cref="StateFormatException">Something is.</exception>
    public readonly void End()
    {
        if (!rest.IsEmpty)
            throw new StateFormatException($"{rest.Length} bytes are left over.");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if ((uint)count > (uint)rest.Length)
            throw Truncated();
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    private static StateFormatException Truncated() => new("The bytes end too early.");
}
