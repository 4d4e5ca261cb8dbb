using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Accounts;

/// <summary>
/// Why the accounts contract says no, in order of precedence. Beside these it answers
/// <c>unknown_account</c>, <c>account_exists</c> and <c>key_inactive</c> as the ledger does.
/// </summary>
public static class AccountsRefusals
{
    /// <summary>An amount of no units.</summary>
    public static readonly RefusalCode ZeroAmount = new("zero_amount", "The amount is zero.");

    /// <summary>From an account to itself.</summary>
    public static readonly RefusalCode SameAccount =
        new("same_account", "Sender and recipient are the same account.");

    /// <summary>No accounts, more than the maximum, or one twice.</summary>
    public static readonly RefusalCode MalformedList =
        new("malformed_list", "The list is empty, too long, or names something twice.");

    /// <summary>Code, name, decimals or cap out of range.</summary>
    public static readonly RefusalCode MalformedAsset =
        new("malformed_asset", "The asset's code, name, decimals or cap is not of the required form.");

    /// <summary>Shieldable with a cap of 2^63 or more.</summary>
    public static readonly RefusalCode CapTooLarge =
        new("cap_too_large", "A shieldable asset's cap must be below 2^63.");

    /// <summary>Not a point on the curve.</summary>
    public static readonly RefusalCode MalformedKey =
        new("malformed_key", "The key is not a point on the curve P-256.");

    /// <summary>The new key's own signature is missing or wrong.</summary>
    public static readonly RefusalCode PossessionUnproven =
        new("possession_unproven", "The new key did not prove its possession for this account and ledger.");

    /// <summary>No such asset.</summary>
    public static readonly RefusalCode UnknownAsset =
        new("unknown_asset", "There is no such asset.");

    /// <summary>The issuer has an asset of this code.</summary>
    public static readonly RefusalCode AssetExists =
        new("asset_exists", "The issuer already has an asset with this code.");

    /// <summary>The asset stays with its holder.</summary>
    public static readonly RefusalCode NotTransferable =
        new("not_transferable", "The asset cannot be transferred between holders.");

    /// <summary>
    /// Neither the account's signature nor the contract that owns it stands under the call.
    /// </summary>
    public static readonly RefusalCode NotAuthorised =
        new("not_authorised", "The account did not sign, and the caller does not own it.");

    /// <summary>Another than the asset's issuer mints.</summary>
    public static readonly RefusalCode NotIssuer =
        new("not_issuer", "Only the asset's issuer does this.");

    /// <summary>Less than needed is there.</summary>
    public static readonly RefusalCode InsufficientFunds =
        new("insufficient_funds", "The account does not hold that much.");

    /// <summary>More than the asset's immutable cap would exist.</summary>
    public static readonly RefusalCode OverCap =
        new("over_cap", "More units would exist than the asset's cap allows.");

    /// <summary>The account has this key.</summary>
    public static readonly RefusalCode KeyExists =
        new("key_exists", "The key is an active key of the account already.");

    /// <summary>No room for another key.</summary>
    public static readonly RefusalCode TooManyKeys =
        new("too_many_keys", "The account has as many keys as an account may have.");

    /// <summary>The last key stays.</summary>
    public static readonly RefusalCode LastKey =
        new("last_key", "An account's last key cannot be removed.");

    /// <summary>The sponsor's quota is used up.</summary>
    public static readonly RefusalCode SponsorQuotaExceeded =
        new("sponsor_quota_exceeded", "The sponsor has opened as many accounts as its quota allows.");

    /// <summary>All of them, in order of precedence.</summary>
    public static IReadOnlyList<RefusalCode> All { get; } =
    [
        ZeroAmount, SameAccount, MalformedList, MalformedAsset, CapTooLarge, MalformedKey,
            PossessionUnproven, UnknownAsset, AssetExists, NotTransferable,
        NotAuthorised, NotIssuer, InsufficientFunds, OverCap, KeyExists, TooManyKeys, LastKey,
            SponsorQuotaExceeded,
    ];
}
