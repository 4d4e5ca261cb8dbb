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
        environment.Disk.Delete(IncomingName);
        incomingFile = new IncomingSnapshot(environment.Disk.Open(IncomingName), from);
        offer = made;
        asked = (from, Ticks);
        Send(from, new WantSnapshot(made.Last.Header.Height, 0), PeerLane.Bulk);
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
        file.Append(portion.Content);
        asked = (from, Ticks);
        if (file.Length < taken.Length && portion.Content.Length > 0)
        {
            Send(from, new WantSnapshot(taken.Last.Header.Height, file.Length), PeerLane.Bulk);
            return;
        }
        file.Close();
        incomingFile = null;
        offer = null;
        if (!TryAdopt(taken))
            isSnapshotRefused = true;
        environment.Disk.Delete(IncomingName);
        ForgetAsked(from);
        BeginHeight();
    }

    private bool TryAdopt(SnapshotOffer taken)
    {
        try
        {
            using var stream = environment.Disk.OpenRead(IncomingName);
            if (SnapshotRoot.Compute(stream, Environment.ProcessorCount) != taken.Next.Header.CheckpointRoot)
                return false;
        }
        catch (SnapshotException)
        {
            return false;
        }
        // From here on the disk alone says how far this went: a start in between finds the old log, or no block, or the new ones.
        snapshots.Adopt(taken.Last.Header.Height, IncomingName);
        chain.RestartAt(taken.Last, taken.Next);
        WithWriteLock(contracts.State.Reset);
        var recovery = new Recovery(genesis, contracts, executor, admitter, chain, verifySignatures: false);
        WithWriteLock(() => recovery.Restore(snapshots));
        recovery.ReplayTo(chain.Height, null, default);
        Volatile.Write(ref tip, recovery.Tip);
        Counters.SnapshotsTaken++;
        foreach (var (entry, reason) in pool.Review(tip.Time.UnixSeconds, executed: null, key => contracts.System.Replay.Contains(new(key))))
            Answer([entry], reason);
        return true;
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
    }
}
