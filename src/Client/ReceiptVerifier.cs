using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client;

/// <summary>
/// Verifies receipts and blocks of one ledger, from its genesis document and the certified changes of validators after it. Offline for every height up to
/// the next change that it was not given; given a node it fetches what it lacks, trusting nothing that the node says. Safe for concurrent use.
/// <b>Source:</b> kernel.md section 3.
/// </summary>
public sealed class ReceiptVerifier
{
    /// <summary>The receipt is of another transaction.</summary>
    public static readonly RefusalCode OtherTransaction = new("other_transaction", "The receipt is of another transaction.");

    /// <summary>A verifier that trusts the validators of genesis and nobody else yet.</summary>
    /// <param name="genesis">The genesis document, whose digest the caller trusts.</param>
    public ReceiptVerifier(Genesis genesis) : this(new TrustedValidators(genesis)) { }

    /// <summary>A verifier that goes on from what is trusted already.</summary>
    public ReceiptVerifier(TrustedValidators trusted)
    {
        ArgumentNullException.ThrowIfNull(trusted);
        Trusted = trusted;
    }

    /// <summary>The ledger that receipts must be of.</summary>
    public Digest<Net> Net => Trusted.Net;

    /// <summary>The validators of all heights as far as their changes are known; changes may be fed to it.</summary>
    public TrustedValidators Trusted { get; }

    /// <summary>Verifies all that a receipt says.</summary>
    /// <param name="receipt">The receipt, from anybody.</param>
    /// <param name="verified">What it proves, where the result is null.</param>
    /// <returns>
    /// Null, or <c>malformed</c>, <c>wrong_net</c>, <c>unknown_validators</c> (changes are missing), <c>id_mismatch</c>, <c>not_in_block</c> or
    /// <c>bad_certificate</c>.
    /// </returns>
    public RefusalCode? Verify(Receipt receipt, out VerifiedReceipt? verified)
    {
        ArgumentNullException.ThrowIfNull(receipt);
        return receipt.Verify(Trusted, out verified);
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

    /// <summary>Verifies a receipt; changes of validators that it needs are fetched from a node, which is not believed.</summary>
    /// <param name="node">Any node of the ledger.</param>
    /// <param name="receipt">The receipt, from anybody.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>What it proves; or why it proves nothing, as <see cref="Verify(Receipt, out VerifiedReceipt?)"/> says.</returns>
    /// <exception cref="NodeFaultException">The node does not answer.</exception>
    public async Task<(VerifiedReceipt? Verified, RefusalCode? Refusal)> VerifyAsync(NodeClient node, Receipt receipt, CancellationToken cancellation = default)
    {
        var refusal = Verify(receipt, out var verified);
        if (refusal != LightRefusals.UnknownValidators || !await FollowAsync(node, cancellation).ConfigureAwait(false))
            return (verified, refusal);
        refusal = Verify(receipt, out verified);
        return (verified, refusal);
    }

    /// <summary>True if the block is of this ledger and certified, as far as changes of validators are known.</summary>
    public bool IsCertified(NodeBlock block)
    {
        ArgumentNullException.ThrowIfNull(block);
        return Trusted.Verify(block.HeaderBytes, block.Certificate, out _) is null;
    }

    /// <summary>True if the block is of this ledger and certified; changes of validators that this needs are fetched from a node, which is not believed.</summary>
    /// <exception cref="NodeFaultException">The node does not answer.</exception>
    public async Task<bool> IsCertifiedAsync(NodeClient node, NodeBlock block, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(block);
        if (Trusted.Find(block.Header, out _) == LightRefusals.UnknownValidators)
            await FollowAsync(node, cancellation).ConfigureAwait(false);
        return IsCertified(block);
    }

    /// <summary>Fetches the changes of validators after the last that is known and takes those that are certified.</summary>
    /// <returns>True if one was taken.</returns>
    /// <exception cref="NodeFaultException">The node does not answer.</exception>
    public async Task<bool> FollowAsync(NodeClient node, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        var first = Trusted.LastChangeHeight;
        while (true)
        {
            var last = Trusted.LastChangeHeight;
            var answer = await node.GetValidatorChangesAsync(last, cancellation).ConfigureAwait(false);
            if (!answer.TryGet(out var page, out _) || page.Changes.Any(change => Trusted.Advance(change) is not null)
                || page.Next is null || Trusted.LastChangeHeight == last)
                return Trusted.LastChangeHeight > first;
        }
    }
}
