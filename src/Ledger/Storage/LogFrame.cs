using System.Buffers.Binary;
using System.Numerics;

namespace Counterfoil.Ledger.Storage;

/// <summary>
/// The bytes of a log's segment, big-endian:
/// <code>
/// segment = "cf-log", version UInt16, index of first record UInt64, nonce UInt64, CRC-32C of these 24 bytes; then groups
/// group   = mark, records                            what one flush wrote
/// mark    = FFFFFFFF, CRC-32C of FFFFFFFF ‖ nonce ‖ offset, nonce UInt64, offset of this mark UInt64
/// record  = length UInt32, CRC-32C of length ‖ bytes, bytes
/// </code>
/// A mark says that everything before it was durable when it was written. So a bad frame with a mark somewhere after it is damage, and one without
/// is the torn tail of a group that nobody was told is durable. The nonce is random and local, so that no record can hold a mark.
/// <b>Source:</b> CRC-32C: RFC 9260 appendix A.
/// </summary>
internal static class LogFrame
{
    public const int HeaderSize = 28;
    public const int MarkSize = 24;
    public const int RecordHeadSize = 8;
    private const ushort Version = 1;
    private const uint MarkLength = uint.MaxValue;

    public static void WriteHeader(Span<byte> header, long firstIndex, ulong nonce)
    {
        "cf-log"u8.CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], Version);
        BinaryPrimitives.WriteInt64BigEndian(header[8..], firstIndex);
        BinaryPrimitives.WriteUInt64BigEndian(header[16..], nonce);
        BinaryPrimitives.WriteUInt32BigEndian(header[24..], Crc32C(header[..24]));
    }

    public static bool TryReadHeader(ReadOnlySpan<byte> header, out long firstIndex, out ulong nonce)
    {
        firstIndex = 0;
        nonce = 0;
        if (header.Length < HeaderSize
            || !header.StartsWith("cf-log"u8)
            || BinaryPrimitives.ReadUInt16BigEndian(header[6..]) != Version
            || BinaryPrimitives.ReadUInt32BigEndian(header[24..]) != Crc32C(header[..24]))
            return false;
        firstIndex = BinaryPrimitives.ReadInt64BigEndian(header[8..]);
        nonce = BinaryPrimitives.ReadUInt64BigEndian(header[16..]);
        return true;
    }

    public static void WriteMark(Span<byte> mark, ulong nonce, long offset)
    {
        BinaryPrimitives.WriteUInt32BigEndian(mark, MarkLength);
        BinaryPrimitives.WriteUInt64BigEndian(mark[8..], nonce);
        BinaryPrimitives.WriteInt64BigEndian(mark[16..], offset);
        BinaryPrimitives.WriteUInt32BigEndian(mark[4..], Crc32C(mark[..4], mark[8..MarkSize]));
    }

    public static void WriteRecord(Span<byte> frame, ReadOnlySpan<byte> record)
    {
        BinaryPrimitives.WriteInt32BigEndian(frame, record.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame[4..], Crc32C(frame[..4], record));
        record.CopyTo(frame[RecordHeadSize..]);
    }

    public static bool IsMark(ReadOnlySpan<byte> bytes, ulong nonce, long offset)
    {
        if (bytes.Length < MarkSize)
            return false;
        Span<byte> expected = stackalloc byte[MarkSize];
        WriteMark(expected, nonce, offset);
        return bytes.StartsWith(expected);
    }

    /// <summary>The record that the bytes begin with.</summary>
    /// <returns>False if they do not begin with a whole, undamaged one.</returns>
    public static bool TryReadRecord(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> record)
    {
        record = default;
        if (bytes.Length < RecordHeadSize)
            return false;
        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (length > bytes.Length - RecordHeadSize)
            return false;
        record = bytes.Slice(RecordHeadSize, (int)length);
        return BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) == Crc32C(bytes[..4], record);
    }

    /// <summary>True if a mark lies anywhere after that offset.</summary>
    public static bool HasMarkAfter(ReadOnlySpan<byte> segment, int offset, ulong nonce)
    {
        Span<byte> sought = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(sought, nonce);
        for (var from = offset + 1; from < segment.Length;)
        {
            var found = segment[from..].IndexOf(sought);
            if (found < 0)
                return false;
            var mark = from + found - 8;
            if (mark > offset && IsMark(segment[mark..], nonce, mark))
                return true;
            from += found + 1;
        }
        return false;
    }

    public static uint Crc32C(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default) => ~Update(Update(~0u, first), second);

    private static uint Update(uint crc, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes)
            crc = BitOperations.Crc32C(crc, value);
        return crc;
    }
}
