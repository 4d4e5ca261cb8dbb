using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Ledger.Execution;

/// <summary>
/// What the ledger needs to know of accounts to check signatures; the accounts contract provides it. Read under the state's lock.
/// </summary>
public interface IAccountDirectory
{
    /// <summary>How the account stands now.</summary>
    AccountStanding StandingOf(AccountId account);

    /// <summary>The key, if it is an active key of the account now.</summary>
    bool TryGetActiveKey(AccountId account, Digest<PublicKey> keyId, out PublicKey key);

    /// <summary>
    /// Opens an account with its first key. It was addressed before, or the sponsor, whose signature stands beside, opens it on its quota.
    /// </summary>
    /// <param name="context">The transaction.</param>
    /// <param name="account">The account; the key hashes to it.</param>
    /// <param name="firstKey">A point on the curve.</param>
    /// <param name="sponsor">An open account that signed too, or unset.</param>
    /// <returns>Null, or why not.</returns>
    Refusal? Open(ExecutionContext context, AccountId account, PublicKey firstKey, AccountId sponsor);
}

/// <summary>How an account stands with the ledger.</summary>
public enum AccountStanding
{
    /// <summary>Nobody has named it yet.</summary>
    Unknown = 0,

    /// <summary>It was sent something or sponsored; its key is not known yet.</summary>
    Addressed = 1,

    /// <summary>It has active keys.</summary>
    Open = 2,
}
