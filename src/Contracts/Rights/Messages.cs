using System.Text.Json.Serialization;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Rights;

/// <summary><c>rights.issue</c>, and the terms with which a contract issues one.</summary>
/// <param name="Right">The id that the issuer chooses, 64 hexadecimal digits; random where nothing
/// else is meant.</param>
/// <param name="Holder">The account that holds it; addressed on the issuer's quota if it is
/// unknown. This or the commitment.</param>
/// <param name="Commitment">The hidden holder (see <see cref="HolderCommitment.Of"/>).</param>
/// <param name="Redeemer">Who redeems it: the issuer, an account, a contract
/// (<see cref="Authority.OfContract"/>); absent for the holder.</param>
/// <param name="Transferable">True if the holder may pass it on.</param>
/// <param name="Uses">How often it may be redeemed, 1 to 2^32 − 1.</param>
/// <param name="Limit">What may be redeemed in all, at least 1 unit; absent for no amounts. The
/// contract moves no asset, it counts.</param>
/// <param name="ReuseWindowSeconds">The least time between two uses; 0 for none.</param>
/// <param name="NotBeforeSeconds">From when, Unix seconds UTC; absent for at once.</param>
/// <param name="ExpiresSeconds">Until when, excluded, Unix seconds UTC; absent for ever.</param>
/// <param name="AwaitsActivation">True if it stays pending until the issuer activates it.</param>
/// <param name="Terms">The digest of a salted document that says what it is for.</param>
public sealed record IssueRightMessage(
    Digest<Right> Right,
    AccountId? Holder = null,
    Digest<HolderCommitment>? Commitment = null,
    AccountId? Redeemer = null,
    bool Transferable = false,
    uint Uses = 1,
    Amount? Limit = null,
    uint ReuseWindowSeconds = 0,
    long? NotBeforeSeconds = null,
    long? ExpiresSeconds = null,
    bool AwaitsActivation = false,
    Digest<RightTerms>? Terms = null);

/// <summary>
/// <c>rights.activate</c>, <c>rights.suspend</c>, <c>rights.resume</c>, <c>rights.revoke</c>: by
/// the issuer.
/// </summary>
/// <param name="Issuer">The right's issuer; the id of a contract cannot sign, so such rights are
/// its contract's to rule.</param>
/// <param name="Right">The right.</param>
public sealed record RightMessage(AccountId Issuer, Digest<Right> Right);

/// <summary><c>rights.transfer</c>: by the holder.</summary>
/// <param name="Issuer">The right's issuer.</param>
/// <param name="Right">The right.</param>
/// <param name="To">The new holder; addressed on the quota of the transaction's issuer if unknown.
/// This or the commitment.</param>
/// <param name="Commitment">The new hidden holder.</param>
/// <param name="Salt">Opens the present commitment to the account id of a signer, 16 to 64 bytes in
/// base64url.</param>
public sealed record TransferRightMessage(
    AccountId Issuer,
    Digest<Right> Right,
    AccountId? To = null,
    Digest<HolderCommitment>? Commitment = null,
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[]? Salt = null);

/// <summary>
/// <c>rights.redeem</c>: by the redeemer that the right names, with the holder's signature where
/// that is another.
/// </summary>
/// <param name="Issuer">The right's issuer.</param>
/// <param name="Right">The right.</param>
/// <param name="Amount">How much of its limit; absent for none.</param>
/// <param name="Use">The number of this redemption from 1, restored ones counted; given with
/// <paramref name="HolderSignature"/>.</param>
/// <param name="HolderSignature">The holder's word (see <see cref="RedemptionSignature"/>); absent
/// where the holder signs the transaction.</param>
/// <param name="Salt">Opens a commitment to the key of that signature or else to the account id of
/// a signer, 16 to 64 bytes in base64url.</param>
public sealed record RedeemRightMessage(
    AccountId Issuer,
    Digest<Right> Right,
    Amount? Amount = null,
    uint? Use = null,
    string? HolderSignature = null,
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[]? Salt = null);

/// <summary>
/// <c>rights.restore</c>: takes a use back, by the issuer or a redeemer other than the holder.
/// </summary>
/// <param name="Issuer">The right's issuer.</param>
/// <param name="Right">The right.</param>
/// <param name="Amount">How much of the limit comes back; absent for none.</param>
public sealed record RestoreRightMessage(AccountId Issuer, Digest<Right> Right, Amount? Amount = null);

/// <summary>The strict JSON forms of the messages.</summary>
[JsonSerializable(typeof(IssueRightMessage))]
[JsonSerializable(typeof(RightMessage))]
[JsonSerializable(typeof(TransferRightMessage))]
[JsonSerializable(typeof(RedeemRightMessage))]
[JsonSerializable(typeof(RestoreRightMessage))]
public sealed partial class RightsJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static RightsJson Instance { get; } = new(MessageJson.NewOptions());
}
