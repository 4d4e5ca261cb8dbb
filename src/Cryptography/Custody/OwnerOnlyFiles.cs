using System.Runtime.InteropServices;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// Files of mode 0600 in folders of mode 0700 that appear whole or not at all: written beside, flushed, then
/// given their name. The name is given by link(2), which fails if it is taken, so that two processes cannot
/// both make the same key; replacing is by rename(2).
/// </summary>
internal static partial class OwnerOnlyFiles
{
    internal const UnixFileMode OfOthers =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    internal const string TemporaryEnding = ".new";

    private const UnixFileMode File0600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Folder0700 = File0600 | UnixFileMode.UserExecute;
    private const int AlreadyExists = 17;
    private const int OpenReadOnly = 0;

    internal static void MakeFolder(string folder) => Directory.CreateDirectory(folder, Folder0700);

    /// <summary>False if the name is taken.</summary>
    internal static bool TryCreate(string path, ReadOnlySpan<byte> content, bool flush)
    {
        var temporary = WriteBeside(path, content, flush);
        try
        {
            if (Link(temporary, path) != 0)
            {
                var error = Marshal.GetLastPInvokeError();
                return error == AlreadyExists ? false : throw new IOException($"link({path}) failed with error {error}.");
            }
        }
        finally
        {
            File.Delete(temporary);
        }
        if (flush)
            FlushFolder(path);
        return true;
    }

    internal static void Replace(string path, ReadOnlySpan<byte> content, bool flush)
    {
        File.Move(WriteBeside(path, content, flush), path, overwrite: true);
        if (flush)
            FlushFolder(path);
    }

    /// <summary>
    /// The content, or null if the file is absent, or longer than the maximum: no such file was written here.
    /// </summary>
    internal static byte[]? Read(string path, int maximumBytes)
    {
        try
        {
            using var file = File.OpenHandle(path);
            if ((File.GetUnixFileMode(file) & OfOthers) != 0)
                throw new KeyStoreException(KeyStoreErrors.OpenToOthers, $"{path} can be read by others; chmod 600 it.");
            var buffer = new byte[maximumBytes + 1];
            var read = 0;
            while (read < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(read), read) is > 0 and var count)
                read += count;
            return buffer[..read];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string WriteBeside(string path, ReadOnlySpan<byte> content, bool flush)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}{TemporaryEnding}";
        using var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 0,
            UnixCreateMode = File0600,
        });
        file.Write(content);
        if (flush)
            file.Flush(flushToDisk: true);
        return temporary;
    }

    // A name is durable only once its folder is.
    private static void FlushFolder(string path)
    {
        var folder = Open(Path.GetDirectoryName(Path.GetFullPath(path))!, OpenReadOnly);
        if (folder < 0)
            throw new IOException($"The folder of {path} cannot be opened: error {Marshal.GetLastPInvokeError()}.");
        var flushed = FileSync(folder);
        var error = Marshal.GetLastPInvokeError();
        _ = Close(folder);
        if (flushed != 0)
            throw new IOException($"The folder of {path} cannot be flushed: error {error}.");
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FileSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
