using Counterfoil.Cryptography;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Consensus;

/// <summary>What comes from other nodes and goes to them.</summary>
internal sealed partial class ValidatorNode
{
    private const int LargestLater = 512;
    private const int BodiesBytes = 1 << 20;

    private static readonly TimeSpan ProgressWhileOpen = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ProgressWhileIdle = TimeSpan.FromSeconds(1);

    // Messages of the height after the next one: whoever sent them is a block ahead.
    private readonly List<(AccountId From, PeerMessage Message)> later = [];
    private readonly HashSet<Digest<Transaction>> wanted = [];
    private long progressToldAt;
    private bool isProgressDue;
    private byte[]? incoming;

    /// <inheritdoc/>
    public void Connected(AccountId peer) => Post(() =>
    {
        Send(peer, Here(), PeerLane.Agreement);
        // What it was told while the connection was broken is lost.
        foreach (var portion in Portions(pool.AdmittedHere().Select(entry => entry.Source)))
            Send(peer, new Bodies(portion), PeerLane.Bulk);
    });

    /// <inheritdoc/>
    public void Disconnected(AccountId peer) => Post(() =>
    {
        peerHeights.Remove(peer);
        ForgetAsked(peer);
    });

    /// <inheritdoc/>
    public void Received(AccountId from, ReadOnlyMemory<byte> message)
    {
        switch (PeerMessage.Parse(message))
        {
            case null:
                return;
            case Bodies bodies:
                // Verified where it arrives, beside the agreement.
                AddBodies(bodies.Submissions, PoolOrigin.Peer);
                return;
            case { } other:
                Post(() => Take(other, from));
                return;
        }
    }

    /// <summary>Hands transactions that were admitted here to all others; any thread.</summary>
    public void HandOn(IEnumerable<Submission> submissions)
    {
        if (environment.Network is not { } network || network.Connected.Count == 0)
            return;
        foreach (var portion in Portions(submissions))
        {
            var bytes = new Bodies(portion).ToBytes();
            foreach (var peer in network.Connected)
                network.Send(peer, bytes, PeerLane.Bulk);
        }
    }

    private void Take(PeerMessage message, AccountId from)
    {
        switch (message)
        {
            case SignedProposal proposal:
                TakeProposal(proposal, from);
                break;
            case SignedVote vote:
                TakeVote(vote, from);
                break;
            case Progress progress:
                TakeProgress(progress, from);
                break;
            case WantBodies want:
                SendBodies(want, from);
                break;
            case WantBlocks want:
                SendBlocks(want, from);
                break;
            case Blocks blocks:
                Follow(blocks, from);
                break;
            case WantSnapshot want:
                SendSnapshot(want, from);
                break;
            case SnapshotPortion portion:
                TakeSnapshot(portion, from);
                break;
            case SnapshotOffer made:
                TakeOffer(made, from);
                break;
        }
    }

    private void TakeProposal(SignedProposal signed, AccountId from)
    {
        if (!ConsensusJws.TryReadProposal(signed.Jws, out var jws, out var payload) || payload.Net != genesis.Net || KeepForLater(payload.Height, signed, from)
            || payload.Height != Tip.Height + 1 || payload.Block != signed.Block.Id || payload.List != signed.Block.List
            || ConsensusJws.SignerOf(jws, validators) is not { } signer)
            return;
        var message = new ProposalMessage(payload.Height, payload.Round, payload.Block, payload.ValidRound, signer.Account);
        if (agreement.Holds(message))
            return;
        Counters.MessageSignatures++;
        if (jws.Verify(signer.ConsensusKey) is not null || IsUnknownOwn(signer, new SentMessage(Consensus.Step.Propose, payload.Round, payload.Block, payload.ValidRound)))
            return;
        var isNew = candidates.TryAdd(payload.Block, new Candidate(signed.Block));
        candidates[payload.Block].Source = from;
        incoming = signed.Jws;
        // Held before it is judged: what it makes this node sign is logged with it.
        messages.Add(message, signed);
        if (agreement.OnProposal(message))
            return;
        messages.Remove(message);
        if (isNew)
            candidates.Remove(payload.Block);
    }

    private void TakeVote(SignedVote signed, AccountId from)
    {
        if (!ConsensusJws.TryReadVote(signed.Jws, out var phase, out var jws, out var vote) || vote.Net != genesis.Net || KeepForLater(vote.Height, signed, from)
            || vote.Height != Tip.Height + 1 || ConsensusJws.SignerOf(jws, validators) is not { } signer)
            return;
        var message = new VoteMessage(phase, vote.Height, vote.Round, vote.Block, signer.Account);
        if (agreement.Holds(message))
            return;
        Counters.MessageSignatures++;
        var step = phase == VotePhase.Prevote ? Consensus.Step.Prevote : Consensus.Step.Precommit;
        if (jws.Verify(signer.ConsensusKey) is not null || IsUnknownOwn(signer, new SentMessage(step, vote.Round, vote.Block)))
            return;
        incoming = signed.Jws;
        // Held before it is judged: what it decides is assembled from what is held.
        messages.Add(message, signed);
        if (!agreement.OnVote(message))
            messages.Remove(message);
    }

    private bool KeepForLater(long height, PeerMessage message, AccountId from)
    {
        if (height != Tip.Height + 2)
            return false;
        if (later.Count < LargestLater)
            later.Add((from, message));
        return true;
    }

    /// <summary>Hands on what is known of a decided height no more, and takes what came early.</summary>
    private void TakeLater()
    {
        var early = later.ToArray();
        later.Clear();
        foreach (var (from, message) in early)
            Post(() => Take(message, from));
    }

    private void TakeProgress(Progress theirs, AccountId from)
    {
        Hear(from);
        peerHeights[from] = theirs.Height;
        if (theirs.Height > Tip.Height)
        {
            // One block behind is what every slower node is until the last votes have come.
            behindSince ??= Ticks;
            if (theirs.Height > Tip.Height + 1)
                AskForBlocks(from, theirs.Height);
        }
        else if (theirs.Height < Tip.Height)
        {
            if (theirs.Height == Tip.Height - 1)
                Send(from, Here(), PeerLane.Agreement);
        }
        else if (theirs.Height > 0 && theirs.Tip != Tip.Block)
        {
            Send(from, new WantBlocks(theirs.Height), PeerLane.Agreement);
        }
        else
        {
            foreach (var message in messages.LackedBy(theirs.Rounds))
                Send(from, message, PeerLane.Agreement);
        }
    }

    private Progress Here() => new(Tip.Height, Tip.Block, messages.Progress());

    private void TellProgress()
    {
        if (environment.Network is null)
            return;
        AskIfBehind();
        var interval = ToTicks(agreement.IsStarted ? ProgressWhileOpen : ProgressWhileIdle);
        if (!isProgressDue && Ticks - progressToldAt < interval)
            return;
        isProgressDue = false;
        progressToldAt = Ticks;
        Broadcast(Here());
        AskAgain();
    }

    /// <summary>All transactions of a candidate, or null after asking for those that are missing.</summary>
    private VerifiedTransaction[]? CollectBodies(Candidate candidate)
    {
        var ids = candidate.Block.Transactions;
        var transactions = new VerifiedTransaction[ids.Count];
        List<Digest<Transaction>>? missing = null;
        for (var index = 0; index < ids.Count; index++)
            if (pool.TryGet(ids[index], out var entry))
                transactions[index] = entry.Transaction;
            else
                (missing ??= []).Add(ids[index]);
        if (missing is null)
            return transactions;
        lock (wanted)
            foreach (var id in missing)
                wanted.Add(id);
        Counters.CountInvalid("body_unavailable");
        Send(candidate.Source, new WantBodies(missing), PeerLane.Agreement);
        return null;
    }

    // From anybody: who sent the proposal may be gone.
    private void AskAgain()
    {
        Digest<Transaction>[] ids;
        lock (wanted)
            ids = wanted.Count == 0 ? [] : [.. wanted.Where(id => !pool.TryGet(id, out _))];
        if (environment.Network is not { } network)
            return;
        foreach (var peer in ids.Length == 0 ? [] : network.Connected)
            Send(peer, new WantBodies(ids), PeerLane.Agreement);
    }

    private void SendBodies(WantBodies want, AccountId to)
    {
        var found = want.Ids.Select(id => pool.TryGet(id, out var entry) ? entry.Source : null).OfType<Submission>();
        foreach (var portion in Portions(found))
            Send(to, new Bodies(portion), PeerLane.Bulk);
    }

    /// <summary>Second verification: the same code as the first, trusting nothing. Any thread.</summary>
    private void AddBodies(IReadOnlyList<Submission> submissions, PoolOrigin origin)
    {
        List<Digest<Transaction>>? arrived = null;
        foreach (var submission in submissions)
        {
            if (TransactionParser.Parse(submission.Transaction, out var transaction) is not null || pool.TryGet(transaction!.Id, out _))
                continue;
            bool isWanted;
            lock (wanted)
                isWanted = wanted.Contains(transaction.Id);
            if (admitter.VerifyAgain(transaction, submission, Timestamp.From(environment.Clock.GetUtcNow()), Tip.Time, out var verified) is not null)
                continue;
            if (isWanted)
                Counters.TransactionSignaturesInRound += transaction.Signatures.Count;
            environment.Attachments.PutAsync(submission.Attachments, default).GetAwaiter().GetResult();
            stateLock.EnterReadLock();
            try
            {
                if (!contracts.System.Replay.Contains(new(transaction.Payload.ReplayKey)))
                    pool.Add(verified!, submission, isWanted ? PoolOrigin.Wanted : origin);
            }
            finally
            {
                stateLock.ExitReadLock();
            }
            if (isWanted)
                (arrived ??= []).Add(transaction.Id);
        }
        if (arrived is not null)
            Post(() => BodiesArrived(arrived));
    }

    // From the own log: verified before it was written there.
    private void AddLoggedBody(byte[] body)
    {
        if (TransactionParser.Parse(body, out var transaction) is not null || pool.TryGet(transaction!.Id, out _)
            || admitter.Reread(transaction, verifySignatures: false, out var verified) is not null)
            return;
        pool.Add(verified!, Submission.Of(body), PoolOrigin.Wanted);
    }

    private void BodiesArrived(List<Digest<Transaction>> arrived)
    {
        lock (wanted)
            foreach (var id in arrived)
                wanted.Remove(id);
        foreach (var candidate in candidates.Values.Where(candidate => candidate.Validity == BlockValidity.Unknown).ToArray())
            if (candidate.Block.Transactions.All(id => pool.TryGet(id, out _)))
                agreement.OnValueAvailable(candidate.Block.Id);
    }

    private static IEnumerable<List<Submission>> Portions(IEnumerable<Submission> submissions)
    {
        var portion = new List<Submission>();
        var bytes = 0L;
        foreach (var submission in submissions)
        {
            portion.Add(submission);
            bytes += submission.Transaction.Length + submission.Attachments.Sum(attachment => attachment.Content.Length);
            if (bytes < BodiesBytes)
                continue;
            yield return portion;
            (portion, bytes) = ([], 0);
        }
        if (portion.Count > 0)
            yield return portion;
    }

    private void Broadcast(PeerMessage message)
    {
        if (environment.Network is not { } network || network.Connected.Count == 0)
            return;
        var bytes = message.ToBytes();
        foreach (var peer in network.Connected)
            network.Send(peer, bytes, PeerLane.Agreement);
    }

    private void Send(AccountId to, PeerMessage message, PeerLane lane) => environment.Network?.Send(to, message.ToBytes(), lane);
}
