using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>
/// Node admission and certificates decided by votes: the card, the sponsor's role and the walkthrough. Its rules are the
/// kernel's contract <c>certificates</c>. Start here.
/// </summary>
public sealed class CertificateManagementScheme : IScheme
{
    /// <inheritdoc/>
    public SchemeCard Card => Catalogue.Of("E1");

    /// <inheritdoc/>
    public IReadOnlyList<RefusalCode> Refusals => ManagementRefusals.Promised;

    /// <inheritdoc/>
    public IReadOnlyList<SchemeRole> Roles { get; } = [new Sponsor()];

    /// <inheritdoc/>
    public IReadOnlyList<string> Standards =>
        ["RFC 5280", "RFC 7515", "RFC 7250", "RFC 7638", "RFC 8446", "RFC 8705", "RFC 9162", "RFC 9381", "RFC 9457"];

    /// <inheritdoc/>
    public int Validators => 4;

    /// <inheritdoc/>
    public int Followers => 2;

    /// <inheritdoc/>
    public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) => [];

    /// <inheritdoc/>
    public Walkthrough CreateWalkthrough() => new ManagementWalkthrough();
}
