using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Conformance;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage;

/// <summary>The walk through the whole auction, and what every scheme promises, by the product's own opening wrapper.</summary>
public sealed class PowerBrokerageConformanceTests(WalkedScheme<PowerBrokerageScheme> walked)
    : SchemeConformance<PowerBrokerageScheme>(walked)
{
    private static readonly EphemeralAgreementKey Key = EphemeralAgreementKey.Create();

    protected override string Folder => Path.Combine("src", "Schemes", "Markets", "PowerBrokerage");

    protected override IReadOnlyList<MessageSample> Messages =>
    [
        MessageSample.Of(Offer(), BrokerageJson.Instance.OfferMessage),
        MessageSample.Of(
            new AcceptMessage(
                Some<AnchoredRecord>(), 2, Some<RecordVersion>(), "a.b.c", Some<Attachment>(), 4_096),
            BrokerageJson.Instance.AcceptMessage),
        MessageSample.Of(
            new TerminateMessage(Some<AnchoredRecord>(), 1_750_000_000_000),
            BrokerageJson.Instance.TerminateMessage),
        MessageSample.Of(Portfolio(), BrokerageJson.Instance.PortfolioMessage),
        MessageSample.Of(Mandate(), BrokerageJson.Instance.MandateMessage),
        MessageSample.Of(Bid(), BrokerageJson.Instance.BidMessage),
        MessageSample.Of(Award(), BrokerageJson.Instance.AwardMessage),
        MessageSample.Of(
            new RandomnessMessage(Some<AuctionSession>(), Some<MerkleNode>(), Key.PublicKey, "AAAA"),
            BrokerageJson.Instance.RandomnessMessage),
        MessageSample.Of(Result(), BrokerageJson.Instance.ResultMessage),
        MessageSample.Of(
            new CurvesMessage(
                Some<AuctionSession>(), new ResultLimits(-50_000, 400_000, 25),
                [new PublishedCurves(3, Period())]),
            BrokerageJson.Instance.CurvesMessage),
        MessageSample.Of(new AnnulMessage(Some<AuctionSession>()), BrokerageJson.Instance.AnnulMessage),
        MessageSample.Of(new PossessionRequest([1, 2, 3]), MarketJson.Instance.PossessionRequest),
        MessageSample.Of(
            new SessionKeyRequest(Some<AuctionSession>()), MarketJson.Instance.SessionKeyRequest),
        MessageSample.Of(
            new ResourceRequest("AT003", "B16", 1_200, "agreement"), MarketJson.Instance.ResourceRequest),
        MessageSample.Of(new ClearingRequest(Some<Transaction>()), MarketJson.Instance.ClearingRequest),
        MessageSample.Of(new CoSignRequest("a", "b"), MarketJson.Instance.CoSignRequest),
        MessageSample.Of(new OriginalsMessage(["AAAA"]), MarketJson.Instance.OriginalsMessage),
        MessageSample.Of(
            new DeliveriesMessage(
                [new DeliveryMessage(
                    Some<AnchoredRecord>(), 1, "sealed", [1], [2], Some<Transaction>(), [Account()],
                    Some<Transaction>())]),
            MarketJson.Instance.DeliveriesMessage),
    ];

    [Fact]
    public void Walk_Refusals_ReachEveryLineOfTheCoresMustRefuse()
    {
        var reached =
            Walked.Result.Refusals.Where(refusal => refusal.Ok).CountBy(
                refusal => refusal.Got!).ToDictionary();

        // Bids rejected by the engine and refusals at the door together, by code.
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["gate_closed"] = 1,
                ["session_final"] = 2,
                ["replayed"] = 1,
                ["version_conflict"] = 1,
                ["not_mandated"] = 6,
                ["limit_exceeded"] = 4,
                ["malformed_bid"] = 12,
                ["double_mandate"] = 2,
                ["result_incomplete"] = 8,
                ["envelope_mismatch"] = 7,
                ["forbidden"] = 2,
                ["stale_version"] = 1,
                ["original_altered"] = 1,
                ["sealed"] = 7,
            }.OrderBy(code => code.Key, StringComparer.Ordinal),
            reached.OrderBy(code => code.Key, StringComparer.Ordinal));
    }

    [Fact]
    public void Walk_RefusalsWithEffects_AreThoseOfBidsThatTheEngineRejects() => Assert.Equal(
        ["envelope_mismatch", "limit_exceeded", "malformed_bid"],
        Walked.Result.Refusals.Where(refusal => refusal.Effects.Count > 0).Select(
            refusal => refusal.Got).Distinct().Order());

    private static Digest<T> Some<T>() => Digest<T>.Of("sample"u8);

    private static AccountId Account() => AccountId.Of(Key.PublicKey);

    private static AnchorMessage Anchor(string rtype) => new()
    {
        Rid = Some<AnchoredRecord>(),
        Rtype = rtype,
        Ver = 1,
        Digest = Some<RecordVersion>(),
        Sig = ["a.b.c"],
        CtDigest = Some<Attachment>(),
        CtLen = 4_096,
    };

    private static OfferMessage Offer() => new()
    {
        Rid = Some<AnchoredRecord>(),
        Rtype = RecordTypes.Contract,
        Ver = 2,
        Prev = Some<RecordVersion>(),
        Digest = Some<RecordVersion>(),
        Sig = ["a.b.c"],
        CtDigest = Some<Attachment>(),
        CtLen = 4_096,
        Owner = Account(),
        ResTags = [new ResourceTag(Account(), Some<Item>())],
        From = 1_750_000_000_000,
        To = 1_760_000_000_000,
        Exclusive = true,
        OfferUntil = 1_751_000_000_000,
    };

    private static PortfolioMessage Portfolio() => new()
    {
        Rid = Some<AnchoredRecord>(),
        Rtype = RecordTypes.Portfolio,
        Ver = 1,
        Digest = Some<RecordVersion>(),
        Sig = ["a.b.c", "d.e.f"],
        CtDigest = Some<Attachment>(),
        CtLen = 4_096,
        Portfolio = Some<Portfolio>(),
        Operator = Account(),
        Guarantee = Anchor(RecordTypes.Guarantee),
    };

    private static MandateMessage Mandate() => new()
    {
        Rid = Some<AnchoredRecord>(),
        Rtype = RecordTypes.Mandate,
        Ver = 1,
        Digest = Some<RecordVersion>(),
        Sig = ["a.b.c"],
        CtDigest = Some<Attachment>(),
        CtLen = 4_096,
        Right = Some<Right>(),
        Portfolio = Some<Portfolio>(),
        Desk = Account(),
        ExpiresSeconds = 1_750_000_000,
    };

    private static BidMessage Bid() => new()
    {
        Rid = Some<AnchoredRecord>(),
        Rtype = RecordTypes.Bid,
        Ver = 1,
        Session = Some<AuctionSession>(),
        Digest = Some<RecordVersion>(),
        Sig = ["a.b.c"],
        CtDigest = Some<Attachment>(),
        CtLen = 24_576,
        Mandate = Some<Right>(),
    };

    private static AwardMessage Award() => new()
    {
        Rid = Some<AnchoredRecord>(),
        Rtype = RecordTypes.Award,
        Ver = 1,
        Session = Some<AuctionSession>(),
        Digest = Some<RecordVersion>(),
        Sig = ["a.b.c"],
        CtDigest = Some<Attachment>(),
        CtLen = 4_096,
    };

    private static ResultMessage Result() => new()
    {
        SessionId = Some<AuctionSession>(),
        InputRoot = Some<MerkleNode>(),
        Seed = Some<SessionSeed>(),
        EngineHash = Some<EngineHash>(),
        Limits = new ResultLimits(-50_000, 400_000, 25),
        Periods = [Period()],
        UsedRidsRoot = Some<MerkleNode>(),
        Rejected = [new RejectedBid(Some<AnchoredRecord>(), "malformed_bid")],
    };

    private static PeriodResult Period() => new()
    {
        Price = 3_500,
        Volume = 1_100,
        Lo = 3_500,
        Hi = 3_500,
        RationNum = 800,
        RationDen = 900,
        Side = "sell",
        Flags = ["curves_withheld"],
        CurvesDigest = Some<Attachment>(),
        WithheldDigest = Some<Attachment>(),
    };
}
