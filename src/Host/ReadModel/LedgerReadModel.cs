using System.Collections.Concurrent;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Host.ReadModel;

/// <summary>
/// What a block log cannot answer quickly, in a relational database: transactions by id and by account. It
/// follows the chain from where it stands, in one database transaction for all blocks that wait, and can be
/// thrown away and rebuilt at any time.
/// </summary>
public sealed class LedgerReadModel : ITransactionIndex, IDisposable
{
    private const int WaitingBlocks = 256;
    private const int RowsAtOnce = 20_000;

    private readonly Database database;
    private readonly BlockingCollection<StoredBlock> waiting = new(WaitingBlocks);
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly Action<Exception> onFault;
    private TaskCompletionSource advanced = NewSignal();
    private Thread? writer;
    private IDisposable? subscription;
    private long height;

    /// <summary>
    /// Opens the read model of a database, making its tables where they are not there; the caller keeps
    /// owning the database.
    /// </summary>
    /// <param name="database">The database; opened as rebuildable, since a lost tail is read again from the chain.</param>
    /// <param name="onFault">Told of each failed write; the write is tried again.</param>
    public LedgerReadModel(Database database, Action<Exception> onFault)
    {
        this.database = database;
        this.onFault = onFault;
        database.Migrate(ReadModelSchema.Component, ReadModelSchema.Steps);
        using var session = database.OpenSession();
        height = ReadHeight(session);
    }

    /// <inheritdoc/>
    public long Height => Interlocked.Read(ref height);

    /// <inheritdoc/>
    public TransactionPosition? Find(Digest<Transaction> id)
    {
        using var session = database.OpenSession();
        var bytes = id.ToArray();
        return session.QueryFirst(
            "SELECT position FROM transactions WHERE id_prefix = $1 AND id = $2",
            row => (TransactionPosition?)PositionOf(row.Integer(0)), ReadModelSchema.PrefixOf(bytes), bytes);
    }

    /// <summary>Transactions that an account issued, the latest first.</summary>
    /// <param name="account">The issuer.</param>
    /// <param name="before">Where the portion before ended; null to begin.</param>
    /// <param name="limit">1 to 500.</param>
    public IReadOnlyList<AccountTransaction> History(AccountId account, TransactionPosition? before, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 500);
        var issuer = Bytes(account);
        using var session = database.OpenSession();
        return session.Query("""
            SELECT t.position, t.id, t.act, t.status, t.code, b.time FROM transactions t JOIN blocks b ON b.height = t.position / 1048576
            WHERE t.issuer_prefix = $1 AND t.issuer = $2 AND t.position < $3 ORDER BY t.position DESC LIMIT $4
            """, row => new AccountTransaction(
                new Digest<Transaction>(row.Bytes(1)), PositionOf(row.Integer(0)), row.Text(2), TransactionRow.StatusOf(row.Integer(3)), row.TextOrNull(4),
                new Timestamp(row.Integer(5))),
            ReadModelSchema.PrefixOf(issuer), issuer, before is { } position ? PositionNumber(position.Height, position.Index) : long.MaxValue, (long)limit);
    }

    /// <summary>
    /// Begins to follow the ledger. A read model that knows blocks which the ledger does not have, or
    /// others at their height, is emptied first.
    /// </summary>
    public void Follow(Ledger.Ledger ledger)
    {
        if (!Matches(ledger))
            Clear();
        writer = new Thread(Run) { IsBackground = true, Name = "counterfoil read model" };
        writer.Start();
        subscription = ledger.Subscribe(Height + 1, Enqueue);
    }

    /// <summary>
    /// Empties the read model; the next <see cref="Follow"/> fills it from the chain. Not while it follows.
    /// </summary>
    public void Clear()
    {
        if (writer is not null)
            throw new InvalidOperationException("The read model follows a ledger.");
        using var session = database.OpenSession();
        using var transaction = session.BeginWrite();
        session.Execute("DELETE FROM transactions");
        session.Execute("DELETE FROM blocks");
        transaction.Commit();
        Interlocked.Exchange(ref height, 0);
    }

    /// <summary>Waits until the read model is complete up to a height.</summary>
    public async Task WaitForHeightAsync(long wanted, CancellationToken cancellation = default)
    {
        while (true)
        {
            Task next;
            lock (gate)
                next = advanced.Task;
            if (Height >= wanted)
                return;
            await next.WaitAsync(cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping.Cancel();
        subscription?.Dispose();
        waiting.CompleteAdding();
        writer?.Join();
        waiting.Dispose();
        stopping.Dispose();
    }

    private void Enqueue(StoredBlock block)
    {
        try
        {
            waiting.Add(block, stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // It stops: what is missing is read from the chain at the next start.
        }
    }

    private void Run()
    {
        var batch = new List<StoredBlock>();
        try
        {
            foreach (var first in waiting.GetConsumingEnumerable(stopping.Token))
            {
                batch.Clear();
                batch.Add(first);
                var rows = first.Leaves.Count;
                while (rows < RowsAtOnce && waiting.TryTake(out var next))
                {
                    batch.Add(next);
                    rows += next.Leaves.Count;
                }
                WriteUntilDone(batch);
            }
        }
        catch (OperationCanceledException)
        {
            // It stops.
        }
    }

    /// <summary>
    /// A database that is away for a while delays the read model; it never goes on with a gap. Nor does any
    /// other fault end the node: it keeps trying, says so, and its height stays behind.
    /// </summary>
    private void WriteUntilDone(List<StoredBlock> batch)
    {
        while (true)
        {
            try
            {
                Write(batch);
                break;
            }
            catch (Exception fault) when (fault is not OperationCanceledException)
            {
                onFault(fault);
                stopping.Token.WaitHandle.WaitOne(RetryDelay);
                stopping.Token.ThrowIfCancellationRequested();
            }
        }
        TaskCompletionSource told;
        lock (gate)
        {
            Interlocked.Exchange(ref height, batch[^1].Header.Height);
            told = advanced;
            advanced = NewSignal();
        }
        told.SetResult();
    }

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private const string InsertTransaction = """
        INSERT INTO transactions (position, id_prefix, id, act, issuer_prefix, issuer, status, code)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (position) DO NOTHING
        """;

    private void Write(List<StoredBlock> batch)
    {
        using var session = database.OpenSession();
        using var transaction = session.BeginWrite();
        using (var changes = session.OpenBatch())
        {
            foreach (var block in batch)
            {
                changes.Add(
                    "INSERT INTO blocks (height, id, time, leaves) VALUES ($1, $2, $3, $4) ON CONFLICT (height) DO NOTHING",
                    block.Header.Height, block.Id.ToArray(), block.Header.Time, (long)block.Leaves.Count);
                for (var index = 0; index < block.Leaves.Count; index++)
                {
                    var row = TransactionRow.Of(block.Leaves[index]);
                    changes.Add(
                        InsertTransaction, PositionNumber(block.Header.Height, index), ReadModelSchema.PrefixOf(row.Id), row.Id, row.Action,
                        row.Issuer is { } issuer ? ReadModelSchema.PrefixOf(issuer) : (long?)null, row.Issuer, row.Status, row.Code);
                }
            }
            changes.Flush();
        }
        transaction.Commit();
    }

    private bool Matches(Ledger.Ledger ledger)
    {
        if (Height == 0)
            return true;
        if (Height > ledger.Tip.Height || !ledger.TryReadBlock(Height, out var block))
            return false;
        using var session = database.OpenSession();
        var id = session.QueryFirst("SELECT id FROM blocks WHERE height = $1", row => row.Bytes(0), Height);
        return id is not null && new Digest<Block>(id) == block.Id;
    }

    private static long ReadHeight(DatabaseSession session) => session.QueryInteger("SELECT MAX(height) FROM blocks");

    private static long PositionNumber(long height, int index) => height * ReadModelSchema.PositionsPerBlock + index;

    private static TransactionPosition PositionOf(long number) =>
        new(number / ReadModelSchema.PositionsPerBlock, (int)(number % ReadModelSchema.PositionsPerBlock));

    private static byte[] Bytes(AccountId account)
    {
        var bytes = new byte[32];
        account.CopyTo(bytes);
        return bytes;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>A transaction in an account's history.</summary>
/// <param name="Id">The transaction.</param>
/// <param name="Position">Where it stands.</param>
/// <param name="Action">What it asked for.</param>
/// <param name="Status">accepted or refused.</param>
/// <param name="Code">Why it was refused; null otherwise.</param>
/// <param name="Time">The block's time.</param>
public sealed record AccountTransaction(Digest<Transaction> Id, TransactionPosition Position, string Action, string Status, string? Code, Timestamp Time);
