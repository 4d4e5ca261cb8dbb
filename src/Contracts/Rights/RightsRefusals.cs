using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Rights;

/// <summary>
/// Why the rights contract says no, in order of precedence. It answers
/// <c>sponsor_quota_exceeded</c> as accounts does.
/// </summary>
public static class RightsRefusals
{
    /// <summary>Holder, uses, limit or times do not go together.</summary>
    public static readonly RefusalCode MalformedRight =
        new("malformed_right", "The right's holder, uses, limit or times do not go together.");

    /// <summary>The holder's inner signature is wrong.</summary>
    public static readonly RefusalCode SignatureInvalid =
        new(
            "signature_invalid",
            "The holder's signature is not valid for this ledger, right, use and amount.");

    /// <summary>Neither an account nor a contract acts.</summary>
    public static readonly RefusalCode NotAuthorised =
        new("not_authorised", "Nobody stands behind the right.");

    /// <summary>The issuer has a right of this id.</summary>
    public static readonly RefusalCode RightExists =
        new("right_exists", "The issuer already has a right with this id.");

    /// <summary>No such right.</summary>
    public static readonly RefusalCode UnknownRight =
        new("unknown_right", "There is no such right.");

    /// <summary>Only the issuer does this.</summary>
    public static readonly RefusalCode NotIssuer =
        new("not_issuer", "Only the right's issuer does this.");

    /// <summary>Ended by its issuer.</summary>
    public static readonly RefusalCode Revoked =
        new("revoked", "The right was revoked by its issuer.");

    /// <summary>Its time is over.</summary>
    public static readonly RefusalCode Expired = new("expired", "The right's time is over.");

    /// <summary>Set aside by its issuer.</summary>
    public static readonly RefusalCode Suspended =
        new("suspended", "The right is suspended by its issuer.", Transient: true);

    /// <summary>Its time or activation is still to come.</summary>
    public static readonly RefusalCode NotYetValid =
        new("not_yet_valid", "The right is not valid yet.", Transient: true);

    /// <summary>Used up.</summary>
    public static readonly RefusalCode AlreadyRedeemed =
        new("already_redeemed", "The right was redeemed already.");

    /// <summary>It stays with its holder.</summary>
    public static readonly RefusalCode NotTransferable =
        new("not_transferable", "The right cannot be passed on.");

    /// <summary>Another redeems it.</summary>
    public static readonly RefusalCode NotRedeemer =
        new("not_redeemer", "Only the party that the right names redeems or restores it.");

    /// <summary>The holder's signature over this use was spent.</summary>
    public static readonly RefusalCode Replayed =
        new("replayed", "The holder's signature for this use was spent already.");

    /// <summary>The holder is not behind it.</summary>
    public static readonly RefusalCode NotHolder =
        new("not_holder", "The right's holder has not signed this.");

    /// <summary>Too soon after the last use.</summary>
    public static readonly RefusalCode ReusedTooSoon =
        new("reused_too_soon", "The right was used a short while ago and must rest.", Transient: true);

    /// <summary>More than its limit, or an amount where it has none.</summary>
    public static readonly RefusalCode OverLimit =
        new("over_limit", "The amount is more than the right still allows.");

    /// <summary>It is active already.</summary>
    public static readonly RefusalCode AlreadyActive =
        new("already_active", "The right is active already.");

    /// <summary>It is not suspended.</summary>
    public static readonly RefusalCode NotSuspended =
        new("not_suspended", "The right is not suspended.");

    /// <summary>Nothing was used, or less than is to be restored.</summary>
    public static readonly RefusalCode NothingToRestore =
        new("nothing_to_restore", "The right was not used, or for less than this.");

    /// <summary>All of them, in order of precedence.</summary>
    public static IReadOnlyList<RefusalCode> All { get; } =
    [
        MalformedRight, SignatureInvalid, NotAuthorised, RightExists, UnknownRight, NotIssuer, Revoked,
            Expired, Suspended, NotYetValid, AlreadyRedeemed,
        NotTransferable, NotRedeemer, Replayed, NotHolder, ReusedTooSoon, OverLimit, AlreadyActive,
            NotSuspended, NothingToRestore,
    ];
}
