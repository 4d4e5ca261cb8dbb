using Counterfoil.Ledger;

namespace Counterfoil.Host.Api;

/// <summary>
/// What the HTTP interface itself refuses, beside the refusals of transactions and contracts.
/// </summary>
public static class ApiRefusals
{
    public static readonly RefusalCode NotFound = new("not_found", "There is nothing at this address.");
    public static readonly RefusalCode MethodNotAllowed = new("method_not_allowed", "This address does not take that method.");
    public static readonly RefusalCode UnknownHost = new("unknown_host", "The node does not answer for this host name.");
    public static readonly RefusalCode Forbidden = new("forbidden", "There is no such document, or it is not for this reader.");
    public static readonly RefusalCode DamagedDocument = new("damaged_document", "The stored document is not the one that was put.");
    public static readonly RefusalCode NoPolicy = new("no_policy", "This address has no policy and stays closed.");
    public static readonly RefusalCode UnsupportedMediaType = new("unsupported_media_type", "The body's media type is not one that this address takes.");
    public static readonly RefusalCode NotAcceptable = new("not_acceptable", "The answer cannot be given in the form asked for.");
    public static readonly RefusalCode MalformedRequest = new("malformed", "The request has not the exact form.");
    public static readonly RefusalCode TooManyItems = new("too_many_items", "The array has more items than one request may bring.");
    public static readonly RefusalCode TooLarge = new("too_large", "The body is larger than this address takes.");
    public static readonly RefusalCode RateLimited = new("rate_limited", "Too many requests from this address; slow down.", Transient: true);
    public static readonly RefusalCode Busy = new("busy", "The node cannot answer this yet; try again.", Transient: true);
    public static readonly RefusalCode InternalError = new("internal_error", "The node failed to answer because of a fault of its own.", Transient: true);
    public static readonly RefusalCode UnknownTransaction = new("unknown_transaction", "No block holds this transaction.");
    public static readonly RefusalCode UnknownBlock = new("unknown_block", "There is no block of this height yet.");
    public static readonly RefusalCode UnknownTable = new("unknown_table", "The state has no such table.");
    public static readonly RefusalCode UnknownBucket = new("unknown_bucket", "A bucket is a number from 0 to 65535.");
    public static readonly RefusalCode UnknownAccount = new("unknown_account", "Nobody has opened or addressed this account.");
    public static readonly RefusalCode UnknownAnchor = new("unknown_anchor", "There is no such anchor.");
    public static readonly RefusalCode UnknownItem = new("unknown_item", "There is no such entry.");
    public static readonly RefusalCode ClockBackwards = new("clock_backwards", "A ledger's clock only goes forward.");
    public static readonly RefusalCode ClockTooFar = new("clock_too_far", "A sandbox's clock is advanced by at most ten years at a time.");
    public static readonly RefusalCode InvalidSignature = new("invalid_signature", "The request's signature is missing or does not verify.");
    public static readonly RefusalCode SandboxOnly = new("sandbox_only", "This exists only on a sandbox ledger.");

    /// <summary>The HTTP status of a transaction's refusal where it stands alone.</summary>
    public static int StatusOf(Refusal refusal) => refusal.Code switch
    {
        "too_large" => StatusCodes.Status413PayloadTooLarge,
        "rate_limited" => StatusCodes.Status429TooManyRequests,
        "busy" or "storage_unavailable" or "internal_fault" => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status422UnprocessableEntity,
    };
}
