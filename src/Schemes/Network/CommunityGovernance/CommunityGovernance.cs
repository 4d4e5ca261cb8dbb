using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>
/// Community governance by locked governance tokens: the card and the walkthrough. Its rules are the
/// kernel's contract <c>governance</c>; nobody runs a role, since what passed runs by itself. Start here.
/// </summary>
public sealed class CommunityGovernanceScheme : IScheme
{
    /// <inheritdoc/>
    public SchemeCard Card => Catalogue.Of("E2");

    /// <inheritdoc/>
    public IReadOnlyList<RefusalCode> Refusals => CommunityRefusals.Promised;

    /// <inheritdoc/>
    public IReadOnlyList<SchemeRole> Roles => [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Standards => ["RFC 7515", "RFC 9162", "OpenZeppelin Governor (names)", "Snapshot (export)"];

    /// <inheritdoc/>
    public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) => [];

    /// <inheritdoc/>
    public Walkthrough CreateWalkthrough() => new CommunityWalkthrough();
}
