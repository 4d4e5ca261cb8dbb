using System.Threading.Channels;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// Hands durable blocks to subscribers, each in order and without a gap (but what a snapshot took the place of), on a thread of its own; a slow one delays nobody, since it reads from the log what it
/// missed.
/// </summary>
internal sealed class BlockFeed(Chain chain, Func<long> durableHeight) : IDisposable
{
    private readonly Lock gate = new();
    private readonly List<Subscription> subscriptions = [];
    private StoredBlock? latest;

    public IDisposable Subscribe(long fromHeight, Action<StoredBlock> onBlock)
    {
        var subscription = new Subscription(this, Math.Max(1, fromHeight), onBlock);
        lock (gate)
            subscriptions.Add(subscription);
        subscription.Start();
        return subscription;
    }

    public void Publish(StoredBlock block)
    {
        Volatile.Write(ref latest, block);
        lock (gate)
            foreach (var subscription in subscriptions)
                subscription.Signal();
    }

    public void Dispose()
    {
        Subscription[] open;
        lock (gate)
            open = [.. subscriptions];
        foreach (var subscription in open)
            subscription.Dispose();
    }

    private long FirstHeight => chain.FirstHeight;

    private StoredBlock? Read(long height)
    {
        if (height > durableHeight())
            return null;
        var recent = Volatile.Read(ref latest);
        if (recent?.Header.Height == height)
            return recent;
        return chain.TryRead(height, out var block) ? block : null;
    }

    private sealed class Subscription(BlockFeed feed, long nextHeight, Action<StoredBlock> onBlock) : IDisposable
    {
        private readonly Channel<bool> signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        private readonly CancellationTokenSource stopping = new();
        private Task? running;

        public void Start() => running = Task.Run(RunAsync);

        public void Signal() => signals.Writer.TryWrite(true);

        private async Task RunAsync()
        {
            try
            {
                while (!stopping.IsCancellationRequested)
                {
                    // What a chain that began from a snapshot lacks, nobody can be told.
                    nextHeight = Math.Max(nextHeight, feed.FirstHeight);
                    while (!stopping.IsCancellationRequested && feed.Read(nextHeight) is { } block)
                    {
                        onBlock(block);
                        nextHeight++;
                    }
                    await signals.Reader.ReadAsync(stopping.Token);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // The subscriber left.
            }
        }

        public void Dispose()
        {
            lock (feed.gate)
                feed.subscriptions.Remove(this);
            stopping.Cancel();
            // A subscriber that disposes itself from its own callback must not wait for itself.
            if (running is { } task && Task.CurrentId != task.Id)
                task.Wait(TimeSpan.FromSeconds(5));
        }
    }
}
