using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.Consensus;

/// <summary>
/// An honest validator: the real agreement with a disk, a network and a clock of the simulation's. What it stores survives a crash, all
/// else does not.
/// </summary>
internal sealed partial class SimulatedValidator(ConsensusWorld world, int index)
{
    private const int LargestFuture = 500;

    private readonly List<SimulatedCertificate> finals = [];
    private readonly List<LogEntry> log = [];

    private readonly Dictionary<long, Agreement> decided = [];
    private readonly HashSet<int> held = [];
    private readonly List<Envelope> messages = [];
    private readonly List<Envelope> future = [];

    /// <summary>What is logged before a message is signed. A precommit for a block brings what justifies it.</summary>
    private sealed record LogEntry(AgreementMemory Memory, SentMessage Sent, IReadOnlyList<Envelope> Proof);

    public int Index => index;

    public bool IsUp { get; private set; } = true;

    /// <summary>Counts restarts, so that events of an earlier life are not taken for this one's.</summary>
    public int Incarnation { get; private set; }

    /// <summary>The agreement on the present height; null before it begins, and after the last.</summary>
    public Agreement? Agreement { get; private set; }

    /// <summary>The height that is being decided.</summary>
    public long Height => finals.Count + 1;

    public IReadOnlyList<SimulatedCertificate> Finals => finals;

    /// <summary>The messages of the present height and those since the last crash.</summary>
    public IReadOnlyList<Envelope> Messages => messages;

    /// <summary>Off the simulation's time by so many milliseconds.</summary>
    public int ClockOffset { get; set; }

    /// <summary>Timeouts take so many hundredths of their length.</summary>
    public int TimeoutPercent { get; set; } = 100;

    /// <summary>The next stored entry at which it crashes, and how; None for not.</summary>
    public FaultKind ArmedCrash { get; set; }

    private Digest<Block> Tip => finals.Count == 0 ? default : finals[^1].Block.Id;

    /// <summary>Begins the present height: from the log if it has entries, else after the preset condition.</summary>
    public void Begin()
    {
        if (!IsUp || Agreement is not null || Height > world.Plan.Heights)
            return;
        Agreement = new Agreement(Height, world.Plan.Committee, world.Plan.Committee[index], this, world.Plan.Scenario.Rules);
        if (log.Count > 0)
            Restore(Agreement);
        else
            world.After(world.Random.Between(0, 30), Own(SimulationEventKind.Start));
        var waiting = future.ToArray();
        future.Clear();
        foreach (var envelope in waiting)
            Receive(index, envelope);
        world.Begins(this);
    }

    public void Start(long height)
    {
        if (IsUp && height == Height)
            Agreement?.Start();
    }

    public void OnTimeout(AgreementTimeout timeout)
    {
        if (IsUp)
            Agreement?.OnTimeout(timeout);
    }

    /// <summary>Everything that is not stored is gone.</summary>
    public void Crash(FaultKind kind)
    {
        if (!IsUp)
            return;
        IsUp = false;
        ArmedCrash = FaultKind.None;
        Incarnation++;
        Agreement = null;
        decided.Clear();
        held.Clear();
        messages.Clear();
        future.Clear();
        world.Crashed(this, kind);
    }

    public void Restart()
    {
        if (IsUp)
            return;
        IsUp = true;
        if (world.Plan.Scenario.IsLogLost)
            log.Clear();
        Begin();
    }

    /// <summary>A message came.</summary>
    public void Receive(int from, Envelope envelope)
    {
        if (!IsUp)
            return;
        if (!world.Signer.Verify(envelope))
        {
            world.Checker.Refused(envelope);
            return;
        }
        if (envelope.Height > Height || (envelope.Height == Height && Agreement is null))
        {
            if (future.Count < LargestFuture)
                future.Add(envelope);
        }
        else if (envelope.Height == Height)
            Take(Agreement!, envelope);
        else
        {
            if (decided.TryGetValue(envelope.Height, out var earlier))
                Take(earlier, envelope);
            world.OfferCertificate(this, from);
        }
    }

    /// <summary>A certificate came: of the present height it is taken, of an earlier one its votes may contradict those seen.</summary>
    public void Receive(SimulatedCertificate certificate)
    {
        if (!IsUp || certificate.Height > Height)
            return;
        if (certificate.Height < Height)
        {
            if (decided.TryGetValue(certificate.Height, out var earlier))
                foreach (var precommit in certificate.Precommits)
                    Take(earlier, precommit);
            return;
        }
        if (Agreement is not { } agreement || !IsQuorum(certificate, agreement.Quorum)
            || certificate.Block.Parent != Tip || !certificate.Block.IsValid)
            return;
        certificate.Block.Holders |= 1 << index;
        Take(agreement, certificate.Proposal);
        foreach (var precommit in certificate.Precommits)
            if (Agreement == agreement)
                Take(agreement, precommit);
        // The agreement may have had no room for one of them: the certificate decides all the same.
        if (IsUp && Agreement == agreement)
            Store(agreement, certificate);
    }

    /// <summary>Bodies came: asks the agreement to look again.</summary>
    public void OnBodies(Digest<Block> block)
    {
        if (!IsUp || Agreement is null)
            return;
        if (world.TryFetchBodies(index, block))
            Agreement.OnValueAvailable(block);
        else
            RequestBodies(block);
    }

    /// <summary>Whether it has a message of its present height, or of one to come.</summary>
    public bool Holds(Envelope envelope) =>
        envelope.Height == Height && Agreement is { } agreement ? Holds(agreement, envelope) : future.Contains(envelope);

    private static bool Holds(Agreement agreement, Envelope envelope) =>
        envelope.Proposal is { } proposal ? agreement.Holds(proposal) : agreement.Holds(envelope.Vote!);

    private void Take(Agreement agreement, Envelope envelope)
    {
        if (Holds(agreement, envelope))
            return;
        // Before it is handed in: the agreement may decide by it, and a certificate needs its signature.
        var isNew = held.Add(envelope.Id);
        if (isNew)
            messages.Add(envelope);
        if (envelope.Proposal is { } proposed && world.BlockOf(proposed.Block) is { } block && (block.Withheld >> index & 1) == 0)
            block.Holders |= 1 << index;
        var isKept = envelope.Proposal is { } proposal ? agreement.OnProposal(proposal) : agreement.OnVote(envelope.Vote!);
        if (!IsUp)
            return;
        if (!isKept && isNew)
        {
            held.Remove(envelope.Id);
            messages.Remove(envelope);
        }
        // What an honest one signed goes to all from itself, and again by gossip; a liar's would otherwise stay where it was sent.
        else if (isNew && world.Plan.IsLiar(envelope.Signer))
            world.Network.SendToOthers(index, envelope);
    }

    private void Restore(Agreement agreement)
    {
        var entries = log.ToArray();
        // Held before the agreement goes on, which may decide at once. They may never have left: the same is signed and sent again.
        var own = entries.Select(entry => Sign(entry.Sent)).ToList();
        foreach (var envelope in own)
            if (held.Add(envelope.Id))
                messages.Add(envelope);
        foreach (var envelope in own)
            world.Network.SendToOthers(index, envelope);
        agreement.Restore(entries[^1].Memory with { Sent = [.. entries.Select(entry => entry.Sent)] });
        foreach (var proof in entries.SelectMany(entry => entry.Proof))
            if (IsUp && Agreement == agreement)
                Take(agreement, proof);
    }

    private bool IsQuorum(SimulatedCertificate certificate, long quorum)
    {
        long weight = 0;
        var seen = 0;
        foreach (var precommit in certificate.Precommits)
        {
            if (precommit.Vote is not { Phase: VotePhase.Precommit } vote || vote.Height != certificate.Height || vote.Round != certificate.Round
                || vote.Block != certificate.Block.Id || (seen >> precommit.Signer & 1) != 0 || !world.Signer.Verify(precommit))
                return false;
            seen |= 1 << precommit.Signer;
            weight += world.Plan.Committee.Weight(precommit.Signer);
        }
        return weight >= quorum;
    }

    private void RequestBodies(Digest<Block> block) =>
        world.After(world.Random.Between(5, 25), Own(SimulationEventKind.FetchBody) with { Payload = block });

    private SimulationEvent Own(SimulationEventKind kind) => new() { Kind = kind, Node = index, Number = Incarnation, Height = (int)Height };
}
