using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Counterfoil.Tools;

/// <summary>
/// Reads the records of a log (docs/storage.md, Logs) without changing anything; ends where it finds damage.
/// </summary>
internal sealed class LogReader(string folder, string log, Findings findings)
{
    private const int HeaderSize = 28;
    private const int MarkSize = 24;
    private const int RecordHeadSize = 8;
    private const long LargestSegment = 1 << 30;

    /// <summary>The names of the log's files, in order.</summary>
    public IReadOnlyList<string> Files { get; } =
        [.. Directory.EnumerateFiles(folder, log + "-????????.log").Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    /// <summary>False once a record could not be reached.</summary>
    public bool IsWhole { get; private set; } = true;

    /// <summary>The records; each is good until the next is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Records()
    {
        var count = 0L;
        for (var number = 0; number < Files.Count && IsWhole; number++)
        {
            var expected = string.Create(CultureInfo.InvariantCulture, $"{log}-{number:D8}.log");
            if (Files[number] != expected)
            {
                Stop(FindingCode.SegmentMissing, $"It is {expected}.");
                break;
            }
            foreach (var record in RecordsOf(Files[number], number == Files.Count - 1, count))
            {
                count++;
                yield return record;
            }
        }
    }

    private IEnumerable<ReadOnlyMemory<byte>> RecordsOf(string file, bool isLast, long firstIndex)
    {
        if (Load(file) is not { } bytes)
            yield break;
        if (!TryReadHeader(bytes, out var index, out var nonce) || index != firstIndex)
        {
            var isTorn = isLast && bytes.Length <= HeaderSize;
            Stop(isTorn ? FindingCode.TornTail : FindingCode.SegmentDamaged, $"It is {file}.");
            yield break;
        }
        var at = HeaderSize;
        while (at < bytes.Length)
        {
            if (IsMark(bytes, at, nonce))
            {
                at += MarkSize;
                continue;
            }
            var length = RecordLength(bytes, at);
            if (length < 0)
            {
                var isTorn = isLast && !HasMarkAfter(bytes, at, nonce);
                Stop(isTorn ? FindingCode.TornTail : FindingCode.FrameDamaged, $"It is byte {at.ToString(CultureInfo.InvariantCulture)} of {file}.");
                yield break;
            }
            yield return bytes.AsMemory(at + RecordHeadSize, length);
            at += RecordHeadSize + length;
        }
    }

    private byte[]? Load(string file)
    {
        using var stream = new FileStream(Path.Combine(folder, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length > LargestSegment)
        {
            Stop(FindingCode.SegmentDamaged, $"{file} is larger than any segment.");
            return null;
        }
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private void Stop(FindingCode code, string where)
    {
        IsWhole = false;
        findings.Add(code, 0, where);
    }

    private static bool TryReadHeader(ReadOnlySpan<byte> bytes, out long index, out ulong nonce)
    {
        index = -1;
        nonce = 0;
        if (bytes.Length < HeaderSize || !bytes.StartsWith("cf-log"u8)
            || BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) != 1
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[24..]) != Checksum(bytes[..24]))
            return false;
        index = BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
        nonce = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        return true;
    }

    private static bool IsMark(ReadOnlySpan<byte> bytes, int at, ulong nonce)
    {
        var mark = bytes[at..];
        return mark.Length >= MarkSize && BinaryPrimitives.ReadUInt32BigEndian(mark) == uint.MaxValue
            && BinaryPrimitives.ReadUInt64BigEndian(mark[8..]) == nonce
            && BinaryPrimitives.ReadInt64BigEndian(mark[16..]) == at
            && BinaryPrimitives.ReadUInt32BigEndian(mark[4..]) == Checksum(mark[..4], mark[8..MarkSize]);
    }

    private static int RecordLength(ReadOnlySpan<byte> bytes, int at)
    {
        var frame = bytes[at..];
        if (frame.Length < RecordHeadSize)
            return -1;
        var length = BinaryPrimitives.ReadUInt32BigEndian(frame);
        if (length > frame.Length - RecordHeadSize)
            return -1;
        var record = frame.Slice(RecordHeadSize, (int)length);
        return BinaryPrimitives.ReadUInt32BigEndian(frame[4..]) == Checksum(frame[..4], record)
            ? (int)length : -1;
    }

    private static bool HasMarkAfter(ReadOnlySpan<byte> bytes, int at, ulong nonce)
    {
        for (var from = at + 1; from < bytes.Length; from++)
        {
            var found = bytes[from..].IndexOf([(byte)0xff, (byte)0xff, (byte)0xff, (byte)0xff]);
            if (found < 0)
                return false;
            from += found;
            if (IsMark(bytes, from, nonce))
                return true;
        }
        return false;
    }

    /// <summary>CRC-32C of both parts. <b>Source:</b> RFC 9260 appendix A.</summary>
    private static uint Checksum(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default)
    {
        var crc = ~0u;
        foreach (var value in first)
            crc = BitOperations.Crc32C(crc, value);
        for (; second.Length >= 8; second = second[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(second));
        foreach (var value in second)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
