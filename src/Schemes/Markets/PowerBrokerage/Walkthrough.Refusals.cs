using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

public sealed partial class BrokerageWalkthrough
{
    private SessionAnswer second = null!;
    private SealedBidRecord liveBid = null!;
    private SessionMessage ownSession = null!;
    private ResultMessage ownResult = null!;

    private void TellRefusals(WalkScript script)
    {
        script.Refuse("a bid for a session that has its result", "session_final", context => PutAsync(context, "desk", Fresh(session.Session)));
        script.Refuse("a new transaction with a bid's version and digest", "replayed", context => PutAsync(context, "desk", liveBid), OpenSecondSessionAsync);
        script.Refuse("the same version with another digest", "version_conflict", context => PutAsync(context, "desk", secondVersion!), PutSecondVersionAsync);
        script.Refuse("a bid by an account without a mandate", "not_mandated", context =>
            PutAsync(context, "owner", Of("owner").SealBid(second.Session, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(1_000, 10)])))));
        script.Refuse("a bid on a suspended mandate", "not_mandated", context => PutAsync(context, "desk", Fresh(second.Session)), context => RuleAsync(context, "suspend"));
        script.Refuse("a bid on a revoked mandate", "not_mandated", context => PutAsync(context, "desk", Fresh(second.Session)), context => RuleAsync(context, "revoke"));
        script.Refuse("a bid of another size than the session's", "malformed_bid", context => PutAsync(
            context, "rival", Of("rival").SealBid(second.Session with { BidSize = 4_096 }, rivalMandate, Bid(rivalPortfolio, (0, MarketSide.Sell, [(1_000, 10)])))));
        script.Refuse("a ciphertext that names another record", "envelope_mismatch", RelabelAsync);
        script.Refuse("a ciphertext that does not open", "envelope_mismatch", _ => RejectedAs(toAnotherKey));
        script.Refuse("a bid over the desk's limit in MW", "limit_exceeded", _ => RejectedAs(overLimit));
        script.Refuse("a sell curve that falls", "malformed_bid", _ => RejectedAs(decreasing));
        script.Refuse("a second mandate over the same resource and time", "double_mandate", OfferAgainAsync);
        script.Refuse("an opening before the gate, asked of the market operator", "sealed", async context =>
            WalkObservation.Of(await AskToClearAsync(context, second.Session.SessionId, null).ConfigureAwait(false)));
        script.Refuse("an opening with another session's closing, asked of the engine", "sealed", context => AskEngineAsync(context, forge: false));
        script.Refuse("an opening with a header that was moved past the gate", "sealed", context => AskEngineAsync(context, forge: true));
        script.Refuse("a rival's record asked for", "forbidden", context => AskForRecordAsync(context, deskBid.Record.Rid));
        script.Refuse("a record that is not there asked for", "forbidden", context => AskForRecordAsync(context, Envelopes.NewId<AnchoredRecord>()));
        script.Refuse("a bid in a block past the gate", "gate_closed", context => PutAsync(
            context, "rival", Of("rival").SealBid(second.Session, rivalMandate, Bid(rivalPortfolio, (0, MarketSide.Sell, [(1_000, 10)])))),
            context => CloseAsync(context, second.Session));
        script.Refuse("a result with another input", "result_incomplete", context => ResultAsync(context, ownResult with { InputRoot = Envelopes.NewId<MerkleNode>() }), OpenOwnSessionAsync);
        script.Refuse("a result with another seed", "result_incomplete", context => ResultAsync(context, ownResult with { Seed = Envelopes.NewId<SessionSeed>() }));
        script.Refuse("a result by another engine", "result_incomplete", context => ResultAsync(context, ownResult with { EngineHash = Envelopes.NewId<Opening.EngineHash>() }));
        script.Refuse("a result that counts a bid that is not there", "result_incomplete", context => ResultAsync(
            context, ownResult with { UsedRidsRoot = BrokerageContract.UsedLeaf(Envelopes.NewId<AnchoredRecord>()) }));
        script.Refuse("a result whose volume the curves do not give", "result_incomplete", context => ResultAsync(
            context, ownResult with { Periods = [.. ownResult.Periods.Select((period, mtu) => mtu == 0 ? period with { Volume = 1 } : period)] }));
    }

    private SealedBidRecord Fresh(SessionMessage terms) =>
        Of("desk").SealBid(terms, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(1_000, 10)])));

    private SealedBidRecord? secondVersion;

    // Version 2 is anchored; this is another version 2.
    private async Task PutSecondVersionAsync(WalkContext context)
    {
        var anchored = Of("desk").SealBid(
            second.Session, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(1_000, 15)])), liveBid.Record.Signed.Original);
        (await Of("desk").PutBidAsync(anchored, context.Cancellation).ConfigureAwait(false)).Required();
        secondVersion = Of("desk").SealBid(
            second.Session, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(1_000, 16)])), liveBid.Record.Signed.Original);
    }

    private async Task<WalkObservation> PutAsync(WalkContext context, string name, SealedBidRecord bid) => WalkObservation.Of(await context.Party(name).SubmitAsync(
        "brokerage.bid.put", bid.Message, BrokerageJson.Instance.BidMessage, [bid.Record.Attachment], context.Cancellation).ConfigureAwait(false));

    private async Task OpenSecondSessionAsync(WalkContext context)
    {
        second = await OpenSessionAsync(context, TimeSpan.FromHours(2)).ConfigureAwait(false);
        liveBid = Fresh(second.Session);
        (await Of("desk").PutBidAsync(liveBid, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private async Task RuleAsync(WalkContext context, string verb) => (await context.Party("broker").SubmitAsync(
        $"rights.{verb}", new RightMessage(context.Party("broker").Account, deskMandate), RightsJson.Instance.RightMessage, cancellation: context.Cancellation)
        .ConfigureAwait(false)).Required();

    // The message says one record, the ciphertext's protected header another: a rival's sealed bid under one's own name.
    private async Task<WalkObservation> RelabelAsync(WalkContext context)
    {
        var own = Of("rival").SealBid(second.Session, rivalMandate, Bid(rivalPortfolio, (0, MarketSide.Sell, [(1_000, 10)])));
        var message = own.Message with { CtDigest = liveBid.Message.CtDigest, CtLen = liveBid.Message.CtLen };
        return WalkObservation.Of(await context.Party("rival").SubmitAsync(
            "brokerage.bid.put", message, BrokerageJson.Instance.BidMessage, [liveBid.Record.Attachment], context.Cancellation).ConfigureAwait(false));
    }

    private Task<WalkObservation> RejectedAs(SealedBidRecord bid) => Task.FromResult(new WalkObservation(
        cleared.Rejected.FirstOrDefault(rejected => rejected.Rid == bid.Record.Rid)?.Code, ["listed among the rejected bids of an accepted result"]));

    private async Task<WalkObservation> OfferAgainAsync(WalkContext context)
    {
        var (answer, _) = await Of("rival").OfferContractAsync(
            ReaderOf("owner"), [resource], From(context) + TimeSpan.FromDays(100), From(context) + TimeSpan.FromDays(200), exclusive: true,
            context.Clock.Now + TimeSpan.FromDays(7), ContractBody(), context.Cancellation).ConfigureAwait(false);
        return WalkObservation.Of(answer);
    }

    private async Task<WalkObservation> AskEngineAsync(WalkContext context, bool forge)
    {
        var opening = (await context.Operator.Node.GetReceiptAsync(second.Transaction, context.Cancellation).ConfigureAwait(false)).Value;
        var closing = (await context.Operator.Node.GetReceiptAsync(SessionProofs.ClosingIdOf(session.Session), context.Cancellation).ConfigureAwait(false)).Value;
        if (forge)
        {
            WalkContext.Require(Ledger.Blocks.BlockHeader.TryParse(closing.Header, out var header), "a header reads");
            closing = closing with { Header = (header! with { Time = second.Session.GateTime }).ToBytes() };
        }
        using var http = context.Operator.CreateSignedHttp(context.RoleAddress(ClearingEngineRole.RoleName));
        return WalkObservation.Of(await new RoleClient(http).PostAsync(
            $"sessions/{second.Session.SessionId}/opening", new ClearingOrder(Element(opening), Element(closing), Envelopes.NewId<SessionSeed>()),
            MarketJson.Instance.ClearingOrder, MarketJson.Instance.ClearingResult, context.Cancellation).ConfigureAwait(false));
    }

    private async Task<WalkObservation> AskForRecordAsync(WalkContext context, Digest<AnchoredRecord> rid)
    {
        using var server = new Records.TradingServerClient(context.Party("rival"), context.RoleAddress(TradingServer.RoleName), market.Info.OperatorKey);
        var served = await server.GetAsync(rid.As<Vault.Documents.VaultRecord>(), cancellation: context.Cancellation).ConfigureAwait(false);
        using var content = JsonDocument.Parse(served.Answer.Content);
        return WalkObservation.Of(content.RootElement.TryGetProperty("code", out var code) ? code.GetString() : null);
    }

    /// <summary>A session that the operator of the sandbox runs itself, without bids: what the contract asks of a result is seen without an engine.</summary>
    private async Task OpenOwnSessionAsync(WalkContext context)
    {
        using var key = EphemeralAgreementKey.Create();
        var gate = context.Clock.Now + TimeSpan.FromHours(1);
        ownSession = second.Session with
        {
            SessionId = Envelopes.NewId<AuctionSession>(), SessionKey = key.PublicKey, GateTime = gate.UnixMilliseconds,
            SeedDue = (gate + TimeSpan.FromMinutes(1)).UnixMilliseconds, ResultDue = (gate + TimeSpan.FromHours(1)).UnixMilliseconds,
            CurvesDue = (gate + TimeSpan.FromDays(1)).UnixMilliseconds,
        };
        (await context.Operator.SubmitAsync("brokerage.session.open", ownSession, BrokerageJson.Instance.SessionMessage, cancellation: context.Cancellation)
            .ConfigureAwait(false)).Required();
        await CloseAsync(context, ownSession).ConfigureAwait(false);
        await context.MoveAsync(new Timestamp(ownSession.SeedDue)).ConfigureAwait(false);
        var seedId = SessionProofs.DueIdOf("seed", ownSession.SeedDue, ownSession.SessionId);
        await WaitAsync(context, seedId).ConfigureAwait(false);
        var receipt = (await context.Operator.Node.GetReceiptAsync(seedId, context.Cancellation).ConfigureAwait(false)).Value;
        WalkContext.Require(Ledger.Execution.Outcome.TryParse(receipt.Outcome, out var outcome), "an outcome reads");
        var seed = Digest<SessionSeed>.Parse(outcome!.Events.First(happened => happened.Type == "brokerage.seed_single")["seed"]);
        var engine = ClearingEngine.Clear(ownSession, MerkleHash.EmptyRoot, seed, [], 1);
        ownResult = engine.Result;
        foreach (var bytes in engine.Curves.Concat(engine.Withheld.Values))
            ownAttachments[Digest<Attachment>.Of(bytes)] = new AttachmentContent(Digest<Attachment>.Of(bytes), bytes, []);
    }

    private async Task<WalkObservation> ResultAsync(WalkContext context, ResultMessage result)
    {
        var attachments = result.Periods.Select((period, mtu) => period.WithheldDigest ?? period.CurvesDigest).Distinct().Select(digest => ownAttachments[digest]).ToList();
        return WalkObservation.Of(await context.Operator.SubmitAsync(
            "brokerage.session.result", result, BrokerageJson.Instance.ResultMessage, attachments, context.Cancellation).ConfigureAwait(false));
    }

    private readonly Dictionary<Digest<Attachment>, AttachmentContent> ownAttachments = [];

    private static JsonElement Element(Ledger.Blocks.Receipt receipt)
    {
        using var document = JsonDocument.Parse(receipt.ToBytes());
        return document.RootElement.Clone();
    }
}
