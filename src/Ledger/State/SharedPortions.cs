namespace Counterfoil.Ledger.State;

/// <summary>
/// Work in portions that the caller does itself, with the help of whatever threads of the pool are free. <see cref="Parallel"/> waits for its helpers to
/// begin: a block's builder, which holds the state's write lock, would wait for pool threads that wait for that lock.
/// </summary>
internal sealed class SharedPortions(int count, Action<int> portion) : IThreadPoolWorkItem
{
    private readonly object gate = new();
    private int next = -1;
    private int done;
    private Exception? fault;

    /// <summary>Does all portions; returns when the last is done, whether or not a helper ever began.</summary>
    /// <param name="helpers">How many threads may help.</param>
    public void Run(int helpers)
    {
        for (var helper = 0; helper < helpers; helper++)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        Execute();
        lock (gate)
            while (done < count)
                Monitor.Wait(gate);
        if (fault is not null)
            throw new AggregateException(fault);
    }

    /// <summary>Takes portions until there are none; a helper that comes late finds none.</summary>
    public void Execute()
    {
        for (int mine; (mine = Interlocked.Increment(ref next)) < count;)
        {
            try
            {
                portion(mine);
            }
            catch (Exception thrown)
            {
                // Rethrown to the caller once nobody works any more.
                Interlocked.CompareExchange(ref fault, thrown, null);
            }
            lock (gate)
                if (++done == count)
                    Monitor.PulseAll(gate);
        }
    }
}
