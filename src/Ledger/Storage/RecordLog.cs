using System.Buffers;
using System.Security.Cryptography;

namespace Counterfoil.Ledger.Storage;

/// <summary>
/// An append-only log of records in segments of 64 MiB. A record is in the log once <see cref="Flush"/> has made it durable; until then nobody reads it
/// and a failure drops it. One thread appends, flushes and truncates; any number read meanwhile. <see cref="LogFrame"/> documents the bytes.
/// </summary>
public sealed class RecordLog : IDisposable
{
    /// <summary>The largest size of a segment, in bytes.</summary>
    public const int DefaultSegmentSize = 64 << 20;

    private readonly IDisk disk;
    private readonly string name;
    private readonly int segmentSize;
    private readonly Lock gate = new();
    private readonly List<LogSegment> segments = [];

    // Frames of records that are not flushed; room for a mark lies before the first.
    private readonly List<int> pendingOffsets = [];
    private byte[] pending = new byte[4096];
    private int pendingLength = LogFrame.MarkSize;
    private bool needsRepair;
    private long count;

    private RecordLog(IDisk disk, string name, int segmentSize)
    {
        this.disk = disk;
        this.name = name;
        this.segmentSize = segmentSize;
    }

    /// <summary>The number of records in the log: flushed ones.</summary>
    public long Count => Interlocked.Read(ref count);

    /// <summary>The number of records that were appended and not flushed.</summary>
    public int PendingCount => pendingOffsets.Count;

    /// <summary>The largest record that can be appended, in bytes.</summary>
    public int LargestRecordLength => segmentSize - LogFrame.HeaderSize - LogFrame.MarkSize - LogFrame.RecordHeadSize;

    /// <summary>
    /// Opens the log, or begins it if it is not there. Every record is read and verified. The torn tail that a crash during a flush left in the
    /// last segment is cut off; damage to the last flush itself cannot be told from it.
    /// </summary>
    /// <param name="disk">Where it lies.</param>
    /// <param name="name">The beginning of its files' names.</param>
    /// <param name="segmentSize">The largest size of a segment, in bytes; at least 128.</param>
    /// <exception cref="LogDamagedException">Bytes that were durable are missing or changed.</exception>
    public static RecordLog Open(IDisk disk, string name, int segmentSize = DefaultSegmentSize)
    {
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentOutOfRangeException.ThrowIfLessThan(segmentSize, 128);
        var log = new RecordLog(disk, name, segmentSize);
        try
        {
            log.OpenSegments();
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    /// <summary>Takes a record up for the next flush; writes nothing yet.</summary>
    /// <returns>The index that it will have.</returns>
    public long Append(ReadOnlySpan<byte> record)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(record.Length, LargestRecordLength, nameof(record));
        var size = LogFrame.RecordHeadSize + record.Length;
        if (pending.Length - pendingLength < size)
            Array.Resize(ref pending, (int)Math.Max((long)pendingLength + size, Math.Min(2L * pending.Length, Array.MaxLength)));
        LogFrame.WriteRecord(pending.AsSpan(pendingLength, size), record);
        pendingOffsets.Add(pendingLength);
        pendingLength += size;
        return Count + pendingOffsets.Count - 1;
    }

    /// <summary>Makes all appended records durable; then, and only then, they are in the log.</summary>
    /// <exception cref="LogWriteException">None of them is in the log, and they are forgotten. The log can be used again.</exception>
    public void Flush()
    {
        if (pendingOffsets.Count == 0)
            return;
        var created = new List<LogSegment>();
        var groups = new List<(LogSegment Segment, List<int> Offsets, int Length)>();
        try
        {
            if (needsRepair)
                Repair();
            WritePending(created, groups);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            created.ForEach(segment => segment.Dispose());
            DropPending();
            TryRepair();
            throw new LogWriteException(name, cause);
        }
        lock (gate)
        {
            segments.AddRange(created);
            foreach (var (segment, offsets, length) in groups)
                segment.Add(offsets, length);
            Interlocked.Add(ref count, pendingOffsets.Count);
        }
        DropPending();
    }

    /// <summary>A record, verified as it is read.</summary>
    /// <param name="index">0 to <see cref="Count"/> − 1.</param>
    /// <exception cref="LogDamagedException">It is not as it was written.</exception>
    public byte[] Read(long index)
    {
        LogSegment segment;
        int offset, end;
        lock (gate)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            segment = SegmentOf(index);
            (offset, end) = segment.Place(index);
        }
        var frame = ArrayPool<byte>.Shared.Rent(end - offset);
        try
        {
            var length = segment.File.Read(offset, frame.AsSpan(0, end - offset));
            return LogFrame.TryReadRecord(frame.AsSpan(0, length), out var record)
                ? record.ToArray()
                : throw new LogDamagedException(segment.Name, offset, "a record is bad");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>The records from that index on, up to the end that the log has when it is reached.</summary>
    /// <param name="index">0 to <see cref="Count"/>.</param>
    public IEnumerable<byte[]> ReadFrom(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, Count);
        return Records();

        IEnumerable<byte[]> Records()
        {
            for (var next = index; next < Count; next++)
                yield return Read(next);
        }
    }

    /// <summary>Durably forgets all records but the first ones, and those that were not flushed.</summary>
    /// <param name="keep">0 to <see cref="Count"/>.</param>
    /// <exception cref="LogWriteException">The disk failed: fewer records than wanted may be forgotten, from the end.</exception>
    public void TruncateTo(long keep)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keep);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(keep, Count);
        DropPending();
        try
        {
            while (segments.Count > 1 && segments[^1].FirstIndex >= keep)
                DropLastSegment();
            if (segments.Count == 0)
                return;
            int length;
            lock (gate)
            {
                length = segments[^1].Forget(keep);
                Interlocked.Exchange(ref count, keep);
            }
            segments[^1].File.Truncate(length);
            segments[^1].File.Flush();
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            needsRepair = true;
            throw new LogWriteException(name, cause);
        }
    }

    /// <summary>Closes the files. Records that were not flushed are forgotten.</summary>
    public void Dispose()
    {
        foreach (var segment in segments)
            segment.Dispose();
    }

    private void OpenSegments()
    {
        var files = SegmentFiles();
        for (var number = 0; number < files.Count; number++)
        {
            var isLast = number == files.Count - 1;
            if (files[number] != LogSegment.NameOf(name, number))
                throw new LogDamagedException(LogSegment.NameOf(name, number), 0, "the file is missing");
            if (LogSegment.Open(disk, files[number], count, isLast) is { } segment)
            {
                segments.Add(segment);
                count = segment.NextIndex;
            }
            else
            {
                disk.Delete(files[number]);
            }
        }
    }

    private List<string> SegmentFiles() =>
        [.. disk.List().Where(file => file.StartsWith(name + "-", StringComparison.Ordinal)
            && file.Length == LogSegment.NameOf(name, 0).Length && file.EndsWith(".log", StringComparison.Ordinal))];

    private void WritePending(List<LogSegment> created, List<(LogSegment Segment, List<int> Offsets, int Length)> groups)
    {
        var segment = segments.Count > 0 ? segments[^1] : null;
        var length = segment?.DurableLength ?? 0;
        for (var from = 0; from < pendingOffsets.Count;)
        {
            var start = pendingOffsets[from] - LogFrame.MarkSize;
            var to = from;
            while (to < pendingOffsets.Count && length + EndOf(to) - start <= segmentSize)
                to++;
            if (segment is null || to == from)
            {
                // What the full segment holds is durable by now, so only the last segment can ever be torn.
                var nonce = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
                segment = LogSegment.Create(disk, LogSegment.NameOf(name, segments.Count + created.Count), Count + from, nonce);
                created.Add(segment);
                length = LogFrame.HeaderSize;
                continue;
            }
            // The mark overwrites records that are written already, or the room before the first.
            var group = pending.AsSpan(start, EndOf(to - 1) - start);
            LogFrame.WriteMark(group, segment.Nonce, length);
            segment.File.Append(group);
            segment.File.Flush();
            var shift = length - start;
            groups.Add((segment, pendingOffsets.GetRange(from, to - from).ConvertAll(offset => offset + shift), length + group.Length));
            length += group.Length;
            from = to;
        }
    }

    private int EndOf(int record) => record + 1 < pendingOffsets.Count ? pendingOffsets[record + 1] : pendingLength;

    private void DropPending()
    {
        const int KeptBuffer = 4 << 20;
        pendingOffsets.Clear();
        pendingLength = LogFrame.MarkSize;
        if (pending.Length > KeptBuffer)
            pending = new byte[4096];
    }

    private void TryRepair()
    {
        needsRepair = true;
        try
        {
            Repair();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next flush tries again before it writes.
            return;
        }
    }

    /// <summary>Takes away what a failed flush may have left in the files.</summary>
    private void Repair()
    {
        foreach (var file in SegmentFiles().Skip(segments.Count).Reverse())
            disk.Delete(file);
        if (segments.Count > 0 && segments[^1].File.Length != segments[^1].DurableLength)
        {
            segments[^1].File.Truncate(segments[^1].DurableLength);
            segments[^1].File.Flush();
        }
        needsRepair = false;
    }

    private void DropLastSegment()
    {
        var last = segments[^1];
        lock (gate)
        {
            segments.RemoveAt(segments.Count - 1);
            Interlocked.Exchange(ref count, last.FirstIndex);
        }
        last.Dispose();
        disk.Delete(last.Name);
    }

    private LogSegment SegmentOf(long index)
    {
        int low = 0, high = segments.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (segments[middle].FirstIndex <= index)
                low = middle;
            else
                high = middle - 1;
        }
        return segments[low];
    }
}
