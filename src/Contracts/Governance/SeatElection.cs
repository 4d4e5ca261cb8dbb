using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Governance;

/// <summary>
/// Who sits after a term: a pure function of the seats, the candidates and the supply.
/// </summary>
internal static class SeatElection
{
    /// <summary>
    /// The first candidates by support, each with weight 1; who stays keeps the weight. Without the
    /// scene's supermajority behind them no more seats change than weigh f = ⌊(W − 1)/3⌋ together, the
    /// lowest support stays out first, and with fewer than four validators none.
    /// </summary>
    /// <param name="present">The seats now.</param>
    /// <param name="candidates">Most support first, ties in the order of nomination.</param>
    /// <param name="wanted">How many seats there are, at least 1.</param>
    /// <param name="supply">All units.</param>
    /// <param name="passPercent">The scene's supermajority.</param>
    public static IReadOnlyList<Seat> Decide(
        IReadOnlyList<Seat> present, IReadOnlyList<NominationRow> candidates, int wanted, UInt128 supply, int passPercent)
    {
        List<NominationRow> elected = [.. candidates.Where(candidate => candidate.Support > 0).Take(wanted)];
        if (elected.Count == 0)
            return present;
        var support = elected.Aggregate((UInt128)0, (sum, candidate) => sum + candidate.Support);
        var budget = support * 100 >= (uint)passPercent * supply
            ? long.MaxValue
            : present.Count < 4 ? 0 : (present.Sum(seat => seat.Weight) - 1) / 3;
        var sitting = present.Select(seat => seat.Node).ToHashSet();
        var chosen = elected.Select(candidate => candidate.Node).ToHashSet();
        List<AccountId> incoming = [.. elected.Where(candidate => !sitting.Contains(candidate.Node)).Select(candidate => candidate.Node)];
        List<Seat> outgoing = [.. present.Where(seat => !chosen.Contains(seat.Node)).OrderBy(SupportOf).ThenBy(seat => seat.Node)];
        var next = present.ToList();
        for (var at = 0; at < Math.Max(incoming.Count, outgoing.Count); at++)
        {
            var cost = Math.Max(at < outgoing.Count ? outgoing[at].Weight : 0, at < incoming.Count ? 1 : 0);
            if (cost > budget)
                break;
            budget -= cost;
            if (at < outgoing.Count)
                next.Remove(outgoing[at]);
            if (at < incoming.Count)
                next.Add(new Seat(incoming[at], 1));
        }
        return next;

        UInt128 SupportOf(Seat seat) => candidates.FirstOrDefault(candidate => candidate.Node == seat.Node)?.Support ?? 0;
    }
}
