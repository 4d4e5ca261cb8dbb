using Counterfoil.Contracts.Anchors;
using Counterfoil.Ledger;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// Why the brokerage says no, in order of precedence. Beside these it answers as the kernel's contracts do: <c>replayed</c>, <c>version_conflict</c>,
/// <c>signature_invalid</c>, <c>key_not_active</c>, <c>malformed_anchor</c>, <c>right_exists</c>.
/// </summary>
public static class BrokerageRefusals
{
    public static readonly RefusalCode MalformedContract = new("malformed_contract", "The contract's resources or interval do not go together.");

    public static readonly RefusalCode MalformedSession = new("malformed_session", "The session's fields do not go together, or the bid size is not the one of the formula.");

    public static readonly RefusalCode MalformedBid = new("malformed_bid", "The bid is not of the session's size, or its orders break the session's rules.");

    public static readonly RefusalCode EnvelopeMismatch = new("envelope_mismatch", "What is inside the ciphertext is not what was anchored, or does not open.");

    public static readonly RefusalCode UnknownContract = new("unknown_contract", "There is no such contract, or not in that version.");

    public static readonly RefusalCode UnknownPortfolio = new("unknown_portfolio", "There is no such portfolio of this broker.");

    public static readonly RefusalCode UnknownSession = new("unknown_session", "There is no such session.");

    public static readonly RefusalCode NotParty = new("not_party", "Only a party of this contract, portfolio or session does this.");

    public static readonly RefusalCode Exists = new("already_exists", "The id is taken.");

    public static readonly RefusalCode OfferLapsed = new("offer_lapsed", "The offer's time is over, or it was accepted already.");

    public static readonly RefusalCode NotHolder = new("not_holder", "The owner does not hold every resource.");

    public static readonly RefusalCode DoubleMandate = new("double_mandate", "A resource is under an exclusive mandate for an overlapping interval.");

    public static readonly RefusalCode SessionFinal = new("session_final", "The session has its result.");

    public static readonly RefusalCode GateClosed = new("gate_closed", "The gate is closed: the bid came too late.");

    public static readonly RefusalCode NotMandated = new("not_mandated", "The account holds no active bid mandate for this market.");

    public static readonly RefusalCode NotClosed = new("not_closed", "The session is not closed yet, or no longer.", Transient: true);

    public static readonly RefusalCode SeedFixed = new("seed_fixed", "The session's seed is fixed already.");

    public static readonly RefusalCode RandomnessMismatch = new("randomness_mismatch", "The proof is not the auditor's over this session's input.");

    public static readonly RefusalCode ResultIncomplete = new("result_incomplete", "The result is not that of the session's input, seed and engine, or does not balance.");

    public static readonly RefusalCode LimitExceeded = new("limit_exceeded", "The bid is over its desk's or portfolio's limits.");

    public static readonly RefusalCode Sealed = new("sealed", "The bids stay sealed: no certified closing of this session past its gate was shown.");

    public static readonly RefusalCode Forbidden = new("forbidden", "There is no such record for this party.");

    /// <summary>All of them, in order of precedence.</summary>
    public static IReadOnlyList<RefusalCode> All { get; } =
    [
        MalformedContract, MalformedSession, MalformedBid, EnvelopeMismatch, UnknownContract, UnknownPortfolio, UnknownSession, NotParty, Exists, OfferLapsed,
        NotHolder, DoubleMandate, SessionFinal, GateClosed, NotMandated, AnchorsRefusals.Replayed, AnchorsRefusals.VersionConflict, NotClosed, SeedFixed,
        RandomnessMismatch, ResultIncomplete, LimitExceeded, Sealed, Forbidden,
    ];

    /// <summary>The codes that the walkthrough shows: those of D1's "Must refuse" that this release is about.</summary>
    public static IReadOnlyList<RefusalCode> Promised { get; } =
    [
        GateClosed, SessionFinal, AnchorsRefusals.Replayed, AnchorsRefusals.VersionConflict, NotMandated, LimitExceeded, MalformedBid, DoubleMandate,
        ResultIncomplete, EnvelopeMismatch, Forbidden, Sealed,
    ];

    /// <summary>The codes with which an engine rejects a bid inside an accepted result.</summary>
    public static IReadOnlyList<RefusalCode> OfRejectedBids { get; } = [MalformedBid, EnvelopeMismatch, LimitExceeded];
}
