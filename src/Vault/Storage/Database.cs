using System.Collections.Concurrent;
using System.Data;
using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Counterfoil.Vault.Storage;

/// <summary>
/// A SQLite file or a PostgreSQL database behind the few operations that both do alike. Statements are the common SQL of both,
/// with parameters <c>$1</c>, <c>$2</c> …; upserts are <c>INSERT … ON CONFLICT</c>. Safe for concurrent use: each caller takes a
/// <see cref="DatabaseSession"/> of its own.
/// </summary>
public sealed class Database : IDisposable
{
    private readonly string connectionString;
    private readonly ConcurrentQueue<DatabaseSession> idle = new();
    private readonly DatabaseOptions options;
    private int idleCount;
    private volatile bool disposed;

    private Database(DatabaseEngine engine, string connectionString, string name, DatabaseOptions options)
    {
        Engine = engine;
        this.connectionString = connectionString;
        Name = name;
        this.options = options;
    }

    /// <summary>Which engine it is.</summary>
    public DatabaseEngine Engine { get; }

    /// <summary>Where the data lie, for people: never with a password.</summary>
    public string Name { get; }

    /// <summary>
    /// Opens a database, creating a SQLite file (mode 0600) and its folder where they do not exist.
    /// </summary>
    /// <param name="connectionLine">
    /// <c>sqlite:PATH</c>, <c>postgresql://user:password@host:port/name?key=value</c> or an Npgsql connection string.
    /// </param>
    /// <param name="options">Durability and limits; the defaults if null.</param>
    /// <exception cref="ArgumentException">The line is none of these, or an option is out of its range.</exception>
    /// <exception cref="DbException">The database cannot be opened.</exception>
    public static Database Open(string connectionLine, DatabaseOptions? options = null)
    {
        options ??= new DatabaseOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.LockTimeoutSeconds, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.LockTimeoutSeconds, 600);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CacheMebibytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.CacheMebibytes, 1024);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaximumIdleSessions);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaximumIdleSessions, 1000);
        var (engine, connectionString, name) = ConnectionLine.Parse(connectionLine, options);
        if (engine == DatabaseEngine.Sqlite)
            CreateFile(name["sqlite:".Length..]);
        var database = new Database(engine, connectionString, name, options);
        try
        {
            database.OpenSession().Dispose();
        }
        catch
        {
            database.Dispose();
            throw;
        }
        return database;
    }

    /// <summary>
    /// Npgsql's connection string of a line that names a PostgreSQL database, for what only PostgreSQL can do; it may hold a password.
    /// </summary>
    /// <exception cref="ArgumentException">The line names no PostgreSQL database.</exception>
    public static string ToPostgreSql(string connectionLine)
    {
        var (engine, connectionString, _) = ConnectionLine.Parse(connectionLine, new DatabaseOptions());
        return engine == DatabaseEngine.PostgreSql
            ? connectionString
            : throw new ArgumentException("A PostgreSQL database is postgresql://… or an Npgsql connection string.", nameof(connectionLine));
    }

    /// <summary>
    /// A session of the caller's own: a connection with its prepared statements, taken from the idle ones if there is one.
    /// Disposing gives it back.
    /// </summary>
    public DatabaseSession OpenSession()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (idle.TryDequeue(out var session))
        {
            Interlocked.Decrement(ref idleCount);
            session.Lease();
            return session;
        }
        return new DatabaseSession(this, Connect());
    }

    /// <summary>Runs one statement in a session and transaction of its own.</summary>
    /// <returns>The number of rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<SqlValue> values)
    {
        using var session = OpenSession();
        return session.Execute(sql, values);
    }

    private static bool WaitForOlderSnapshots(DatabaseSession session)
    {
        var present = session.QueryInteger("SELECT txid_current() % 4294967296");
        for (var attempt = 0; attempt < ScrubAttempts; attempt++)
        {
            if (session.QueryInteger(
                "SELECT COUNT(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND (backend_xid::text::bigint < $1 "
                + "OR (datname = current_database() OR datname IS NULL) AND backend_xmin::text::bigint < $1)", present) == 0)
                return true;
            Thread.Sleep(ScrubPauseMilliseconds);
        }
        return false;
    }

    private const int ScrubAttempts = 100;
    private const int ScrubPauseMilliseconds = 20;

    /// <summary>Brings the schema of one component up to date; see <see cref="SchemaStep"/>.</summary>
    /// <param name="component">The component's name: several may share a database.</param>
    /// <param name="steps">All steps that there ever were, numbered 1, 2, 3 ….</param>
    /// <exception cref="SchemaException">The database holds steps that this program does not know, or knows otherwise.</exception>
    public void Migrate(string component, IReadOnlyList<SchemaStep> steps) => SchemaMigration.Run(this, component, steps);

    /// <summary>
    /// Removes what deleted rows left behind in the database's own files, as far as the engine can. SQLite (which overwrites deleted rows)
    /// empties its write-ahead log; PostgreSQL rewrites the table under an exclusive lock, but keeps the old bytes in
    /// its write-ahead log until that is recycled. Not inside a transaction.
    /// </summary>
    /// <param name="table">The table's name, a constant of the program.</param>
    /// <returns>False if a reader held on to the old rows for longer than the lock timeout: it is to be done again.</returns>
    public bool Scrub(string table)
    {
        using var session = OpenSession();
        if (Engine == DatabaseEngine.Sqlite)
            return session.QueryInteger("PRAGMA wal_checkpoint(TRUNCATE)") == 0;
        try
        {
            // Rows that an older snapshot may still see would be copied with the table; and the rewriting's own snapshot is as old as the oldest transaction
            // that runs in any database of the server.
            var isUnseen = WaitForOlderSnapshots(session);
            session.Execute($"VACUUM (FULL) {table}");
            return isUnseen;
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }
    }

    internal void Return(DatabaseSession session)
    {
        if (session.Connection.State != ConnectionState.Open)
        {
            // The others were opened to the same server, which has gone or restarted.
            session.Close();
            while (idle.TryDequeue(out var other))
            {
                Interlocked.Decrement(ref idleCount);
                other.Close();
            }
            return;
        }
        if (disposed || Interlocked.Increment(ref idleCount) > options.MaximumIdleSessions)
        {
            if (!disposed)
                Interlocked.Decrement(ref idleCount);
            session.Close();
            return;
        }
        idle.Enqueue(session);
        if (disposed)
            CloseIdle();
    }

    /// <summary>Closes the idle sessions; sessions in use close when they are given back.</summary>
    public void Dispose()
    {
        disposed = true;
        CloseIdle();
    }

    /// <summary>Where the data lie; never with a password.</summary>
    public override string ToString() => Name;

    private void CloseIdle()
    {
        while (idle.TryDequeue(out var session))
            session.Close();
    }

    private DbConnection Connect()
    {
        DbConnection connection = Engine == DatabaseEngine.Sqlite
            ? new SqliteConnection(connectionString)
            : new NpgsqlConnection(connectionString);
        try
        {
            connection.Open();
            if (Engine == DatabaseEngine.Sqlite)
                Configure(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Configure(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        var milliseconds = (options.LockTimeoutSeconds * 1000).ToString(CultureInfo.InvariantCulture);
        var synchronous = options.Durability == Durability.Full ? "FULL" : "NORMAL";
        var cacheKibibytes = (options.CacheMebibytes * 1024).ToString(CultureInfo.InvariantCulture);
        // Data that can be rebuilt are written back in large portions: a page that many transactions change is then written once.
        var pagesBetweenCheckpoints = options.Durability == Durability.Full ? "1000" : "16000";
        // secure_delete: a destroyed key must not stay readable in a free page.
        command.CommandText =
            $"PRAGMA busy_timeout={milliseconds}; PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous}; "
            + $"PRAGMA cache_size=-{cacheKibibytes}; PRAGMA wal_autocheckpoint={pagesBetweenCheckpoints}; "
            + "PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF";
        command.ExecuteNonQuery();
    }

    private static void CreateFile(string path)
    {
        if (File.Exists(path))
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var creation = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
            creation.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        // SQLite gives its log and index files the mode of the main file.
        new FileStream(path, creation).Dispose();
    }
}
