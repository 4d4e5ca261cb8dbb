using Counterfoil.Ledger.Storage;
using Microsoft.Win32.SafeHandles;

namespace Counterfoil.Host.Cli;

/// <summary>
/// A ledger's folder as it is, for reading while a node may be writing: nothing is made, cut off or deleted on disk. A torn tail that the reader would cut off is only
/// left out of its own sight.
/// </summary>
internal sealed class ReadOnlyDisk(string folder) : IDisk
{
    private const string Unfinished = ".new";

    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path))
            .Where(name => !name.EndsWith(Unfinished, StringComparison.Ordinal) && name[0] != '.').Order(StringComparer.Ordinal)];

    public IDiskFile Open(string name) => new File(Path.Combine(folder, name));

    public Stream OpenRead(string name) =>
        new FileStream(Path.Combine(folder, name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    public void Replace(string name, Action<Stream> write) => throw ReadsOnly();

    public void Delete(string name) => throw ReadsOnly();

    private static InvalidOperationException ReadsOnly() => new("This disk is read only.");

    private sealed class File : IDiskFile
    {
        private readonly SafeFileHandle handle;

        public File(string path)
        {
            handle = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Length = RandomAccess.GetLength(handle);
        }

        public long Length { get; private set; }

        public void Append(ReadOnlySpan<byte> bytes) => throw ReadsOnly();

        public void Flush()
        {
            // Nothing was written.
        }

        public int Read(long offset, Span<byte> buffer)
        {
            var within = buffer[..(int)Math.Clamp(Length - offset, 0, buffer.Length)];
            var total = 0;
            while (total < within.Length && RandomAccess.Read(handle, within[total..], offset + total) is > 0 and var count)
                total += count;
            return total;
        }

        public void Truncate(long length) => Length = length;

        public void Dispose() => handle.Dispose();
    }
}
