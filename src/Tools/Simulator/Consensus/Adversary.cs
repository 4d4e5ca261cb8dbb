using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.Consensus;

/// <summary>
/// All liars together: they see every message as it is sent, reach everybody at once and agree on what to say. What they cannot do is sign
/// for somebody else.
/// </summary>
internal sealed class Adversary(ConsensusWorld world)
{
    private const int LargestDelay = 15;

    private readonly HashSet<(long Height, int Round)> begun = [];
    private readonly Dictionary<(long Height, int Round), List<Digest<Block>>> proposed = [];
    private readonly Dictionary<(int Liar, int To, long Height, int Round, VotePhase Phase), Digest<Block>?> told = [];
    private readonly List<Envelope> heard = [];
    private readonly int half = world.Random.Next() is var bits ? (int)(bits & 0x7F) : 0;
    private Digest<Block> tip;
    private long tipHeight;

    /// <summary>An honest validator sends a message.</summary>
    public void Observe(Envelope envelope)
    {
        if (world.Plan.Liars == 0)
            return;
        heard.Add(envelope);
        var (height, round) = (envelope.Height, envelope.Round);
        if (envelope.Proposal is { } proposal)
        {
            Propose(height, round, proposal.Block);
            tip = world.BlockOf(proposal.Block)!.Parent;
            tipHeight = height;
        }
        if (!begun.Add((height, round)))
            return;
        for (var liar = 0; liar < world.Plan.Committee.Count; liar++)
        {
            if (!world.Plan.IsLiar(liar))
                continue;
            Plan(liar, height, round, Step.Propose, world.Random.Between(0, 10));
            Plan(liar, height, round, Step.Prevote, world.Random.Between(1, 60));
            Plan(liar, height, round, Step.Precommit, world.Random.Between(10, 150));
            if (world.Random.Chance(300))
                Plan(liar, height, round, Step.Precommit, world.Random.Between(100, 400));
            // A liar that is to propose next does not wait to be waited for.
            if (world.Plan.Committee.Proposer(height, round + 1) == liar)
                Plan(liar, height, round + 1, Step.Propose, world.Random.Between(50, 300));
        }
    }

    /// <summary>A planned lie is due.</summary>
    public void Act(int liar, long height, int round, Step step)
    {
        if (world.Plan.Styles[liar] == LiarStyle.Silent)
        {
            world.Count(FaultKind.WithheldVote);
            return;
        }
        if (step == Step.Propose)
            ActAsProposer(liar, height, round);
        else
            ActAsVoter(liar, height, round, step == Step.Prevote ? VotePhase.Prevote : VotePhase.Precommit);
        if (world.Random.Chance(world.Plan.Mischief))
            MakeMischief(liar, height, round);
    }

    private void ActAsProposer(int liar, long height, int round)
    {
        if (world.Plan.Committee.Proposer(height, round) != liar || proposed.ContainsKey((height, round)))
            return;
        var style = world.Plan.Styles[liar];
        var parent = height == tipHeight ? tip : world.TipBelow(height);
        var first = Build(liar, height, parent);
        var second = style is LiarStyle.Split or LiarStyle.Random ? Build(liar, height, parent) : first;
        var validRound = -1;
        // An earlier block again, justified by prevotes that may or may not exist: of the round before, or of one that later locks outdate.
        var origin = world.Random.Chance(500) ? round - 1 : world.Random.Below(Math.Max(1, round));
        if (round > 0 && world.Random.Chance(500) && proposed.TryGetValue((height, origin), out var earlier))
        {
            first = world.Random.Pick(earlier);
            validRound = world.Random.Chance(800) ? origin : world.Random.Between(-1, round - 1);
            second = style == LiarStyle.Loyal ? first : second;
        }
        for (var to = 0; to < world.Plan.Committee.Count; to++)
        {
            if (style == LiarStyle.Selective && world.Random.Chance(400))
                continue;
            var isSecond = style == LiarStyle.Random ? world.Random.Chance(500) : IsFar(to);
            var block = isSecond ? second : first;
            Propose(height, round, block);
            var message = new ProposalMessage(height, round, block, block == first ? validRound : -1, world.Plan.Committee[liar]);
            if (isSecond && second != first)
                world.Count(FaultKind.Equivocation);
            world.Network.SendAsLiar(liar, to, world.Signer.Sign(liar, message), LargestDelay);
        }
    }

    private void ActAsVoter(int liar, long height, int round, VotePhase phase)
    {
        var style = world.Plan.Styles[liar];
        var blocks = proposed.GetValueOrDefault((height, round));
        for (var to = 0; to < world.Plan.Committee.Count; to++)
        {
            if (world.Validator(to) is null)
                continue;
            if ((style == LiarStyle.Selective && world.Random.Chance(600)) || (style == LiarStyle.Random && world.Random.Chance(250)))
            {
                world.Count(FaultKind.WithheldVote);
                continue;
            }
            Digest<Block>? block = style switch
            {
                LiarStyle.Split => Of(blocks, IsFar(to) ? 1 : 0),
                LiarStyle.Random => world.Random.Chance(250) ? null : Of(blocks, world.Random.Below(3)),
                _ => Of(blocks, 0),
            };
            Tell(liar, to, new VoteMessage(phase, height, round, block, world.Plan.Committee[liar]));
            // Both votes to the same one: the paper counts each for its value.
            if (style == LiarStyle.Split && world.Random.Chance(200) && blocks is { Count: > 1 })
                Tell(liar, to, new VoteMessage(phase, height, round, Of(blocks, IsFar(to) ? 0 : 1), world.Plan.Committee[liar]));
        }
    }

    private void MakeMischief(int liar, long height, int round)
    {
        var to = world.Random.Below(world.Plan.Committee.Count);
        var victim = world.Random.Below(world.Plan.Committee.Count);
        var blocks = proposed.GetValueOrDefault((height, round));
        switch (world.Random.Below(3))
        {
            case 0 when victim != liar && !world.Plan.IsLiar(victim):
                world.Count(FaultKind.Forgery);
                var forged = new VoteMessage(VotePhase.Precommit, height, round, Of(blocks, 1), world.Plan.Committee[victim]);
                world.Network.SendAsLiar(liar, to, world.Signer.Forge(liar, victim, forged), LargestDelay);
                break;
            case 1:
                world.Count(FaultKind.Stale);
                world.Network.SendAsLiar(liar, to, world.Random.Pick(heard), LargestDelay);
                break;
            default:
                // Rounds far ahead, alone: it must neither move anybody nor fill the memory.
                var later = round + world.Random.Between(1, 1000);
                Tell(liar, to, new VoteMessage(VotePhase.Prevote, height, later, Of(blocks, 0), world.Plan.Committee[liar]));
                break;
        }
    }

    private SimulatedBlock BuildBlock(int liar, long height, Digest<Block> parent)
    {
        var isValid = !world.Random.Chance(world.Plan.Mischief);
        var isTimely = !world.Random.Chance(world.Plan.Mischief / 2);
        if (!isValid)
            world.Count(FaultKind.InvalidBlock);
        if (!isTimely)
            world.Count(FaultKind.UntimelyBlock);
        return world.Build(height, parent, liar, isTimely ? world.Now : world.Now + 10_000, isValid);
    }

    private Digest<Block> Build(int liar, long height, Digest<Block> parent)
    {
        var block = BuildBlock(liar, height, parent);
        if (world.Random.Chance(world.Plan.Mischief))
        {
            world.Count(FaultKind.WithheldBody);
            block.Withheld = (int)(world.Random.Next() & 0x7F);
        }
        return block.Id;
    }

    private void Tell(int liar, int to, VoteMessage message)
    {
        var key = (liar, 0, message.Height, message.Round, message.Phase);
        if (!told.TryAdd(key, message.Block) && told[key] != message.Block)
            world.Count(FaultKind.Equivocation);
        world.Network.SendAsLiar(liar, to, world.Signer.Sign(liar, message), LargestDelay);
    }

    private void Propose(long height, int round, Digest<Block> block)
    {
        if (!proposed.TryGetValue((height, round), out var blocks))
            proposed.Add((height, round), blocks = []);
        if (!blocks.Contains(block))
            blocks.Add(block);
    }

    private void Plan(int liar, long height, int round, Step step, int delay) => world.After(delay, new()
    {
        Kind = SimulationEventKind.Adversary,
        Node = liar,
        Height = (int)height,
        Round = round,
        Detail = (int)step,
    });

    private bool IsFar(int validator) => (half >> validator & 1) != 0;

    private static Digest<Block>? Of(List<Digest<Block>>? blocks, int place) => blocks is not null && place < blocks.Count ? blocks[place] : null;
}
