using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>
/// Consensus verification of pre-processed blocks: the card and the walkthrough. What it shows is the
/// platform itself (<c>src/Ledger/Admission</c>, <c>src/Ledger/Consensus</c>), so that it has neither a
/// contract nor a role of its own. Start here.
/// </summary>
public sealed class ConsensusVerificationScheme : IScheme
{
    /// <inheritdoc/>
    public SchemeCard Card => Catalogue.Of("E3");

    /// <inheritdoc/>
    public IReadOnlyList<RefusalCode> Refusals => ConsensusRefusals.Promised;

    /// <inheritdoc/>
    public IReadOnlyList<SchemeRole> Roles => [];

    /// <inheritdoc/>
    public IReadOnlyList<string> Standards =>
        ["RFC 7515", "RFC 7518", "RFC 7638", "RFC 8446", "RFC 9162", "RFC 9381", "RFC 9457", "arXiv 1807.04938"];

    /// <inheritdoc/>
    public int Validators => 4;

    /// <inheritdoc/>
    public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) => [];

    /// <inheritdoc/>
    public Walkthrough CreateWalkthrough() => new ConsensusWalkthrough();
}
