namespace Counterfoil.Ledger.Admission;

/// <summary>Where transactions come in: a node's own ledger, or one of its admission servers.</summary>
public interface ITransactionAdmission
{
    /// <summary>Submits transactions and waits until each is refused or final.</summary>
    Task<IReadOnlyList<SubmissionResult>> SubmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default);

    /// <summary>Submits transactions and answers as soon as each is refused, or admitted and durable: then with an acknowledgement.</summary>
    Task<IReadOnlyList<SubmissionResult>> AdmitAsync(IReadOnlyList<Submission> submissions, CancellationToken cancellation = default);
}
