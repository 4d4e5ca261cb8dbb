using System.Diagnostics;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// Brings what the admission servers of this node put into the shared pool into the node's own pool, in the order of arrival, and takes it out of the shared
/// one once it is final, refused or expired. Signatures that a server of the node vouches for are not verified again. Where the shared pool cannot be
/// reached the ledger goes on without it, and this looks for it again by itself.
/// </summary>
public sealed class SharedPoolIntake : IAsyncDisposable
{
    private const int PageSize = 2_048;

    // Above what waits here already, the rest stays where it is safe.
    private const int MostTaken = Ledger.PoolCapacity / 2;

    private const int MostFaults = 3;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RemovalInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan DeferredInterval = TimeSpan.FromMilliseconds(250);

    private readonly Ledger ledger;
    private readonly ISharedPool shared;
    private readonly AccountId node;
    private readonly Action<SharedPoolException>? onFault;
    private readonly CancellationTokenSource stopping = new();
    private readonly Task[] running;
    private readonly Lock gate = new();
    private readonly List<SharedEntry> done = [];
    private readonly List<(SharedEntry Entry, bool IsAttested, int Faults)> deferred = [];
    private readonly List<ReadOnlyMemory<byte>> handedOn = [];
    private long after;
    private long taken;
    private long retriedAt;

    /// <summary>Begins at once.</summary>
    /// <param name="ledger">The validator's ledger.</param>
    /// <param name="shared">What the admission servers share.</param>
    /// <param name="node">The node's account, whose active keys vouch.</param>
    /// <param name="onFault">Told each time the pool cannot be reached; null for nobody.</param>
    public SharedPoolIntake(Ledger ledger, ISharedPool shared, AccountId node, Action<SharedPoolException>? onFault = null)
    {
        this.ledger = ledger;
        this.shared = shared;
        this.node = node;
        this.onFault = onFault;
        running = [Task.Run(() => RepeatAsync(TakeAsync)), Task.Run(() => RepeatAsync(RemoveAsync))];
    }

    /// <summary>How many transactions were taken for verified on a server's word, since the start.</summary>
    public long Attested { get; private set; }

    /// <summary>How many had nobody's word and were verified here, since the start.</summary>
    public long Unattested { get; private set; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(running);
        stopping.Dispose();
    }

    private async Task RepeatAsync(Func<CancellationToken, Task> turn)
    {
        var retry = FirstRetry;
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                try
                {
                    await turn(stopping.Token);
                    retry = FirstRetry;
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    // Said each time and tried again: what lies in the pool was acknowledged.
                    onFault?.Invoke(fault as SharedPoolException ?? new SharedPoolException("The pool's transactions cannot be taken.", fault));
                    await Task.Delay(retry, stopping.Token);
                    retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops; what is not removed is found final at the next start.
        }
    }

    private async Task TakeAsync(CancellationToken cancellation)
    {
        RetryDeferred();
        if (Interlocked.Read(ref taken) >= MostTaken)
        {
            await Task.Delay(RemovalInterval, cancellation);
            return;
        }
        var page = await shared.ReadAsync(after, PageSize, cancellation);
        if (page.Entries.Count == 0)
        {
            await shared.WaitAsync(HasDeferred ? DeferredInterval : LongestWait, cancellation);
            return;
        }
        var attestation = 0;
        IReadOnlySet<Digest<SharedTransaction>>? vouched = null;
        foreach (var entry in page.Entries)
        {
            while (attestation < page.Attestations.Count && page.Attestations[attestation].Last < entry.Arrival)
                (attestation, vouched) = (attestation + 1, null);
            if (vouched is null && attestation < page.Attestations.Count)
                vouched = AdmissionAttestation.Verify(
                    page.Attestations[attestation].Attestation, ledger.Genesis.Net, keyId => ledger.FindActiveKey(node, keyId));
            var isAttested = vouched?.Contains(Digest<SharedTransaction>.Of(entry.Bytes.Span)) == true;
            if (isAttested)
                Attested++;
            else
                Unattested++;
            Interlocked.Increment(ref taken);
            Take(entry, isAttested, faults: 0);
            after = entry.Arrival;
        }
        HandOn();
    }

    private bool HasDeferred
    {
        get
        {
            lock (gate)
                return deferred.Count > 0;
        }
    }

    private void Take(SharedEntry entry, bool isAttested, int faults)
    {
        if (ledger.Readmit(entry.Bytes, isAttested, out var verified) is { } refusal)
        {
            Settle(entry, isAttested, faults, refusal);
            return;
        }
        var batch = new SubmissionBatch(1);
        if (ledger.Enqueue(verified!, batch) is { } conflict)
        {
            Settle(entry, isAttested, faults, conflict);
            return;
        }
        handedOn.Add(entry.Bytes);
        _ = SettleLaterAsync(entry, isAttested, faults, batch);
    }

    private void HandOn()
    {
        ledger.HandOn(handedOn);
        handedOn.Clear();
    }

    private async Task SettleLaterAsync(SharedEntry entry, bool isAttested, int faults, SubmissionBatch batch) =>
        Settle(entry, isAttested, faults, (await batch.Completion.ConfigureAwait(false))[0].Refusal);

    /// <summary>
    /// What is answered for good leaves the shared pool. What may still go well is tried again until it expires, for it was acknowledged; but what may be
    /// what makes a handler fail is tried a few times only.
    /// </summary>
    private void Settle(SharedEntry entry, bool isAttested, int faults, Refusal? refusal)
    {
        if (refusal?.Reason == TransactionRefusals.InternalFault)
            faults++;
        lock (gate)
            if (refusal?.Reason.Transient == true && faults < MostFaults)
                deferred.Add((entry, isAttested, faults));
            else
                done.Add(entry);
    }

    private void RetryDeferred()
    {
        if (Stopwatch.GetElapsedTime(retriedAt) < DeferredInterval)
            return;
        retriedAt = Stopwatch.GetTimestamp();
        (SharedEntry Entry, bool IsAttested, int Faults)[] again;
        lock (gate)
        {
            again = [.. deferred.OrderBy(item => item.Entry.Arrival)];
            deferred.Clear();
        }
        foreach (var (entry, isAttested, faults) in again)
            Take(entry, isAttested, faults);
        HandOn();
    }

    private async Task RemoveAsync(CancellationToken cancellation)
    {
        await Task.Delay(RemovalInterval, cancellation);
        SharedEntry[] removed;
        lock (gate)
            removed = [.. done];
        if (removed.Length == 0)
            return;
        foreach (var portion in removed.Chunk(PageSize))
            await shared.RemoveAsync(portion, cancellation);
        lock (gate)
            done.RemoveRange(0, removed.Length);
        Interlocked.Add(ref taken, -removed.Length);
    }
}
