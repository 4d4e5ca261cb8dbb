using System.Buffers.Binary;
using System.Text;

namespace Counterfoil.Tools;

/// <summary>
/// Reads the fields of docs/storage.md. After a read past the end everything is empty and
/// <see cref="IsDone"/> never true.
/// </summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);
    private ReadOnlySpan<byte> rest = bytes;
    private bool failed;

    /// <summary>True if all was read and nothing is left.</summary>
    public readonly bool IsDone => !failed && rest.IsEmpty;

    public readonly bool IsFailed => failed;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public bool Flag()
    {
        var value = Byte();
        failed |= value > 1;
        return value == 1;
    }

    public uint UInt32() => Take(4) is { Length: 4 } field ? BinaryPrimitives.ReadUInt32BigEndian(field) : 0;

    public long Int64() => Take(8) is { Length: 8 } field ? BinaryPrimitives.ReadInt64BigEndian(field) : 0;

    public Hash Hash() => Take(32) is { Length: 32 } field ? new Hash(field) : default;

    public ReadOnlySpan<byte> Bytes()
    {
        var length = UInt32();
        if (length <= (uint)rest.Length)
            return Take((int)length);
        failed = true;
        return default;
    }

    public string Text()
    {
        try
        {
            return Utf8.GetString(Bytes());
        }
        catch (DecoderFallbackException)
        {
            failed = true;
            return "";
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (failed || count > rest.Length)
        {
            failed = true;
            return default;
        }
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
