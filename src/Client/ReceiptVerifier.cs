using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client;

/// <summary>
/// Verifies receipts and blocks of one ledger offline, from its genesis document and nothing else. <b>Source:</b> kernel.md section 3.
/// </summary>
/// <param name="genesis">The genesis document, whose digest the caller trusts.</param>
public sealed class ReceiptVerifier(Genesis genesis)
{
    /// <summary>The receipt is of another ledger.</summary>
    public static readonly RefusalCode WrongNet = new("wrong_net", "The receipt is of another ledger.");

    /// <summary>The receipt is of another transaction.</summary>
    public static readonly RefusalCode OtherTransaction = new("other_transaction", "The receipt is of another transaction.");

    /// <summary>The ledger that receipts must be of.</summary>
    public Digest<Net> Net => genesis.Net;

    /// <summary>The validators, the same for every height as long as the rules let none join.</summary>
    public ValidatorSet Validators => genesis.Validators;

    /// <summary>Verifies all that a receipt says.</summary>
    /// <param name="receipt">The receipt, from anybody.</param>
    /// <param name="verified">What it proves, where the result is null.</param>
    /// <returns>Null, or the codes of <see cref="Receipt.Verify"/>, then <c>wrong_net</c>.</returns>
    public RefusalCode? Verify(Receipt receipt, out VerifiedReceipt? verified)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        if (receipt.Verify(genesis.Validators, out verified) is { } refusal)
            return refusal;
        if (verified!.Header.Net == genesis.Net)
            return null;
        verified = null;
        return WrongNet;
    }

    /// <summary>Verifies a receipt and that it is of the transaction that was asked for.</summary>
    /// <param name="receipt">The receipt, from anybody.</param>
    /// <param name="transaction">The transaction.</param>
    /// <param name="verified">What it proves, where the result is null.</param>
    /// <returns>Null, or as the other form says, then <c>other_transaction</c>.</returns>
    public RefusalCode? Verify(Receipt receipt, Digest<Transaction> transaction, out VerifiedReceipt? verified)
    {
        if (Verify(receipt, out verified) is { } refusal)
            return refusal;
        if (verified!.Id == transaction)
            return null;
        verified = null;
        return OtherTransaction;
    }

    /// <summary>True if the block is of this ledger and certified.</summary>
    public bool IsCertified(NodeBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        return block.Header.Net == genesis.Net && block.IsCertifiedBy(genesis.Validators);
    }
}
