using Counterfoil.Ledger.Storage;

namespace Counterfoil.Simulator.FullStack;

/// <summary>Where the power may go.</summary>
internal enum CrashPoint
{
    BeforeAppend,
    BeforeFlush,
    AfterFlush,
    BeforeSend,
    AfterSend,

    /// <summary>Of use only while a node starts and writes nothing.</summary>
    BeforeRead,
}

/// <summary>
/// A disk that knows what was flushed. A crash keeps that, and of the rest keeps nothing, a part, or sectors of zeros between. Its owner is told each
/// step and may let the power go there.
/// </summary>
internal sealed class SimulatedDisk(Action<CrashPoint> onStep) : IDisk
{
    private const int SectorSize = 16;

    private readonly SortedDictionary<string, Content> files = new(StringComparer.Ordinal);
    private readonly Action<CrashPoint> step = onStep;
    private int generation;

    /// <summary>Nothing more can be written while it is set.</summary>
    public bool IsFull { get; set; }

    /// <summary>True while the disk answers a flush of that file without making it.</summary>
    public Func<string, bool> LosesFlush { get; set; } = static _ => false;

    /// <summary>False if a crash leaves of each file just what was flushed.</summary>
    public bool Tears { get; set; } = true;

    /// <summary>How many flushes were lost.</summary>
    public int LostFlushes { get; private set; }

    /// <summary>What lies on it now, as a disk of its own that nothing happens to.</summary>
    public SimulatedDisk Copy()
    {
        var copy = new SimulatedDisk(static _ => { });
        foreach (var (name, content) in files)
            copy.files[name] = Content.Of(content.Current.ToArray());
        return copy;
    }

    /// <summary>Another disk in its place, with nothing on it.</summary>
    public void Wipe()
    {
        generation++;
        files.Clear();
        IsFull = false;
    }

    /// <summary>The power went and comes back.</summary>
    /// <returns>How many files were not as they were left.</returns>
    public int Crash(SimulationRandom random)
    {
        generation++;
        var torn = 0;
        foreach (var content in files.Values)
            if (content.Crash(random, Tears))
                torn++;
        return torn;
    }

    public IReadOnlyList<string> List() => [.. files.Keys];

    public IDiskFile Open(string name)
    {
        if (!files.TryGetValue(name, out var content))
        {
            step(CrashPoint.BeforeAppend);
            ThrowIfFull();
            files[name] = content = new Content();
            step(CrashPoint.AfterFlush);
        }
        return new OpenFile(this, name, content, generation);
    }

    public Stream OpenRead(string name)
    {
        step(CrashPoint.BeforeRead);
        return files.TryGetValue(name, out var content)
            ? new MemoryStream(content.Current.ToArray(), writable: false) : throw new FileNotFoundException(name);
    }

    public void Replace(string name, Action<Stream> write)
    {
        var stream = new MemoryStream();
        write(stream);
        step(CrashPoint.BeforeAppend);
        ThrowIfFull();
        files[name] = Content.Of(stream.ToArray());
        step(CrashPoint.AfterFlush);
    }

    public void Delete(string name)
    {
        step(CrashPoint.BeforeAppend);
        files.Remove(name);
        step(CrashPoint.AfterFlush);
    }

    private void ThrowIfFull()
    {
        if (IsFull)
            throw new IOException("No space left on device");
    }

    private sealed class Content
    {
        private byte[] bytes = [];
        private int length;
        private int durable;
        private byte[]? longer;

        public ReadOnlySpan<byte> Current => bytes.AsSpan(0, length);

        public static Content Of(byte[] durable) => new() { bytes = durable, length = durable.Length, durable = durable.Length };

        public void Append(ReadOnlySpan<byte> more)
        {
            if (bytes.Length - length < more.Length)
                Array.Resize(ref bytes, Math.Max(length + more.Length, 2 * bytes.Length));
            more.CopyTo(bytes.AsSpan(length));
            length += more.Length;
        }

        public void Truncate(int to)
        {
            if (to < durable)
            {
                longer ??= bytes[..durable];
                durable = to;
            }
            length = to;
        }

        public void Flush()
        {
            durable = length;
            longer = null;
        }

        public bool Crash(SimulationRandom random, bool tears)
        {
            if (longer is null && durable == length)
                return false;
            if (!tears)
                (bytes, length) = longer is null ? (bytes, durable) : (longer, longer.Length);
            else if (longer is not null && (length == durable || random.Chance(500)))
                (bytes, length) = random.Chance(500) ? (longer, longer.Length) : (bytes, durable);
            else
                length = durable + random.Below(length - durable + 1);
            for (var at = durable; tears && longer is null && at < length; at += SectorSize)
                if (random.Chance(100))
                    bytes.AsSpan(at, Math.Min(SectorSize, length - at)).Clear();
            Flush();
            return true;
        }
    }

    private sealed class OpenFile(SimulatedDisk disk, string name, Content content, int generation) : IDiskFile
    {
        public long Length => content.Current.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            ThrowIfOld();
            disk.step(CrashPoint.BeforeAppend);
            if (disk.IsFull)
                content.Append(bytes[..(bytes.Length / 2)]);
            disk.ThrowIfFull();
            content.Append(bytes);
            disk.step(CrashPoint.BeforeFlush);
        }

        public void Flush()
        {
            ThrowIfOld();
            if (disk.LosesFlush(name))
                disk.LostFlushes++;
            else
                content.Flush();
            disk.step(CrashPoint.AfterFlush);
        }

        public int Read(long offset, Span<byte> buffer)
        {
            disk.step(CrashPoint.BeforeRead);
            var from = (int)Math.Min(offset, content.Current.Length);
            var count = Math.Min(content.Current.Length - from, buffer.Length);
            content.Current.Slice(from, count).CopyTo(buffer);
            return count;
        }

        public void Truncate(long length)
        {
            ThrowIfOld();
            disk.step(CrashPoint.BeforeAppend);
            content.Truncate((int)length);
            disk.step(CrashPoint.BeforeFlush);
        }

        public void Dispose()
        {
        }

        // A node that has lost its power writes nothing, whatever it still runs through.
        private void ThrowIfOld()
        {
            if (generation != disk.generation)
                throw new PowerLossException();
        }
    }
}
