namespace Counterfoil.Ledger.Consensus;

/// <summary>What comes from other nodes and goes to them.</summary>
internal sealed partial class ValidatorNode
{
    private const int LargestLater = 512;

    private static readonly TimeSpan ProgressWhileOpen = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan ProgressWhileIdle = TimeSpan.FromSeconds(1);

    // Messages of the height after the next one: whoever sent them is a block ahead.
    private readonly List<(AccountId From, PeerMessage Message)> later = [];
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
                intake.Add(bodies, from);
                return;
            case { } other:
                Post(() => Take(other, from));
                return;
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
            case BodyAnswers answers:
                TakeAnswers(answers, from);
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
        HandOnAgain();
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
