using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace Counterfoil.Vault.Storage;

/// <summary>
/// One connection with the statements prepared on it, for one caller at a time. A statement's text is prepared once and
/// reused for as long as the session lives, so texts are constants of the program and values are always parameters.
/// </summary>
public sealed class DatabaseSession : IDisposable
{
    // Far above the number of statements in the program: texts with values in them would show here.
    private const int MaximumStatements = 500;

    private readonly Database database;
    private readonly Dictionary<string, DbCommand> statements = new(StringComparer.Ordinal);
    private DatabaseTransaction? transaction;
    private bool leased = true;

    internal DatabaseSession(Database database, DbConnection connection)
    {
        this.database = database;
        Connection = connection;
    }

    /// <summary>Which engine it is.</summary>
    public DatabaseEngine Engine => database.Engine;

    internal DbConnection Connection { get; }

    /// <summary>
    /// Begins a transaction that may write. SQLite takes the write lock at once, so that it never fails half-way for having read first;
    /// PostgreSQL runs it at read committed.
    /// </summary>
    /// <exception cref="InvalidOperationException">A transaction is open in this session.</exception>
    public DatabaseTransaction BeginWrite() => Begin(isWrite: true);

    /// <summary>Begins a transaction that only reads, all of it from one snapshot.</summary>
    /// <exception cref="InvalidOperationException">A transaction is open in this session.</exception>
    public DatabaseTransaction BeginRead() => Begin(isWrite: false);

    /// <summary>Runs a statement; outside a transaction it is one of its own.</summary>
    /// <returns>The number of rows changed.</returns>
    public int Execute(string sql, params ReadOnlySpan<SqlValue> values) => Bind(sql, values).ExecuteNonQuery();

    /// <summary>Runs a query and reads every row of it into a list: bound its size by LIMIT.</summary>
    public List<T> Query<T>(string sql, Func<SqlRow, T> read, params ReadOnlySpan<SqlValue> values)
    {
        ArgumentNullException.ThrowIfNull(read);
        using var reader = Bind(sql, values).ExecuteReader();
        var rows = new List<T>();
        var row = new SqlRow(reader);
        while (reader.Read())
            rows.Add(read(row));
        return rows;
    }

    /// <summary>Runs a query for one row.</summary>
    /// <returns>The first row, or <c>default</c> (null for a class) if there is none.</returns>
    public T? QueryFirst<T>(string sql, Func<SqlRow, T> read, params ReadOnlySpan<SqlValue> values)
    {
        ArgumentNullException.ThrowIfNull(read);
        using var reader = Bind(sql, values).ExecuteReader(CommandBehavior.SingleRow);
        return reader.Read() ? read(new SqlRow(reader)) : default;
    }

    /// <summary>The first column of the first row as an integer; 0 if there is no row or it holds null.</summary>
    public long QueryInteger(string sql, params ReadOnlySpan<SqlValue> values) =>
        QueryFirst(sql, row => row.IntegerOrNull(0), values) ?? 0;

    /// <summary>
    /// A batch of changes in the order they are added, for high rates: SQLite runs each at once with its prepared statement,
    /// PostgreSQL sends them together, a thousand to a round trip. Run it inside a transaction of this session.
    /// </summary>
    public DatabaseBatch OpenBatch() => new(this);

    /// <summary>Gives the session back; an open transaction is rolled back.</summary>
    public void Dispose()
    {
        if (!leased)
            return;
        leased = false;
        try
        {
            transaction?.Dispose();
        }
        finally
        {
            database.Return(this);
        }
    }

    internal void Lease() => leased = true;

    internal void Close()
    {
        foreach (var statement in statements.Values)
            statement.Dispose();
        statements.Clear();
        Connection.Dispose();
    }

    internal void End(DatabaseTransaction ended)
    {
        if (ReferenceEquals(transaction, ended))
            transaction = null;
    }

    internal static DbParameter Parameter(in SqlValue value, string sqliteName, DatabaseEngine engine) =>
        engine == DatabaseEngine.Sqlite
            ? new SqliteParameter(sqliteName, SqliteTypeOf(value.Type)) { Value = value.Boxed }
            : new NpgsqlParameter { NpgsqlDbType = PostgreSqlTypeOf(value.Type), Value = value.Boxed };

    private DatabaseTransaction Begin(bool isWrite)
    {
        ObjectDisposedException.ThrowIf(!leased, this);
        if (transaction is not null)
            throw new InvalidOperationException("A transaction is open in this session.");
        var inner = Connection switch
        {
            SqliteConnection sqlite => (DbTransaction)sqlite.BeginTransaction(IsolationLevel.Serializable, deferred: !isWrite),
            _ => Connection.BeginTransaction(isWrite ? IsolationLevel.ReadCommitted : IsolationLevel.RepeatableRead),
        };
        return transaction = new DatabaseTransaction(this, inner);
    }

    private DbCommand Bind(string sql, ReadOnlySpan<SqlValue> values)
    {
        ObjectDisposedException.ThrowIf(!leased, this);
        if (!statements.TryGetValue(sql, out var command))
        {
            if (statements.Count == MaximumStatements)
                throw new InvalidOperationException("Too many different statements: their texts must be constants.");
            command = Connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++)
                command.Parameters.Add(Parameter(values[i], $"${i + 1}", Engine));
            statements.Add(sql, command);
        }
        else
        {
            Rebind(command, values);
        }
        command.Transaction = transaction?.Inner;
        return command;
    }

    private static void Rebind(DbCommand command, ReadOnlySpan<SqlValue> values)
    {
        if (command.Parameters.Count != values.Length)
            throw new ArgumentException("A statement takes the same parameters each time.", nameof(values));
        for (var i = 0; i < values.Length; i++)
        {
            var parameter = command.Parameters[i];
            var isSameType = parameter is SqliteParameter sqlite
                ? sqlite.SqliteType == SqliteTypeOf(values[i].Type)
                : ((NpgsqlParameter)parameter).NpgsqlDbType == PostgreSqlTypeOf(values[i].Type);
            if (!isSameType)
                throw new ArgumentException("A statement takes parameters of the same types each time.", nameof(values));
            parameter.Value = values[i].Boxed;
        }
    }

    private static SqliteType SqliteTypeOf(SqlType type) => type switch
    {
        SqlType.Integer => SqliteType.Integer,
        SqlType.Text => SqliteType.Text,
        SqlType.Bytes => SqliteType.Blob,
        _ => throw new ArgumentException("An unset value is no parameter.", nameof(type)),
    };

    private static NpgsqlDbType PostgreSqlTypeOf(SqlType type) => type switch
    {
        SqlType.Integer => NpgsqlDbType.Bigint,
        SqlType.Text => NpgsqlDbType.Text,
        SqlType.Bytes => NpgsqlDbType.Bytea,
        _ => throw new ArgumentException("An unset value is no parameter.", nameof(type)),
    };
}
