using System.Text.Json.Serialization;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>Marker for a session's seed.</summary>
public sealed class SessionSeed
{
    private SessionSeed() { }
}

/// <summary><c>session.open</c>: one auction. Times are milliseconds since the Unix epoch, UTC; prices and quantities count ticks.</summary>
public sealed record SessionMessage
{
    /// <summary>The seal that is built: a session key behind an opening wrapper.</summary>
    public const string SealHsm = "hsm";

    public required Digest<AuctionSession> SessionId { get; init; }

    /// <summary>The bidding zone, an EIC code: 1 to 16 characters.</summary>
    public required string Zone { get; init; }

    /// <summary>The delivery day, <c>yyyy-MM-dd</c>, in <see cref="Tz"/>.</summary>
    public required string DeliveryDay { get; init; }

    /// <summary>The IANA time zone of the delivery day. How many periods its day has is for clients to compare: time zone data is no part of the rules.</summary>
    public required string Tz { get; init; }

    /// <summary><c>PT15M</c> or <c>PT60M</c>.</summary>
    public required string Mtu { get; init; }

    /// <summary>23, 24 or 25 hours, or four times as many quarter-hours.</summary>
    public required int Periods { get; init; }

    /// <summary>When the first period starts.</summary>
    public required long Start { get; init; }

    /// <summary>One price tick in EUR/MWh, a decimal string such as <c>0.01</c>.</summary>
    public required string PriceTick { get; init; }

    /// <summary>One quantity tick in MW, a decimal string such as <c>0.1</c>.</summary>
    public required string QtyTick { get; init; }

    public required long PMin { get; init; }

    public required long PMax { get; init; }

    /// <summary>The most steps of a bid in one period, over both sides: 1 to 256.</summary>
    public required int MaxSteps { get; init; }

    /// <summary>The size of every bid's plaintext, by <see cref="BidSize.Of"/>.</summary>
    public required uint BidSize { get; init; }

    /// <summary>With fewer bidders than this on a side, a period's curves go to the auditor only until <see cref="CurvesDue"/>.</summary>
    public required int MinParties { get; init; }

    public required long GateTime { get; init; }

    public required long SeedDue { get; init; }

    public required long ResultDue { get; init; }

    public required long CurvesDue { get; init; }

    /// <summary>Bids are encrypted to it; its private half is behind the opening wrapper.</summary>
    public required PublicKey SessionKey { get; init; }

    /// <summary>The thumbprint of the engine's encryption key.</summary>
    public required Digest<PublicKey> EngineKid { get; init; }

    public required Digest<Opening.EngineHash> EngineHash { get; init; }

    public required PublicKey AuditorVrfKey { get; init; }

    /// <summary>The auditor's account, whose signature an annulment needs.</summary>
    public required AccountId Auditor { get; init; }

    /// <summary>The auditor's encryption key, for withheld curves.</summary>
    public required PublicKey AuditorKey { get; init; }

    /// <summary>A backup operator; only named with <c>hsm</c>.</summary>
    public AccountId? Backup { get; init; }

    /// <summary><see cref="SealHsm"/>.</summary>
    public required string Seal { get; init; }

    /// <summary>The bounds of each period's call.</summary>
    [JsonIgnore]
    public CallMarketLimits Limits => new(PMin, PMax, PowerBrokerage.BidSize.MaximumQuantity, MaxSteps);
}

/// <summary>How large a bid is, whatever it says.</summary>
public static class BidSize
{
    /// <summary>The largest quantity of a step, in ticks.</summary>
    public const long MaximumQuantity = 99_999_999;

    /// <summary>The widest price that a bid can state in its width, either sign, in ticks.</summary>
    public const long WidestPrice = 999_900;

    /// <summary>4,096 · ⌈(4·(20·periods·max_steps + 80·periods + 2,048)/3 + 1,024)/4,096⌉ bytes.</summary>
    public static uint Of(int periods, int maximumSteps)
    {
        // Over the common denominator 3, so that nothing is rounded before the end.
        var triple = 4L * (20L * periods * maximumSteps + 80L * periods + 2_048) + 3 * 1_024;
        return checked((uint)(4_096 * ((triple + 3 * 4_096 - 1) / (3 * 4_096))));
    }
}

/// <summary><c>session.randomness</c>: the auditor's part of the seed.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="InputRoot">Its input, repeated so that the proof is checked without state.</param>
/// <param name="Key">The auditor's VRF key, repeated.</param>
/// <param name="Proof">81 bytes in base64url, over session id ‖ input root. <b>Source:</b> RFC 9381.</param>
public sealed record RandomnessMessage(Digest<AuctionSession> SessionId, Digest<MerkleNode> InputRoot, PublicKey Key, string Proof);

/// <summary>The price limits of a session, repeated beside a result.</summary>
public sealed record ResultLimits(long PMin, long PMax, int MaxSteps)
{
    public CallMarketLimits ToLimits() => new(PMin, PMax, BidSize.MaximumQuantity, MaxSteps);

    public static ResultLimits Of(SessionMessage session) => new(session.PMin, session.PMax, session.MaxSteps);
}

/// <summary>What is published of one period.</summary>
public sealed record PeriodResult
{
    /// <summary>In ticks; absent where a side has no orders.</summary>
    public long? Price { get; init; }

    public required long Volume { get; init; }

    public required long Lo { get; init; }

    public required long Hi { get; init; }

    public required long RationNum { get; init; }

    public required long RationDen { get; init; }

    /// <summary>The side that is cut at the price, <c>buy</c> or <c>sell</c>; absent for none.</summary>
    public string? Side { get; init; }

    /// <summary>Of <c>curtailed</c>, <c>curves_withheld</c>, <c>no_trade</c>, <c>one_sided</c>, in this order.</summary>
    public required IReadOnlyList<string> Flags { get; init; }

    /// <summary>SHA-256 of the curves (<see cref="CurvesDocument"/>), an attachment unless they are withheld.</summary>
    public required Digest<Attachment> CurvesDigest { get; init; }

    /// <summary>SHA-256 of the curves as a JWE to the auditor, an attachment; only where they are withheld.</summary>
    public Digest<Attachment>? WithheldDigest { get; init; }

    [JsonIgnore]
    public bool IsWithheld => WithheldDigest is not null;

    public bool Equals(PeriodResult? other) =>
        other is not null && Price == other.Price && Volume == other.Volume && Lo == other.Lo && Hi == other.Hi && RationNum == other.RationNum
        && RationDen == other.RationDen && Side == other.Side && Flags.SequenceEqual(other.Flags) && CurvesDigest == other.CurvesDigest
        && WithheldDigest == other.WithheldDigest;

    public override int GetHashCode() => HashCode.Combine(Price, Volume, CurvesDigest);

    /// <summary>The published form of a call's summary.</summary>
    public static PeriodResult Of(CallMarketSummary summary, Digest<Attachment> curves, Digest<Attachment>? withheld) => new()
    {
        Price = summary.Price,
        Volume = summary.Volume,
        Lo = summary.Low,
        Hi = summary.High,
        RationNum = summary.RationNumerator,
        RationDen = summary.RationDenominator,
        Side = summary.RationedSide switch { MarketSide.Buy => "buy", MarketSide.Sell => "sell", _ => null },
        Flags =
        [
            .. summary.Curtailed ? ["curtailed"] : Array.Empty<string>(),
            .. withheld is not null ? ["curves_withheld"] : Array.Empty<string>(),
            .. summary.NoTrade ? ["no_trade"] : Array.Empty<string>(),
            .. summary.OneSided ? ["one_sided"] : Array.Empty<string>(),
        ],
        CurvesDigest = curves,
        WithheldDigest = withheld,
    };
}

/// <summary>A live bid that the engine did not use.</summary>
/// <param name="Rid">The bid.</param>
/// <param name="Code">One of <see cref="BrokerageRefusals.OfRejectedBids"/>.</param>
public sealed record RejectedBid(Digest<AnchoredRecord> Rid, string Code);

/// <summary><c>session.result</c>: what the engine made of the session's input; by the operator.</summary>
public sealed record ResultMessage
{
    public required Digest<AuctionSession> SessionId { get; init; }

    public required Digest<MerkleNode> InputRoot { get; init; }

    public required Digest<SessionSeed> Seed { get; init; }

    public required Digest<Opening.EngineHash> EngineHash { get; init; }

    public required ResultLimits Limits { get; init; }

    /// <summary>One for each period.</summary>
    public required IReadOnlyList<PeriodResult> Periods { get; init; }

    /// <summary>RFC 9162 root over the rids of the bids that were used, in order.</summary>
    public required Digest<MerkleNode> UsedRidsRoot { get; init; }

    /// <summary>The others, in order of their rids.</summary>
    public required IReadOnlyList<RejectedBid> Rejected { get; init; }
}

/// <summary><c>session.curves</c>: publishes curves that were withheld; by the operator.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Limits">Repeated, so that the curves are checked without state.</param>
/// <param name="Periods">The periods, each with the result that stands.</param>
public sealed record CurvesMessage(Digest<AuctionSession> SessionId, ResultLimits Limits, IReadOnlyList<PublishedCurves> Periods);

/// <summary>Curves of one period.</summary>
/// <param name="Mtu">The period, from 0.</param>
/// <param name="Result">What stands.</param>
public sealed record PublishedCurves(int Mtu, PeriodResult Result);

/// <summary><c>session.annul</c>: signed by operator and auditor.</summary>
public sealed record AnnulMessage(Digest<AuctionSession> SessionId);
