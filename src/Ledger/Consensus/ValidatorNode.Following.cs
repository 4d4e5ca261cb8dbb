using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>A node that is behind takes certified blocks from others, verifies all of them, and is one of them again.</summary>
internal sealed partial class ValidatorNode
{
    private const int BlocksBytes = 4 << 20;

    private static readonly TimeSpan PatienceForBlocks = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan PatienceForVotes = TimeSpan.FromMilliseconds(150);

    private readonly Dictionary<AccountId, long> peerHeights = [];
    private (AccountId Peer, long Ticks)? asked;
    private long? behindSince;

    private void AskIfBehind()
    {
        if (behindSince is not { } since || Ticks - since < ToTicks(PatienceForVotes))
            return;
        behindSince = null;
        foreach (var (peer, height) in peerHeights)
            if (height > Tip.Height)
            {
                AskForBlocks(peer, height);
                return;
            }
    }

    private void AskForBlocks(AccountId from, long theirHeight)
    {
        if (asked is { } open && Ticks - open.Ticks < ToTicks(PatienceForBlocks))
            return;
        asked = (from, Ticks);
        if (IsWorthASnapshot(theirHeight))
            Send(from, new WantSnapshot(0, 0), PeerLane.Bulk);
        else
            Send(from, new WantBlocks(Tip.Height + 1), PeerLane.Bulk);
    }

    private void ForgetAsked(AccountId peer)
    {
        if (asked is { } open && open.Peer == peer)
            asked = null;
    }

    private void SendBlocks(WantBlocks want, AccountId to)
    {
        var stored = new List<StoredBlock>();
        var bytes = 0L;
        for (var height = Math.Max(1, want.From); height <= Tip.Height && bytes < BlocksBytes && chain.TryRead(height, out var block); height++)
        {
            stored.Add(block);
            bytes += block.Leaves.Sum(leaf => (long)leaf.Transaction.Length + leaf.Outcome.Length + 100);
        }
        if (stored.Count > 0)
            Send(to, new Blocks(stored), PeerLane.Bulk);
    }

    private void Follow(Blocks blocks, AccountId from)
    {
        ForgetAsked(from);
        foreach (var block in blocks.Stored)
            if (block.Header.Height <= Tip.Height)
                RequireSame(block);
            else if (block.Header.Height == Tip.Height + 1 && !TryFollow(block))
                return;
        if (peerHeights.GetValueOrDefault(from) > Tip.Height)
            AskForBlocks(from, peerHeights[from]);
    }

    /// <summary>Executes a certified block of others; false if it is not what it says to be.</summary>
    public bool TryFollow(StoredBlock block, bool verifySignatures = true)
    {
        CandidateBlock executed = null!;
        try
        {
            var transactions = execution.Check(Tip, block, verifySignatures, pool);
            TakeSnapshotIfWanted(block.Header.Height, new Timestamp(block.Header.Time));
            WithWriteLock(() => executed = execution.Execute(Tip, block, transactions));
        }
        catch (Exception fault) when (fault is LedgerDamagedException or AggregateException { InnerException: LedgerDamagedException })
        {
            Counters.CountInvalid("bad_block");
            return false;
        }
        Finalise(block, executed, changes: null);
        Counters.BlocksFollowed++;
        decided = null;
        BeginHeight();
        TakeLater();
        return true;
    }

    // More than a third lied: nobody can tell which chain is the right one.
    private void RequireSame(StoredBlock block)
    {
        if (!chain.TryRead(block.Header.Height, out var own) || own.Id == block.Id
            || !BlockCertificate.TryParse(block.CertificateBytes, out var certificate)
            || executor.Rules.ValidatorsAt(block.Header.Height) is not { } certifiers || !certificate.Verify(block.Header, block.Id, certifiers))
            return;
        environment.Disk.Replace($"conflict-{block.Header.Height:D12}", stream => stream.Write(block.ToBytes()));
        Halt($"conflicting_certificates: two certified blocks of height {block.Header.Height}, both kept.");
    }
}
