using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Rights;

/// <summary>
/// That a right's holder is behind a call, as the contract that calls has found out: by a signature
/// under the transaction, or by one inside the message that its <c>Check</c> has verified. A
/// contract vouches for what it passes here, above all that an inner signature is spent once.
/// </summary>
public sealed class HolderProof
{
    private readonly byte[] salt;

    private HolderProof(AccountId signer, Digest<PublicKey> keyId, ReadOnlySpan<byte> salt)
    {
        Signer = signer;
        KeyId = keyId;
        this.salt = salt.ToArray();
    }

    /// <summary>The account that signed the transaction; unset for an inner signature.</summary>
    public AccountId Signer { get; }

    /// <summary>
    /// The key of an inner signature; for a signer the thumbprint of its first key, which is its
    /// account's id.
    /// </summary>
    public Digest<PublicKey> KeyId { get; }

    /// <summary>An account that signed the transaction.</summary>
    /// <param name="context">The handler's own context.</param>
    /// <param name="account">The account.</param>
    /// <param name="salt">Opens a commitment to the account's id; empty where the right is held by
    /// account.</param>
    /// <returns>Null if it did not sign.</returns>
    public static HolderProof? OfSigner(ExecutionContext context, AccountId account,
        ReadOnlySpan<byte> salt = default) =>
        context.IsSignedBy(account) ? new HolderProof(account, account.Thumbprint, salt) : null;

    /// <summary>The key of an inner signature that <c>Check</c> has verified.</summary>
    /// <param name="keyId">Its thumbprint.</param>
    /// <param name="salt">Opens a commitment to that key; empty where the right is held by
    /// account.</param>
    public static HolderProof OfKey(Digest<PublicKey> keyId, ReadOnlySpan<byte> salt = default) =>
        new(default, keyId, salt);

    internal bool Opens(Digest<HolderCommitment> commitment) =>
        salt.Length is >= HolderCommitment.MinimumSaltBytes and <= HolderCommitment.MaximumSaltBytes
            && HolderCommitment.Of(salt, KeyId) == commitment;
}
