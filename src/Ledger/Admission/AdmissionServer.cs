using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// One of the admission servers of a node: makes the first verification against the state of a ledger that it follows as an observer, puts what passes into
/// the pool that all servers of the node share, and acknowledges it. It keeps nothing of its own that would be missed. Thread-safe.
/// <b>Source:</b> kernel.md section 7.
/// </summary>
public sealed class AdmissionServer : ITransactionAdmission, IAsyncDisposable
{
    /// <summary>How long after a transaction's <c>exp</c> who waits for its block is told that there is no answer yet.</summary>
    public const int PatienceAfterExpirySeconds = 30;

    private readonly Ledger observer;
    private readonly ISigningKey key;
    private readonly SharedPoolWriter writer;
    private readonly SemaphoreSlim threads;
    private readonly FinalityWaiters waiters;
    private volatile bool isPoolAvailable = true;

    /// <summary>A server for the ledger that it follows.</summary>
    /// <param name="observer">The ledger; it has no consensus key and is given the node's blocks by whoever follows the node.</param>
    /// <param name="pool">What the servers of the node share.</param>
    /// <param name="key">An active key of the node's account, this server's alone: signs acknowledgements and attestations.</param>
    /// <param name="threads">How many requests are verified or signed for at one time, 1 to 1,024.</param>
    public AdmissionServer(Ledger observer, ISharedPool pool, ISigningKey key, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        this.observer = observer;
        this.key = key;
        this.threads = new SemaphoreSlim(threads, threads);
        writer = new SharedPoolWriter(pool, observer.Genesis.Net, key, observer.Clock);
        waiters = new FinalityWaiters(observer);
    }

    /// <summary>False since the shared pool did not take something, until it takes something again.</summary>
    public bool IsPoolAvailable => isPoolAvailable;

    /// <summary>
    /// Verifies transactions and answers as soon as each is in the shared pool, durable: the acknowledgement says so. What cannot be stored now is refused
    /// as <c>storage_unavailable</c>; sending the same bytes again is safe.
    /// </summary>
    public Task<IReadOnlyList<SubmissionResult>> AdmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default) =>
        RunAsync(submissions, isFinalityWanted: false, cancellation);

    /// <summary>
    /// Verifies transactions and answers once each is refused, or final in a block that the observer has executed; <c>busy</c> where no block came until
    /// some time after its <c>exp</c>.
    /// </summary>
    public Task<IReadOnlyList<SubmissionResult>> SubmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default) =>
        RunAsync(submissions, isFinalityWanted: true, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        waiters.Dispose();
        await writer.DisposeAsync();
        threads.Dispose();
    }

    private async Task<IReadOnlyList<SubmissionResult>> RunAsync(
        IReadOnlyList<Submission> submissions, bool isFinalityWanted, CancellationToken cancellation)
    {
        if (submissions.Count == 0)
            return [];
        var batch = new SubmissionBatch(submissions.Count);
        List<PreparedTransaction> prepared;
        using (await EnterAsync(cancellation))
            prepared = observer.PrepareShared(submissions, batch);
        if (prepared.Count > 0)
        {
            // Before the insertion: the block may come sooner than its answer.
            if (isFinalityWanted)
                waiters.Add(prepared, batch);
            await InsertAsync(prepared, batch, isFinalityWanted, cancellation);
        }
        return isFinalityWanted ? await waiters.WaitAsync(prepared, batch, cancellation) : await batch.Completion.WaitAsync(cancellation);
    }

    private async Task InsertAsync(List<PreparedTransaction> prepared, SubmissionBatch batch, bool isFinalityWanted, CancellationToken cancellation)
    {
        SharedInsertion[] inserted;
        try
        {
            inserted = await writer.InsertAsync(prepared.ConvertAll(transaction => transaction.Shared)).WaitAsync(cancellation);
            isPoolAvailable = true;
        }
        catch (SharedPoolException)
        {
            isPoolAvailable = false;
            foreach (var transaction in prepared)
                Answer(transaction, TransactionRefusals.StorageUnavailable, batch);
            return;
        }
        using (await EnterAsync(cancellation))
            for (var index = 0; index < prepared.Count; index++)
                if (RefusalOf(prepared[index], inserted[index]) is { } refusal)
                    Answer(prepared[index], refusal, batch);
                else if (!isFinalityWanted)
                    batch.Answer(prepared[index].Index, Acknowledge(prepared[index], inserted[index]));
    }

    private SubmissionResult Acknowledge(PreparedTransaction prepared, SharedInsertion insertion) =>
        Acknowledgement.Make(observer.Genesis.Net, prepared.Shared.Id, new Timestamp(insertion.Received), key) with
        {
            Repeat = insertion.Outcome == SharedOutcome.Present,
        };

    private static void Answer(PreparedTransaction prepared, Refusal refusal, SubmissionBatch batch) =>
        batch.Answer(prepared.Index, SubmissionResult.Refused(prepared.Shared.Id, refusal));

    private static Refusal? RefusalOf(PreparedTransaction prepared, SharedInsertion insertion) => insertion.Outcome switch
    {
        SharedOutcome.Added or SharedOutcome.Present => (Refusal?)null,
        SharedOutcome.Replayed => (Refusal)TransactionRefusals.Replayed,
        SharedOutcome.Claimed => prepared.Verified.Claims[insertion.Claim].Kind.TransientConflict,
        _ => TransactionRefusals.Busy,
    };

    private async Task<Turn> EnterAsync(CancellationToken cancellation)
    {
        await threads.WaitAsync(cancellation);
        return new Turn(threads);
    }

    private readonly struct Turn(SemaphoreSlim threads) : IDisposable
    {
        public void Dispose() => threads.Release();
    }
}
