using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Ledger.State;

/// <summary>
/// Writes keys and rows as bytes: fixed widths, big-endian, lengths as UInt32; the same content always gives the same bytes. <c>default</c> is a
/// writer that has written nothing. Pass it by <c>ref</c> only: a copy would share and then part with its buffer. Dispose it, so that its
/// pooled buffer goes back.
/// </summary>
public ref struct StateWriter
{
    private const int SmallestBuffer = 256;

    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private byte[]? pooled;
    private Span<byte> buffer;
    private int length;

    /// <summary>A writer that fills this buffer first and rents a larger one only if it does not suffice.</summary>
    public StateWriter(Span<byte> initialBuffer) => buffer = initialBuffer;

    /// <summary>What has been written so far; good until the next write.</summary>
    public readonly ReadOnlySpan<byte> Written => buffer[..length];

    /// <summary>Forgets what has been written and keeps the buffer.</summary>
    public void Clear() => length = 0;

    /// <summary>One byte.</summary>
    public void Byte(byte value) => Take(1)[0] = value;

    /// <summary>One byte, 0 or 1.</summary>
    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    /// <summary>2 bytes.</summary>
    public void UInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);

    /// <summary>4 bytes.</summary>
    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    /// <summary>8 bytes.</summary>
    public void UInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);

    /// <summary>8 bytes, two's complement.</summary>
    public void Int64(long value) => BinaryPrimitives.WriteInt64BigEndian(Take(8), value);

    /// <summary>16 bytes.</summary>
    public void UInt128(UInt128 value) => BinaryPrimitives.WriteUInt128BigEndian(Take(16), value);

    /// <summary>16 bytes, two's complement.</summary>
    public void Int128(Int128 value) => BinaryPrimitives.WriteInt128BigEndian(Take(16), value);

    /// <summary>32 bytes; the unset digest is 32 zeros.</summary>
    public void Digest<T>(in Digest<T> value) => value.CopyTo(Take(32));

    /// <summary>32 bytes; no account is 32 zeros.</summary>
    public void Account(AccountId value) => value.CopyTo(Take(32));

    /// <summary>64 bytes; no key is 64 zeros.</summary>
    public void PublicKey(in PublicKey value) => value.CopyTo(Take(64));

    /// <summary>8 bytes: milliseconds since the Unix epoch.</summary>
    public void Time(Timestamp value) => Int64(value.UnixMilliseconds);

    /// <summary>The length as UInt32, then the bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        UInt32((uint)value.Length);
        Raw(value);
    }

    /// <summary>The bytes alone, where their length is known from elsewhere.</summary>
    public void Raw(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    /// <summary>The length in bytes as UInt32, then UTF-8.</summary>
    /// <exception cref="EncoderFallbackException">The text has a lone surrogate.</exception>
    public void Text(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var count = StrictUtf8.GetByteCount(value);
        UInt32((uint)count);
        StrictUtf8.GetBytes(value, Take(count));
    }

    /// <summary>Gives the pooled buffer back; the writer may be used again and starts empty.</summary>
    public void Dispose()
    {
        var rented = pooled;
        this = default;
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private Span<byte> Take(int count)
    {
        if (count > buffer.Length - length)
            Grow(count);
        var taken = buffer.Slice(length, count);
        length += count;
        return taken;
    }

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(SmallestBuffer, length + count), buffer.Length + Math.Min(buffer.Length, 1 << 28)));
        Written.CopyTo(larger);
        if (pooled is not null)
            ArrayPool<byte>.Shared.Return(pooled);
        pooled = larger;
        buffer = larger;
    }
}
