using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Simulator.Consensus;

/// <summary>What the agreement asks of the validator, with a crash at every point where it could come.</summary>
internal sealed partial class SimulatedValidator : IAgreementHost
{
    private const int FirstTimeout = 100;
    private const int TimeoutGrowth = 40;
    private const int LargestClockDifference = 2_000;

    void IAgreementHost.Propose(int round, Digest<Block>? validValue, int validRound)
    {
        if (!IsUp)
            return;
        var block = validValue ?? world.Build(Height, Tip, index, BlockTime(), isValid: true).Id;
        world.BlockOf(block)!.Holders |= 1 << index;
        Send(new SentMessage(Step.Propose, round, block, validRound), Agreement!.Memory, []);
    }

    void IAgreementHost.Vote(VotePhase phase, int round, Digest<Block>? block, AgreementMemory memory)
    {
        if (!IsUp)
            return;
        IReadOnlyList<Envelope> proof = phase == VotePhase.Precommit && block is not null ? [.. messages.Where(IsProof)] : [];
        Send(new SentMessage(phase == VotePhase.Prevote ? Step.Prevote : Step.Precommit, round, block), memory, proof);

        bool IsProof(Envelope envelope) => envelope.Height == Height && envelope.Round == round
            && (envelope.Proposal?.Block == block || envelope.Vote is { Phase: VotePhase.Prevote } vote && vote.Block == block);
    }

    BlockValidity IAgreementHost.Judge(ProposalMessage proposal)
    {
        var block = world.BlockOf(proposal.Block)!;
        if (!IsUp)
            return BlockValidity.Unknown;
        if ((block.Holders >> index & 1) == 0)
        {
            RequestBodies(block.Id);
            return BlockValidity.Unknown;
        }
        return block.IsValid && block.Height == Height && block.Parent == Tip ? BlockValidity.Valid : BlockValidity.Invalid;
    }

    bool IAgreementHost.IsTimely(ProposalMessage proposal) =>
        Math.Abs(world.BlockOf(proposal.Block)!.Time - (world.Now + ClockOffset)) <= LargestClockDifference;

    void IAgreementHost.StartTimeout(AgreementTimeout timeout)
    {
        if (!IsUp)
            return;
        var length = (long)(FirstTimeout + Math.Min(timeout.Round, 100) * TimeoutGrowth) * TimeoutPercent / 100;
        world.After(length, new()
        {
            Kind = SimulationEventKind.Timeout,
            Node = index,
            Number = Incarnation,
            Height = (int)timeout.Height,
            Round = timeout.Round,
            Detail = (int)timeout.Step,
        });
    }

    void IAgreementHost.Decide(int round, Digest<Block> block)
    {
        if (!IsUp)
            return;
        var agreement = Agreement!;
        var signers = agreement.Votes(VotePhase.Precommit, round, block);
        var precommits = messages.Where(envelope => envelope.Vote is { Phase: VotePhase.Precommit } vote && vote.Height == Height
            && vote.Round == round && vote.Block == block && signers.Contains(vote.Signer)).ToList();
        var proposal = messages.First(envelope => envelope.Proposal is { } candidate && candidate.Height == Height
            && candidate.Round == round && candidate.Block == block);
        Store(agreement, new SimulatedCertificate(Height, round, world.BlockOf(block)!, proposal, precommits));
    }

    void IAgreementHost.Evidence(VoteMessage first, VoteMessage second) =>
        world.Checker.Evidence(first.Signer, first with { Block = second.Block } == second && first.Block != second.Block);

    void IAgreementHost.Evidence(ProposalMessage first, ProposalMessage second) =>
        world.Checker.Evidence(first.Signer, first.Height == second.Height && first.Round == second.Round && first != second);

    /// <summary>Log, sign, send, feed back: a crash between any two of them.</summary>
    private void Send(SentMessage message, AgreementMemory memory, IReadOnlyList<Envelope> proof)
    {
        if (CrashesAt(FaultKind.CrashBeforeWrite))
            return;
        world.Checker.Logged(index, memory);
        // The first message of a round brings the precommits that ended the one before: without a liar's among them, others may stay there.
        if (message.Round > 0 && !log.Exists(entry => entry.Sent.Round == message.Round))
            proof = [.. proof, .. messages.Where(envelope => envelope.Height == Height && envelope.Round == message.Round - 1
                && envelope.Vote is { Phase: VotePhase.Precommit })];
        log.Add(new LogEntry(memory, message, proof));
        if (CrashesAt(FaultKind.CrashAfterWrite))
            return;
        var envelope = Sign(message);
        if (CrashesAt(FaultKind.CrashBeforeSend))
            return;
        if (ArmedCrash == FaultKind.CrashDuringSend)
        {
            world.Network.SendToSome(index, envelope);
            Crash(FaultKind.CrashDuringSend);
            return;
        }
        world.Network.SendToOthers(index, envelope);
        Take(Agreement!, envelope);
    }

    private Envelope Sign(SentMessage message)
    {
        var account = world.Plan.Committee[index];
        var envelope = message.Step == Step.Propose
            ? world.Signer.Sign(index, new ProposalMessage(Height, message.Round, message.Block!.Value, message.ValidRound, account))
            : world.Signer.Sign(index, new VoteMessage(PhaseOf(message.Step), Height, message.Round, message.Block, account));
        world.Checker.Signed(envelope);
        return envelope;
    }

    private static VotePhase PhaseOf(Step step) => step == Step.Prevote ? VotePhase.Prevote : VotePhase.Precommit;

    private void Store(Agreement agreement, SimulatedCertificate certificate)
    {
        if (CrashesAt(FaultKind.CrashBeforeFinal))
            return;
        world.Checker.Decided(this, Tip, certificate);
        finals.Add(certificate);
        log.Clear();
        if (CrashesAt(FaultKind.CrashAfterFinal))
            return;
        // Only a decided one: another would go on voting when it is given old messages.
        if (agreement.IsDecided)
            decided[certificate.Height] = agreement;
        Agreement = null;
        world.After(world.Random.Between(1, 20), new() { Kind = SimulationEventKind.Begin, Node = index, Number = Incarnation });
    }

    private bool CrashesAt(FaultKind point)
    {
        if (ArmedCrash != point)
            return false;
        Crash(point);
        return true;
    }

    private long BlockTime() => Math.Max(world.Now + ClockOffset, finals.Count == 0 ? long.MinValue : finals[^1].Block.Time + 1);
}
