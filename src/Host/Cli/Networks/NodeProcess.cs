using System.Diagnostics;
using System.Globalization;

namespace Counterfoil.Host.Cli.Networks;

/// <summary>The process of one node of a network: started apart from this one, found again by a file in its home.</summary>
internal sealed class NodeProcess(string home)
{
    private const int LastLogBytes = 4_096;
    private const string SessionProgram = "/usr/bin/setsid";

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private string PidFile => Path.Combine(home, "pid");

    public string LogFile => Path.Combine(home, "log");

    /// <summary>The process, or null if the node does not run.</summary>
    public int? Id => File.Exists(PidFile) && int.TryParse(File.ReadAllText(PidFile), CultureInfo.InvariantCulture, out var id) && IsNode(id) ? id : null;

    /// <summary>Starts the node; it outlives this process.</summary>
    public void Start()
    {
        var serve = Bench.OwnProcess.StartInfo("serve", "--home", home, "--log", "Information");
        string[] session = File.Exists(SessionProgram) ? [SessionProgram] : [];
        // The shell gives way to the node, so the id stays; the node writes to its log, whatever becomes of this process.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", LogFile, .. session, serve.FileName, .. serve.ArgumentList])
        {
            UseShellExecute = false,
        };
        // Several nodes share this machine: a heap for each processor would be too much of it.
        start.Environment["DOTNET_gcServer"] = "0";
        using var process = Process.Start(start) ?? throw new CliException("node_failed", $"The process of {home} did not start.");
        File.WriteAllText(PidFile, process.Id.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        if (Id is not { } id)
            return;
        Signal(id, "KILL");
        while (IsNode(id))
            await Task.Delay(Poll, cancellation).ConfigureAwait(false);
    }

    /// <summary>SIGTERM; SIGKILL to one that does not end within the patience.</summary>
    /// <returns>True if it ended by itself.</returns>
    public async Task<bool> StopAsync(TimeSpan patience, CancellationToken cancellation)
    {
        if (Id is not { } id)
            return true;
        Signal(id, "TERM");
        var watch = Stopwatch.StartNew();
        while (IsNode(id))
        {
            if (watch.Elapsed > patience)
            {
                await KillAsync(cancellation).ConfigureAwait(false);
                return false;
            }
            await Task.Delay(Poll, cancellation).ConfigureAwait(false);
        }
        return true;
    }

    /// <summary>The last line of its log.</summary>
    public string LastWord()
    {
        if (!File.Exists(LogFile))
            return "nothing in its log";
        using var log = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Seek(-Math.Min(LastLogBytes, log.Length), SeekOrigin.End);
        using var reader = new StreamReader(log);
        return reader.ReadToEnd().TrimEnd().Split('\n')[^1].Trim();
    }

    // A number may have been given to another process since; one that has ended and is not collected yet has no command line.
    private bool IsNode(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id.ToString(CultureInfo.InvariantCulture)}/cmdline").Split('\0').Contains(home);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Signal(int id, string signal)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} \"$0\" 2>/dev/null", id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}
