using Counterfoil.Contracts;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Rights;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Simulator.FullStack;

/// <summary>The contracts of one node of the world: the kernel's accounts and rights, and who validates; all of the kernel's in a governed one.</summary>
internal sealed class WorldContracts
{
    public WorldContracts(bool isGoverned)
    {
        if (isGoverned)
        {
            Kernel = new KernelContracts();
            (Accounts, Rights) = (Kernel.Accounts, Kernel.Rights);
            Set = new ContractSet(1, Accounts, Kernel.All);
            return;
        }
        Accounts = new AccountsContract();
        Rights = new RightsContract(Accounts);
        Set = new ContractSet(1, Accounts, [Accounts, Rights, new CommitteeContract()]);
    }

    /// <summary>Null where the validators are simply named.</summary>
    public KernelContracts? Kernel { get; }

    public AccountsContract Accounts { get; }

    public RightsContract Rights { get; }

    public ContractSet Set { get; }
}
