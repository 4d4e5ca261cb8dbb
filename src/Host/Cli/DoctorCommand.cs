using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Host.Cli;

/// <summary>How a check went.</summary>
internal enum Finding
{
    /// <summary>As it should be.</summary>
    Ok = 1,

    /// <summary>Something optional is not there, or slow; the note says what that means.</summary>
    Missing = 2,

    /// <summary>The product does not work like this.</summary>
    Wrong = 3,
}

/// <summary>A check of the machine.</summary>
internal sealed record DoctorCheck(string Name, Finding Finding, string Value, string Note);

/// <summary><c>doctor</c>: what is missing or wrong on this machine, one line each.</summary>
internal sealed class DoctorCommand : CliCommand
{
    private const int Writes = 50;
    private const int WriteBytes = 4_096;
    private const double SlowMilliseconds = 50;
    private const long LeastFreeBytes = 2L << 30;
    private const UnixFileMode OfOthers = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private static readonly string[] TokenModules =
        ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"];

    private readonly Option<DirectoryInfo?> home = CommonOptions.Home();

    public DoctorCommand()
        : base("doctor", "Say what is missing or wrong on this machine") => Options.Add(home);

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var folder = CommonOptions.HomeOrDefault(parsed.GetValue(home));
        // A folder that does not exist yet is made where its nearest parent is: that disk is looked at.
        var existing = folder;
        while (!Directory.Exists(existing))
            existing = Path.GetDirectoryName(existing)!;
        List<DoctorCheck> checks =
        [
            new("version", Finding.Ok, NodeVersion.Text, $".NET {Environment.Version}, {RuntimeInformation.OSDescription}"),
            Processors(),
            CryptographyLibrary(),
            Token(),
            Permissions(folder),
            FreeSpace(existing),
            Storage(existing),
            Clock(),
            Port(),
        ];
        var ok = checks.TrueForAll(check => check.Finding != Finding.Wrong);
        if (terminal.IsJson)
        {
            terminal.WriteJson(new { ok, checks });
            return Task.FromResult(ok ? Succeeded : Failed);
        }
        terminal.WriteTable(
            [("what", false), ("finding", false), ("value", false), ("note", false)],
            checks.Select(check => (IReadOnlyList<string>)[check.Name, check.Finding.ToString().ToLowerInvariant(), check.Value, check.Note]));
        terminal.WriteLine(ok ? "This machine can run Counterfoil." : "This machine cannot run Counterfoil as it is.");
        return Task.FromResult(ok ? Succeeded : Failed);
    }

    private static DoctorCheck Processors() =>
        new("processors", Environment.ProcessorCount >= 2 ? Finding.Ok : Finding.Missing, Environment.ProcessorCount.ToString("0"), "two or more are wanted");

    private static DoctorCheck CryptographyLibrary()
    {
        if (!NativeLibrary.TryLoad("libcrypto.so.3", out var library))
            return new("libcrypto", Finding.Wrong, "absent", "OpenSSL 3 is needed: apt-get install libssl3");
        var version = "?";
        if (NativeLibrary.TryGetExport(library, "OpenSSL_version", out var function))
            unsafe
            {
                version = Marshal.PtrToStringUTF8(((delegate* unmanaged<int, nint>)function)(0)) ?? "?";
            }
        return new("libcrypto", Finding.Ok, string.Join(' ', version.Split(' ').Take(2)), "signatures, encryption, randomness");
    }

    private static DoctorCheck Token() => TokenModules.FirstOrDefault(File.Exists) is { } module
        ? new("softhsm2", Finding.Ok, module, "holds the key of sealed auctions")
        : new("softhsm2", Finding.Missing, "absent", "market-day and walk need it: apt-get install softhsm2");

    private static DoctorCheck Permissions(string folder)
    {
        if (!Directory.Exists(folder))
            return new("home", Finding.Ok, folder, "is made at the first start");
        var mode = new DirectoryInfo(folder).UnixFileMode;
        return (mode & OfOthers) == 0
            ? new("home", Finding.Ok, folder, "only its owner has access")
            : new("home", Finding.Wrong, folder, $"others have access: chmod 700 {folder}");
    }

    private static DoctorCheck FreeSpace(string folder)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        return new("free space", free >= LeastFreeBytes ? Finding.Ok : Finding.Wrong, $"{Terminal.Number(free / 1e9, 1)} GB", "2 GB or more are wanted");
    }

    /// <summary>What a write costs until it survives a loss of power; a block costs one.</summary>
    private static DoctorCheck Storage(string folder)
    {
        var probe = Path.Combine(folder, $".counterfoil-doctor-{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(probe);
            if (new FileDisk(probe).IsTmpfs)
                return new("disk", Finding.Missing, "in memory", "a ledger here is lost with the machine");
            var times = Measure(Path.Combine(probe, "probe"));
            var (median, slow) = (times[Writes / 2], times[Writes * 99 / 100]);
            return new("disk", slow <= SlowMilliseconds ? Finding.Ok : Finding.Missing,
                $"{Terminal.Number(median, 2)} ms, p99 {Terminal.Number(slow, 2)} ms", "write and fsync of 4 KiB; a block waits for one");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return new("disk", Finding.Wrong, folder, $"cannot be written: {fault.Message}");
        }
        finally
        {
            if (Directory.Exists(probe))
                Directory.Delete(probe, recursive: true);
        }
    }

    private static double[] Measure(string path)
    {
        var bytes = new byte[WriteBytes];
        var times = new double[Writes];
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        for (var index = 0; index < Writes; index++)
        {
            var began = Stopwatch.GetTimestamp();
            RandomAccess.Write(file, bytes, (long)index * WriteBytes);
            RandomAccess.FlushToDisk(file);
            times[index] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }
        Array.Sort(times);
        return times;
    }

    private static DoctorCheck Clock()
    {
        var now = DateTimeOffset.UtcNow;
        // A certificate authority would not have signed, nor a release be made, before this program's own year.
        if (now.Year is < 2026 or > 2100)
            return new("clock", Finding.Wrong, $"{now:yyyy-MM-dd HH:mm:ss} UTC", "set the clock: transactions carry times");
        var synchronised = File.Exists("/run/systemd/timesync/synchronized") || Directory.Exists("/run/chrony") || File.Exists("/var/lib/ntp/ntp.drift");
        return new("clock", Finding.Ok, $"{now:yyyy-MM-dd HH:mm:ss} UTC", synchronised ? "a time service keeps it" : "no time service seen; transactions carry times");
    }

    private static DoctorCheck Port()
    {
        var address = new Uri(CommonOptions.DefaultUrl);
        try
        {
            using var listener = new TcpListener(IPAddress.Parse(address.Host), address.Port);
            listener.Start();
            return new("port", Finding.Ok, $"{address.Port}", "free; serve listens here unless told");
        }
        catch (SocketException)
        {
            return new("port", Finding.Missing, $"{address.Port}", "in use: a node runs already, or give serve another --urls");
        }
    }
}
