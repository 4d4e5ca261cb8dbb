using System.Text.Json;

namespace Counterfoil.Ledger.Execution;

/// <summary>
/// A set of rules with tables of its own. Its handlers are deterministic: no clock but block time, no randomness but the block's VRF
/// output, integers for every amount, no I/O. An instance belongs to one ledger; it keeps nothing outside its tables.
/// </summary>
public abstract class Contract
{
    /// <summary>The contract's name, the first half of <c>act</c>: 1 to 32 lower-case letters, digits and underscores.</summary>
    public abstract string Name { get; }

    /// <summary>Declares tables, actions, claims and timers; called once, before the first block.</summary>
    public abstract void Register(ContractRegistration registration);

    /// <summary>Fills the tables from the contract's section of the genesis document; by default there is none.</summary>
    /// <exception cref="GenesisException">The section has not the form that the contract asks for.</exception>
    public virtual void Initialise(ExecutionContext context, JsonElement section) =>
        throw new GenesisException($"The contract {Name} takes no section in the genesis document.");
}

/// <summary>The genesis document cannot be used: a fault of configuration, found before the ledger exists.</summary>
public sealed class GenesisException(string message) : Exception(message);
