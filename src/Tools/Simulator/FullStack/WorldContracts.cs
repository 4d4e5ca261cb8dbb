using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Rights;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Simulator.FullStack;

/// <summary>The contracts of one node of the world: the kernel's accounts and rights, and who validates.</summary>
internal sealed class WorldContracts
{
    public WorldContracts()
    {
        Accounts = new AccountsContract();
        Rights = new RightsContract(Accounts);
        Set = new ContractSet(1, Accounts, [Accounts, Rights, new CommitteeContract()]);
    }

    public AccountsContract Accounts { get; }

    public RightsContract Rights { get; }

    public ContractSet Set { get; }
}
