using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>One signed transaction with its attachments, as it comes in.</summary>
/// <param name="Transaction">The JWS bytes; not changed afterwards.</param>
/// <param name="Attachments">The documents that its action names; none for most.</param>
public sealed record Submission(ReadOnlyMemory<byte> Transaction, IReadOnlyList<AttachmentContent> Attachments)
{
    /// <summary>A transaction without attachments.</summary>
    public static Submission Of(ReadOnlyMemory<byte> transaction) => new(transaction, []);
}

/// <summary>
/// The answer to a submission: refused at the door (no block, may be corrected and sent again), or final in a block with its outcome.
/// </summary>
public sealed record SubmissionResult
{
    /// <summary>The transaction's id; unset where the bytes are no transaction.</summary>
    public Digest<Transaction> Id { get; init; }

    /// <summary>Why the door stayed shut; null where the transaction is in a block.</summary>
    public Refusal? Refusal { get; init; }

    /// <summary>The block's height; 0 where refused.</summary>
    public long Height { get; init; }

    /// <summary>The leaf in the block, from 0.</summary>
    public int Index { get; init; }

    /// <summary>What became of it in the block; null where refused at the door or only acknowledged.</summary>
    public Outcome? Outcome { get; init; }

    /// <summary>True if these bytes were in a block already: this is the first answer again.</summary>
    public bool Repeat { get; init; }

    /// <summary>The node's signed word that it admitted the transaction, where the sender did not wait for a block.</summary>
    public string? Acknowledgement { get; init; }

    internal static SubmissionResult Refused(Digest<Transaction> id, Refusal refusal) => new() { Id = id, Refusal = refusal };
}

/// <summary>Several submissions that are answered together.</summary>
internal sealed class SubmissionBatch
{
    private readonly SubmissionResult?[] results;
    private readonly TaskCompletionSource<SubmissionResult[]> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int open;

    public SubmissionBatch(int count)
    {
        results = new SubmissionResult?[count];
        open = count;
    }

    public Task<SubmissionResult[]> Completion => completion.Task;

    public bool IsAnswered(int index) => results[index] is not null;

    public void Answer(int index, SubmissionResult result)
    {
        if (Interlocked.CompareExchange(ref results[index], result, null) is null && Interlocked.Decrement(ref open) == 0)
            completion.TrySetResult(results!);
    }
}
