using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// The signed messages of the present height that the agreement holds, by who signed: for the certificate, for nodes that lack them, and for the log.
/// </summary>
internal sealed class HeightMessages(ValidatorSet validators)
{
    private readonly SortedDictionary<int, RoundMessages> rounds = [];

    public int RoundCount => rounds.Count;

    public bool HasProposal(int round) => rounds.TryGetValue(round, out var known) && known.Proposal is not null;

    public bool Has(VotePhase phase, int round, AccountId signer) => rounds.TryGetValue(round, out var known) && known.Votes(phase).ContainsKey(signer);

    public SignedProposal? Proposal(int round) => rounds.TryGetValue(round, out var known) ? known.Proposal : null;

    /// <returns>False if there is another one.</returns>
    public bool Add(int round, SignedProposal proposal)
    {
        var known = Open(round);
        known.Proposal ??= proposal;
        return ReferenceEquals(known.Proposal, proposal);
    }

    /// <returns>False if there is another one.</returns>
    public bool Add(VotePhase phase, int round, AccountId signer, SignedVote vote) => Open(round).Votes(phase).TryAdd(signer, vote);

    /// <summary>Forgets a proposal that the agreement has no room for: others are to send it again.</summary>
    public void Remove(int round)
    {
        Open(round).Proposal = null;
        if (rounds[round].IsEmpty)
            rounds.Remove(round);
    }

    /// <summary>Forgets a vote that the agreement has no room for.</summary>
    public void Remove(VotePhase phase, int round, AccountId signer)
    {
        Open(round).Votes(phase).Remove(signer);
        if (rounds[round].IsEmpty)
            rounds.Remove(round);
    }

    public SignedVote? Vote(VotePhase phase, int round, AccountId signer) =>
        rounds.TryGetValue(round, out var known) ? known.Votes(phase).GetValueOrDefault(signer) : null;

    /// <summary>Everything, lowest round first.</summary>
    public IEnumerable<PeerMessage> All()
    {
        foreach (var round in rounds.Values)
        {
            if (round.Proposal is { } proposal)
                yield return proposal;
            foreach (var vote in round.Votes(VotePhase.Prevote).Values.Concat(round.Votes(VotePhase.Precommit).Values))
                yield return vote;
        }
    }

    /// <summary>What this node has, for others.</summary>
    public IReadOnlyList<RoundProgress> Progress() =>
        [.. rounds.Select(pair => new RoundProgress(pair.Key, pair.Value.Proposal is not null, Mask(pair.Value.Votes(VotePhase.Prevote)), Mask(pair.Value.Votes(VotePhase.Precommit))))];

    /// <summary>What another node lacks.</summary>
    public IEnumerable<PeerMessage> LackedBy(IReadOnlyList<RoundProgress> theirs)
    {
        foreach (var (number, round) in rounds)
        {
            var known = theirs.FirstOrDefault(their => their.Round == number);
            if (round.Proposal is { } proposal && known is not { HasProposal: true })
                yield return proposal;
            for (var position = 0; position < validators.Validators.Count; position++)
            {
                var signer = validators.Validators[position].Account;
                if (round.Votes(VotePhase.Prevote).TryGetValue(signer, out var prevote) && (known is null || !RoundProgress.Has(known.Prevotes, position)))
                    yield return prevote;
                if (round.Votes(VotePhase.Precommit).TryGetValue(signer, out var precommit) && (known is null || !RoundProgress.Has(known.Precommits, position)))
                    yield return precommit;
            }
        }
    }

    private byte[] Mask(Dictionary<AccountId, SignedVote> votes)
    {
        var mask = new byte[(validators.Validators.Count + 7) / 8];
        for (var position = 0; position < validators.Validators.Count; position++)
            if (votes.ContainsKey(validators.Validators[position].Account))
                mask[position / 8] |= (byte)(1 << (position % 8));
        return mask;
    }

    private RoundMessages Open(int round)
    {
        if (!rounds.TryGetValue(round, out var known))
            rounds.Add(round, known = new RoundMessages());
        return known;
    }

    private sealed class RoundMessages
    {
        private readonly Dictionary<AccountId, SignedVote> prevotes = [];
        private readonly Dictionary<AccountId, SignedVote> precommits = [];

        public SignedProposal? Proposal { get; set; }

        public bool IsEmpty => Proposal is null && prevotes.Count == 0 && precommits.Count == 0;

        public Dictionary<AccountId, SignedVote> Votes(VotePhase phase) => phase == VotePhase.Prevote ? prevotes : precommits;
    }
}
