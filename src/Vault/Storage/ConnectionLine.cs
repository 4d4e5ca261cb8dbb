using Microsoft.Data.Sqlite;
using Npgsql;

namespace Counterfoil.Vault.Storage;

/// <summary>
/// The one line that says where a database is: <c>sqlite:PATH</c>, <c>postgresql://user:password@host:port/name?key=value</c>
/// (also <c>postgres://</c>), or Npgsql's own <c>Host=…;Username=…</c>.
/// </summary>
internal static class ConnectionLine
{
    public static (DatabaseEngine Engine, string ConnectionString, string Name) Parse(string line, DatabaseOptions options)
    {
        if (line.StartsWith("sqlite:", StringComparison.Ordinal))
            return Sqlite(line["sqlite:".Length..], options);
        if (line.StartsWith("postgresql://", StringComparison.Ordinal) || line.StartsWith("postgres://", StringComparison.Ordinal))
            return PostgreSql(FromUri(line), options);
        if (line.Contains('=', StringComparison.Ordinal))
            return PostgreSql(new NpgsqlConnectionStringBuilder(line), options);
        throw new ArgumentException("A database is sqlite:PATH, postgresql://… or an Npgsql connection string.", nameof(line));
    }

    private static (DatabaseEngine, string, string) Sqlite(string path, DatabaseOptions options)
    {
        if (path.Length == 0 || path.StartsWith(':'))
            throw new ArgumentException("sqlite: wants the path of a file.", nameof(path));
        var full = Path.GetFullPath(path);
        var builder = new SqliteConnectionStringBuilder
        {
            DataSource = full,
            Mode = SqliteOpenMode.ReadWriteCreate,
            ForeignKeys = true,
            // Sessions are kept by Database itself, with their prepared statements.
            Pooling = false,
            DefaultTimeout = options.LockTimeoutSeconds,
        };
        return (DatabaseEngine.Sqlite, builder.ToString(), $"sqlite:{full}");
    }

    private static (DatabaseEngine, string, string) PostgreSql(NpgsqlConnectionStringBuilder builder, DatabaseOptions options)
    {
        builder.Pooling = false;
        builder.MaxAutoPrepare = 200;
        builder.AutoPrepareMinUsages = 2;
        builder.IncludeErrorDetail = false;
        builder.PersistSecurityInfo = false;
        builder.ApplicationName ??= "counterfoil";
        var settings = $"-c lock_timeout={options.LockTimeoutSeconds}s -c synchronous_commit="
            + (options.Durability == Durability.Full ? "on" : "off");
        builder.Options = string.IsNullOrEmpty(builder.Options) ? settings : $"{builder.Options} {settings}";
        return (DatabaseEngine.PostgreSql, builder.ToString(), $"postgresql://{builder.Host}/{builder.Database}");
    }

    private static NpgsqlConnectionStringBuilder FromUri(string line)
    {
        if (!Uri.TryCreate(line, UriKind.Absolute, out var uri))
            throw new ArgumentException("The PostgreSQL address is not a URI.", nameof(line));
        var builder = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Length == 0 ? "localhost" : uri.Host.Trim('[', ']'),
            Port = uri.Port > 0 ? uri.Port : 5432,
        };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            builder.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length == 2)
            builder.Password = Uri.UnescapeDataString(user[1]);
        if (uri.AbsolutePath.Length > 1)
            builder.Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var value = parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "";
            // libpq's names for what Npgsql spells in its own way; all others go through as they are.
            builder[parts[0] switch { "sslmode" => "SSL Mode", "sslrootcert" => "Root Certificate", "host" => "Host", var name => name }] = value;
        }
        return builder;
    }
}
