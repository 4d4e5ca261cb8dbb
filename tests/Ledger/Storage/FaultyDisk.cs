using Counterfoil.Ledger.Storage;

namespace Counterfoil.Ledger.Tests.Storage;

/// <summary>The power went while something was being written.</summary>
internal sealed class PowerLossException : Exception;

/// <summary>
/// A disk in memory that knows what was flushed. A crash keeps what was flushed and makes of the rest what real disks make of it: any sector new, old or
/// zeros, and any length. It can be full or lose power at the n-th write.
/// </summary>
internal sealed class FaultyDisk : IDisk
{
    private const int SectorSize = 16;

    private readonly SortedDictionary<string, Content> files = new(StringComparer.Ordinal);
    private int generation;

    private sealed class Content
    {
        public byte[] Durable = [];
        public byte[] Current = [];
    }

    /// <summary>The writes until the disk is full; it stays full at zero. Null: it never is.</summary>
    public int? WritesUntilFull { get; set; }

    /// <summary>The writes and flushes until the power goes. Null: it never does.</summary>
    public int? StepsUntilPowerLoss { get; set; }

    public byte[] this[string name]
    {
        get => files[name].Current;
        set => files[name] = new Content { Durable = value, Current = value };
    }

    public FaultyDisk Copy()
    {
        var copy = new FaultyDisk();
        foreach (var (name, content) in files)
            copy[name] = content.Current;
        return copy;
    }

    public void Crash(Random random)
    {
        generation++;
        StepsUntilPowerLoss = null;
        foreach (var content in files.Values)
        {
            var (old, now) = (content.Durable, content.Current);
            var common = old.AsSpan().CommonPrefixLength(now);
            if (common == now.Length)
            {
                // Nothing was written: a cut of the length happened or did not.
                content.Durable = content.Current = random.Next(2) == 0 ? old : now;
                continue;
            }
            var length = old.Length == now.Length ? old.Length : random.Next(Math.Min(old.Length, now.Length), Math.Max(old.Length, now.Length) + 1);
            var after = new byte[length];
            old.AsSpan(0, Math.Min(length, common)).CopyTo(after);
            for (var at = common; at < length; at += SectorSize)
            {
                var source = random.Next(3) switch { 0 => old, 1 => [], _ => now };
                var end = Math.Min(length, at + SectorSize);
                for (var i = at; i < end; i++)
                    after[i] = i < source.Length ? source[i] : (byte)0;
            }
            content.Durable = content.Current = after;
        }
    }

    public IReadOnlyList<string> List() => [.. files.Keys];

    public IDiskFile Open(string name)
    {
        Step();
        if (!files.TryGetValue(name, out var content))
            files[name] = content = new Content();
        return new OpenFile(this, content, generation);
    }

    public Stream OpenRead(string name) => new MemoryStream(files[name].Current, writable: false);

    public void Replace(string name, Action<Stream> write)
    {
        var stream = new MemoryStream();
        write(stream);
        Step();
        FillUp();
        this[name] = stream.ToArray();
    }

    public void Delete(string name)
    {
        Step();
        files.Remove(name);
    }

    private void Step()
    {
        if (StepsUntilPowerLoss is { } left && (StepsUntilPowerLoss = left - 1) <= 0)
            throw new PowerLossException();
    }

    private void FillUp()
    {
        if (WritesUntilFull is { } left && (WritesUntilFull = Math.Max(0, left - 1)) == 0)
            throw new IOException("No space left on device");
    }

    private sealed class OpenFile(FaultyDisk disk, Content content, int generation) : IDiskFile
    {
        public long Length => content.Current.Length;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            AssertPowered();
            var before = content.Current;
            content.Current = [.. before, .. bytes[..(bytes.Length / 2)]];
            disk.FillUp();
            content.Current = [.. before, .. bytes];
            disk.Step();
        }

        public void Flush()
        {
            AssertPowered();
            disk.Step();
            content.Durable = content.Current;
        }

        public int Read(long offset, Span<byte> buffer)
        {
            var count = (int)Math.Clamp(content.Current.Length - offset, 0, buffer.Length);
            content.Current.AsSpan((int)Math.Min(offset, content.Current.Length), count).CopyTo(buffer);
            return count;
        }

        public void Truncate(long length)
        {
            AssertPowered();
            disk.Step();
            content.Current = content.Current[..(int)length];
        }

        public void Dispose()
        {
        }

        private void AssertPowered()
        {
            if (generation != disk.generation)
                throw new InvalidOperationException("The file was opened before the crash.");
        }
    }
}
