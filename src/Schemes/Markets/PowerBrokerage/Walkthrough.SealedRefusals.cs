using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Schemes.Walking;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

// Who may read what, and when: the trading server's records, the opening, and what a reader finds of wrong answers.
public sealed partial class BrokerageWalkthrough
{
    private SealedBidRecord unservedBid = null!;
    private SealedBidRecord exchangedBid = null!;
    private ReadOnlyMemory<byte> forbiddenAnswer;

    private void TellRecordRefusals(WalkScript script)
    {
        script.Refuse(
            "a record asked for by somebody outside its aud", "forbidden",
            context => AskForRecordAsync(context, deskBid.Message.Rid, content => forbiddenAnswer = content));
        script.Refuse(
            "a record that is not there: the same answer, to the byte", "forbidden",
            context =>
                AskForRecordAsync(context, Envelopes.NewId<AnchoredRecord>(), content => WalkContext.Require(
                content.Span.SequenceEqual(forbiddenAnswer.Span), "absent and forbidden are one answer")));
        script.Refuse(
            "an older version returned as the current one, found by its owner", "stale_version",
            context => CompareAsync(context, unservedBid), PutUnservedVersionAsync);
        script.Refuse(
            "an original returned that is not the anchored one, found by its owner", "original_altered",
            context => CompareAsync(context, exchangedBid), PutExchangedOriginalAsync);
    }

    private void TellSealedRefusals(WalkScript script)
    {
        script.Refuse("an opening before the gate, asked of the market operator", "sealed", async context =>
            WalkObservation.Of(
                await AskToClearAsync(context, second.Session.SessionId, null).ConfigureAwait(false)));
        script.Refuse(
            "an opening asked of the engine with a certified block from before the gate", "sealed",
            context => AskEngineAsync(context, SealedCheck.Gate, (opening, _) => opening));
        script.Refuse(
            "an opening asked of the engine with the closing of another session", "sealed",
            context => AskEngineAsync(context, SealedCheck.Gate, (_, closing) => closing));
        script.Refuse(
            "an opening with a header that was moved past the gate", "sealed",
            context => AskEngineAsync(context, SealedCheck.ClosingReceipt, (_, closing) => WithHeader(
                closing, header => header with { Time = second.Session.GateTime })));
        script.Refuse(
            "an opening with a header of another net", "sealed",
            context => AskEngineAsync(context, SealedCheck.ClosingReceipt, (_, closing) => WithHeader(
                closing, header => header with { Net = Envelopes.NewId<Net>() })));
        script.Refuse(
            "an opening with terms whose gate was moved into the past", "sealed",
            context =>
                AskEngineAsync(
                    context, SealedCheck.OpeningReceipt, (_, closing) => closing, opening => WithHeader(
                opening, header => header with { Time = session.Session.GateTime })));
    }

    // The last version was anchored and never delivered: what the trading server has does not make the root.
    private void TellRootRefusal(WalkScript script) => script.Refuse(
        "an opening with bids that do not make the input's root", "sealed", async context =>
        {
            var answer = await AskToClearAsync(context, second.Session.SessionId, randomness)
                .ConfigureAwait(false);
            WalkContext.Require(
                answer.Refusal?.Facts.GetValueOrDefault("check") == SealedCheck.InputRoot, "the wrapper finds another root");
            return WalkObservation.Of(answer);
        },
        async context => randomness =
            (await auditor.AddRandomnessAsync(second.Session, context.Cancellation)
                .ConfigureAwait(false)).Required().Id);

    private async Task<WalkObservation> AskEngineAsync(
        WalkContext context, string check, Func<Receipt, Receipt, Receipt> closingOf,
        Func<Receipt, Receipt>? openingOf = null)
    {
        var node = context.Operator.Node;
        var opening =
            (await node.GetReceiptAsync(second.Transaction, context.Cancellation)
                .ConfigureAwait(false)).Value;
        var closing =
            (await node.GetReceiptAsync(SessionProofs.ClosingIdOf(session.Session), context.Cancellation)
                .ConfigureAwait(false)).Value;
        var order = new ClearingOrder(
            Element(openingOf is null ? opening : openingOf(opening)), Element(closingOf(opening, closing)),
            Envelopes.NewId<SessionSeed>());
        using var http = context.Operator.CreateSignedHttp(context.RoleAddress(ClearingEngineRole.RoleName));
        var answer = await new RoleClient(http).PostAsync(
            $"sessions/{second.Session.SessionId}/opening", order, MarketJson.Instance.ClearingOrder,
            MarketJson.Instance.ClearingResult,
            context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(
            answer.Refusal?.Facts.GetValueOrDefault("check") == check,
            $"the check {check} fails, not {answer.Refusal?.Facts.GetValueOrDefault("check")}");
        return WalkObservation.Of(answer);
    }

    private static Receipt WithHeader(Receipt receipt, Func<BlockHeader, BlockHeader> change) =>
        BlockHeader.TryParse(receipt.Header, out var header)
            ? receipt with { Header = change(header).ToBytes() }
            : throw new WalkFailedException("a receipt has a header");

    private static JsonElement Element(Receipt receipt)
    {
        using var document = JsonDocument.Parse(receipt.ToBytes());
        return document.RootElement.Clone();
    }

    private async Task<WalkObservation> AskForRecordAsync(
        WalkContext context, Digest<AnchoredRecord> rid, Action<ReadOnlyMemory<byte>> look)
    {
        using var server = new TradingServerClient(
            context.Party(RivalName), context.RoleAddress(TradingServer.RoleName), market.Info.OperatorKey);
        var served = await server.GetAsync(rid.As<VaultRecord>(), cancellation: context.Cancellation)
            .ConfigureAwait(false);
        look(served.Answer.Content);
        using var content = JsonDocument.Parse(served.Answer.Content);
        return WalkObservation.Of(
            content.RootElement.TryGetProperty("code", out var code) ? code.GetString() : null);
    }

    // A third version is anchored and the server is left with the second, which it returns as the current one.
    private async Task PutUnservedVersionAsync(WalkContext context)
    {
        unservedBid = Replacing(replacingBid);
        await AnchorOnlyAsync(context, unservedBid).ConfigureAwait(false);
    }

    // What the server holds of this bid is another original of the same record and version.
    private async Task PutExchangedOriginalAsync(WalkContext context)
    {
        exchangedBid = Fresh(DeskName, second.Session, deskMandate);
        var transaction = await AnchorOnlyAsync(context, exchangedBid).ConfigureAwait(false);
        var desk = context.Party(DeskName);
        var genuine = exchangedBid.Record.Signed.Original;
        var other = RecordOriginal.Create(new RecordDraft
        {
            Rid = genuine.Rid,
            Rtype = genuine.Rtype,
            Ver = genuine.Ver,
            Market = genuine.Market,
            Session = genuine.Session,
            Iss = genuine.Iss,
            Aud = genuine.Aud,
            Iat = genuine.Iat,
            Body = Bid(brokerPortfolio, (0, Contracts.Exchange.MarketSide.Sell, [(1_100, 10)])).ToBytes(),
        }).Value;
        var copy = RecordSealer.Seal(
            SignedRecord.Sign(other, desk.SigningKey), [desk.AgreementKey.PublicKey],
            RecordPadding.ToSize((int)second.Session.BidSize)).Value;
        await Of(DeskName).DeliverAsync(
            [new DeliveryMessage(
                exchangedBid.Message.Rid, genuine.Ver, DeliveryMessage.FormSealed, copy.Bytes.ToArray(),
                exchangedBid.Record.Salt, transaction,
                [market.Info.Operator])],
            context.Cancellation).ConfigureAwait(false);
    }

    private async Task<Digest<Transaction>> AnchorOnlyAsync(WalkContext context, SealedBidRecord bid)
    {
        var answer = await PutAsync(context, DeskName, bid.Message, bid.Record.Attachment)
            .ConfigureAwait(false);
        answer.Required();
        Of(DeskName).Book.Add(bid.Record.Signed, bid.Record.Salt, answer.Id);
        return answer.Id;
    }

    private async Task<WalkObservation> CompareAsync(WalkContext context, SealedBidRecord bid)
    {
        var finding = await Of(DeskName).Checker.CheckAsync(
            bid.Record.Signed.Original.Rid, cancellation: context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(
            finding.Answer is { } answer && answer.Verify(market.Info.OperatorKey, null) is null
                && answer.Digest == finding.ResponseDigest,
            "the server's signed answer is evidence that anybody can verify");
        return WalkObservation.Of(finding.Code);
    }
}
