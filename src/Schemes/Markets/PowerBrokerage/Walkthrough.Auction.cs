using Counterfoil.Client;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

public sealed partial class BrokerageWalkthrough
{
    /// <summary>The desk's bid, its cancelled one, and the rival's.</summary>
    private const int UsedBids = 3;

    private SessionAnswer session = null!;
    private SealedBidRecord deskBid = null!;
    private SealedBidRecord rivalBid = null!;
    private Digest<Transaction> randomness;
    private ClearingAnswer cleared = null!;

    private void TellAuction(WalkScript script)
    {
        var custody = hasToken ? "in a token" : "in files, as no token is installed here";
        script.Step(
            OperatorName, TradingServer.RoleName,
            $"opens a day-ahead session whose key the opening wrapper alone uses, {custody}",
            OpenSessionAsync);
        script.Step(DeskName, LedgerName, "puts a sealed bid, then a version that replaces it", PutBidsAsync);
        script.Step(
            DeskName, LedgerName, "puts another and cancels it by a version without orders", CancelBidAsync);
        script.Step(RivalName, LedgerName, "puts a sealed bid", PutRivalBidAsync);
        script.Step(
            RivalName, LedgerName,
            "and its desks put sealed bids that break the rules: no ledger can see it",
            PutBrokenBidsAsync);
        script.Step(
            OperatorName, LedgerName, "lets the gate pass: the session closes with the root of its input",
            CloseAsync);
        script.Step(
            AuditorName, LedgerName, "gives its part of the seed by a VRF proof over the input",
            AddRandomnessAsync);
        script.Step(
            OperatorName, TradingServer.RoleName,
            "has the engine open and clear; result and awards are anchored",
            ClearAsync);
    }

    private async Task OpenSessionAsync(WalkContext context)
    {
        WalkContext.Require(
            market.Info.Custody == (
                hasToken ? Opening.OpeningWrapper.TokenCustody : Opening.OpeningWrapper.FileCustody),
            "the market operator tells where session keys lie");
        session = await OpenSessionAsync(context, GateAfter).ConfigureAwait(false);
    }

    private async Task<SessionAnswer> OpenSessionAsync(WalkContext context, TimeSpan gateAfter)
    {
        var gate = context.Clock.Now + gateAfter;
        using var http = context.Operator.CreateSignedHttp(context.RoleAddress(TradingServer.RoleName));
        var plan = new SessionPlan
        {
            Zone = "10YAT-APG------L",
            DeliveryDay = "2025-06-03",
            Tz = "Europe/Vienna",
            Mtu = "PT60M",
            Periods = 24,
            Start = (gate + TimeSpan.FromHours(12)).UnixMilliseconds,
            PriceTick = "0.01",
            QtyTick = "0.1",
            PMin = -50_000,
            PMax = 400_000,
            MaxSteps = 25,
            MinParties = 1,
            GateTime = gate.UnixMilliseconds,
            SeedDue = (gate + TimeSpan.FromMinutes(10)).UnixMilliseconds,
            ResultDue = (gate + TimeSpan.FromHours(1)).UnixMilliseconds,
            CurvesDue = (gate + TimeSpan.FromDays(7)).UnixMilliseconds,
            Auditor = context.Party(AuditorName).Account,
            AuditorVrfKey = auditor.VrfKey,
            AuditorKey = context.Party(AuditorName).AgreementKey.PublicKey,
        };
        return (await new RoleClient(http).PostAsync(
            "sessions", plan, MarketJson.Instance.SessionPlan, MarketJson.Instance.SessionAnswer,
            context.Cancellation)
            .ConfigureAwait(false)).Value;
    }

    // D1's test cases. Hour 1: sells 20×30, 35×40, 35×50, 60×20, buys 80×50, 50×60, 30×30: 35.00, 110.0 MW, the
    // two offers at 35 share 80.0 MW as 35.6 and 44.4. Hour 2: sells 20×30, 40×20, buys 80×30, 30×50: any price
    // from 30 to 40 balances, so the middle of it, and 30.0 MW.
    private async Task PutBidsAsync(WalkContext context)
    {
        var desk = Of(DeskName);
        var first = desk.SealBid(
            session.Session, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(1_500, 300)])));
        (await desk.PutBidAsync(first, context.Cancellation).ConfigureAwait(false)).Required();
        var second = Bid(
            brokerPortfolio, (0, MarketSide.Sell, [(2_000, 300), (3_500, 400)]),
            (1, MarketSide.Sell, [(2_000, 300)]));
        deskBid = desk.SealBid(session.Session, deskMandate, second, first.Record.Signed.Original);
        (await desk.PutBidAsync(deskBid, context.Cancellation).ConfigureAwait(false)).Required();
        WalkContext.Require(
            first.Record.Sealed.CtLen == deskBid.Record.Sealed.CtLen, "a bid's size does not tell what it says");
    }

    private async Task CancelBidAsync(WalkContext context)
    {
        var desk = Of(DeskName);
        var put = desk.SealBid(
            session.Session, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(100, 1_000)])));
        (await desk.PutBidAsync(put, context.Cancellation).ConfigureAwait(false)).Required();
        var cancelled =
            desk.SealBid(session.Session, deskMandate, Bid(brokerPortfolio), put.Record.Signed.Original);
        (await desk.PutBidAsync(cancelled, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private async Task PutRivalBidAsync(WalkContext context)
    {
        var body = Bid(
            rivalPortfolio,
            (0, MarketSide.Sell, [(3_500, 500), (6_000, 200)]),
            (0, MarketSide.Buy, [(8_000, 500), (5_000, 600), (3_000, 300)]),
            (1, MarketSide.Sell, [(4_000, 200)]), (1, MarketSide.Buy, [(8_000, 300), (3_000, 500)]));
        rivalBid = Of(RivalName).SealBid(session.Session, rivalMandate, body);
        (await Of(RivalName).PutBidAsync(rivalBid, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private Task CloseAsync(WalkContext context) => CloseAsync(context, session.Session);

    private static async Task<Digest<Cryptography.Merkle.MerkleNode>> CloseAsync(
        WalkContext context, SessionMessage terms)
    {
        await context.MoveAsync(new Timestamp(terms.GateTime)).ConfigureAwait(false);
        var outcome = await WaitAsync(context, SessionProofs.ClosingIdOf(terms)).ConfigureAwait(false);
        return Digest<Cryptography.Merkle.MerkleNode>.Parse(
            EventOf(outcome, "brokerage.session_closed")["input_root"]);
    }

    private async Task AddRandomnessAsync(WalkContext context)
    {
        var answer =
            (await auditor.AddRandomnessAsync(session.Session, context.Cancellation)
                .ConfigureAwait(false)).Required();
        WalkContext.Require(
            EventOf(answer.Outcome!, "brokerage.seed_fixed")["session"] == session.Session.SessionId.ToString(),
            "the seed is fixed");
        randomness = answer.Id;
    }

    private async Task ClearAsync(WalkContext context)
    {
        cleared =
            (await AskToClearAsync(context, session.Session.SessionId, randomness)
                .ConfigureAwait(false)).Value;
        WalkContext.Require(
            cleared.Bids == UsedBids + brokenBids.Count && cleared.Awards == UsedBids
                && cleared.Rejected.Count == brokenBids.Count,
            $"{UsedBids} bids are used and {brokenBids.Count} rejected, not {cleared.Awards} and {cleared.Rejected.Count} of {cleared.Bids}");
    }

    private static async Task<NodeResult<ClearingAnswer>> AskToClearAsync(
        WalkContext context, Digest<AuctionSession> id, Digest<Transaction>? seed)
    {
        using var http = context.Operator.CreateSignedHttp(context.RoleAddress(TradingServer.RoleName));
        return await new RoleClient(http).PostAsync(
            $"sessions/{id}/clearing", new ClearingRequest(seed), MarketJson.Instance.ClearingRequest,
            MarketJson.Instance.ClearingAnswer, context.Cancellation).ConfigureAwait(false);
    }
}
