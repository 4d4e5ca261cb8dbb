using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// Acknowledged submissions that may not be in a block yet, durable before the acknowledgement leaves. Emptied whenever nothing waits.
/// </summary>
internal sealed class AdmissionJournal(IDisk disk) : IDisposable
{
    private readonly RecordLog log = RecordLog.Open(disk, "admission");
    private readonly SemaphoreSlim gate = new(1, 1);

    /// <summary>Writes submissions; when it returns they survive a crash.</summary>
    /// <param name="submissions">What is about to be acknowledged, already in the pool.</param>
    /// <param name="isPoolEmpty">Asked before writing: if nothing waits, everything journalled so far is in blocks.</param>
    /// <param name="cancellation">Gives up waiting for the disk.</param>
    public async Task AppendAsync(IReadOnlyList<Submission> submissions, Func<bool> isPoolEmpty, CancellationToken cancellation)
    {
        if (submissions.Count == 0)
            return;
        await gate.WaitAsync(cancellation);
        try
        {
            if (log.Count > 0 && isPoolEmpty())
                log.TruncateTo(0);
            foreach (var submission in submissions)
                Append(submission);
            log.Flush();
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>What was acknowledged before the last stop.</summary>
    public IReadOnlyList<Submission> ReadAll() => [.. log.ReadFrom(0).Select(Read)];

    public void Dispose()
    {
        log.Dispose();
        gate.Dispose();
    }

    private void Append(Submission submission)
    {
        var writer = new StateWriter();
        try
        {
            SubmissionBytes.Write(ref writer, submission);
            log.Append(writer.Written);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static Submission Read(byte[] record)
    {
        var reader = new StateReader(record);
        var submission = SubmissionBytes.Read(ref reader);
        reader.End();
        return submission;
    }
}
