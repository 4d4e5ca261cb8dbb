using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>Confidential electric power brokerage: the card, the contract, the roles, the walkthrough. Start here.</summary>
public sealed class PowerBrokerageScheme : IScheme
{
    private readonly bool hasToken;

    /// <summary>The scheme as the product composes it.</summary>
    public PowerBrokerageScheme() : this(null) { }

    /// <summary>The scheme with another way to start the opening wrapper.</summary>
    /// <param name="wrapperCommand">The program and its leading arguments; the product's own by default.</param>
    /// <param name="modulePath">The PKCS#11 library; on a sandbox without it, session keys are kept in files.</param>
    public PowerBrokerageScheme(IReadOnlyList<string>? wrapperCommand, string modulePath = OpeningWrapper.DefaultModulePath)
    {
        var organisation = new MarketOrganisation(wrapperCommand ?? ProductCommand(), modulePath);
        hasToken = organisation.HasToken;
        Roles = [new TradingServer(organisation), new ClearingEngineRole(organisation), new SystemOperator()];
    }

    /// <inheritdoc/>
    public SchemeCard Card => Catalogue.Of("D1");

    /// <inheritdoc/>
    public IReadOnlyList<RefusalCode> Refusals => BrokerageRefusals.Promised;

    /// <inheritdoc/>
    public IReadOnlyList<SchemeRole> Roles { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Standards =>
        ["RFC 7515", "RFC 7516", "RFC 7518", "RFC 8785", "RFC 9162", "RFC 9381", "RFC 9421", "RFC 9530", "PKCS#11 2.40"];

    /// <inheritdoc/>
    public IReadOnlyList<string> Peers => ["jose", "http-message-signatures", "OMIE published prices"];

    /// <inheritdoc/>
    public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) =>
        [new BrokerageContract(kernel.Get<AnchorsContract>(), kernel.Get<RegistryContract>(), kernel.Get<RightsContract>(), kernel.Get<CertificatesContract>())];

    /// <inheritdoc/>
    public Walkthrough CreateWalkthrough() => new BrokerageWalkthrough(hasToken);

    // The product beside this assembly: its own program where that was built, else its assembly.
    private static IReadOnlyList<string> ProductCommand()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "counterfoil");
        return File.Exists(program) ? [program, "opening-wrapper"] : ["dotnet", "exec", program + ".dll", "opening-wrapper"];
    }
}
