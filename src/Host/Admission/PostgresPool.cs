using System.Buffers.Binary;
using System.Data.Common;
using System.Numerics;
using Counterfoil.Cryptography;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Counterfoil.Host.Admission;

/// <summary>
/// The pool that the admission servers of one node share, in a PostgreSQL database of its own. Connections are made when they are needed and again after
/// they were lost.
/// </summary>
public sealed class PostgresPool : ISharedPool, IAsyncDisposable
{
    /// <summary>A reservation as it lies in a row: subject, amount of 16 bytes, most significant first.</summary>
    internal const int HoldSize = Digest<ClaimSubject>.Size + 16;

    private const int CommandTimeoutSeconds = 15;
    private const string Channel = "counterfoil_admission";

    private readonly string line;
    private readonly Digest<Net> net;
    private readonly AccountId node;
    private readonly NpgsqlDataSource source;
    private readonly SemaphoreSlim preparing = new(1, 1);
    private readonly SemaphoreSlim listening = new(1, 1);
    private volatile bool isPrepared;
    private NpgsqlConnection? listener;

    private PostgresPool(string line, Digest<Net> net, AccountId node, NpgsqlDataSource source, long capacity)
    {
        this.line = line;
        this.net = net;
        this.node = node;
        this.source = source;
        Capacity = capacity;
    }

    /// <summary>The most transactions that wait.</summary>
    public long Capacity { get; }

    /// <summary>
    /// The pool of a node. Nothing is asked of the database before the first use, which makes its tables where there are none: node and servers start
    /// whether it runs or not.
    /// </summary>
    /// <param name="line">The database: <c>postgresql://…</c> or an Npgsql connection string.</param>
    /// <param name="net">The ledger.</param>
    /// <param name="node">The account of the node whose servers share it.</param>
    /// <param name="capacity">The most transactions that wait, at least 1.</param>
    /// <exception cref="NodeStartException"><c>admission_pool_malformed</c>: the line names no PostgreSQL database.</exception>
    public static PostgresPool Create(string line, Digest<Net> net, AccountId node, long capacity = Ledger.Ledger.PoolCapacity)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(Database.ToPostgreSql(line))
            {
                Pooling = true,
                MaxPoolSize = 4,
                CommandTimeout = CommandTimeoutSeconds,
                Timeout = CommandTimeoutSeconds,
            };
            return new PostgresPool(line, net, node, NpgsqlDataSource.Create(settings), capacity);
        }
        catch (ArgumentException fault)
        {
            // The line may hold a password, so it is not repeated.
            throw new NodeStartException("admission_pool_malformed", $"The admission servers' pool is a PostgreSQL database: {fault.Message}", fault);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SharedInsertion>> InsertAsync(
        IReadOnlyList<SharedTransaction> transactions, ReadOnlyMemory<byte> attestation, Timestamp received, CancellationToken cancellation) =>
        GuardAsync<IReadOnlyList<SharedInsertion>>(async () =>
        {
            var columns = new InsertionColumns(transactions, attestation, received, Capacity);
            return await TryInsertAllAsync(columns, received, cancellation) ?? await InsertEachAsync(columns, cancellation);
        });

    /// <summary>All of them, or null and nothing: some are there already, or want what is not free.</summary>
    private async Task<SharedInsertion[]?> TryInsertAllAsync(InsertionColumns columns, Timestamp received, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("SELECT admission_insert_all($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
        columns.AddTransactionsTo(command);
        columns.AddTotalsTo(command);
        if (await command.ExecuteScalarAsync(cancellation) is not true)
            return null;
        var results = new SharedInsertion[columns.Count];
        Array.Fill(results, new SharedInsertion(SharedOutcome.Added, received.UnixMilliseconds));
        return results;
    }

    private async Task<SharedInsertion[]> InsertEachAsync(InsertionColumns columns, CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("SELECT outcome, received FROM admission_insert($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
        columns.AddTransactionsTo(command);
        columns.AddClaimsTo(command);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            throw new SharedPoolException("The insertion gave no answer.");
        var outcomes = reader.GetFieldValue<int[]>(0);
        var firstReceived = reader.GetFieldValue<long[]>(1);
        var results = new SharedInsertion[columns.Count];
        for (var index = 0; index < results.Length; index++)
            results[index] = columns.ResultOf(outcomes[index], firstReceived[index]);
        return results;
    }

    /// <inheritdoc/>
    public Task<SharedPage> ReadAsync(long after, int maximum, CancellationToken cancellation) => GuardAsync(async () =>
    {
        await using var batch = source.CreateBatch();
        var rows = new NpgsqlBatchCommand("SELECT arrival, bytes, holds FROM admission_transactions WHERE arrival > $1 ORDER BY arrival LIMIT $2");
        var words = new NpgsqlBatchCommand(
            "SELECT first_arrival, last_arrival, attestation FROM admission_attestations WHERE last_arrival > $1 ORDER BY last_arrival LIMIT $2");
        foreach (var command in (ReadOnlySpan<NpgsqlBatchCommand>)[rows, words])
        {
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = after });
            command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bigint, Value = (long)maximum });
            batch.BatchCommands.Add(command);
        }
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var entries = new List<SharedEntry>();
        while (await reader.ReadAsync(cancellation))
            entries.Add(new SharedEntry(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), Unpack(reader.GetFieldValue<byte[]>(2))));
        var attestations = new List<SharedAttestation>();
        if (await reader.NextResultAsync(cancellation))
            while (await reader.ReadAsync(cancellation))
                attestations.Add(new SharedAttestation(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        return new SharedPage(entries, attestations);
    });

    /// <inheritdoc/>
    public Task RemoveAsync(IReadOnlyList<SharedEntry> entries, CancellationToken cancellation) => GuardAsync(async () =>
    {
        var holds = entries.SelectMany(entry => entry.Holds.Select(hold => (entry.Arrival, Hold: hold))).ToArray();
        await using var command = source.CreateCommand("SELECT admission_remove($1, $2, $3, $4)");
        command.AddColumn(NpgsqlDbType.Bigint, entries, entry => entry.Arrival);
        command.AddColumn(NpgsqlDbType.Bigint, holds, held => held.Arrival);
        command.AddColumn(NpgsqlDbType.Bytea, holds, held => held.Hold.Subject.ToArray());
        command.AddColumn(NpgsqlDbType.Numeric, holds, held => (BigInteger)held.Hold.Amount);
        return await command.ExecuteScalarAsync(cancellation);
    });

    /// <inheritdoc/>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellation)
    {
        await listening.WaitAsync(cancellation);
        try
        {
            await GuardAsync(() => ListenAsync(longest, cancellation));
        }
        catch
        {
            await DropListenerAsync();
            throw;
        }
        finally
        {
            listening.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await DropListenerAsync();
        await source.DisposeAsync();
        preparing.Dispose();
        listening.Dispose();
    }

    private async Task<bool> ListenAsync(TimeSpan longest, CancellationToken cancellation)
    {
        if (listener is null)
        {
            listener = await source.OpenConnectionAsync(cancellation);
            await using var command = listener.CreateCommand();
            command.CommandText = $"LISTEN {Channel}";
            await command.ExecuteNonQueryAsync(cancellation);
            // What came before is found by reading, not by waiting.
            return true;
        }
        return await listener.WaitAsync(longest, cancellation);
    }

    private async Task DropListenerAsync()
    {
        if (listener is { } lost)
        {
            listener = null;
            await lost.DisposeAsync();
        }
    }

    private async Task<T> GuardAsync<T>(Func<Task<T>> action)
    {
        try
        {
            if (!isPrepared)
                await PrepareAsync();
            return await action();
        }
        catch (Exception fault) when (fault is DbException or IOException or TimeoutException or SchemaException)
        {
            // The database may come back as another one, emptied or restored.
            isPrepared = false;
            throw new SharedPoolException($"The shared pool cannot be used at present: {fault.Message}", fault);
        }
    }

    private async Task PrepareAsync()
    {
        await preparing.WaitAsync();
        try
        {
            if (!isPrepared)
                await Task.Run(Prepare);
            isPrepared = true;
        }
        finally
        {
            preparing.Release();
        }
    }

    private void Prepare()
    {
        using var database = Database.Open(line);
        database.Migrate(PostgresPoolSchema.Component, PostgresPoolSchema.Steps);
        var (ledger, account) = (net.ToArray(), node.Thumbprint.ToArray());
        database.Execute("INSERT INTO admission_pool (net, node, waiting) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", ledger, account);
        using var session = database.OpenSession();
        // Two nodes in one pool would each take what the other's servers admitted.
        if (session.QueryInteger("SELECT count(*) FROM admission_pool WHERE net = $1 AND node = $2", ledger, account) != 1)
            throw new SharedPoolException("The database holds the pool of another node or ledger.");
    }

    private static Reservation[] Unpack(byte[] packed)
    {
        var holds = new Reservation[packed.Length / HoldSize];
        for (var index = 0; index < holds.Length; index++)
        {
            var hold = packed.AsSpan(HoldSize * index, HoldSize);
            holds[index] = new Reservation(new Digest<ClaimSubject>(hold[..Digest<ClaimSubject>.Size]), BinaryPrimitives.ReadUInt128BigEndian(hold[Digest<ClaimSubject>.Size..]));
        }
        return holds;
    }
}
