using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>The messages of one round, and which of the rules with "for the first time" it has had.</summary>
internal sealed class AgreementRound(AgreementCommittee committee, int proposer)
{
    private const int FreeProposals = 2;

    private readonly List<AgreementProposal> proposals = new(1);
    private readonly bool[] senders = new bool[committee.Count];

    /// <summary>The position of proposer(h, r).</summary>
    public int Proposer { get; } = proposer;

    /// <summary>The proposals of the round, in order of arrival; more than one from a liar only.</summary>
    public IReadOnlyList<AgreementProposal> Proposals => proposals;

    /// <summary>The prevotes.</summary>
    public AgreementTally Prevotes { get; } = new(committee);

    /// <summary>The precommits.</summary>
    public AgreementTally Precommits { get; } = new(committee);

    /// <summary>The weight of those that sent anything of this round.</summary>
    public long SenderWeight { get; private set; }

    /// <summary>Line 34 was had.</summary>
    public bool PrevoteTimeoutStarted { get; set; }

    /// <summary>Line 36 was had.</summary>
    public bool QuorumOfPrevotesSeen { get; set; }

    /// <summary>Line 47 was had.</summary>
    public bool PrecommitTimeoutStarted { get; set; }

    /// <summary>The votes of a phase.</summary>
    public AgreementTally Tally(VotePhase phase) => phase == VotePhase.Prevote ? Prevotes : Precommits;

    /// <summary>
    /// Takes a proposal of the round's proposer. Two are kept, and a further one only for a block that more than f voted for here.
    /// </summary>
    public Intake Add(ProposalMessage message, out ProposalMessage? first)
    {
        first = null;
        foreach (var known in proposals)
            if (known.Message.Block == message.Block && known.Message.ValidRound == message.ValidRound)
                return Intake.Known;
        if (proposals.Count >= FreeProposals && !(IsSupported(message.Block) && proposals.TrueForAll(known => known.Message.Block != message.Block)))
            return Intake.Refused;
        proposals.Add(new AgreementProposal(message));
        AddSender(Proposer);
        if (proposals.Count != 2)
            return Intake.New;
        first = proposals[0].Message;
        return Intake.Contradiction;
    }

    /// <summary>Takes a vote.</summary>
    public Intake Add(VotePhase phase, int voter, Digest<Block>? block, out Digest<Block>? other)
    {
        var intake = Tally(phase).Add(voter, block, out other);
        if (intake != Intake.Refused)
            AddSender(voter);
        return intake;
    }

    /// <summary>Forgets all that a validator sent.</summary>
    /// <returns>True if nothing is left.</returns>
    public bool Remove(int sender)
    {
        Prevotes.Remove(sender);
        Precommits.Remove(sender);
        if (sender == Proposer)
            proposals.Clear();
        if (senders[sender])
        {
            senders[sender] = false;
            SenderWeight -= committee.Weight(sender);
        }
        return SenderWeight == 0;
    }

    private bool IsSupported(Digest<Block> block) =>
        Prevotes.Weight(block) > committee.Faulty || Precommits.Weight(block) > committee.Faulty;

    private void AddSender(int sender)
    {
        if (senders[sender])
            return;
        senders[sender] = true;
        SenderWeight += committee.Weight(sender);
    }
}

/// <summary>A proposal and what the host said about it.</summary>
internal sealed class AgreementProposal(ProposalMessage message)
{
    /// <summary>The message.</summary>
    public ProposalMessage Message { get; } = message;

    /// <summary>The clock rule at its arrival.</summary>
    public bool IsTimely { get; set; } = true;

    /// <summary>valid(v), as far as it was asked.</summary>
    public BlockValidity Validity { get; set; }

    /// <summary>The host was asked, and nothing came since.</summary>
    public bool IsAsked { get; set; }
}
