using System.Collections.Concurrent;
using System.Diagnostics;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>A disk that keeps how long each fsync of its files took.</summary>
internal sealed class TimedDisk(IDisk inner) : IDisk
{
    private readonly ConcurrentQueue<(long At, double Milliseconds)> flushes = new();

    /// <summary>The durations of those that ended since a moment, sorted.</summary>
    public double[] Since(long timestamp) => [.. flushes.Where(flush => flush.At >= timestamp).Select(flush => flush.Milliseconds).Order()];

    public IReadOnlyList<string> List() => inner.List();

    public IDiskFile Open(string name) => new File(inner.Open(name), this);

    public Stream OpenRead(string name) => inner.OpenRead(name);

    public void Replace(string name, Action<Stream> write) => inner.Replace(name, write);

    public void Delete(string name) => inner.Delete(name);

    private sealed class File(IDiskFile inner, TimedDisk disk) : IDiskFile
    {
        public long Length => inner.Length;

        public void Append(ReadOnlySpan<byte> bytes) => inner.Append(bytes);

        public void Flush()
        {
            var began = Stopwatch.GetTimestamp();
            inner.Flush();
            var ended = Stopwatch.GetTimestamp();
            disk.flushes.Enqueue((ended, Stopwatch.GetElapsedTime(began, ended).TotalMilliseconds));
        }

        public int Read(long offset, Span<byte> buffer) => inner.Read(offset, buffer);

        public void Truncate(long length) => inner.Truncate(length);

        public void Dispose() => inner.Dispose();
    }
}
