using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Ledger.Transactions;

/// <summary>Marker for the digest that names a ledger: SHA-256 of the bytes of its genesis document.</summary>
public sealed class Net
{
    private Net() { }
}

/// <summary>Marker for the digest of a document that travels beside a transaction.</summary>
public sealed class Attachment
{
    private Attachment() { }
}

/// <summary>
/// A signed order to the ledger, parsed: form and lengths are right, signatures are not yet checked. Immutable but for what
/// admission attaches once. <b>Source:</b> kernel.md section 1.
/// </summary>
public sealed class Transaction
{
    internal Transaction(ReadOnlyMemory<byte> bytes, Digest<Transaction> id, TransactionPayload payload, TransactionSignature[] signatures)
    {
        Bytes = bytes;
        Id = id;
        Payload = payload;
        Signatures = signatures;
    }

    /// <summary>SHA-256("cf-tx\0" ‖ base64url(payload)). Signatures are outside it, since ES256 is malleable.</summary>
    public Digest<Transaction> Id { get; }

    /// <summary>The JWS exactly as it came: compact, or general JSON where several sign.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>What is signed.</summary>
    public TransactionPayload Payload { get; }

    /// <summary>One signature for each account in <see cref="TransactionPayload.By"/>, in the order they came.</summary>
    public IReadOnlyList<TransactionSignature> Signatures { get; }

    /// <summary>The account that issues the order.</summary>
    public AccountId Issuer => Payload.Issuer;
}

/// <summary>The members of a transaction's payload.</summary>
/// <param name="Net">The ledger it is for.</param>
/// <param name="Issuer"><c>iss</c>: the account that issues it.</param>
/// <param name="By"><c>by</c>: all accounts that must sign, 1 to 8, without repetition; <c>[iss]</c> where the member is missing.</param>
/// <param name="ReplayKey">SHA-256 over (<c>iss</c>, <c>jti</c>), which is unique while the transaction could still execute.</param>
/// <param name="IssuedAtSeconds"><c>iat</c>, Unix seconds UTC.</param>
/// <param name="ExpiresSeconds"><c>exp</c>, Unix seconds UTC: no block of this time or later executes it.</param>
/// <param name="Action"><c>act</c>: <c>contract.action</c>.</param>
/// <param name="Argument"><c>arg</c>: the raw JSON object, as signed.</param>
public sealed record TransactionPayload(
    Digest<Net> Net,
    AccountId Issuer,
    IReadOnlyList<AccountId> By,
    Digest<ReplayKey> ReplayKey,
    long IssuedAtSeconds,
    long ExpiresSeconds,
    string Action,
    ReadOnlyMemory<byte> Argument);

/// <summary>Marker for the digest of (<c>iss</c>, <c>jti</c>).</summary>
public sealed class ReplayKey
{
    private ReplayKey() { }
}

/// <summary>One signature of a transaction.</summary>
/// <param name="KeyId"><c>kid</c>: the thumbprint of the key.</param>
/// <param name="OpeningKey"><c>jwk</c>: given only where the transaction opens the signer's account, else unset.</param>
/// <param name="SigningInput">The bytes that are signed.</param>
/// <param name="Signature">64 bytes, r then s.</param>
public sealed record TransactionSignature(
    Digest<PublicKey> KeyId,
    PublicKey OpeningKey,
    ReadOnlyMemory<byte> SigningInput,
    ReadOnlyMemory<byte> Signature);
