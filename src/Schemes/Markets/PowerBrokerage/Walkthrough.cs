using System.Text;
using Counterfoil.Client;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// The story of one auction: an owner's plant, its broker and the broker's desk, a rival, an auditor, the market's roles. Steps 1 to 10, 16 and 17 of D1's core,
/// then what must be refused.
/// </summary>
public sealed partial class BrokerageWalkthrough : Walkthrough, IDisposable
{
    private static readonly TimeSpan GateAfter = TimeSpan.FromHours(6);

    private readonly Dictionary<string, Participant> participants = [];
    private readonly Digest<Portfolio> brokerPortfolio = Envelopes.NewId<Portfolio>();
    private readonly Digest<Portfolio> rivalPortfolio = Envelopes.NewId<Portfolio>();
    private readonly Digest<Right> deskMandate = Envelopes.NewId<Right>();
    private readonly Digest<Right> rivalMandate = Envelopes.NewId<Right>();
    private Auditor auditor = null!;
    private MarketPlace market = null!;
    private ResourceTag resource = null!;
    private ContractOffer offer = null!;
    private SessionAnswer session = null!;
    private SealedBidRecord firstBid = null!;
    private SealedBidRecord deskBid = null!;
    private SealedBidRecord overLimit = null!;
    private SealedBidRecord decreasing = null!;
    private SealedBidRecord toAnotherKey = null!;
    private ClearingAnswer cleared = null!;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Participants =>
        ["owner", "broker", "desk", "rival", "auditor", "operator", TradingServer.RoleName, ClearingEngineRole.RoleName, SystemOperator.RoleName];

    /// <inheritdoc/>
    public override void Tell(WalkScript script)
    {
        script.Step("operator", "ledger", "sponsors the accounts of owner, broker, desk, rival and auditor", SponsorAsync);
        script.Step("owner", "ledger", "opens its account, as the others do", OpenAccountsAsync);
        script.Step("owner", SystemOperator.RoleName, "has its plant registered under a random tag and gets the owner credential", RegisterResourceAsync);
        script.Step("broker", "ledger", "offers an exclusive brokerage contract", OfferAsync);
        script.Step("owner", "ledger", "accepts it: both signatures under one digest", AcceptAsync);
        script.Step("broker", TradingServer.RoleName, "registers its portfolio and guarantee, co-signed by the market operator", RegisterPortfoliosAsync);
        script.Step("broker", "ledger", "mandates its desk, limits in a confidential record", MandateAsync);
        script.Step("operator", TradingServer.RoleName, "opens a day-ahead session whose key lies behind the opening wrapper", OpenSessionAsync);
        script.Step("desk", "ledger", "puts a sealed bid, then a second version of it", PutBidsAsync);
        script.Step("rival", "ledger", "puts a sealed bid, and three that break the rules", PutRivalBidsAsync);
        script.Step("operator", "ledger", "lets the gate pass: the session closes with the root of its input", CloseAsync);
        script.Step("auditor", "ledger", "gives its part of the seed by a VRF proof over the input", AddRandomnessAsync);
        script.Step("operator", TradingServer.RoleName, "has the engine open and clear; result and awards are anchored", ClearAsync);
        script.Step("desk", TradingServer.RoleName, "compares each of its records: server, vault and ledger agree", CompareAsync);
        script.Step("desk", TradingServer.RoleName, "checks its execution by the public curves without seeing others' bids", CheckExecutionAsync);
        TellRefusals(script);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var participant in participants.Values)
            participant.Dispose();
        auditor?.Dispose();
    }

    private Participant Of(string name) => participants[name];

    private RecordReader ReaderOf(string name) => RecordReader.Of(participants[name].Party);

    private async Task SponsorAsync(WalkContext context)
    {
        string[] names = ["owner", "broker", "desk", "rival", "auditor"];
        (await context.Operator.SubmitAsync(
            "accounts.sponsor", $$"""{"accounts":[{{string.Join(",", names.Select(name => $"\"{context.Party(name).Account}\""))}}]}""", cancellation: context.Cancellation)
            .ConfigureAwait(false)).Required();
    }

    private async Task OpenAccountsAsync(WalkContext context)
    {
        market = await MarketPlace.JoinAsync(context.Scheme, context.Operator, context.Genesis, context.Cancellation).ConfigureAwait(false);
        foreach (var name in (string[])["owner", "broker", "desk", "rival", "auditor"])
        {
            var party = context.Party(name);
            (await party.SubmitAsync(party.Sign(party.Draft("accounts.open", "{}"u8), opensAccount: true), cancellation: context.Cancellation).ConfigureAwait(false)).Required();
            participants[name] = new Participant(party, market);
        }
        auditor = new Auditor(context.Party("auditor"), context.Genesis);
    }

    private async Task RegisterResourceAsync(WalkContext context)
    {
        using var http = context.Party("owner").CreateSignedHttp(context.RoleAddress(SystemOperator.RoleName));
        var answer = (await new RoleClient(http).PostAsync(
            "resources", new ResourceRequest("AT0030000000000000000000000012345", "B16", 1_200, "connection agreement 2024-118"),
            MarketJson.Instance.ResourceRequest, MarketJson.Instance.ResourceAnswer, context.Cancellation).ConfigureAwait(false)).Value;
        resource = new ResourceTag(answer.Registrar, answer.Item);
        var item = (await context.Party("owner").Node.GetItemAsync($"{answer.Registrar}.{answer.Item}", context.Cancellation).ConfigureAwait(false)).Value;
        WalkContext.Require(item.Root.GetProperty("owner").GetString() == context.Party("owner").Account.ToString(), "the owner's account holds the resource");
    }

    private async Task OfferAsync(WalkContext context)
    {
        var (answer, made) = await Of("broker").OfferContractAsync(
            ReaderOf("owner"), [resource], From(context), From(context) + TimeSpan.FromDays(365), exclusive: true, context.Clock.Now + TimeSpan.FromDays(7), ContractBody(),
            context.Cancellation).ConfigureAwait(false);
        answer.Required();
        offer = made;
    }

    private async Task AcceptAsync(WalkContext context) => (await Of("owner").AcceptContractAsync(offer, context.Cancellation).ConfigureAwait(false)).Required();

    private async Task RegisterPortfoliosAsync(WalkContext context)
    {
        (await Of("broker").RegisterPortfolioAsync(brokerPortfolio, [offer.Message.Rid], 50_000m, context.Cancellation).ConfigureAwait(false)).Required();
        (await Of("rival").RegisterPortfolioAsync(rivalPortfolio, [], 500_000m, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private async Task MandateAsync(WalkContext context)
    {
        var expires = context.Clock.Now + TimeSpan.FromDays(30);
        (await Of("broker").IssueMandateAsync(deskMandate, brokerPortfolio, ReaderOf("desk"), 2_000, 20_000m, expires, context.Cancellation).ConfigureAwait(false)).Required();
        (await Of("rival").IssueMandateAsync(rivalMandate, rivalPortfolio, ReaderOf("rival"), 2_000, 400_000m, expires, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private async Task OpenSessionAsync(WalkContext context) => session = await OpenSessionAsync(context, GateAfter).ConfigureAwait(false);

    private async Task<SessionAnswer> OpenSessionAsync(WalkContext context, TimeSpan gateAfter)
    {
        var gate = context.Clock.Now + gateAfter;
        using var http = context.Operator.CreateSignedHttp(context.RoleAddress(TradingServer.RoleName));
        return (await new RoleClient(http).PostAsync("sessions", new SessionPlan
        {
            Zone = "10YAT-APG------L", DeliveryDay = "2025-06-03", Tz = "Europe/Vienna", Mtu = "PT60M", Periods = 24, Start = (gate + TimeSpan.FromHours(12)).UnixMilliseconds,
            PriceTick = "0.01", QtyTick = "0.1", PMin = -50_000, PMax = 400_000, MaxSteps = 25, MinParties = 1,
            GateTime = gate.UnixMilliseconds, SeedDue = (gate + TimeSpan.FromMinutes(10)).UnixMilliseconds, ResultDue = (gate + TimeSpan.FromHours(1)).UnixMilliseconds,
            CurvesDue = (gate + TimeSpan.FromDays(7)).UnixMilliseconds, Auditor = context.Party("auditor").Account, AuditorVrfKey = auditor.VrfKey,
            AuditorKey = context.Party("auditor").AgreementKey.PublicKey,
        }, MarketJson.Instance.SessionPlan, MarketJson.Instance.SessionAnswer, context.Cancellation).ConfigureAwait(false)).Value;
    }

    // D1's test case 1 in hour 1: price 35.00, 110.0 MW, the two offers at 35 share 80.0 MW as 35.6 and 44.4.
    private async Task PutBidsAsync(WalkContext context)
    {
        firstBid = Of("desk").SealBid(session.Session, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(1_500, 300)])));
        (await Of("desk").PutBidAsync(firstBid, context.Cancellation).ConfigureAwait(false)).Required();
        deskBid = Of("desk").SealBid(
            session.Session, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(2_000, 300), (3_500, 400)])), firstBid.Record.Signed.Original);
        (await Of("desk").PutBidAsync(deskBid, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private async Task PutRivalBidsAsync(WalkContext context)
    {
        var rival = Of("rival");
        var both = Bid(rivalPortfolio, (0, MarketSide.Sell, [(3_500, 500), (6_000, 200)]), (0, MarketSide.Buy, [(8_000, 500), (5_000, 600), (3_000, 300)]));
        (await rival.PutBidAsync(rival.SealBid(session.Session, rivalMandate, both), context.Cancellation).ConfigureAwait(false)).Required();
        overLimit = rival.SealBid(session.Session, rivalMandate, Bid(rivalPortfolio, (1, MarketSide.Sell, [(2_000, 5_000)])));
        decreasing = rival.SealBid(session.Session, rivalMandate, Bid(rivalPortfolio, (1, MarketSide.Sell, [(4_000, 10), (2_000, 10)])));
        using var another = EphemeralAgreementKey.Create();
        toAnotherKey = rival.SealBid(session.Session with { SessionKey = another.PublicKey }, rivalMandate, both);
        foreach (var bid in (SealedBidRecord[])[overLimit, decreasing, toAnotherKey])
            (await rival.PutBidAsync(bid, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private async Task CloseAsync(WalkContext context) => await CloseAsync(context, session.Session).ConfigureAwait(false);

    private static async Task CloseAsync(WalkContext context, SessionMessage terms)
    {
        await context.MoveAsync(new Timestamp(terms.GateTime)).ConfigureAwait(false);
        await WaitAsync(context, SessionProofs.ClosingIdOf(terms)).ConfigureAwait(false);
    }

    private static async Task WaitAsync(WalkContext context, Digest<Ledger.Transactions.Transaction> id)
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            if ((await context.Operator.Node.GetReceiptAsync(id, context.Cancellation).ConfigureAwait(false)).IsAccepted)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), context.Cancellation).ConfigureAwait(false);
        }
        throw new WalkFailedException("due work is done");
    }

    private Digest<Ledger.Transactions.Transaction> randomness;

    private async Task AddRandomnessAsync(WalkContext context) =>
        randomness = (await auditor.AddRandomnessAsync(session.Session, context.Cancellation).ConfigureAwait(false)).Required().Id;

    private async Task ClearAsync(WalkContext context)
    {
        cleared = (await AskToClearAsync(context, session.Session.SessionId, randomness).ConfigureAwait(false)).Value;
        WalkContext.Require(cleared.Bids == 5 && cleared.Awards == 2, "five bids are opened, two used");
    }

    private static async Task<NodeResult<ClearingAnswer>> AskToClearAsync(
        WalkContext context, Digest<AuctionSession> id, Digest<Ledger.Transactions.Transaction>? seed)
    {
        using var http = context.Operator.CreateSignedHttp(context.RoleAddress(TradingServer.RoleName));
        return await new RoleClient(http).PostAsync(
            $"sessions/{id}/clearing", new ClearingRequest(seed), MarketJson.Instance.ClearingRequest, MarketJson.Instance.ClearingAnswer, context.Cancellation)
            .ConfigureAwait(false);
    }

    private async Task CompareAsync(WalkContext context)
    {
        // A checkpoint after the awards proves their versions.
        await context.AdvanceAsync(TimeSpan.FromSeconds(60)).ConfigureAwait(false);
        (await context.Operator.SubmitAsync("accounts.open", "{}", cancellation: context.Cancellation).ConfigureAwait(false)).Required();
        foreach (var name in (string[])["owner", "broker", "desk", "rival"])
        {
            await Of(name).LearnAsync(context.Cancellation).ConfigureAwait(false);
            var report = await new Records.Sweep(Of(name).Checker).RunAsync(context.Cancellation).ConfigureAwait(false);
            WalkContext.Require(report.Findings.Count > 0, $"{name} has records");
            WalkContext.Require(report.IsClean, $"every record of {name} matches ({string.Join(", ", report.Mismatches.Select(finding => $"{finding.Rtype} {finding.Code}"))})");
        }
    }

    private async Task CheckExecutionAsync(WalkContext context)
    {
        var desk = Of("desk");
        var result = await desk.ReadResultAsync(session.Session, context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(result is not null, "the result fits the ledger and its curves");
        WalkContext.Require(result!.Message.Periods[0] is { Price: 3_500, Volume: 1_100 }, "hour 1 clears 110.0 MW at 35.00");
        var award = desk.Book.Rids.Select(rid => desk.Book.Find(rid)!).First(entry => entry.Rtype == RecordTypes.Award);
        var finding = await desk.Checker.CheckAsync(award.Rid, cancellation: context.Cancellation).ConfigureAwait(false);
        var body = desk.ReadAnswer(finding) is { } original ? AwardBody.Parse(original.Body) : null;
        WalkContext.Require(body?.Orders[0].Quantities.SequenceEqual([300, 356]) == true, "the desk gets 30.0 MW and its share of 80.0 MW, 35.6");
        var execution = await desk.CheckExecutionAsync(
            session.Session, desk.Book.Find(deskBid.Record.Signed.Original.Rid)!, body, result, context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(execution.Failures.Count == 0, $"the execution is as published ({string.Join("; ", execution.Failures)})");
    }

    private static BidBody Bid(Digest<Portfolio> portfolio, params (int Mtu, MarketSide Side, (long Price, long Quantity)[] Steps)[] orders) =>
        new(portfolio, [.. orders.Select(order => new BidOrder(order.Mtu, new CallMarketOrder(
            order.Side, [.. order.Steps.Select(step => new CallMarketStep(step.Price, step.Quantity))])))]);

    // The next delivery day begins at midnight; a day more keeps the story free of time zones.
    private static Timestamp From(WalkContext context) => context.Clock.Now + TimeSpan.FromDays(1);

    private static byte[] ContractBody() => Encoding.UTF8.GetBytes("""
        {"curtailment_consent":true,"data_consents":["meter_readings"],"fee":{"percent":"3"},"imbalance_share":"0.5","law":"AT","mandate":"exclusive","notice_days":30}
        """.Trim());
}
