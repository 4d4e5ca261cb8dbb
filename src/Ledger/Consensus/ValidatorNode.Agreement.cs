using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>What the agreement asks of its node: build, judge, log before signing, send.</summary>
internal sealed partial class ValidatorNode : IAgreementHost
{
    /// <summary>How far a new proposal's time may be from the own clock.</summary>
    public static readonly TimeSpan LargestClockDifference = TimeSpan.FromSeconds(2);

    private readonly Dictionary<Digest<Block>, Candidate> candidates = [];
    private readonly HashSet<SentMessage> sent = [];
    private ValidatorSet validators = null!;
    private Validator? self;
    private Agreement agreement = null!;
    private HeightMessages messages = null!;
    private bool isAbandoned;

    /// <summary>The agreement on the next height, from what the log says of it.</summary>
    private void BeginHeight()
    {
        candidates.Clear();
        timeouts.Clear();
        sent.Clear();
        isAbandoned = false;
        validators = executor.Rules.Validators;
        var own = environment.ConsensusKey is { } key ? validators.Find(key.PublicKey.Thumbprint) : null;
        self = IsAlone || MaySign(own) ? own : null;
        agreement = new Agreement(Tip.Height + 1, validators, self?.Account, this, environment.Rules);
        messages = new HeightMessages(agreement);
        if (!IsAlone)
            Recall();
    }

    private void Recall()
    {
        var memory = log.Read(Tip.Height + 1);
        foreach (var (block, bodies) in memory.Blocks)
        {
            candidates.TryAdd(block.Id, new Candidate(block) { IsLogged = true });
            foreach (var body in bodies)
                AddLoggedBody(body);
        }
        if (memory.Memory is not { } said)
            return;
        sent.UnionWith(said.Sent);
        if (self is null)
            return;
        foreach (var own in said.Sent)
            SignAgain(own);
        agreement.Restore(said);
        foreach (var message in memory.Messages)
            Take(message, self.Account);
    }

    /// <inheritdoc/>
    public void Propose(int round, Digest<Block>? validValue, int validRound)
    {
        Candidate? candidate;
        if (validValue is null)
            candidate = BuildNew(round);
        else
            candidates.TryGetValue(validValue.Value, out candidate);
        if (candidate is null)
            return;
        var block = candidate.Block.Id;
        Log(candidate, new SentMessage(Consensus.Step.Propose, round, block, validRound), agreement.Memory);
        var payload = new ProposalPayload(genesis.Net, Tip.Height + 1, round, block, validRound, candidate.Block.List);
        // Alone nobody reads it: only the precommit is signed, for the certificate.
        if (!IsAlone)
            SignProposal(payload, candidate);
        agreement.OnProposal(new ProposalMessage(payload.Height, round, block, validRound, self!.Account));
    }

    private Candidate? BuildNew(int round)
    {
        var time = NextTime();
        var height = Tip.Height + 1;
        var proof = BlockRandomness.Prove(environment.VrfKey!, Tip.Randomness, height, out var randomness);
        if (IsAlone)
            TakeSnapshotIfWanted(height, time);
        var parameters = executor.Rules.Parameters;
        var entries = pool.Peek(parameters.MaximumBlockTransactions, parameters.MaximumBlockBytes);
        CandidateBlock executed = null!;
        WithWriteLock(() =>
        {
            executed = builder.Build(Tip, time, round, self!.Account, proof, randomness, [.. entries.Select(entry => entry.Transaction)]);
            if (!IsAlone)
                candidateChanges = contracts.State.DetachBlock();
        });
        // Among several, what is left out of this block may stand in another one that is decided instead.
        leftOut.AddRange(executed.LeftOut.Select(each => each.Transaction));
        if (IsAlone && executed.Leaves.Count == 0 && executed.LeftOut.Count > 0 && executed.Header.CheckpointRoot is null)
        {
            // None of these has a place in a block, and a block of nothing helps nobody. Nothing was signed.
            WithWriteLock(contracts.State.RollbackBlock);
            GiveUpLeftOut(time);
            isAbandoned = true;
            return null;
        }
        var candidate = new Candidate(ProposedBlock.Of(executed)) { Validity = BlockValidity.Valid, Executed = executed, Changes = candidateChanges };
        candidateChanges = null;
        candidates[candidate.Block.Id] = candidate;
        return candidate;
    }

    private State.DetachedBlock? candidateChanges;

    /// <inheritdoc/>
    public BlockValidity Judge(ProposalMessage proposal)
    {
        if (!candidates.TryGetValue(proposal.Block, out var candidate))
            return BlockValidity.Unknown;
        // The rules of the message; those of the block itself are looked at once.
        var header = candidate.Block.Header;
        if (proposal.ValidRound < 0 ? header.BuiltRound != proposal.Round : header.BuiltRound > proposal.ValidRound)
            return Refuse(candidate, "bad_round");
        if (candidate.Validity == BlockValidity.Unknown)
            candidate.Validity = JudgeBlock(candidate);
        return candidate.Validity;
    }

    private BlockValidity JudgeBlock(Candidate candidate)
    {
        var (block, header) = (candidate.Block, candidate.Block.Header);
        if (header.Net != genesis.Net || header.Rules != executor.Rules.At(Tip.Height + 1) || header.Height != Tip.Height + 1)
            return Refuse(candidate, "malformed");
        if (header.Height > 1 ? header.Parent != Tip.Block : header.Parent is not null)
            return Refuse(candidate, "unknown_parent");
        var proposer = ProposerRotation.At(validators, header.Height, header.BuiltRound);
        if (header.Builder != proposer.Account)
            return Refuse(candidate, "wrong_proposer");
        if (header.Time <= Tip.Time.UnixMilliseconds)
            return Refuse(candidate, "bad_time");
        var parameters = executor.Rules.Parameters;
        if (block.Transactions.Count > parameters.MaximumBlockTransactions)
            return Refuse(candidate, "too_large");
        if (block.Transactions.Distinct().Count() != block.Transactions.Count)
            return Refuse(candidate, "duplicate_transaction");
        if (!BlockRandomness.Verify(proposer.VrfKey, Tip.Randomness, header.Height, block.VrfProofBytes, header.Randomness))
            return Refuse(candidate, "bad_vrf");
        if (CollectBodies(candidate) is not { } transactions)
            return BlockValidity.Unknown;
        if (transactions.Length > 1 && transactions.Sum(transaction => (long)transaction.Transaction.Bytes.Length) > parameters.MaximumBlockBytes)
            return Refuse(candidate, "too_large");
        Execute(candidate, transactions);
        var executed = candidate.Executed!;
        if (executed.LeftOut.Count > 0)
            return Refuse(candidate, "stale_verification");
        if (executed.HeaderBytes.AsSpan().SequenceEqual(block.HeaderBytes))
            return BlockValidity.Valid;
        // The same transactions with the same outcomes and nothing of what was due.
        var ownLeaves = executed.Leaves.Where(leaf => leaf.Due is null).ToList();
        var isDueMissing = ownLeaves.Count < executed.Leaves.Count && header.TransactionsRoot == BlockBuilder.RootOf(ownLeaves);
        return Refuse(candidate, isDueMissing ? "due_work_missing" : "root_mismatch");
    }

    private void Execute(Candidate candidate, Admission.VerifiedTransaction[] transactions)
    {
        var header = candidate.Block.Header;
        WithWriteLock(() =>
        {
            candidate.Executed = builder.Build(
                Tip, new Timestamp(header.Time), header.BuiltRound, header.Builder, new VrfProof(candidate.Block.VrfProofBytes), header.Randomness, transactions);
            candidate.Changes = contracts.State.DetachBlock();
        });
    }

    private BlockValidity Refuse(Candidate candidate, string reason)
    {
        candidate.Reason = reason;
        Counters.CountInvalid(reason);
        return BlockValidity.Invalid;
    }

    /// <inheritdoc/>
    public bool IsTimely(ProposalMessage proposal)
    {
        if (proposal.Signer == self?.Account)
            return true;
        if (!candidates.TryGetValue(proposal.Block, out var candidate))
            return false;
        var difference = new Timestamp(candidate.Block.Header.Time) - Timestamp.From(environment.Clock.GetUtcNow());
        var isTimely = difference.Duration() <= LargestClockDifference;
        if (!isTimely)
            Counters.CountInvalid("bad_time");
        return isTimely;
    }

    /// <inheritdoc/>
    public void Vote(VotePhase phase, int round, Digest<Block>? block, AgreementMemory memory)
    {
        var step = phase == VotePhase.Prevote ? Consensus.Step.Prevote : Consensus.Step.Precommit;
        Log(block is { } id ? candidates[id] : null, new SentMessage(step, round, block), memory);
        if (!IsAlone || phase == VotePhase.Precommit)
            SignVote(phase, round, block);
        agreement.OnVote(new VoteMessage(phase, Tip.Height + 1, round, block, self!.Account));
    }

    private void SignVote(VotePhase phase, int round, Digest<Block>? block)
    {
        var vote = new SignedVote(ConsensusJws.Sign(phase, new BlockVote(genesis.Net, Tip.Height + 1, round, block), environment.ConsensusKey!));
        messages.Add(new VoteMessage(phase, Tip.Height + 1, round, block, self!.Account), vote);
        if (!IsAlone)
            Broadcast(vote);
    }

    // The same message may be signed again: it may never have left.
    private void SignAgain(SentMessage own)
    {
        if (own.Step != Consensus.Step.Propose)
            SignVote(own.Step == Consensus.Step.Prevote ? VotePhase.Prevote : VotePhase.Precommit, own.Round, own.Block);
        else if (own.Block is { } block && candidates.TryGetValue(block, out var candidate))
            SignProposal(new ProposalPayload(genesis.Net, Tip.Height + 1, own.Round, block, own.ValidRound, candidate.Block.List), candidate);
    }

    private void SignProposal(ProposalPayload payload, Candidate candidate)
    {
        var signed = new SignedProposal(ConsensusJws.Sign(payload, environment.ConsensusKey!), candidate.Block);
        messages.Add(new ProposalMessage(payload.Height, payload.Round, payload.Block, payload.ValidRound, self!.Account), signed);
        Broadcast(signed);
    }

    /// <summary>Makes durable what is about to be said. Alone, nothing leaves before the block itself is durable.</summary>
    private void Log(Candidate? candidate, SentMessage message, AgreementMemory memory)
    {
        if (IsAlone)
            return;
        if (candidate is { IsLogged: false })
            log.Append(memory.Height, candidate.Block, BodiesOf(candidate));
        // Others that lack a liar's vote among these could not leave the round before.
        if (message.Round > 0 && !sent.Any(earlier => earlier.Round == message.Round))
            log.Append(memory.Height, [.. messages.Votes(VotePhase.Precommit, message.Round - 1)]);
        if (message is { Step: Consensus.Step.Precommit, Block: { } block })
            log.Append(memory.Height, JustificationOf(message.Round, block));
        log.Append(memory, message);
        log.Flush();
        sent.Add(message);
        if (candidate is not null)
            candidate.IsLogged = true;
    }

    // After a restart of everybody, a lock that nobody else can be shown would block the height.
    private List<PeerMessage> JustificationOf(int round, Digest<Block> block) =>
    [
        .. messages.Proposals(round, block),
        .. agreement.Votes(VotePhase.Prevote, round, block).Select(voter => messages.Find(new VoteMessage(VotePhase.Prevote, Tip.Height + 1, round, block, voter))).OfType<SignedVote>(),
    ];

    /// <inheritdoc/>
    public void StartTimeout(AgreementTimeout timeout)
    {
        if (timeout.Round > 0 && timeout.Step == Consensus.Step.Propose)
            Counters.FurtherRounds++;
        timeouts.Add((Ticks + ToTicks(environment.Timeouts.Of(timeout.Step, timeout.Round, IsReachable(agreement.Proposer(timeout.Round)))), timeout));
    }

    private bool IsReachable(AccountId validator) => validator == self?.Account || environment.Network?.Connected.Contains(validator) == true;

    /// <inheritdoc/>
    public void Evidence(VoteMessage first, VoteMessage second) => Evidence(first.Signer, messages.Find(first)?.Jws);

    /// <inheritdoc/>
    public void Evidence(ProposalMessage first, ProposalMessage second) => Evidence(first.Signer, messages.Find(first)?.Jws);

    private void Evidence(AccountId signer, byte[]? first)
    {
        Counters.Equivocations++;
        if (first is not null && incoming is not null)
            environment.Evidence?.Invoke(new EquivocationEvidence(validators.Find(signer)!.ConsensusKey, first, incoming));
    }
}
