using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>The rules of Algorithm 1, each named by its line.</summary>
internal sealed partial class Agreement
{
    /// <summary>The rules that a message of any round may fulfil.</summary>
    private void Evaluate(int number)
    {
        if (IsDecided || messages.Find(number) is not { } round || Line49(number, round))
            return;
        if (number > Round && (Line55(round) || StartsHeight(number, round)))
            StartRound(number);
        ApplyRules();
    }

    /// <summary>The rules of the present round, until none fires. What decides or locks goes first, so that no timeout starts in vain.</summary>
    private void ApplyRules()
    {
        while (!IsDecided && IsStarted)
        {
            var round = messages.Open(Round);
            if (!(Step == Step.Propose && (Line22(round) || Line28(round))) && !Line36(round) && !Line44(round))
            {
                // What came back from within a call may decide.
                if (touched.Count > 0)
                    return;
                Line34(round);
                Line47(round);
                return;
            }
        }
    }

    // Lines 11 to 21.
    private void StartRound(int round)
    {
        Round = round;
        Step = Step.Propose;
        BeginProposeStep();
    }

    private void BeginProposeStep()
    {
        awaitsOwnProposal = false;
        if (self < 0)
            return;
        if (committee.Proposer(Height, Round) != self)
        {
            host.StartTimeout(new AgreementTimeout(Height, Round, Step.Propose));
            return;
        }
        awaitsOwnProposal = true;
        if (!MaySend(Step.Propose))
            return;
        RaiseValidValue();
        host.Propose(Round, ValidValue, ValidRound);
    }

    // Line 36 for rounds that were left before their prevotes came. The paper sets validValue in the present round only, so that a height
    // in which few are locked waits until one of them proposes, up to n rounds; with this it is f + 2. A proposal stays justified by a
    // quorum of prevotes of its valid round, and no lock is touched.
    private void RaiseValidValue()
    {
        if (!rules.Lock)
            return;
        for (var number = Round - 1; number > ValidRound; number--)
        {
            foreach (var proposal in messages.Find(number)?.Proposals ?? [])
            {
                if (messages.Find(number)!.Prevotes.Weight(proposal.Message.Block) < Quorum || Judge(proposal) != BlockValidity.Valid)
                    continue;
                (ValidValue, ValidRound) = (proposal.Message.Block, number);
                return;
            }
        }
    }

    // Line 21 for the proposer itself: nobody else would end its wait if the host cannot propose.
    private void AwaitOwnProposal()
    {
        if (!awaitsOwnProposal || touched.Count > 0)
            return;
        awaitsOwnProposal = false;
        if (Step == Step.Propose && !IsDecided)
            host.StartTimeout(new AgreementTimeout(Height, Round, Step.Propose));
    }

    // Line 22: a new proposal of this round.
    private bool Line22(AgreementRound round)
    {
        foreach (var proposal in round.Proposals)
        {
            if (proposal.Message.ValidRound != -1)
                continue;
            var block = proposal.Message.Block;
            if (!proposal.IsTimely || (LockedRound != -1 && LockedValue != block))
                return Prevote(null);
            switch (Judge(proposal))
            {
                case BlockValidity.Valid:
                    return Prevote(block);
                case BlockValidity.Invalid:
                    return Prevote(null);
            }
        }
        return false;
    }

    // Line 28: a proposal that a quorum of prevotes of an earlier round justifies.
    private bool Line28(AgreementRound round)
    {
        foreach (var proposal in round.Proposals)
        {
            var (block, validRound) = (proposal.Message.Block, proposal.Message.ValidRound);
            if (validRound < 0 || messages.Find(validRound) is not { } earlier || earlier.Prevotes.Weight(block) < Quorum)
                continue;
            if (LockedRound > validRound && LockedValue != block)
                return Prevote(null);
            switch (Judge(proposal))
            {
                case BlockValidity.Valid:
                    return Prevote(block);
                case BlockValidity.Invalid:
                    return Prevote(null);
            }
        }
        return false;
    }

    // Line 34: a quorum of prevotes of any kind, for the first time.
    private void Line34(AgreementRound round)
    {
        if (Step != Step.Prevote || round.PrevoteTimeoutStarted || round.Prevotes.AnyWeight < Quorum)
            return;
        round.PrevoteTimeoutStarted = true;
        if (self >= 0)
            host.StartTimeout(new AgreementTimeout(Height, Round, Step.Prevote));
    }

    // Line 36: a valid proposal and a quorum of prevotes for it, for the first time.
    private bool Line36(AgreementRound round)
    {
        if (Step < Step.Prevote || round.QuorumOfPrevotesSeen)
            return false;
        foreach (var proposal in round.Proposals)
        {
            var block = proposal.Message.Block;
            if (round.Prevotes.Weight(block) < Quorum || Judge(proposal) != BlockValidity.Valid)
                continue;
            round.QuorumOfPrevotesSeen = true;
            if (rules.Lock)
                (ValidValue, ValidRound) = (block, Round);
            if (Step != Step.Prevote)
                return true;
            if (rules.Lock)
                (LockedValue, LockedRound) = (block, Round);
            return Precommit(block);
        }
        return false;
    }

    // Line 44: a quorum of prevotes for nil.
    private bool Line44(AgreementRound round) =>
        Step == Step.Prevote && round.Prevotes.Weight(null) >= Quorum && Precommit(null);

    // Line 47: a quorum of precommits of any kind, for the first time.
    private void Line47(AgreementRound round)
    {
        if (round.PrecommitTimeoutStarted || round.Precommits.AnyWeight < Quorum)
            return;
        round.PrecommitTimeoutStarted = true;
        if (self >= 0)
            host.StartTimeout(new AgreementTimeout(Height, Round, Step.Precommit));
    }

    // Lines 49 to 54: a valid proposal and a quorum of precommits for it, in whichever round.
    private bool Line49(int number, AgreementRound round)
    {
        foreach (var proposal in round.Proposals)
        {
            var block = proposal.Message.Block;
            if (round.Precommits.Weight(block) < Quorum || Judge(proposal) != BlockValidity.Valid)
                continue;
            IsDecided = true;
            host.Decide(number, block);
            return true;
        }
        return false;
    }

    // Line 55: messages of a higher round from more than f.
    private bool Line55(AgreementRound round) => round.SenderWeight > committee.Faulty;

    // E3 step 6: a proposal of round 0 starts a height that waits.
    private bool StartsHeight(int number, AgreementRound round) => !IsStarted && number == 0 && round.Proposals.Count > 0;

    private void ApplyTimeout(Step step)
    {
        if (step == Step.Propose && Step == Step.Propose)
            Prevote(null); // line 57
        else if (step == Step.Prevote && Step == Step.Prevote)
            Precommit(null); // line 61
        else if (step == Step.Precommit)
            StartRound(Round + 1); // line 65
    }

    private BlockValidity Judge(AgreementProposal proposal)
    {
        if (proposal.Validity == BlockValidity.Unknown && !proposal.IsAsked)
        {
            proposal.IsAsked = true;
            proposal.Validity = host.Judge(proposal.Message);
        }
        return proposal.Validity;
    }

    private bool Prevote(Digest<Block>? block)
    {
        Step = Step.Prevote;
        if (MaySend(Step.Prevote))
            host.Vote(VotePhase.Prevote, Round, block, Memory);
        return true;
    }

    private bool Precommit(Digest<Block>? block)
    {
        Step = Step.Precommit;
        if (MaySend(Step.Precommit))
            host.Vote(VotePhase.Precommit, Round, block, Memory);
        return true;
    }

    // Own messages go up in round and step, so one comparison keeps each to one.
    private bool MaySend(Step step)
    {
        if (self < 0 || (Round, step).CompareTo(lastSent) <= 0)
            return false;
        lastSent = (Round, step);
        return true;
    }
}
