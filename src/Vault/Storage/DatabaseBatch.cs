using Npgsql;

namespace Counterfoil.Vault.Storage;

/// <summary>
/// Many changes at a high rate, run in the order they are added. Nothing is certain to have run before <see cref="Flush"/>;
/// what was added and not flushed is dropped on disposal. PostgreSQL prepares a text by itself from its second use.
/// </summary>
public sealed class DatabaseBatch : IDisposable
{
    // One round trip for so many; larger batches gain nothing and hold their values longer in memory.
    private const int MaximumPending = 1000;

    private readonly DatabaseSession session;
    private NpgsqlBatch? pending;

    internal DatabaseBatch(DatabaseSession session) => this.session = session;

    /// <summary>Adds a change. The values must not change before they are flushed.</summary>
    public void Add(string sql, params ReadOnlySpan<SqlValue> values)
    {
        if (session.Connection is not NpgsqlConnection connection)
        {
            session.Execute(sql, values);
            return;
        }
        pending ??= new NpgsqlBatch(connection);
        var command = new NpgsqlBatchCommand(sql);
        foreach (ref readonly var value in values)
            command.Parameters.Add((NpgsqlParameter)DatabaseSession.Parameter(value, "", DatabaseEngine.PostgreSql));
        pending.BatchCommands.Add(command);
        if (pending.BatchCommands.Count == MaximumPending)
            Flush();
    }

    /// <summary>Runs all that is waiting.</summary>
    public void Flush()
    {
        if (pending is not { } batch)
            return;
        pending = null;
        using (batch)
            batch.ExecuteNonQuery();
    }

    /// <summary>Drops what was not flushed.</summary>
    public void Dispose()
    {
        pending?.Dispose();
        pending = null;
    }
}
