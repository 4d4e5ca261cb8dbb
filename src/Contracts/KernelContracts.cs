using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts;

/// <summary>
/// The kernel's contracts of one ledger, made together since they know each other. A scheme is
/// given those that it calls.
/// </summary>
public sealed record KernelContracts
{
    /// <summary>New ones, for one ledger.</summary>
    public KernelContracts() : this(RulesVersions.Latest)
    {
    }

    internal KernelContracts(int latestRules, IElectedSeats? seats = null)
    {
        Accounts = new AccountsContract();
        Rights = new RightsContract(Accounts);
        Anchors = new AnchorsContract(Accounts);
        Registry = new RegistryContract(Accounts);
        Certificates = new CertificatesContract(Accounts);
        Accounts.Bar = Certificates;
        Contract[] others = [Accounts, Rights, Anchors, Registry, Certificates];
        seats ??= others.OfType<IElectedSeats>().SingleOrDefault();
        Governance = new GovernanceContract(Accounts, seats, latestRules, others.OfType<IGovernedContract>());
        All = [.. others, Governance];
    }

    /// <summary>Accounts, keys and fungible assets.</summary>
    public AccountsContract Accounts { get; }

    /// <summary>What is issued and redeemed.</summary>
    public RightsContract Rights { get; }

    /// <summary>Digests of documents kept elsewhere.</summary>
    public AnchorsContract Anchors { get; }

    /// <summary>Non-fungible items.</summary>
    public RegistryContract Registry { get; }

    /// <summary>Organisations' certificates.</summary>
    public CertificatesContract Certificates { get; }

    /// <summary>What members decide: parameters, rules, validators, the community's money.</summary>
    public GovernanceContract Governance { get; }

    /// <summary>All of them, for <see cref="ContractSet"/>.</summary>
    public IReadOnlyList<Contract> All { get; }
}
