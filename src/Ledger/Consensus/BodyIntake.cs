using System.Collections.Concurrent;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// Transactions of other nodes on their way to the second verification, on threads of their own: whoever read them from a connection goes on reading, so that
/// no vote waits behind signatures that are being verified. What is too much is dropped; its sender has no answer and sends it again.
/// </summary>
/// <param name="verify">Verifies the transactions of one message.</param>
/// <param name="threads">How many threads; 0 to verify where it arrives.</param>
/// <param name="onFault">Told of a fault, such as a vault that cannot be written: the message is dropped, and comes again.</param>
internal sealed class BodyIntake(Action<Bodies, AccountId> verify, int threads, Action<Exception> onFault) : IDisposable
{
    private const long LargestWaiting = 64 << 20;

    private readonly BlockingCollection<(Bodies Bodies, AccountId From, long Bytes)> queue = [];
    private readonly List<Thread> running = [];
    private long waitingBytes;

    /// <summary>Takes a message in; any thread.</summary>
    public void Add(Bodies bodies, AccountId from)
    {
        if (threads == 0)
        {
            verify(bodies, from);
            return;
        }
        var bytes = bodies.Submissions.Sum(submission => submission.Transaction.Length + submission.Attachments.Sum(attachment => (long)attachment.Content.Length));
        if (Interlocked.Read(ref waitingBytes) + bytes > LargestWaiting || queue.IsAddingCompleted)
            return;
        Interlocked.Add(ref waitingBytes, bytes);
        lock (running)
            for (var number = running.Count; number < threads; number++)
            {
                running.Add(new Thread(Run) { IsBackground = true, Name = "counterfoil second verification" });
                running[^1].Start();
            }
        try
        {
            queue.Add((bodies, from, bytes));
        }
        catch (InvalidOperationException)
        {
            // The node stops.
        }
    }

    /// <summary>Ends the threads; what waits is dropped.</summary>
    public void Dispose()
    {
        queue.CompleteAdding();
        while (queue.TryTake(out _))
        {
            // Nobody waits for it here.
        }
        lock (running)
            foreach (var thread in running)
                thread.Join();
        // The queue itself stays: a connection that closes after the ledger may still look at it.
    }

    private void Run()
    {
        foreach (var (bodies, from, bytes) in queue.GetConsumingEnumerable())
        {
            Interlocked.Add(ref waitingBytes, -bytes);
            try
            {
                verify(bodies, from);
            }
            catch (Exception fault)
            {
                onFault(fault);
            }
        }
    }
}
