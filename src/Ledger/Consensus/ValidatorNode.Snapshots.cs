using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// A node that is far behind takes a snapshot instead of all blocks: certified along the changes of validators, compared with the certified root before it is
/// used, and kept whole before the old log is let go.
/// </summary>
internal sealed partial class ValidatorNode
{
    private const int PortionBytes = 1 << 20;
    private const string IncomingName = "incoming-snapshot";

    private SnapshotOffer? offer;
    private IncomingSnapshot? incomingFile;
    private bool isSnapshotRefused;

    private bool IsWorthASnapshot(long theirHeight) => !isSnapshotRefused && offer is null && theirHeight - Tip.Height >= environment.BlocksWorthASnapshot;

    private void SendSnapshot(WantSnapshot want, AccountId to)
    {
        if (want.Height == 0)
        {
            if (MakeOffer() is { } made)
                Send(to, made, PeerLane.Bulk);
            else
                Send(to, new SnapshotPortion(0, 0, 0, []), PeerLane.Bulk);
            return;
        }
        if (!snapshots.Heights.Contains(want.Height))
            return;
        using var stream = snapshots.OpenRead(want.Height);
        if (want.Offset < 0 || want.Offset >= stream.Length)
            return;
        stream.Position = want.Offset;
        var content = new byte[Math.Min(PortionBytes, stream.Length - want.Offset)];
        stream.ReadExactly(content);
        Send(to, new SnapshotPortion(want.Height, stream.Length, want.Offset, content), PeerLane.Bulk);
    }

    private SnapshotOffer? MakeOffer()
    {
        foreach (var height in snapshots.Heights)
        {
            if (!chain.TryRead(height, out var last) || !chain.TryRead(height + 1, out var next) || next.Header.CheckpointRoot is null)
                continue;
            var changes = new List<AnnouncedValidators>();
            foreach (var announced in executor.Rules.AnnouncementHeights().Where(announced => announced <= height))
            {
                if (!chain.TryRead(announced, out var block))
                    return null;
                changes.Add(new AnnouncedValidators(block.HeaderBytes, block.CertificateBytes, block.NextValidatorsBytes));
            }
            using var stream = snapshots.OpenRead(height);
            return new SnapshotOffer(stream.Length, changes, last, next);
        }
        return null;
    }

    private void TakeOffer(SnapshotOffer made, AccountId from)
    {
        ForgetAsked(from);
        if (offer is not null || made.Last.Header.Height <= Tip.Height || !made.Verify(genesis))
        {
            isSnapshotRefused = true;
            return;
        }
        try
        {
            environment.Disk.Delete(IncomingName);
            incomingFile = new IncomingSnapshot(environment.Disk.Open(IncomingName), from);
        }
        catch (IOException fault)
        {
            GiveUpSnapshot(fault);
            return;
        }
        offer = made;
        asked = (from, Ticks);
        Send(from, new WantSnapshot(made.Last.Header.Height, 0), PeerLane.Bulk);
    }

    // Nothing of it is in use yet: another time the disk may have room.
    private void GiveUpSnapshot(IOException fault)
    {
        snapshotFault = $"A snapshot of another node could not be taken: {fault.Message}";
        incomingFile?.Dispose();
        incomingFile = null;
        offer = null;
    }

    private void TakeSnapshot(SnapshotPortion portion, AccountId from)
    {
        if (portion.Height == 0)
        {
            // It has none: all blocks, then.
            isSnapshotRefused = true;
            ForgetAsked(from);
            return;
        }
        if (offer is not { } taken || incomingFile is not { } file || file.From != from || portion.Height != taken.Last.Header.Height || portion.Offset != file.Length)
            return;
        try
        {
            file.Append(portion.Content);
            if (file.Length >= taken.Length || portion.Content.Length == 0)
                file.Close();
        }
        catch (IOException fault)
        {
            GiveUpSnapshot(fault);
            ForgetAsked(from);
            return;
        }
        asked = (from, Ticks);
        if (file.Length < taken.Length && portion.Content.Length > 0)
        {
            Send(from, new WantSnapshot(taken.Last.Header.Height, file.Length), PeerLane.Bulk);
            return;
        }
        incomingFile = null;
        offer = null;
        TryAdopt(taken);
        environment.Disk.Delete(IncomingName);
        ForgetAsked(from);
        BeginHeight();
    }

    private void TryAdopt(SnapshotOffer taken)
    {
        if (!IsBelievable(taken))
        {
            isSnapshotRefused = true;
            return;
        }
        try
        {
            // From here on the disk alone says how far this went: a start in between finds the old log, or no block, or the new ones.
            snapshots.Adopt(taken.Last.Header.Height, IncomingName);
            chain.RestartAt(taken.Last, taken.Next);
        }
        catch (IOException fault)
        {
            GiveUpSnapshot(fault);
            RebuildState();
            return;
        }
        RebuildState();
        Counters.SnapshotsTaken++;
        foreach (var (entry, reason) in pool.Review(tip.Time.UnixSeconds, executed: null, key => contracts.System.Replay.Contains(new(key))))
            Answer([entry], reason);
    }

    /// <summary>
    /// True if the snapshot is what the certified root confirms, and both blocks hold what their headers say: certificates cover neither the bytes beside a
    /// header nor the signatures of transactions, and once the old log is gone there is nothing to go back to. If false, the state is as before.
    /// </summary>
    private bool IsBelievable(SnapshotOffer taken)
    {
        try
        {
            using (var stream = environment.Disk.OpenRead(IncomingName))
                if (SnapshotRoot.Compute(stream, Environment.ProcessorCount) != taken.Next.Header.CheckpointRoot)
                    return false;
            if (!execution.IsContentOf(taken.Last))
                return false;
        }
        catch (SnapshotException)
        {
            return false;
        }
        try
        {
            WithWriteLock(contracts.State.Reset);
            var rehearsal = new Recovery(genesis, contracts, executor, admitter, chain, verifySignatures: true);
            using (var stream = environment.Disk.OpenRead(IncomingName))
                WithWriteLock(() => rehearsal.Begin(stream, taken.Last));
            rehearsal.Replay(taken.Next);
            return true;
        }
        catch (Exception fault) when (fault is LedgerDamagedException or SnapshotException or AggregateException { InnerException: LedgerDamagedException })
        {
            Counters.CountInvalid("bad_block");
            RebuildState();
            return false;
        }
    }

    // From the own disk.
    private void RebuildState()
    {
        WithWriteLock(contracts.State.Reset);
        var recovery = new Recovery(genesis, contracts, executor, admitter, chain, verifySignatures: false);
        WithWriteLock(() => recovery.Restore(snapshots));
        recovery.ReplayTo(chain.Height, null, default);
        Volatile.Write(ref tip, recovery.Tip);
    }

    /// <summary>The file that a snapshot arrives in, and from whom.</summary>
    private sealed class IncomingSnapshot(Storage.IDiskFile file, AccountId from)
    {
        public AccountId From => from;

        public long Length => file.Length;

        public void Append(byte[] content) => file.Append(content);

        public void Close()
        {
            file.Flush();
            file.Dispose();
        }

        public void Dispose() => file.Dispose();
    }
}
