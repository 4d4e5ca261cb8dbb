using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Tests.Governance;

/// <summary>The seats of validators as a small contract: which nodes are fit is given, at least one seat stays filled.</summary>
internal sealed class TestSeats(IReadOnlyList<Seat> first, IReadOnlyList<AccountId> fit) : Contract, IElectedSeats
{
    private static readonly RefusalCode Unfit = new("unfit_node", "The node has no active entry.");
    private static readonly RefusalCode TooFew = new("too_few_validators", "Fewer validators than the minimum.");

    private Table<AccountKey, ParameterRow> seats = null!;

    public override string Name => "seats";

    public int Minimum { get; init; } = 1;

    public IReadOnlyList<Seat> Seats => seats.Count == 0 ? first : [.. seats.From(default, 1_000).Select(row => new Seat(row.Key.Account, row.Value.Value))];

    public override void Register(ContractRegistration registration) => seats = registration.Table<AccountKey, ParameterRow>("seats", ordered: true);

    public Refusal? CheckCandidate(ExecutionContext context, AccountId candidate, AccountId node) => fit.Contains(node) ? null : (Refusal)Unfit;

    public Refusal? Fill(ExecutionContext context, IReadOnlyList<Seat> next)
    {
        if (context.Caller != "governance")
            return GovernanceRefusals.CallerDenied;
        if (next.Count < Minimum)
            return TooFew;
        foreach (var seat in Seats)
            seats.Remove(new(seat.Node));
        foreach (var seat in next)
            seats.Set(new(seat.Node), new(seat.Weight));
        return null;
    }
}
