namespace Counterfoil.Ledger.Execution;

/// <summary>
/// Who the state wants as validators; the contract that admits nodes provides it. Without one the genesis document's validators stay for ever. Read under
/// the state's lock.
/// </summary>
public interface IValidatorDirectory
{
    /// <summary>Takes the genesis document's validators over; called once, after the contracts' own sections.</summary>
    /// <exception cref="GenesisException">They contradict the contract's section.</exception>
    void Begin(ExecutionContext context, IReadOnlyList<Validator> first);

    /// <summary>
    /// The validators as the last executed block left them, at least one. A change made in block h stands in the header of block h + 1 and is in force at h + 2.
    /// The same object as long as nothing changed.
    /// </summary>
    IReadOnlyList<Validator> Validators { get; }
}

/// <summary>
/// What the state says of the kernel's own rules; the contract in which members decide provides it. Without one the genesis document's stay for ever. Read
/// under the state's lock.
/// </summary>
public interface IRuleDirectory
{
    /// <summary>Takes the genesis document's rules over; called once, after the contracts' own sections.</summary>
    void Begin(ExecutionContext context, LedgerParameters parameters, int rules);

    /// <summary>The parameters as the last executed block left them: those of the next block. Null: the genesis document's.</summary>
    LedgerParameters? Parameters { get; }

    /// <summary>The version of the rules by which the block of that height is executed. Null: the genesis document's.</summary>
    /// <param name="height">The next block's.</param>
    int? RulesAt(long height);

    /// <summary>True while any contract is paused; false costs the ledger nothing.</summary>
    bool IsAnyPaused { get; }

    /// <summary>True while the contract is paused: its actions are refused and its due work waits.</summary>
    /// <param name="contract">The contract's name.</param>
    /// <param name="action">The full name of the action in question; null for due work.</param>
    bool IsPaused(string contract, string? action);
}
