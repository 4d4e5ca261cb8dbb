using System.Buffers.Binary;
using System.Data.Common;
using System.Numerics;
using System.Runtime.InteropServices;
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
    private const int HoldSize = Digest<ClaimSubject>.Size + 16;
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
            var claims = new ClaimColumns(transactions.Sum(transaction => transaction.Claims.Count));
            for (var index = 0; index < transactions.Count; index++)
                foreach (var claim in transactions[index].Claims)
                    claims.Add(index + 1, claim.Wanted, claim.Capacity);
            await using var command = source.CreateCommand(
                "SELECT outcome, received FROM admission_insert($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
            Add(command, NpgsqlDbType.Bytea, ArrayOf(attestation));
            Add(command, NpgsqlDbType.Bigint, received.UnixMilliseconds);
            Add(command, NpgsqlDbType.Bigint, Capacity);
            AddColumn(command, NpgsqlDbType.Bytea, transactions, transaction => transaction.ReplayKey.ToArray());
            AddColumn(command, NpgsqlDbType.Bytea, transactions, transaction => transaction.Id.ToArray());
            AddColumn(command, NpgsqlDbType.Bigint, transactions, transaction => transaction.ExpiresSeconds);
            AddColumn(command, NpgsqlDbType.Bytea, transactions, transaction => ArrayOf(transaction.Bytes));
            AddColumn(command, NpgsqlDbType.Bytea, transactions, Pack);
            Add(command, NpgsqlDbType.Array | NpgsqlDbType.Integer, claims.Transactions);
            claims.AddTo(command);
            Add(command, NpgsqlDbType.Array | NpgsqlDbType.Numeric, claims.Capacities);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (!await reader.ReadAsync(cancellation))
                throw new SharedPoolException("The insertion gave no answer.");
            var outcomes = reader.GetFieldValue<int[]>(0);
            var firstReceived = reader.GetFieldValue<long[]>(1);
            var results = new SharedInsertion[transactions.Count];
            for (var index = 0; index < results.Length; index++)
                results[index] = ResultOf(outcomes[index], firstReceived[index], claims.Transactions);
            return results;
        });

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
        var claims = new ClaimColumns(entries.Sum(entry => entry.Holds.Count));
        var holders = new List<long>();
        foreach (var entry in entries)
            foreach (var hold in entry.Holds)
            {
                claims.Add(0, hold, 0);
                holders.Add(entry.Arrival);
            }
        await using var command = source.CreateCommand("SELECT admission_remove($1, $2, $3, $4)");
        AddColumn(command, NpgsqlDbType.Bigint, entries, entry => entry.Arrival);
        Add(command, NpgsqlDbType.Array | NpgsqlDbType.Bigint, holders.ToArray());
        claims.AddTo(command);
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

    private static SharedInsertion ResultOf(int outcome, long received, int[] claimTransactions) => outcome switch
    {
        0 => new SharedInsertion(SharedOutcome.Added, received),
        -1 => new SharedInsertion(SharedOutcome.Present, received),
        -2 => new SharedInsertion(SharedOutcome.Replayed),
        -3 => new SharedInsertion(SharedOutcome.Full),
        _ => new SharedInsertion(SharedOutcome.Claimed, Claim: outcome - 1 - Array.IndexOf(claimTransactions, claimTransactions[outcome - 1])),
    };

    private static byte[] Pack(SharedTransaction transaction)
    {
        var packed = new byte[HoldSize * transaction.Claims.Count];
        for (var index = 0; index < transaction.Claims.Count; index++)
        {
            var (subject, amount) = transaction.Claims[index].Wanted;
            subject.CopyTo(packed.AsSpan(HoldSize * index));
            BinaryPrimitives.WriteUInt128BigEndian(packed.AsSpan(HoldSize * index + Digest<ClaimSubject>.Size), amount);
        }
        return packed;
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

    private static byte[] ArrayOf(ReadOnlyMemory<byte> memory) =>
        MemoryMarshal.TryGetArray(memory, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array : memory.ToArray();

    private static void Add<T>(NpgsqlCommand command, NpgsqlDbType type, T value) =>
        command.Parameters.Add(new NpgsqlParameter<T> { NpgsqlDbType = type, TypedValue = value });

    private static void AddColumn<TItem, TValue>(NpgsqlCommand command, NpgsqlDbType type, IReadOnlyList<TItem> items, Func<TItem, TValue> select)
    {
        var column = new TValue[items.Count];
        for (var index = 0; index < column.Length; index++)
            column[index] = select(items[index]);
        Add(command, NpgsqlDbType.Array | type, column);
    }

    /// <summary>Claims, column by column.</summary>
    private sealed class ClaimColumns(int count)
    {
        private readonly byte[][] subjects = new byte[count][];
        private readonly BigInteger[] amounts = new BigInteger[count];
        private int next;

        public int[] Transactions { get; } = new int[count];

        public BigInteger[] Capacities { get; } = new BigInteger[count];

        public void Add(int transaction, Reservation wanted, UInt128 capacity)
        {
            Transactions[next] = transaction;
            subjects[next] = wanted.Subject.ToArray();
            amounts[next] = wanted.Amount;
            Capacities[next] = capacity;
            next++;
        }

        public void AddTo(NpgsqlCommand command)
        {
            PostgresPool.Add(command, NpgsqlDbType.Array | NpgsqlDbType.Bytea, subjects);
            PostgresPool.Add(command, NpgsqlDbType.Array | NpgsqlDbType.Numeric, amounts);
        }
    }
}
