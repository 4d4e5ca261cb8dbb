using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Host.Api;

/// <summary>
/// Tells any number of listeners of new blocks through one subscription to the ledger; a listener that is
/// behind reads what it missed from the log, so nobody is waited for.
/// </summary>
internal sealed class BlockBroadcast : IDisposable
{
    private const int KeptBlocks = 1_024;

    private readonly Lock gate = new();
    private readonly Queue<BlockSummaryDocument> recent = new(KeptBlocks);
    private readonly Ledger.Ledger ledger;
    private readonly IDisposable subscription;
    private TaskCompletionSource arrived = NewSignal();

    public BlockBroadcast(Ledger.Ledger ledger)
    {
        this.ledger = ledger;
        subscription = ledger.Subscribe(ledger.Tip.Height + 1, Add);
    }

    /// <summary>The block of that height as soon as it is durable.</summary>
    public async Task<BlockSummaryDocument> WaitForAsync(long height, CancellationToken cancellation)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (recent.TryPeek(out var oldest) && height >= oldest.Height && height < oldest.Height + recent.Count)
                    return recent.ElementAt((int)(height - oldest.Height));
                next = arrived.Task;
            }
            if (height <= ledger.Tip.Height && ledger.TryReadBlock(height, out var block))
                return BlockEndpoints.Summary(block);
            await next.WaitAsync(cancellation);
        }
    }

    public void Dispose() => subscription.Dispose();

    private void Add(StoredBlock block)
    {
        TaskCompletionSource told;
        lock (gate)
        {
            if (recent.Count == KeptBlocks)
                recent.Dequeue();
            recent.Enqueue(BlockEndpoints.Summary(block));
            told = arrived;
            arrived = NewSignal();
        }
        told.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
