using System.Threading.Channels;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// Brings what many callers have verified into the shared pool, all that waits in one step: one round trip and one fsync for as many as came meanwhile.
/// </summary>
internal sealed class SharedPoolWriter : IAsyncDisposable
{
    private readonly ISharedPool pool;
    private readonly Digest<Net> net;
    private readonly ISigningKey key;
    private readonly TimeProvider clock;
    private readonly Channel<Waiting> queue = Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource stopping = new();
    private readonly Task running;

    public SharedPoolWriter(ISharedPool pool, Digest<Net> net, ISigningKey key, TimeProvider clock)
    {
        this.pool = pool;
        this.net = net;
        this.key = key;
        this.clock = clock;
        running = Task.Run(RunAsync);
    }

    /// <summary>Inserts transactions, each as soon as the insertion before is done.</summary>
    /// <returns>What became of each, in their order.</returns>
    /// <exception cref="SharedPoolException">Not all of them are known to be in the pool.</exception>
    public Task<SharedInsertion[]> InsertAsync(IReadOnlyList<SharedTransaction> transactions)
    {
        var group = new Group(transactions.Count);
        for (var index = 0; index < transactions.Count; index++)
            if (!queue.Writer.TryWrite(new Waiting(transactions[index], group, index)))
                group.Fail(new SharedPoolException("The server stops."));
        return group.Completion;
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await stopping.CancelAsync();
        await running;
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<Waiting>(ISharedPool.LargestInsertion);
        var replayKeys = new HashSet<Digest<ReplayKey>>();
        while (await queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            replayKeys.Clear();
            // The same again, or a twin with the same jti, waits for the next insertion, which finds the first.
            while (batch.Count < ISharedPool.LargestInsertion && queue.Reader.TryPeek(out var next) && replayKeys.Add(next.Transaction.ReplayKey))
            {
                batch.Add(next);
                queue.Reader.TryRead(out _);
            }
            await InsertAsync(batch);
        }
    }

    private async Task InsertAsync(List<Waiting> batch)
    {
        try
        {
            var transactions = batch.ConvertAll(waiting => waiting.Transaction);
            var results = await pool.InsertAsync(transactions, AdmissionAttestation.Make(net, transactions, key), Timestamp.From(clock.GetUtcNow()), stopping.Token);
            for (var index = 0; index < batch.Count; index++)
                batch[index].Group.Answer(batch[index].Index, results[index]);
        }
        catch (Exception fault)
        {
            // Whatever went wrong concerns these only; who waits decides what to answer.
            foreach (var waiting in batch)
                waiting.Group.Fail(fault as SharedPoolException ?? new SharedPoolException("The insertion did not come to its end.", fault));
        }
    }

    private readonly record struct Waiting(SharedTransaction Transaction, Group Group, int Index);

    /// <summary>What one caller waits for.</summary>
    private sealed class Group(int count)
    {
        private readonly SharedInsertion[] results = new SharedInsertion[count];
        private readonly TaskCompletionSource<SharedInsertion[]> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int open = count;

        public Task<SharedInsertion[]> Completion => completion.Task;

        public void Answer(int index, SharedInsertion result)
        {
            results[index] = result;
            if (Interlocked.Decrement(ref open) == 0)
                completion.TrySetResult(results);
        }

        public void Fail(SharedPoolException fault) => completion.TrySetException(fault);
    }
}
