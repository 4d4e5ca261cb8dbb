namespace Counterfoil.Ledger.Execution;

/// <summary>
/// Who may not act at present; a contract that can put somebody out provides it. Asked at admission and again at execution, read under the state's lock.
/// </summary>
public interface IAccountBar
{
    /// <summary>Why no transaction of this action that the account signs is taken, or null.</summary>
    /// <param name="account">One of those that sign.</param>
    /// <param name="action">The action's full name.</param>
    RefusalCode? BarOf(AccountId account, string action);

    /// <summary>Why nothing is sent to this account by a signature, or null.</summary>
    RefusalCode? BarOfRecipient(AccountId account);
}
