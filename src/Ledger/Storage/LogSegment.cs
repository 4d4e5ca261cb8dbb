using System.Globalization;

namespace Counterfoil.Ledger.Storage;

/// <summary>One file of a log and where its records begin.</summary>
internal sealed class LogSegment : IDisposable
{
    private readonly List<int> offsets = [];

    public LogSegment(string name, IDiskFile file, long firstIndex, ulong nonce)
    {
        Name = name;
        File = file;
        FirstIndex = firstIndex;
        Nonce = nonce;
        DurableLength = LogFrame.HeaderSize;
    }

    public string Name { get; }

    public IDiskFile File { get; }

    public long FirstIndex { get; }

    public ulong Nonce { get; }

    /// <summary>The length up to which records are durable and known.</summary>
    public int DurableLength { get; private set; }

    public long NextIndex => FirstIndex + offsets.Count;

    public static string NameOf(string log, int number) => string.Create(CultureInfo.InvariantCulture, $"{log}-{number:D8}.log");

    /// <summary>Begins a segment: its header is durable before anything is written after it.</summary>
    public static LogSegment Create(IDisk disk, string name, long firstIndex, ulong nonce)
    {
        var file = disk.Open(name);
        try
        {
            file.Truncate(0);
            Span<byte> header = stackalloc byte[LogFrame.HeaderSize];
            LogFrame.WriteHeader(header, firstIndex, nonce);
            file.Append(header);
            file.Flush();
            return new LogSegment(name, file, firstIndex, nonce);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads and verifies a segment; of the last one cuts a torn tail off.</summary>
    /// <returns>Null for a last segment whose header never became durable: it holds nothing.</returns>
    public static LogSegment? Open(IDisk disk, string name, long firstIndex, bool isLast)
    {
        var file = disk.Open(name);
        try
        {
            var bytes = new byte[checked((int)file.Length)];
            if (file.Read(0, bytes) != bytes.Length)
                throw new LogDamagedException(name, 0, "the file became shorter");
            if (!LogFrame.TryReadHeader(bytes, out var first, out var nonce))
            {
                if (!isLast || bytes.Length > LogFrame.HeaderSize)
                    throw new LogDamagedException(name, 0, "the header is bad");
                file.Dispose();
                return null;
            }
            if (first != firstIndex)
                throw new LogDamagedException(name, 0, $"it begins with record {first} instead of {firstIndex}");
            var segment = new LogSegment(name, file, first, nonce);
            segment.Scan(bytes, isLast);
            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public (int Offset, int End) Place(long index)
    {
        var at = (int)(index - FirstIndex);
        return (offsets[at], at + 1 < offsets.Count ? offsets[at + 1] : DurableLength);
    }

    /// <summary>Notes durable records.</summary>
    public void Add(IEnumerable<int> recordOffsets, int durableLength)
    {
        offsets.AddRange(recordOffsets);
        DurableLength = durableLength;
    }

    /// <summary>Forgets the records from that index on.</summary>
    /// <returns>The length that the file should have then.</returns>
    public int Forget(long fromIndex)
    {
        var kept = (int)(fromIndex - FirstIndex);
        if (kept < offsets.Count)
        {
            DurableLength = offsets[kept];
            offsets.RemoveRange(kept, offsets.Count - kept);
        }
        return DurableLength;
    }

    public void Dispose() => File.Dispose();

    private void Scan(ReadOnlySpan<byte> bytes, bool isLast)
    {
        var at = LogFrame.HeaderSize;
        while (at < bytes.Length)
        {
            if (LogFrame.IsMark(bytes[at..], Nonce, at))
            {
                at += LogFrame.MarkSize;
            }
            else if (LogFrame.TryReadRecord(bytes[at..], out var record))
            {
                offsets.Add(at);
                at += LogFrame.RecordHeadSize + record.Length;
            }
            else
            {
                break;
            }
        }
        DurableLength = at;
        if (at == bytes.Length)
            return;
        if (!isLast || LogFrame.HasMarkAfter(bytes, at, Nonce))
            throw new LogDamagedException(Name, at, "a frame is bad");
        File.Truncate(at);
        File.Flush();
    }
}
