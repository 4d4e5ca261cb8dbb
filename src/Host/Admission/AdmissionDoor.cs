using Counterfoil.Client;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Admission;

/// <summary>
/// What comes in at an admission server. Nothing is admitted before its key is an active key of the node's account, since its acknowledgements would be worth
/// nothing. Transactions with attachments go on to the node itself: its vault alone has the key under which documents lie.
/// </summary>
internal sealed class AdmissionDoor(AdmissionServer server, NodeClient node) : ITransactionAdmission
{
    private volatile bool isOpen;

    /// <summary>True once the server may admit.</summary>
    public bool IsOpen
    {
        get => isOpen;
        set => isOpen = value;
    }

    /// <summary>Why nothing is admitted at present; null if it is.</summary>
    public string? Fault =>
        !isOpen ? TransactionRefusals.Busy.Code : server.IsPoolAvailable ? null : TransactionRefusals.StorageUnavailable.Code;

    public Task<IReadOnlyList<SubmissionResult>> SubmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default) =>
        RunAsync(submissions, server.SubmitAsync, node.SubmitAsync, cancellation);

    public Task<IReadOnlyList<SubmissionResult>> AdmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default) =>
        RunAsync(submissions, server.AdmitAsync, node.AdmitAsync, cancellation);

    private async Task<IReadOnlyList<SubmissionResult>> RunAsync(
        IReadOnlyList<Submission> submissions,
        Func<IReadOnlyList<Submission>, CancellationToken, Task<IReadOnlyList<SubmissionResult>>> here,
        Func<IReadOnlyList<Submission>, CancellationToken, Task<IReadOnlyList<SubmissionAnswer>>> there,
        CancellationToken cancellation)
    {
        if (!isOpen)
            return [.. submissions.Select(_ => new SubmissionResult { Refusal = TransactionRefusals.Busy })];
        if (submissions.All(submission => submission.Attachments.Count == 0))
            return await here(submissions, cancellation);
        var forwarded = ForwardAsync([.. submissions.Where(submission => submission.Attachments.Count > 0)], there, cancellation);
        var own = await here([.. submissions.Where(submission => submission.Attachments.Count == 0)], cancellation);
        var (fromHere, fromThere) = (0, 0);
        var answers = await forwarded;
        return [.. submissions.Select(submission => submission.Attachments.Count == 0 ? own[fromHere++] : answers[fromThere++])];
    }

    private static async Task<IReadOnlyList<SubmissionResult>> ForwardAsync(
        IReadOnlyList<Submission> submissions,
        Func<IReadOnlyList<Submission>, CancellationToken, Task<IReadOnlyList<SubmissionAnswer>>> there,
        CancellationToken cancellation)
    {
        try
        {
            return [.. (await there(submissions, cancellation)).Select(ResultOf)];
        }
        catch (NodeRefusedException refused)
        {
            return [.. submissions.Select(_ => new SubmissionResult { Refusal = RefusalOf(refused.Refusal) })];
        }
        catch (NodeFaultException)
        {
            // Whether the node took them is unknown; the same bytes again are safe.
            return [.. submissions.Select(_ => new SubmissionResult { Refusal = TransactionRefusals.StorageUnavailable })];
        }
    }

    private static SubmissionResult ResultOf(SubmissionAnswer answer) => new()
    {
        Id = answer.Id,
        Height = answer.Height,
        Index = answer.Index,
        Outcome = answer.Outcome,
        Repeat = answer.Repeat,
        Acknowledgement = answer.Acknowledgement,
        Refusal = answer.Refusal is { } refusal ? RefusalOf(refusal) : null,
    };

    private static Refusal RefusalOf(NodeRefusal refusal) =>
        new(new RefusalCode(refusal.Code, refusal.Detail, refusal.Transient), [.. refusal.Facts.Select(fact => (fact.Key, fact.Value))]);
}
