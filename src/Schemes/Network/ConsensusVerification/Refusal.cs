using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>
/// Why a node, a block or a receipt is told no, in order of precedence. Those that only a lying validator
/// provokes stand in the README and are shown by tests of the ledger, where a liar can be one.
/// </summary>
public static class ConsensusRefusals
{
    /// <summary>What the walkthrough shows.</summary>
    public static IReadOnlyList<RefusalCode> Promised { get; } =
    [
        TransactionRefusals.Malformed,
        TransactionRefusals.WrongNet,
        TransactionRefusals.ValidityTooLong,
        TransactionRefusals.Expired,
        TransactionRefusals.NotYetValid,
        TransactionRefusals.Replayed,
        TransactionRefusals.SignersMismatch,
        TransactionRefusals.UnknownAccount,
        TransactionRefusals.KeyInactive,
        TransactionRefusals.AccountFrozen,
        TransactionRefusals.BadSignature,
        AccountsRefusals.InsufficientFunds,
        LightRefusals.BadCertificate,
    ];
}
