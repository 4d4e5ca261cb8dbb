namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// The messages of one height, by round. Those of rounds that were reached are kept. Of rounds ahead each signer has only its
/// <see cref="LargestRoundsAhead"/> highest, so that a liar cannot fill the memory. Liveness survives: whoever first reached the highest
/// round R of an honest validator came there by line 65, from a quorum of precommits of R − 1, so honest validators of more than f have
/// R − 1 or R as their highest round; rule 55 finds R − 1 among the two highest of each. Messages of rounds that were passed over so are
/// taken again when a peer hands them on, since those rounds are then no longer ahead.
/// </summary>
internal sealed class AgreementMessageStore(AgreementCommittee committee, long height)
{
    /// <summary>How many rounds ahead are kept of one signer.</summary>
    public const int LargestRoundsAhead = 8;

    /// <summary>No message of a later round is taken.</summary>
    public const int LargestRound = 1 << 30;

    private readonly Dictionary<int, AgreementRound> rounds = [];
    private readonly List<int>[] ahead = [.. Enumerable.Range(0, committee.Count).Select(_ => new List<int>())];

    /// <summary>The rounds with messages, and those reached.</summary>
    public IReadOnlyDictionary<int, AgreementRound> Rounds => rounds;

    /// <summary>The round, made if it is not there.</summary>
    public AgreementRound Open(int round)
    {
        if (!rounds.TryGetValue(round, out var opened))
            rounds.Add(round, opened = new AgreementRound(committee, committee.Proposer(height, round)));
        return opened;
    }

    /// <summary>The round, or null if nothing is known of it.</summary>
    public AgreementRound? Find(int round) => rounds.GetValueOrDefault(round);

    /// <summary>Makes room for a message of a signer.</summary>
    /// <param name="signer">The validator's position.</param>
    /// <param name="round">The message's round.</param>
    /// <param name="present">The round that was reached.</param>
    /// <returns>False if the signer has enough messages of higher rounds.</returns>
    public bool TryMakeRoom(int signer, int round, int present)
    {
        if (round <= present)
            return true;
        var mine = ahead[signer];
        mine.RemoveAll(number => number <= present);
        var place = mine.BinarySearch(round);
        if (place >= 0)
            return true;
        place = ~place;
        if (mine.Count == LargestRoundsAhead)
        {
            if (place == 0)
                return false;
            var lowest = mine[0];
            if (rounds.TryGetValue(lowest, out var given) && given.Remove(signer))
                rounds.Remove(lowest);
            mine.RemoveAt(0);
            place--;
        }
        mine.Insert(place, round);
        return true;
    }
}
