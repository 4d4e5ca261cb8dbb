using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Admission;

/// <summary>
/// Acknowledged submissions that may not be in a block yet, durable before the acknowledgement leaves. Two logs take turns: one is emptied once nothing in
/// it can stand in a block any more, so that load without a pause does not make the journal grow beyond what can still wait.
/// </summary>
internal sealed class AdmissionJournal : IDisposable
{
    /// <summary>A turn ends after so many bytes, if the other log may be emptied.</summary>
    public const long DefaultBytesOfATurn = 16 << 20;

    private readonly long bytesOfATurn;
    private readonly SemaphoreSlim gate = new(1, 1);
    private Turn present;
    private Turn past;

    public AdmissionJournal(IDisk disk, long bytesOfATurn = DefaultBytesOfATurn)
    {
        this.bytesOfATurn = bytesOfATurn;
        present = new Turn(RecordLog.Open(disk, "admission-a"));
        past = new Turn(RecordLog.Open(disk, "admission-b"));
    }

    /// <summary>Writes submissions; when it returns they survive a crash.</summary>
    /// <param name="admitted">What is about to be acknowledged, already in the pool.</param>
    /// <param name="isPoolDrained">Asked before writing: if nothing waits, everything journalled so far is in blocks or can be in none.</param>
    /// <param name="ledgerSeconds">The time of the last block: what expired by then can be in no later one.</param>
    /// <param name="cancellation">Gives up waiting for the disk.</param>
    public async Task AppendAsync(
        IReadOnlyList<(Submission Submission, long ExpiresSeconds)> admitted, Func<bool> isPoolDrained, long ledgerSeconds, CancellationToken cancellation)
    {
        if (admitted.Count == 0)
            return;
        await gate.WaitAsync(cancellation);
        try
        {
            if (present.Log.Count + past.Log.Count > 0 && isPoolDrained())
            {
                present.Empty();
                past.Empty();
            }
            else if (present.Bytes >= bytesOfATurn && past.LatestExpirySeconds <= ledgerSeconds)
            {
                past.Empty();
                (present, past) = (past, present);
            }
            foreach (var (submission, expires) in admitted)
                present.Append(submission, expires);
            present.Log.Flush();
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>What was acknowledged before the last stop, the earlier turn first.</summary>
    public IReadOnlyList<(Submission Submission, Transaction Transaction)> ReadAll()
    {
        var (here, there) = (present.ReadAll(), past.ReadAll());
        if (present.LatestExpirySeconds < past.LatestExpirySeconds)
            (present, past, here, there) = (past, present, there, here);
        return [.. there, .. here];
    }

    public void Dispose()
    {
        present.Log.Dispose();
        past.Log.Dispose();
        gate.Dispose();
    }

    private sealed class Turn(RecordLog log)
    {
        public RecordLog Log => log;

        public long Bytes { get; private set; }

        public long LatestExpirySeconds { get; private set; } = log.Count > 0 ? long.MaxValue : 0;

        public void Append(Submission submission, long expiresSeconds)
        {
            var writer = new StateWriter();
            try
            {
                SubmissionBytes.Write(ref writer, submission);
                log.Append(writer.Written);
                Count(writer.Written.Length, expiresSeconds);
            }
            finally
            {
                writer.Dispose();
            }
        }

        public void Empty()
        {
            log.TruncateTo(0);
            (Bytes, LatestExpirySeconds) = (0, 0);
        }

        public List<(Submission Submission, Transaction Transaction)> ReadAll()
        {
            var all = new List<(Submission, Transaction)>();
            (Bytes, LatestExpirySeconds) = (0, 0);
            foreach (var record in log.ReadFrom(0))
            {
                var reader = new StateReader(record);
                var submission = SubmissionBytes.Read(ref reader);
                reader.End();
                if (TransactionParser.Parse(submission.Transaction, out var transaction) is not null)
                    throw new StateFormatException("A record of the admission journal holds no transaction.");
                all.Add((submission, transaction!));
                Count(record.Length, transaction!.Payload.ExpiresSeconds);
            }
            return all;
        }

        private void Count(int bytes, long expiresSeconds) =>
            (Bytes, LatestExpirySeconds) = (Bytes + bytes, Math.Max(LatestExpirySeconds, expiresSeconds));
    }
}
