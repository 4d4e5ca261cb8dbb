using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>
/// Community governance by locked governance tokens: the card, the association's role and the walkthrough. Its rules are the
/// kernel's contract <c>governance</c>; nobody counts or executes, since what passed runs by itself. Start here.
/// </summary>
public sealed class CommunityGovernanceScheme : IScheme
{
    /// <inheritdoc/>
    public SchemeCard Card => Catalogue.Of("E2");

    /// <inheritdoc/>
    public IReadOnlyList<RefusalCode> Refusals => CommunityRefusals.Promised;

    /// <inheritdoc/>
    public IReadOnlyList<SchemeRole> Roles { get; } = [new Association()];

    /// <inheritdoc/>
    public IReadOnlyList<string> Standards => ["RFC 7515", "RFC 9162", "RFC 9381", "RFC 9421", "RFC 9901", "SD-JWT VC (draft)", "OpenZeppelin Governor (names)", "Snapshot (export)"];

    /// <inheritdoc/>
    public int Validators => 4;

    /// <inheritdoc/>
    public int Followers => 1;

    /// <inheritdoc/>
    public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) => [];

    /// <inheritdoc/>
    public Walkthrough CreateWalkthrough() => new CommunityWalkthrough();
}
