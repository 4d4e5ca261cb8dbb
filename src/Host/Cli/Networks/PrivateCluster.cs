using System.Diagnostics;
using System.Security.Cryptography;
using Npgsql;

namespace Counterfoil.Host.Cli.Networks;

/// <summary>A PostgreSQL cluster of a network's own, in its folder: a unix socket, a generated password, nothing on the network.</summary>
/// <param name="networkFolder">The folder.</param>
/// <param name="settings">The server's settings, NAME=VALUE, beside those of every cluster; null for those of a small one.</param>
internal sealed class PrivateCluster(string networkFolder, IReadOnlyList<string>? settings = null)
{
    private const string User = "counterfoil";
    private const string DatabaseName = "node";
    private const int LongestSocketFolder = 90;

    private readonly string folder = Path.Combine(networkFolder, "postgres");

    private string Data => Path.Combine(folder, "data");

    /// <summary>Makes and starts the cluster, with one empty database. Where that fails nothing stays in the folder.</summary>
    /// <returns>The database's connection line.</returns>
    /// <exception cref="CliException"><c>postgres_missing</c>, <c>path_too_long</c> or <c>postgres_failed</c>.</exception>
    public async Task<string> CreateAsync(CancellationToken cancellation)
    {
        try
        {
            return await MakeAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            if (IsRunning)
                await StopAsync(CancellationToken.None).ConfigureAwait(false);
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    private async Task<string> MakeAsync(CancellationToken cancellation)
    {
        var programs = FindPrograms();
        if (folder.Length > LongestSocketFolder)
            throw new CliException("path_too_long", $"{folder} is too long a path for a socket; choose a shorter folder.");
        Directory.CreateDirectory(folder);
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var passwordFile = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(passwordFile, password, cancellation).ConfigureAwait(false);
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", ["-R", "postgres", folder], cancellation).ConfigureAwait(false);
        await RunAsPostgresAsync(
            [Path.Combine(programs, "initdb"), "--pgdata", Data, "--username", User, "--pwfile", passwordFile, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"],
            cancellation).ConfigureAwait(false);
        File.Delete(passwordFile);
        await StartAsync(cancellation).ConfigureAwait(false);
        await using var connection = new NpgsqlConnection(Line(password, "postgres"));
        await connection.OpenAsync(cancellation).ConfigureAwait(false);
        await using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {DatabaseName}";
        await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        return Line(password, DatabaseName);
    }

    /// <summary>Starts it; returns once it answers.</summary>
    public Task StartAsync(CancellationToken cancellation) => ControlAsync(
        ["start", "-w", "-l", Path.Combine(folder, "log"), "-o",
         $"-k '{folder}' -c listen_addresses= -c max_connections=60" + string.Concat((settings ?? ["shared_buffers=32MB"]).Select(setting => $" -c {setting}"))], cancellation);

    /// <summary>Stops it: connections end at once.</summary>
    public Task StopAsync(CancellationToken cancellation) => ControlAsync(["stop", "-w", "-m", "fast"], cancellation);

    /// <summary>True if it runs.</summary>
    public bool IsRunning => File.Exists(Path.Combine(Data, "postmaster.pid"));

    private Task ControlAsync(string[] arguments, CancellationToken cancellation) =>
        RunAsPostgresAsync([Path.Combine(FindPrograms(), "pg_ctl"), "-D", Data, .. arguments], cancellation);

    private string Line(string password, string database) =>
        new NpgsqlConnectionStringBuilder { Host = folder, Username = User, Password = password, Database = database }.ToString();

    // Debian keeps the server's programs out of PATH.
    private static string FindPrograms()
    {
        const string debian = "/usr/lib/postgresql";
        var found = Directory.Exists(debian) ? Directory.GetDirectories(debian).OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin")) : [];
        return found.Append("/usr/local/pgsql/bin").FirstOrDefault(programs => File.Exists(Path.Combine(programs, "initdb")))
            ?? throw new CliException("postgres_missing", "PostgreSQL is not installed: apt-get install postgresql-15.");
    }

    // The server refuses to run as root.
    private static Task RunAsPostgresAsync(string[] command, CancellationToken cancellation) => Environment.IsPrivilegedProcess
        ? RunAsync("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", .. command], cancellation)
        : RunAsync(command[0], command[1..], cancellation);

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellation)
    {
        // Through a file: a server that goes on would hold a pipe open.
        var answer = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", answer, program, .. arguments]) { WorkingDirectory = "/" };
            using var process = Process.Start(start) ?? throw new CliException("postgres_failed", $"{program} did not start.");
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            if (process.ExitCode == 0)
                return;
            var text = (await File.ReadAllTextAsync(answer, cancellation).ConfigureAwait(false)).Trim();
            throw new CliException("postgres_failed", $"{Path.GetFileName(program)} {arguments[^1]}: {text.Split('\n')[^1]}. The database's user must be able to enter the network's folder.");
        }
        finally
        {
            File.Delete(answer);
        }
    }
}
