using System.Globalization;
using Npgsql;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>The processor time of a PostgreSQL server on this machine, all its processes together; nothing of one elsewhere. Linux only.</summary>
internal sealed class DatabaseTime
{
    // USER_HZ, which every Linux on our processors has.
    private const double TicksPerSecond = 100;

    private readonly int postmaster;

    private DatabaseTime(int postmaster) => this.postmaster = postmaster;

    /// <summary>The server of a connection line.</summary>
    public static DatabaseTime Of(string line)
    {
        using var connection = new NpgsqlConnection(Vault.Storage.Database.ToPostgreSql(line));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT pg_backend_pid()";
        var backend = (int)command.ExecuteScalar()!;
        // A process of that number on this machine may be another's.
        return new DatabaseTime(Fields(backend) is { } fields && fields.Name == "postgres" ? fields.Parent : 0);
    }

    /// <summary>What it has used since it started, ended connections included.</summary>
    public TimeSpan Used()
    {
        if (postmaster == 0)
            return TimeSpan.Zero;
        var ticks = Fields(postmaster) is { } own ? own.Ticks + own.EndedTicks : 0;
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process) && Fields(process) is { } child && child.Parent == postmaster)
                ticks += child.Ticks;
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>proc(5), /proc/PID/stat: the name in parentheses, then from field 3 on state, parent … utime (14), stime, cutime, cstime.</summary>
    private static (string Name, int Parent, long Ticks, long EndedTicks)? Fields(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            var (open, close) = (text.IndexOf('('), text.LastIndexOf(')'));
            var fields = text[(close + 2)..].Split(' ');
            return (text[(open + 1)..close], (int)Number(1), Number(11) + Number(12), Number(13) + Number(14));

            long Number(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It has ended, or there is no such file system.
            return null;
        }
    }
}
