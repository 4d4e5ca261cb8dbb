using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// Tendermint's agreement on one block of one height, to the letter of Algorithm 1: a state machine without clock, disk, network or keys,
/// for one thread. The host authenticates what comes in, and logs, signs and sends what goes out. Differences, none of which touches what
/// is locked or decided: the quorum is floor(2W/3) + 1 and f is floor((W − 1) / 3), by weight; a proposal of round 0, or messages from
/// more than f, start a height that waits; a proposer whose own proposal does not come back at once waits with timeoutPropose, as all
/// others do; a proposer raises its valid value by quorums of prevotes that came too late for line 36; after a restart the step's timeout
/// runs again; an account outside the set follows without votes and timeouts. <b>Source:</b> arXiv 1807.04938, Algorithm 1.
/// </summary>
internal sealed partial class Agreement
{
    private readonly IAgreementHost host;
    private readonly AgreementCommittee committee;
    private readonly AgreementRules rules;
    private readonly AgreementMessageStore messages;
    private readonly int self;
    private readonly Queue<int> touched = new();
    private bool isRunning;
    private bool awaitsOwnProposal;
    private (int Round, Step Step) lastSent = (-1, Step.None);

    /// <summary>The agreement on a height, not started.</summary>
    /// <param name="height">The height h, from 1.</param>
    /// <param name="validators">The validators in force at h.</param>
    /// <param name="self">The own account; null, or one outside the set, follows only.</param>
    /// <param name="host">Who runs it.</param>
    /// <param name="rules">What a canary breaks; null for the published rules.</param>
    public Agreement(long height, ValidatorSet validators, AccountId? self, IAgreementHost host, AgreementRules? rules = null)
        : this(height, new AgreementCommittee(validators), self, host, rules ?? AgreementRules.Published)
    {
    }

    /// <summary>The same with a committee that several share, and with the rules that a canary breaks.</summary>
    internal Agreement(long height, AgreementCommittee committee, AccountId? self, IAgreementHost host, AgreementRules rules)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(height);
        Height = height;
        this.host = host;
        this.committee = committee;
        this.rules = rules;
        this.self = self is { } account ? committee.IndexOf(account) : -1;
        Quorum = rules.Quorum?.Invoke(committee.TotalWeight) ?? committee.Quorum;
        messages = new AgreementMessageStore(committee, height);
    }

    /// <summary>h.</summary>
    public long Height { get; }

    /// <summary>round; −1 before the start.</summary>
    public int Round { get; private set; } = -1;

    /// <summary>step.</summary>
    public Step Step { get; private set; }

    /// <summary>lockedRound, or −1.</summary>
    public int LockedRound { get; private set; } = -1;

    /// <summary>lockedValue, or null.</summary>
    public Digest<Block>? LockedValue { get; private set; }

    /// <summary>validRound, or −1.</summary>
    public int ValidRound { get; private set; } = -1;

    /// <summary>validValue, or null.</summary>
    public Digest<Block>? ValidValue { get; private set; }

    /// <summary>The height is decided: messages are still kept and contradictions reported, and nothing else happens.</summary>
    public bool IsDecided { get; private set; }

    /// <summary>A round was started.</summary>
    public bool IsStarted => Round >= 0;

    /// <summary>The weight that decides.</summary>
    public long Quorum { get; }

    /// <summary>What the log takes with an own message at this moment.</summary>
    public AgreementMemory Memory => new(Height, Round, Step, LockedRound, LockedValue, ValidRound, ValidValue);

    /// <summary>The account of proposer(h, r).</summary>
    public AccountId Proposer(int round) => committee[committee.Proposer(Height, round)];

    /// <summary>
    /// Who voted for a block, or nil, in a round, as far as it is known: of precommits, who makes its certificate.
    /// </summary>
    public IReadOnlyList<AccountId> Votes(VotePhase phase, int round, Digest<Block>? block) =>
        messages.Find(round) is { } known ? [.. known.Tally(phase).Voters(block).Select(voter => committee[voter])] : [];

    /// <summary>The weight that voted for a block, or nil, in a round.</summary>
    public long VoteWeight(VotePhase phase, int round, Digest<Block>? block) => messages.Find(round)?.Tally(phase).Weight(block) ?? 0;

    /// <summary>
    /// Whether a proposal is held. What was held may be given up for one of a higher round, so that who keeps account of what to hand on
    /// and what to ask for asks this, and remembers nothing of its own.
    /// </summary>
    public bool Holds(ProposalMessage proposal)
    {
        foreach (var known in messages.Find(proposal.Round)?.Proposals ?? [])
            if (known.Message == proposal)
                return true;
        return false;
    }

    /// <summary>Whether a vote is held; see <see cref="Holds(ProposalMessage)"/>.</summary>
    public bool Holds(VoteMessage vote) =>
        committee.IndexOf(vote.Signer) is >= 0 and var voter && messages.Find(vote.Round) is { } round
        && round.Tally(vote.Phase).Has(voter, vote.Block);

    /// <summary>Line 10: StartRound. Does nothing if a round was started.</summary>
    public void Start(int round = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(round);
        if (IsStarted || IsDecided)
            return;
        Enter();
        StartRound(round);
        Run();
    }

    /// <summary>
    /// In place of <see cref="Start"/> and before any message, after a restart in the middle of a height: goes on where the log ends,
    /// votes for nothing that the log has a vote for, and never unlocks. The host holds its own messages signed before it calls this,
    /// since the height may be decided within the call. The timeout of the step is started again, quorum or not.
    /// </summary>
    /// <exception cref="InvalidOperationException">It was started, or the memory is of another height.</exception>
    public void Restore(AgreementMemory memory)
    {
        if (IsStarted || IsDecided || memory.Height != Height)
            throw new InvalidOperationException("An agreement is restored once, first of all, and from its own height.");
        Enter();
        (Round, Step) = (Math.Max(0, memory.Round), memory.Step == Step.None ? Step.Propose : memory.Step);
        (LockedRound, LockedValue) = (memory.LockedRound, memory.LockedValue);
        (ValidRound, ValidValue) = (memory.ValidRound, memory.ValidValue);
        // A vote that was logged is never made again, even if the entry before it was the last whose values survived.
        lastSent = Step == Step.Propose ? (Round - 1, Step.Precommit) : (Round, Step);
        foreach (var sent in memory.Sent)
        {
            if ((sent.Round, sent.Step).CompareTo(lastSent) > 0)
                lastSent = (sent.Round, sent.Step);
            // An own precommit for a block is a lock, whatever else the memory says.
            if (rules.Lock && sent is { Step: Step.Precommit, Block: not null } && sent.Round > LockedRound)
                (LockedRound, LockedValue) = (sent.Round, sent.Block);
            Recall(sent);
        }
        if (LockedRound > ValidRound)
            (ValidRound, ValidValue) = (LockedRound, LockedValue);
        if (lastSent.Round >= Round)
            (Round, Step) = lastSent;
        if (Step == Step.Propose)
            BeginProposeStep();
        foreach (var round in messages.Rounds.Keys.Order())
            touched.Enqueue(round);
        var restored = (Round, Step);
        Run();
        if ((Round, Step) == restored)
            AwaitStepAgain();
    }

    /// <summary>A proposal, authenticated.</summary>
    /// <returns>
    /// False if it is not kept: of another height, not of the round's proposer, malformed, or without room now, so that it is worth
    /// handing in again.
    /// </returns>
    public bool OnProposal(ProposalMessage proposal)
    {
        var signer = committee.IndexOf(proposal.Signer);
        // E3 step 8, the message: the signer is proposer(h, r), and a valid round lies before the round.
        if (proposal.Height != Height || proposal.Round is < 0 or > AgreementMessageStore.LargestRound || proposal.ValidRound < -1
            || proposal.ValidRound >= proposal.Round || signer < 0 || signer != committee.Proposer(Height, proposal.Round)
            || !messages.TryMakeRoom(signer, proposal.Round, Round))
            return false;
        var round = messages.Open(proposal.Round);
        var intake = round.Add(proposal, out var first);
        if (intake == Intake.Contradiction)
            host.Evidence(first!, proposal);
        if (intake is Intake.New or Intake.Contradiction)
        {
            if (proposal.ValidRound < 0)
                round.Proposals[^1].IsTimely = host.IsTimely(proposal);
            Touch(proposal.Round);
        }
        return intake != Intake.Refused;
    }

    /// <summary>A vote, authenticated.</summary>
    /// <returns>As of <see cref="OnProposal"/>; not of a validator is another reason.</returns>
    public bool OnVote(VoteMessage vote)
    {
        var signer = committee.IndexOf(vote.Signer);
        if (vote.Height != Height || vote.Round is < 0 or > AgreementMessageStore.LargestRound || signer < 0
            || vote.Phase is not (VotePhase.Prevote or VotePhase.Precommit) || !messages.TryMakeRoom(signer, vote.Round, Round))
            return false;
        var intake = messages.Open(vote.Round).Add(vote.Phase, signer, vote.Block, out var other);
        if (intake == Intake.Contradiction)
            host.Evidence(vote with { Block = other }, vote);
        if (intake is Intake.New or Intake.Contradiction)
            Touch(vote.Round);
        return intake != Intake.Refused;
    }

    /// <summary>A started timeout is over.</summary>
    public void OnTimeout(AgreementTimeout timeout)
    {
        if (timeout.Height != Height || timeout.Round != Round || IsDecided)
            return;
        Enter();
        ApplyTimeout(timeout.Step);
        Run();
    }

    /// <summary>The host can judge a block that it answered Unknown for.</summary>
    public void OnValueAvailable(Digest<Block> block)
    {
        foreach (var (number, round) in messages.Rounds)
        {
            var waits = false;
            foreach (var proposal in round.Proposals)
            {
                if (proposal.Message.Block != block || proposal.Validity != BlockValidity.Unknown || !proposal.IsAsked)
                    continue;
                proposal.IsAsked = false;
                waits = true;
            }
            if (waits)
                touched.Enqueue(number);
        }
        if (!isRunning && touched.Count > 0)
        {
            Enter();
            Run();
        }
    }

    // What was received before the crash is gone, and a liar's part of it for good: without this a step that was left behind once could
    // wait for its quorum for ever. Timeouts never touch safety.
    private void AwaitStepAgain()
    {
        if (IsDecided || self < 0 || Step is not (Step.Prevote or Step.Precommit))
            return;
        var round = messages.Open(Round);
        if (Step == Step.Prevote && !round.PrevoteTimeoutStarted)
            round.PrevoteTimeoutStarted = true;
        else if (Step == Step.Precommit && !round.PrecommitTimeoutStarted)
            round.PrecommitTimeoutStarted = true;
        else
            return;
        host.StartTimeout(new AgreementTimeout(Height, Round, Step));
    }

    private void Recall(SentMessage sent)
    {
        if (self < 0)
            return;
        var round = messages.Open(sent.Round);
        if (sent.Step is Step.Prevote or Step.Precommit)
            round.Add(sent.Step == Step.Prevote ? VotePhase.Prevote : VotePhase.Precommit, self, sent.Block, out _);
        else if (sent is { Step: Step.Propose, Block: { } block } && round.Proposer == self)
            round.Add(new ProposalMessage(Height, sent.Round, block, sent.ValidRound, committee[self]), out _);
    }

    private void Touch(int round)
    {
        touched.Enqueue(round);
        if (isRunning)
            return;
        Enter();
        Run();
    }

    private void Enter()
    {
        if (isRunning)
            throw new InvalidOperationException("The agreement was called from within its own call of the host, or failed in one.");
        isRunning = true;
    }

    private void Run()
    {
        do
        {
            while (touched.TryDequeue(out var round))
                Evaluate(round);
            ApplyRules();
            AwaitOwnProposal();
        }
        while (touched.Count > 0);
        // Not in a finally: after a fault in the host nothing is voted for any more.
        isRunning = false;
    }
}
