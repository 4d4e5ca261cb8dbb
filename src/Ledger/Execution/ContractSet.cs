using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Execution;

/// <summary>
/// The contracts of one ledger with the state they share. Made once, by the host's composition; the order in which contracts are added does not
/// matter to any result.
/// </summary>
public sealed class ContractSet
{
    private readonly Dictionary<string, Contract> contracts = new(StringComparer.Ordinal);

    /// <summary>A set around an empty state.</summary>
    /// <param name="accounts">The contract that keeps accounts; it is added like the others.</param>
    /// <param name="contracts">All contracts, that one among them.</param>
    public ContractSet(IAccountDirectory accounts, params IReadOnlyList<Contract> contracts)
        : this(null, accounts, contracts)
    {
    }

    /// <summary>The same with a bound on the threads that hash a root, at least 1.</summary>
    internal ContractSet(int? hashingThreads, IAccountDirectory accounts, IReadOnlyList<Contract> contracts)
    {
        State = new LedgerState(hashingThreads);
        Accounts = accounts;
        System = new SystemTables(State);
        foreach (var contract in contracts)
        {
            if (contract.Name == "ledger" || !this.contracts.TryAdd(contract.Name, contract))
                throw new InvalidOperationException($"The contract name {contract.Name} is taken.");
            contract.Register(new ContractRegistration(contract, State, Actions, Timers));
        }
        Validators = contracts.OfType<IValidatorDirectory>().SingleOrDefault();
        Rules = contracts.OfType<IRuleDirectory>().SingleOrDefault();
        Bars = [.. contracts.OfType<IAccountBar>()];
    }

    /// <summary>The state of all contracts.</summary>
    public LedgerState State { get; }

    /// <summary>The accounts.</summary>
    public IAccountDirectory Accounts { get; }

    /// <summary>The names of all actions, in ordinal order.</summary>
    public IReadOnlyList<string> ActionNames => [.. Actions.Keys.Order(StringComparer.Ordinal)];

    /// <summary>
    /// A digest over the content of all tables but those that every transaction may write (replay, randomness): equal before and after what was refused.
    /// Call it under <see cref="Ledger.Read{TResult}"/>.
    /// </summary>
    public Digest<LedgerState> ContentDigest() => State.ContentDigest(System.Replay.Name, System.Randomness.Name);

    internal IValidatorDirectory? Validators { get; }

    internal IRuleDirectory? Rules { get; }

    internal IReadOnlyList<IAccountBar> Bars { get; }

    internal SystemTables System { get; }

    internal Dictionary<string, ActionDefinition> Actions { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, TimerHandler> Timers { get; } = new(StringComparer.Ordinal);

    /// <summary>Why no transaction of this action that the account signs is taken at present, or null.</summary>
    internal RefusalCode? BarOf(AccountId account, string action)
    {
        foreach (var bar in Bars)
            if (bar.BarOf(account, action) is { } reason)
                return reason;
        return null;
    }

    internal void Initialise(BlockScope scope, Genesis genesis)
    {
        System.Validators.Set(ValidatorsRow.Key, new ValidatorsRow(genesis.Validators));
        // In the order of the document, which is part of its digest.
        foreach (var section in genesis.Document.Contracts.EnumerateObject())
        {
            if (!contracts.TryGetValue(section.Name, out var contract))
                throw new GenesisException($"The genesis document has a section for {section.Name}, which is no contract of this ledger.");
            contract.Initialise(new ExecutionContext(scope, default, default, [], contract, null), section.Value);
        }
        Validators?.Begin(new ExecutionContext(scope, default, default, [], (Contract)Validators, null), genesis.Document.Validators);
        Rules?.Begin(new ExecutionContext(scope, default, default, [], (Contract)Rules, null), genesis.Document.Parameters, genesis.Document.Rules);
    }
}
