using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Tests.Governance;

/// <summary>A contract with an action that the members decide on: its effect is the decision.</summary>
internal sealed class MemberTarget : Contract, IGovernedContract
{
    public MemberTarget(KernelContracts kernel) => kernel.Governance.Govern(this);

    public override string Name => "members";

    public IEnumerable<GovernedAction> GovernedActions =>
        [GovernedAction.Of("members.decide", "members", GovernanceJson.Instance.ResolveMessage, (_, _) => null)];

    public override void Register(ContractRegistration registration)
    {
    }
}
