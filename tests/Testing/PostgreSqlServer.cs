using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Counterfoil.Testing;

/// <summary>
/// A real PostgreSQL server for the tests of one process: started at first use on a unix socket in a folder of its own with a
/// generated password, gone with the process even if that is killed. It runs with fsync off: these tests do not measure what
/// survives a power cut.
/// </summary>
public sealed class PostgreSqlServer
{
    /// <summary>Set to 1, tests that need PostgreSQL are skipped; otherwise they fail where it is not installed.</summary>
    public const string OptOutVariable = "COUNTERFOIL_WITHOUT_POSTGRESQL";

    private const string User = "counterfoil";
    private static readonly Lazy<PostgreSqlServer> Running = new(Start);
    private static int databases;

    private readonly string folder;
    private readonly string password;

    private PostgreSqlServer(string folder, string password)
    {
        this.folder = folder;
        this.password = password;
    }

    /// <summary>True if the tests were told to do without PostgreSQL.</summary>
    public static bool IsOptedOut => Environment.GetEnvironmentVariable(OptOutVariable) == "1";

    /// <summary>The connection line of a fresh, empty database, in the form that <c>Database.Open</c> reads.</summary>
    public static string CreateDatabase()
    {
        var server = Running.Value;
        var name = string.Create(CultureInfo.InvariantCulture, $"test_{Interlocked.Increment(ref databases)}");
        using var connection = new NpgsqlConnection(server.ConnectionString("postgres"));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {name}";
        command.ExecuteNonQuery();
        return server.ConnectionString(name);
    }

    /// <summary>Ends every connection to a database, as a restart of the server would.</summary>
    public static void EndConnections(string connectionLine)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionLine).Database!;
        using var connection = new NpgsqlConnection(Running.Value.ConnectionString("postgres"));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        command.Parameters.Add(new NpgsqlParameter { Value = name });
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// Makes a database unreachable and ends its connections, as a server that is stopped, or reachable again.
    /// </summary>
    public static void SetReachable(string connectionLine, bool isReachable)
    {
        var name = new NpgsqlConnectionStringBuilder(connectionLine).Database!;
        using (var connection = new NpgsqlConnection(Running.Value.ConnectionString("postgres")))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = $"ALTER DATABASE {name} ALLOW_CONNECTIONS {(isReachable ? "true" : "false")}";
            command.ExecuteNonQuery();
        }
        if (!isReachable)
            EndConnections(connectionLine);
    }

    /// <summary>Every file of the server that may hold rows, for leak hunts; what is in memory is written out first.</summary>
    public static IReadOnlyList<string> DataFiles()
    {
        using (var connection = new NpgsqlConnection(Running.Value.ConnectionString("postgres")))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CHECKPOINT";
            command.ExecuteNonQuery();
        }
        return Directory.GetFiles(Path.Combine(Running.Value.folder, "data"), "*", SearchOption.AllDirectories);
    }

    private string ConnectionString(string database) => new NpgsqlConnectionStringBuilder
    {
        Host = folder,
        Username = User,
        Password = password,
        Database = database,
        Pooling = false,
    }.ToString();

    private static PostgreSqlServer Start()
    {
        var programs = FindPrograms();
        var folder = Directory.CreateTempSubdirectory("cf-pg-").FullName;
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        File.WriteAllText(Path.Combine(folder, "password"), password);
        if (Environment.IsPrivilegedProcess)
            Finish(Run("chown", "-R", "postgres", folder), "chown");

        // The shell outlives the server: when this process ends, its end of the pipe closes, `read` returns, and both go.
        const string script = """
            set -e
            "$1/initdb" --pgdata "$2/data" --username "$3" --pwfile "$2/password" --auth scram-sha-256 \
              --encoding UTF8 --locale C.UTF-8 --no-sync >"$2/initdb.log" 2>&1
            rm "$2/password"
            "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off \
              -c shared_buffers=32MB -c max_connections=100 </dev/null >"$2/server.log" 2>&1 &
            server=$!
            echo started
            read -r line || true
            kill -QUIT "$server"
            wait "$server" || true
            rm -rf "$2"
            """;
        var shell = RunAsPostgres("sh", "-c", script, "sh", programs, folder, User);
        if (shell.StandardOutput.ReadLine() != "started")
            throw new InvalidOperationException($"PostgreSQL's initdb failed: {ReadLog(folder, "initdb.log")}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            shell.StandardInput.Close();
            shell.WaitForExit(TimeSpan.FromSeconds(10));
        };
        var server = new PostgreSqlServer(folder, password);
        server.WaitUntilReady(shell);
        return server;
    }

    private void WaitUntilReady(Process shell)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var connection = new NpgsqlConnection(ConnectionString("postgres"));
                connection.Open();
                return;
            }
            catch (NpgsqlException fault) when (watch.Elapsed < TimeSpan.FromSeconds(60) && !shell.HasExited)
            {
                // Not listening yet, or still starting up (57P03).
                if (fault is PostgresException { SqlState: not "57P03" })
                    throw;
                Thread.Sleep(50);
            }
            catch (NpgsqlException fault)
            {
                throw new InvalidOperationException($"PostgreSQL did not start: {ReadLog(folder, "server.log")}", fault);
            }
        }
    }

    private static string ReadLog(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? File.ReadAllText(path) : "(no log)";
    }

    // Debian keeps the server's programs out of PATH, and what is in PATH may be a program of another name.
    private static string FindPrograms()
    {
        var candidates = new List<string>();
        try
        {
            candidates.Add(Finish(Run("pg_config", "--bindir"), "pg_config").Trim());
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No pg_config: the folders below are looked through.
        }
        if (Directory.Exists("/usr/lib/postgresql"))
            candidates.AddRange(Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(d => $"{d}/bin"));
        candidates.AddRange(["/usr/local/pgsql/bin", "/opt/homebrew/bin"]);
        return candidates.Find(d => File.Exists($"{d}/initdb") && File.Exists($"{d}/postgres"))
            ?? throw new InvalidOperationException(
                $"PostgreSQL is not installed (Debian: apt-get install postgresql-15). ./test installs it; {OptOutVariable}=1 skips these tests.");
    }

    // The server refuses to run as root.
    private static Process RunAsPostgres(params string[] command) => !Environment.IsPrivilegedProcess
        ? Run(command[0], command[1..])
        : File.Exists("/usr/bin/setpriv")
            ? Run("/usr/bin/setpriv", ["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", .. command])
            : Run("runuser", ["-u", "postgres", "--", .. command]);

    private static Process Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = Encoding.UTF8,
            WorkingDirectory = "/",
        };
        start.Environment["LC_ALL"] = "C.UTF-8";
        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
    }

    private static string Finish(Process process, string name)
    {
        using (process)
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{name} ended with {process.ExitCode}.");
        }
    }
}
