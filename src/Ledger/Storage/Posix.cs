using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Counterfoil.Ledger.Storage;

/// <summary>What .NET does not offer: fsync of a folder, and the kind of a file system.</summary>
internal static partial class Posix
{
    private const long TmpfsMagic = 0x0102_1994;
    private const long RamfsMagic = 0x8584_58f6;

    // struct statfs is at most 120 bytes on 64-bit Linux and begins with f_type.
    private const int StatfsBufferSize = 512;

    /// <summary>Makes creations, renames and deletions in the folder durable.</summary>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        const int ReadOnly = 0;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw Failed("open", folder);
        try
        {
            if (Fsync(descriptor) != 0)
                throw Failed("fsync", folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>True if the folder lies in memory.</summary>
    public static unsafe bool IsInMemory(string folder)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        var buffer = stackalloc byte[StatfsBufferSize];
        if (Statfs(folder, buffer) != 0)
            throw Failed("statfs", folder);
        return *(nint*)buffer is var type && (type == TmpfsMagic || type == unchecked((nint)RamfsMagic));
    }

    private static IOException Failed(string call, string folder)
    {
        var cause = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{call} of {folder} failed: {cause.Message}", cause);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statfs(string path, byte* buffer);
}
