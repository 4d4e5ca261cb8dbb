using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>Who waits at an admission server for blocks, answered as the ledger that it follows executes them.</summary>
internal sealed class FinalityWaiters : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<Digest<Transaction>, List<(SubmissionBatch Batch, int Index)>> waiting = [];
    private readonly Ledger observer;
    private readonly IDisposable subscription;

    public FinalityWaiters(Ledger observer)
    {
        this.observer = observer;
        subscription = observer.Subscribe(observer.Tip.Height + 1, OnBlock);
    }

    /// <summary>Answers these in the batch once they stand in a block.</summary>
    public void Add(IReadOnlyList<PreparedTransaction> transactions, SubmissionBatch batch)
    {
        lock (gate)
            foreach (var transaction in transactions)
            {
                if (!waiting.TryGetValue(transaction.Shared.Id, out var listeners))
                    waiting.Add(transaction.Shared.Id, listeners = []);
                listeners.Add((batch, transaction.Index));
            }
    }

    /// <summary>Waits for the batch, and no longer than some block can still hold one of these.</summary>
    public async Task<IReadOnlyList<SubmissionResult>> WaitAsync(
        IReadOnlyList<PreparedTransaction> transactions, SubmissionBatch batch, CancellationToken cancellation)
    {
        try
        {
            if (transactions.Count == 0)
                return await batch.Completion.WaitAsync(cancellation);
            var end = transactions.Max(transaction => transaction.Shared.ExpiresSeconds) + AdmissionServer.PatienceAfterExpirySeconds;
            var patience = Timestamp.FromSeconds(end) - Timestamp.From(observer.Clock.GetUtcNow());
            return await batch.Completion.WaitAsync(patience > TimeSpan.Zero ? patience : TimeSpan.Zero, cancellation);
        }
        catch (TimeoutException)
        {
            foreach (var transaction in transactions)
                batch.Answer(transaction.Index, SubmissionResult.Refused(transaction.Shared.Id, TransactionRefusals.Busy));
            return await batch.Completion;
        }
        finally
        {
            Remove(transactions, batch);
        }
    }

    public void Dispose() => subscription.Dispose();

    private void Remove(IReadOnlyList<PreparedTransaction> transactions, SubmissionBatch batch)
    {
        lock (gate)
            foreach (var transaction in transactions)
                if (waiting.TryGetValue(transaction.Shared.Id, out var listeners))
                {
                    listeners.RemoveAll(listener => ReferenceEquals(listener.Batch, batch));
                    if (listeners.Count == 0)
                        waiting.Remove(transaction.Shared.Id);
                }
    }

    private void OnBlock(StoredBlock block)
    {
        for (var index = 0; index < block.Leaves.Count; index++)
        {
            List<(SubmissionBatch, int)>? listeners;
            lock (gate)
                if (!waiting.Remove(block.Leaves[index].Id, out listeners))
                    continue;
            if (!Outcome.TryParse(block.Leaves[index].Outcome.ToArray(), out var outcome))
                throw new InvalidOperationException("A certified block's outcome does not parse.");
            var result = new SubmissionResult { Id = block.Leaves[index].Id, Height = block.Header.Height, Index = index, Outcome = outcome };
            foreach (var (batch, at) in listeners)
                batch.Answer(at, result);
        }
    }
}
