using Microsoft.Win32.SafeHandles;

namespace Counterfoil.Ledger.Storage;

/// <summary>A folder of the file system. Every promise of durability is an fsync of the file and, where names change, of the folder.</summary>
public sealed class FileDisk : IDisk
{
    private const int LargestNameLength = 100;
    private const string Unfinished = ".new";

    private readonly string folder;

    /// <summary>The disk in that folder, which is made if it is not there. What an interrupted replacement left behind is deleted.</summary>
    public FileDisk(string folder)
    {
        this.folder = Path.GetFullPath(folder);
        if (!Directory.Exists(this.folder))
        {
            Directory.CreateDirectory(this.folder);
            if (Path.GetDirectoryName(this.folder) is { } parent)
                Posix.FlushFolder(parent);
        }
        foreach (var leftover in Directory.EnumerateFiles(this.folder, "*" + Unfinished))
            File.Delete(leftover);
    }

    /// <summary>
    /// True if the folder lies in memory (tmpfs, ramfs), where nothing is durable and an fsync costs nothing: a measurement there says
    /// nothing about a ledger.
    /// </summary>
    public bool IsTmpfs => Posix.IsInMemory(folder);

    /// <inheritdoc/>
    public IReadOnlyList<string> List() =>
        [.. Directory.EnumerateFiles(folder).Select(path => Path.GetFileName(path)).Where(IsName).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IDiskFile Open(string name)
    {
        var path = PathOf(name);
        var isNew = !File.Exists(path);
        var handle = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (isNew)
            Posix.FlushFolder(folder);
        return new OpenFile(handle);
    }

    /// <inheritdoc/>
    public Stream OpenRead(string name) => new FileStream(PathOf(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <inheritdoc/>
    public void Replace(string name, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var path = PathOf(name);
        var unfinished = path + Unfinished;
        var isRenamed = false;
        try
        {
            using (var stream = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(unfinished, path, overwrite: true);
            isRenamed = true;
        }
        finally
        {
            if (!isRenamed)
                File.Delete(unfinished);
        }
        Posix.FlushFolder(folder);
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        File.Delete(PathOf(name));
        Posix.FlushFolder(folder);
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= LargestNameLength
        && name[0] != '.'
        && !name.EndsWith(Unfinished, StringComparison.Ordinal)
        && name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '.' or '-' or '_');

    private string PathOf(string name) =>
        IsName(name) ? Path.Combine(folder, name) : throw new ArgumentException("Not a file's name here.", nameof(name));

    private sealed class OpenFile : IDiskFile
    {
        private readonly SafeFileHandle handle;
        private long length;

        public OpenFile(SafeFileHandle handle)
        {
            this.handle = handle;
            length = RandomAccess.GetLength(handle);
        }

        public long Length => Interlocked.Read(ref length);

        public void Append(ReadOnlySpan<byte> bytes)
        {
            try
            {
                RandomAccess.Write(handle, bytes, length);
            }
            finally
            {
                Interlocked.Exchange(ref length, RandomAccess.GetLength(handle));
            }
        }

        public void Flush() => RandomAccess.FlushToDisk(handle);

        public int Read(long offset, Span<byte> buffer)
        {
            var total = 0;
            while (total < buffer.Length && RandomAccess.Read(handle, buffer[total..], offset + total) is > 0 and var count)
                total += count;
            return total;
        }

        public void Truncate(long newLength)
        {
            RandomAccess.SetLength(handle, newLength);
            Interlocked.Exchange(ref length, newLength);
        }

        public void Dispose() => handle.Dispose();
    }
}
