namespace Counterfoil.Ledger.Execution;

/// <summary>
/// Who may not act at present; a contract that can put somebody out provides it. Asked at admission and again at execution, read under the state's lock.
/// </summary>
public interface IAccountBar
{
    /// <summary>Why no transaction of this account is taken, or null.</summary>
    RefusalCode? BarOf(AccountId account);
}
