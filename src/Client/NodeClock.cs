using Counterfoil.Ledger;

namespace Counterfoil.Client;

/// <summary>
/// The time of a node as its parties go by it: the system's clock on a real ledger, on a sandbox the clock that is advanced over HTTP. Between two
/// readings it runs with the system's clock. Safe for concurrent use.
/// </summary>
/// <param name="inner">The clock that runs; the system's by default.</param>
public sealed class NodeClock(TimeProvider? inner = null) : TimeProvider
{
    private readonly TimeProvider inner = inner ?? System;
    private long offsetTicks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref offsetTicks));

    /// <summary>The present moment as the ledger writes it.</summary>
    public Timestamp Now => Timestamp.From(GetUtcNow());

    /// <summary>Sets the clock to what the node's status says; on a real ledger it does nothing, since there everybody keeps time himself.</summary>
    public async Task SynchroniseAsync(NodeClient node, CancellationToken cancellation = default)
    {
        var status = await node.GetStatusAsync(cancellation).ConfigureAwait(false);
        if (status.IsSandbox)
            Set(status.Clock);
    }

    /// <summary>Advances a sandbox and this clock with it.</summary>
    /// <exception cref="NodeRefusedException">The ledger is no sandbox.</exception>
    public async Task AdvanceAsync(NodeClient node, TimeSpan by, CancellationToken cancellation = default)
    {
        _ = (await node.AdvanceClockAsync(by, cancellation).ConfigureAwait(false)).Value;
        await SynchroniseAsync(node, cancellation).ConfigureAwait(false);
    }

    /// <summary>Moves a sandbox to a later time and this clock with it.</summary>
    /// <exception cref="NodeRefusedException">The ledger is no sandbox, or the time lies in its past.</exception>
    public async Task MoveAsync(NodeClient node, Timestamp to, CancellationToken cancellation = default)
    {
        _ = (await node.MoveClockAsync(to, cancellation).ConfigureAwait(false)).Value;
        await SynchroniseAsync(node, cancellation).ConfigureAwait(false);
    }

    private void Set(Timestamp time) => Interlocked.Exchange(ref offsetTicks, (time.ToDateTimeOffset() - inner.GetUtcNow()).Ticks);
}
