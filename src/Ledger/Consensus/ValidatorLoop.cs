namespace Counterfoil.Ledger.Consensus;

/// <summary>The thread of a node: steps while there is something to do, sleeps while there is not.</summary>
internal sealed class ValidatorLoop : IDisposable
{
    private readonly ValidatorNode node;
    private readonly CancellationTokenSource stopping = new();
    private readonly Thread thread;

    public ValidatorLoop(ValidatorNode node)
    {
        this.node = node;
        thread = new Thread(Run) { IsBackground = true, Name = "counterfoil validator" };
    }

    public void Start() => thread.Start();

    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        node.Arrived.Set();
        if (thread.IsAlive)
            await Task.Run(thread.Join);
        node.Stop();
    }

    public void Dispose() => stopping.Dispose();

    private void Run()
    {
        while (!stopping.IsCancellationRequested)
        {
            var wait = node.Step();
            if (wait > TimeSpan.Zero)
                node.Arrived.WaitOne(wait);
        }
    }
}
