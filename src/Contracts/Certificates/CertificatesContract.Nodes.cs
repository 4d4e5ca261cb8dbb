using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Certificates;

/// <content>Nodes, admitted and put out by votes.</content>
public sealed partial class CertificatesContract : IValidatorDirectory, IAccountBar, IGovernedContract, IElectedSeats
{
    private Revocations revocations = null!;

    /// <summary>The registry of nodes.</summary>
    public NodeRegistry Nodes { get; }

    /// <summary>Requests and votes about nodes.</summary>
    public Ballots Ballots { get; }

    /// <summary>The authorities that the members recognise.</summary>
    public Authorities Authorities { get; }

    /// <inheritdoc/>
    public IReadOnlyList<Validator> Validators => Nodes.Validators;

    /// <inheritdoc/>
    public RefusalCode? BarOf(AccountId account, string action) => Nodes.BarOf(account, action);

    /// <inheritdoc/>
    public RefusalCode? BarOfRecipient(AccountId account) => Nodes.BarOfRecipient(account);

    /// <inheritdoc/>
    public void Begin(ExecutionContext context, IReadOnlyList<Validator> first) => Nodes.Begin(context, first);

    /// <summary>The open request to revoke this node, or null.</summary>
    public string? OpenRevocationOf(string node) => revocations.OpenAgainst(node);

    /// <inheritdoc/>
    public IEnumerable<GovernedAction> GovernedActions => Nodes.GovernedActionsOf(this);

    /// <inheritdoc/>
    public IReadOnlyList<Seat> Seats => [.. Validators.Select(validator => new Seat(validator.Account, validator.Weight))];

    /// <inheritdoc/>
    public string? FindBrokenInvariant(ExecutionContext context) =>
        Validators.Count < Nodes.Parameters.MinimumValidators ? "minimum_validators" : null;

    /// <inheritdoc/>
    /// <returns><c>unknown_node</c>, <c>not_linked</c> where the node is another's: only its own account agrees for it.</returns>
    public Refusal? CheckCandidate(ExecutionContext context, AccountId candidate, AccountId node) =>
        Nodes.FaultOfCandidate(node) is { } fault ? fault
        : candidate == node ? null
        : (Refusal)NodeRefusals.NotLinked;

    /// <inheritdoc/>
    public Refusal? Fill(ExecutionContext context, IReadOnlyList<Seat> seats) => Nodes.Elect(context.For(this), seats);

    private void RegisterNodes(ContractRegistration registration)
    {
        Nodes.Register(registration);
        Ballots.Register(registration);
        Authorities.Register(registration);
        new LinkRequests(accounts, Nodes, Ballots).Register(registration);
        var written = new WrittenCertificates(accounts, Nodes, Ballots, Authorities);
        written.Register(registration);
        new WrittenLists(Nodes, Ballots, Authorities, written).Register(registration);
        revocations = new Revocations(Nodes, Ballots);
        revocations.Register(registration);
        new Evidence(accounts, Nodes, Ballots).Register(registration);
    }
}
