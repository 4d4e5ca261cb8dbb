using System.Diagnostics;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Ledger;

/// <summary>
/// What a verification of a stored ledger found.
/// </summary>
/// <param name="Height">The last block that holds.</param>
/// <param name="Leaves">Transactions and due work executed again.</param>
/// <param name="StateDigest">The root over the state after the last block.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Fault">What does not hold, with the block; null if everything does.</param>
public sealed record LedgerVerification(long Height, long Leaves, Digest<LedgerState> StateDigest, double Seconds, string? Fault)
{
    /// <summary>
    /// Executes a stored ledger again from genesis and compares everything that it says: parents, times, certificates, randomness, every signature, every
    /// outcome, every root. Reads only; the ledger may be in use.
    /// </summary>
    /// <param name="genesis">From what it grew.</param>
    /// <param name="contracts">The contracts, with an empty state.</param>
    /// <param name="disk">Where the blocks lie.</param>
    /// <param name="progress">Told each height that is done; null for none.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    public static LedgerVerification Run(Genesis genesis, ContractSet contracts, IDisk disk, IProgress<(long Done, long Of)>? progress, CancellationToken cancellation = default)
    {
        var watch = Stopwatch.StartNew();
        using var stateLock = new ReaderWriterLockSlim();
        using var chain = new Chain(disk);
        var recovery = new Recovery(genesis, contracts, new Executor(contracts, genesis), new Admitter(contracts, genesis, stateLock), chain, verifySignatures: true);
        var last = chain.Height;
        string? fault = null;
        try
        {
            // What began from a snapshot of others is verified from there: its root is certified.
            if (chain.FirstHeight == 1)
                recovery.Begin();
            else
                recovery.Restore(new SnapshotStore(disk));
            recovery.ReplayTo(last, progress is null ? null : new Heights(progress, last), cancellation);
        }
        catch (LedgerDamagedException damaged)
        {
            fault = damaged.Message;
        }
        catch (AggregateException several) when (several.InnerExceptions.OfType<LedgerDamagedException>().FirstOrDefault() is { } damaged)
        {
            fault = damaged.Message;
        }
        catch (LogDamagedException damaged)
        {
            fault = damaged.Message;
        }
        catch (StateFormatException damaged)
        {
            fault = damaged.Message;
        }
        return new LedgerVerification(recovery.Tip.Height, recovery.Leaves, contracts.State.Root(), watch.Elapsed.TotalSeconds, fault);
    }

    private sealed class Heights(IProgress<(long Done, long Of)> progress, long last) : IProgress<long>
    {
        public void Report(long value) => progress.Report((value, last));
    }
}
