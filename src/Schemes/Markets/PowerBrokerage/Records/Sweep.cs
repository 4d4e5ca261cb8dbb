using System.Collections.Concurrent;
using System.Diagnostics;
using Counterfoil.Cryptography;
using Counterfoil.Vault.Documents;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>What a sweep found.</summary>
/// <param name="Findings">One for each record, in order of their ids.</param>
/// <param name="Duration">How long it took.</param>
public sealed record SweepReport(IReadOnlyList<RecordFinding> Findings, TimeSpan Duration)
{
    /// <summary>Those that may be disputed.</summary>
    public IReadOnlyList<RecordFinding> Mismatches => [.. Findings.Where(finding => !finding.IsMatch)];

    /// <summary>True if all is well.</summary>
    public bool IsClean => Findings.All(finding => finding.IsMatch);
}

/// <summary>Checks all records of a party: its nightly run. Reads leave nothing on the ledger. <b>Source:</b> D1 step 16.</summary>
/// <param name="checker">The party's comparison.</param>
/// <param name="parallelism">How many records are checked at the same time, 1 to 64.</param>
public sealed class Sweep(RecordChecker checker, int parallelism = 4)
{
    /// <summary>Sweeps the checker's own book.</summary>
    public Task<SweepReport> RunAsync(CancellationToken cancellation = default) => RunAsync(checker.Book, cancellation);

    /// <summary>Sweeps the records of a book.</summary>
    /// <exception cref="Client.NodeFaultException">Node or server does not answer.</exception>
    public async Task<SweepReport> RunAsync(RecordBook book, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parallelism, 64);
        var started = Stopwatch.GetTimestamp();
        var findings = new ConcurrentDictionary<Digest<VaultRecord>, RecordFinding>();
        await Parallel.ForEachAsync(
            book.Rids, new ParallelOptions { MaxDegreeOfParallelism = parallelism, CancellationToken = cancellation },
            async (rid, token) => findings[rid] = await checker.CheckAsync(rid, cancellation: token).ConfigureAwait(false)).ConfigureAwait(false);
        return new SweepReport([.. findings.OrderBy(finding => finding.Key).Select(finding => finding.Value)], Stopwatch.GetElapsedTime(started));
    }
}
