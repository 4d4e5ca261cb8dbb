using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.FullStack;

/// <summary>
/// A validator that lies: a real node whose messages are changed on their way out by somebody who has its keys. It hears nothing of its own lies, so that
/// it goes on.
/// </summary>
internal sealed class Liar
{
    private const int MostKept = 64;

    private readonly SimulatedWorld world;
    private readonly SimulatedNode node;
    private readonly string keyId;
    private readonly bool isSilent;
    private readonly bool isSplitting;
    private readonly bool[] isOtherHalf;
    private readonly List<ReadOnlyMemory<byte>> kept = [];
    private readonly List<Digest<Block>> seen = [];
    private LiarForgery Forgery => field ??= new LiarForgery(world, node);

    public Liar(SimulatedWorld world, SimulatedNode node)
    {
        this.world = world;
        this.node = node;
        keyId = Base64Url.Encode(node.ConsensusKey.PublicKey.Thumbprint.ToArray());
        var isMadeTo = world.Plan.Scenario.AreLiarsSplitting;
        isSilent = !isMadeTo && world.Random.Chance(100);
        isSplitting = isMadeTo || world.Random.Chance(400);
        isOtherHalf = [.. Enumerable.Range(0, world.Plan.Nodes).Select(to => isMadeTo ? world.Plan.IsOtherHalf(to) : world.Random.Chance(500))];
    }

    /// <summary>True for what it said itself.</summary>
    public bool Ignores(ReadOnlyMemory<byte> message) => PeerMessage.Parse(message) switch
    {
        SignedVote vote => ConsensusJws.TryReadVote(vote.Jws, out _, out var jws, out _) && jws.Header.KeyId == keyId,
        SignedProposal proposal => Note(proposal) && ConsensusJws.TryReadProposal(proposal.Jws, out var jws, out _) && jws.Header.KeyId == keyId,
        _ => false,
    };

    public void Send(int to, ReadOnlyMemory<byte> bytes, PeerLane lane)
    {
        if (kept.Count < MostKept)
            kept.Add(bytes);
        else
            kept[world.Random.Below(MostKept)] = bytes;
        foreach (var said in Twist(to, bytes))
            world.Links.Send(node.Index, to, said, lane);
        if (!Mischief())
            return;
        foreach (var said in Further())
            world.Links.Send(node.Index, to, said, lane);
    }

    private IEnumerable<ReadOnlyMemory<byte>> Twist(int to, ReadOnlyMemory<byte> bytes)
    {
        switch (PeerMessage.Parse(bytes))
        {
            case SignedVote vote when ConsensusJws.TryReadVote(vote.Jws, out var phase, out var jws, out var said) && jws.Header.KeyId == keyId:
                return TwistVote(to, bytes, phase, said);
            case SignedProposal proposal when ConsensusJws.TryReadProposal(proposal.Jws, out var jws, out var payload) && jws.Header.KeyId == keyId:
                return TwistProposal(to, bytes, proposal, payload);
            case Bodies bodies:
                return TwistBodies(bytes, bodies);
            case SnapshotPortion { Content.Length: > 0 } or SnapshotOffer when Mischief():
                world.Count(WorldFault.SnapshotLie);
                return [Forgery.Altered(bytes)];
            case Blocks or Progress or WantBlocks when Mischief():
                world.Count(WorldFault.Alteration);
                return [Forgery.Altered(bytes)];
            default:
                return [bytes];
        }
    }

    private List<ReadOnlyMemory<byte>> TwistVote(int to, ReadOnlyMemory<byte> bytes, VotePhase phase, BlockVote said)
    {
        if (isSilent || Mischief())
        {
            world.Count(WorldFault.WithheldMessage);
            return [];
        }
        if (isSplitting && isOtherHalf[to] || Mischief())
        {
            var other = world.Twins.GetValueOrDefault((said.Height, said.Round)) is { } twin && world.Random.Chance(800) ? twin.Id
                : said.Block is not null && world.Random.Chance(500) ? (Digest<Block>?)null
                : seen.Count > 0 ? world.Random.Pick(seen) : Digest<Block>.Of(bytes.Span);
            if (other != said.Block)
                world.Count(WorldFault.EquivocatingVote);
            ReadOnlyMemory<byte> second = Forgery.Vote(phase, said with { Block = other });
            return world.Random.Chance(200) ? [bytes, second] : [second];
        }
        if (!Mischief())
            return [bytes];
        world.Count(WorldFault.VoteForGarbage);
        return [Forgery.Vote(phase, Forgery.Garbage(said)), bytes];
    }

    private List<ReadOnlyMemory<byte>> TwistProposal(int to, ReadOnlyMemory<byte> bytes, SignedProposal proposal, ProposalPayload payload)
    {
        Note(proposal);
        if (isSilent || Mischief())
        {
            world.Count(WorldFault.WithheldMessage);
            return [];
        }
        if (isSplitting && isOtherHalf[to])
        {
            world.Count(WorldFault.EquivocatingProposal);
            if (!world.Twins.TryGetValue((payload.Height, payload.Round), out var twin))
                world.Twins.Add((payload.Height, payload.Round), twin = LiarForgery.Twin(proposal.Block));
            return twin is null ? [] : [Forgery.Proposal(payload, twin)];
        }
        if (!Mischief())
            return [bytes];
        world.Count(WorldFault.LieInField);
        return [Forgery.LyingProposal(payload, proposal.Block)];
    }

    private List<ReadOnlyMemory<byte>> TwistBodies(ReadOnlyMemory<byte> bytes, Bodies bodies)
    {
        if (isSilent || Mischief())
        {
            world.Count(WorldFault.WithheldBody, bodies.Submissions.Count);
            return [];
        }
        if (!Mischief())
            return [bytes];
        world.Count(WorldFault.Alteration);
        return [Forgery.Altered(bytes)];
    }

    private List<ReadOnlyMemory<byte>> Further()
    {
        switch (world.Random.Below(3))
        {
            case 0:
                world.Count(WorldFault.Stale);
                return [world.Random.Pick(kept)];
            case 1:
                world.Count(WorldFault.Garbage);
                return [Forgery.Garbage()];
            default:
                world.Count(WorldFault.Forgery);
                return [Forgery.ForgedVote(seen.Count > 0 ? world.Random.Pick(seen) : null)];
        }
    }

    private bool Note(SignedProposal proposal)
    {
        if (seen.Count >= 4)
            seen.RemoveAt(0);
        if (!seen.Contains(proposal.Block.Id))
            seen.Add(proposal.Block.Id);
        return true;
    }

    private bool Mischief() => world.Random.Chance(world.Plan.Mischief);
}
