using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Vault.Records;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;

/// <summary>One market for all attacks, each on a session of its own.</summary>
public sealed class AttackedMarket : IAsyncLifetime
{
    internal LiveMarket Market { get; private set; } = null!;

    internal Bidder Seller { get; private set; } = null!;

    internal Bidder Buyer { get; private set; } = null!;

    internal Party TradingServer { get; private set; } = null!;

    internal Party Engine { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Market = await LiveMarket.OpenAsync();
        Seller = await Market.JoinAsync("seller", 1_000_000m, 100_000);
        Buyer = await Market.JoinAsync("buyer", 1_000_000m, 100_000);
        TradingServer = Market.ActAs("trading-server");
        Engine = Market.ActAs("clearing-engine");
    }

    public async Task DisposeAsync() => await Market.DisposeAsync();
}

/// <summary>
/// A dishonest operator with the only validator, all roles' keys and all databases. Tests named <c>OnlyValidator_…</c> show what nobody can prevent then, and
/// what is left to see of it: prevention takes several validators of different organisations, and for secrecy before the gate a threshold seal.
/// </summary>
public sealed class AttackRunTests(AttackedMarket attacked) : IClassFixture<AttackedMarket>
{
    private LiveMarket Market => attacked.Market;

    [Fact]
    public async Task Operator_ReadingBeforeTheGate_GetsCiphertextsThatNoneOfItsKeysOpens()
    {
        var opened = await Market.OpenSessionAsync();
        var session = opened.Session;
        var bid = await PutAsync(attacked.Seller, session, MarketSide.Sell, 3_000, 100);

        // Through the server: C2, which the operator is entitled to fetch and cannot read.
        using (var http = attacked.TradingServer.CreateSignedHttp(Market.Place.RoleAddress(TradingServer.RoleName), options => options with
        {
            Components = [Cryptography.Http.SignatureComponents.Method, Cryptography.Http.SignatureComponents.TargetUri, Cryptography.Http.SignatureComponents.Of(SignedAnswers.EncryptionKeyField)],
        }))
        {
            http.DefaultRequestHeaders.TryAddWithoutValidation(
                SignedAnswers.EncryptionKeyField, Base64Url.Encode(Encoding.UTF8.GetBytes(Jwk.Serialize(attacked.TradingServer.AgreementKey.PublicKey))));
            var answer = (await new RoleClient(http).GetAsync($"records/{bid.Record.Rid}", MarketJson.Instance.RecordAnswer)).Value;
            Assert.Equal(DeliveryMessage.FormSealed, answer.Form);
            AssertSealed(answer.Content);
        }
        // Through the vault, in the engine's name, which is a reader: C.
        var ciphertext = (await attacked.Engine.GetDocumentAsync(bid.Message.CtDigest, bid.Record.Salt)).Value;
        AssertSealed(ciphertext);
        var asServer = await attacked.TradingServer.GetDocumentAsync(bid.Message.CtDigest, bid.Record.Salt);
        Assert.False(asServer.TryGet(out _, out var forbidden));
        Assert.Equal("forbidden", forbidden.Code);
        // Through clearing ahead of time, and through the engine and its wrapper with a receipt that is none of a closing.
        var early = await Market.ClearAsync(session);
        Assert.False(early.TryGet(out _, out var tooEarly));
        Assert.Equal("sealed", tooEarly.Code);
        var receipt = JsonDocument.Parse((await Market.Operator.Node.GetReceiptAsync(opened.Transaction)).Value.ToBytes()).RootElement;
        var bidReceipt = JsonDocument.Parse((await Market.Operator.Node.GetReceiptAsync(attacked.Seller.Participant.Book.Find(bid.Record.Signed.Original.Rid)!.Transaction)).Value.ToBytes()).RootElement;
        foreach (var closing in new[] { receipt, bidReceipt })
        {
            using var http = attacked.TradingServer.CreateSignedHttp(Market.Place.RoleAddress(ClearingEngineRole.RoleName));
            var forced = await new RoleClient(http).PostAsync(
                $"sessions/{session.SessionId}/opening", new ClearingOrder(receipt, closing, Digest<SessionSeed>.Of("any"u8)), MarketJson.Instance.ClearingOrder,
                MarketJson.Instance.ClearingResult);
            Assert.False(forced.TryGet(out _, out var refused));
            Assert.Equal(("sealed", "gate"), (refused.Code, refused.Facts["check"]));
        }
    }

    [Fact]
    public async Task Operator_DroppingABidFromTheResult_IsRefusedAsResultIncomplete()
    {
        var session = (await Market.OpenSessionAsync()).Session;
        var sold = await PutAsync(attacked.Seller, session, MarketSide.Sell, 3_000, 100);
        var bought = await PutAsync(attacked.Buyer, session, MarketSide.Buy, 5_000, 60);
        var (root, seed) = await CloseAsync(session);
        CheckedBid[] all = [Opened(attacked.Seller, sold, session), Opened(attacked.Buyer, bought, session)];

        foreach (var kept in all)
            Assert.Equal("result_incomplete", (await PublishAsync(session, root, seed.Seed, [kept])).Code);
        // Nor with another input, another seed, or a volume that is not the curves'.
        var honest = ClearingEngine.Clear(session, root, seed.Seed, all, 1);
        Assert.Equal("result_incomplete", (await PublishAsync(honest with { Result = honest.Result with { InputRoot = Digest<MerkleNode>.Of("other"u8) } })).Code);
        Assert.Equal("result_incomplete", (await PublishAsync(honest with { Result = honest.Result with { Seed = Digest<SessionSeed>.Of("other"u8) } })).Code);
        Assert.Equal("result_incomplete", (await PublishAsync(honest with
        {
            Result = honest.Result with { Periods = [honest.Result.Periods[0] with { Volume = 61 }, .. honest.Result.Periods.Skip(1)] },
        })).Code);

        var cleared = (await Market.ClearAsync(session, seed.Transaction)).Value;
        Assert.Equal(2, cleared.Bids);
        Assert.Empty(await FailuresAsync(attacked.Seller, session, sold));
        Assert.Empty(await FailuresAsync(attacked.Buyer, session, bought));
    }

    [Fact]
    public async Task Operator_InsertingABidAfterTheGate_IsRefusedAsGateClosedHoweverItIsDated()
    {
        var session = (await Market.OpenSessionAsync()).Session;
        await PutAsync(attacked.Seller, session, MarketSide.Sell, 3_000, 100);
        // Sealed, signed and dated before the gate; sent after it.
        var kept = Seal(attacked.Buyer, session, MarketSide.Buy, 5_000, 60);
        await Market.PassGateAsync(session);
        var late = await attacked.Buyer.Participant.PutBidAsync(kept);
        Assert.Equal("gate_closed", late.Code);
        var seed = await Market.FixSeedAsync(session);
        Assert.Equal("gate_closed", (await attacked.Buyer.Participant.PutBidAsync(Seal(attacked.Buyer, session, MarketSide.Buy, 5_000, 60))).Code);
        var cleared = (await Market.ClearAsync(session, seed.Id)).Value;
        Assert.Equal(1, cleared.Bids);
        Assert.Equal("session_final", (await attacked.Buyer.Participant.PutBidAsync(Seal(attacked.Buyer, session, MarketSide.Buy, 5_000, 60))).Code);
    }

    [Fact]
    public async Task Server_ShowingAnOlderVersionToOneParty_IsFoundStaleWithASignedAnswerInEvidence()
    {
        var session = (await Market.OpenSessionAsync()).Session;
        var first = await PutAsync(attacked.Seller, session, MarketSide.Sell, 3_000, 100);
        var second = attacked.Seller.Participant.SealBid(
            session, attacked.Seller.Mandate, Body(attacked.Seller, MarketSide.Sell, 3_500, 80), first.Record.Signed.Original);
        (await attacked.Seller.Participant.PutBidAsync(second)).Required();
        var rid = first.Record.Signed.Original.Rid;
        var honest = await attacked.Seller.Participant.Checker.CheckAsync(rid);

        using (var database = Database.Open("sqlite:" + Path.Combine(Market.Home, "roles", "trading-server", "role.db")))
        using (var writing = database.OpenSession())
        {
            writing.Execute("DELETE FROM originals WHERE rid = $1 AND ver = 2", rid.ToArray());
            writing.Execute("DELETE FROM original_readers WHERE rid = $1 AND ver = 2", rid.ToArray());
        }
        var deceived = await attacked.Seller.Participant.Checker.CheckAsync(rid);

        Assert.Equal("match", honest.Code);
        Assert.Equal("stale_version", deceived.Code);
        Assert.NotEqual(honest.ResponseDigest, deceived.ResponseDigest);
        foreach (var finding in new[] { honest, deceived })
        {
            // Anybody can verify both answers later, and that they contradict each other.
            var filed = SignedAnswer.Parse(finding.Answer!.ToBytes())!;
            Assert.Equal(finding.ResponseDigest, filed.Digest);
            Assert.Null(filed.Verify(Market.Place.Info.OperatorKey));
        }
        // With nobody else's node to ask, nothing would have told a second ledger: see ForkTests for who has one.
        Assert.Equal((0, false), (deceived.Witnesses, deceived.IsForked));
    }

    [Fact]
    public async Task OnlyValidator_CertifyingTheGateBeforeItsTime_OpensTheBidsAndLeavesTheCertifiedHeader()
    {
        var session = (await Market.OpenSessionAsync()).Session;
        await PutAsync(attacked.Seller, session, MarketSide.Sell, 3_000, 100);
        // The bidders' own watch: it goes on from where the market's clock was, and is not turned by the operator.
        var watch = Market.Clock.Now;
        var started = DateTimeOffset.UtcNow;
        var closing = await Market.PassGateAsync(session);
        var own = watch.UnixMilliseconds + (long)(DateTimeOffset.UtcNow - started).TotalMilliseconds;
        Assert.True(own < session.GateTime);

        var seed = await Market.FixSeedAsync(session);
        Assert.Equal(1, (await Market.ClearAsync(session, seed.Id)).Value.Bids);

        // Not prevented. What shows it is signed: a header of a time that no honest clock had reached.
        Assert.True(closing.Header.Time >= session.GateTime);
        Assert.True(closing.Header.Time > own);
    }

    [Fact]
    public async Task OnlyValidator_LeavingAnAcknowledgedBidOutOfItsBlocks_ClearsWithoutItAndIsConvictedByItsAcknowledgement()
    {
        var session = (await Market.OpenSessionAsync()).Session;
        await PutAsync(attacked.Seller, session, MarketSide.Sell, 3_000, 100);
        var censored = Seal(attacked.Buyer, session, MarketSide.Buy, 5_000, 60);
        var transaction = attacked.Buyer.Party.Sign(attacked.Buyer.Party.Draft("brokerage.bid.put", censored.Message, BrokerageJson.Instance.BidMessage));
        Assert.Null(TransactionParser.Parse(transaction, out var parsed));
        // What a node's door answers, by the node's key; then the operator loses the transaction.
        var acknowledgement = Jws.SignCompact(
            Acknowledgement.Type, Encoding.UTF8.GetBytes($$"""{"id":"{{parsed!.Id}}","net":"{{Market.Genesis.Net}}","received":{{Market.Clock.Now.UnixMilliseconds}}}"""),
            Market.Operator.SigningKey);

        var seed = await PassAsync(session);
        Assert.Equal(1, (await Market.ClearAsync(session, seed)).Value.Bids);

        // Not prevented: the ledger took the result. The bidder has no proof that it was in, and the operator's word that it had come.
        var outcome = await attacked.Buyer.Participant.ReadResultAsync(session);
        var entry = BookEntry.Of(censored.Record.Signed, censored.Record.Salt, parsed.Id);
        var finding = await attacked.Buyer.Participant.CheckExecutionAsync(session, entry, null, outcome!);
        Assert.Contains("the bid is not under the input's root", finding.Failures);
        var evidence = Acknowledgement.Verify(acknowledgement, Market.Operator.SigningKey.PublicKey);
        Assert.Equal((parsed.Id, Market.Genesis.Net), (evidence!.Id, evidence.Net));
        Assert.True(evidence.Received < session.GateTime);
        Assert.False((await Market.Operator.Node.GetReceiptAsync(parsed.Id)).TryGet(out _, out _));
    }

    [Fact]
    public async Task OnlyEngine_RejectingAGoodBid_IsTakenByTheLedgerAndFoundByItsBidder()
    {
        var session = (await Market.OpenSessionAsync()).Session;
        var sold = await PutAsync(attacked.Seller, session, MarketSide.Sell, 3_000, 100);
        var bought = await PutAsync(attacked.Buyer, session, MarketSide.Buy, 5_000, 60);
        var (root, seed) = await CloseAsync(session);
        var wronged = Opened(attacked.Buyer, bought, session) with { Body = null, Mandate = null, Rejection = BrokerageRefusals.MalformedBid };

        var result = ClearingEngine.Clear(session, root, seed.Seed, [Opened(attacked.Seller, sold, session), wronged], 1);
        Assert.True((await PublishAsync(result)).IsAccepted);

        // Not prevented: no validator can open a bid. The code is public under the operator's signature, beside a bid that its bidder can show.
        var outcome = SessionOutcome.TryCreate(session, result.Result, [.. result.Curves.Select(curves => Base64Url.Encode(curves))])!;
        var finding = await attacked.Buyer.Participant.CheckExecutionAsync(
            session, attacked.Buyer.Participant.Book.Find(bought.Record.Signed.Original.Rid)!, null, outcome);
        Assert.Equal(["the bid was rejected"], finding.Failures);
        Assert.NotNull(BidBody.Parse(bought.Record.Signed.Original.Body, session.Periods, session.Limits));
    }

    private void AssertSealed(ReadOnlyMemory<byte> ciphertext)
    {
        foreach (var key in new[] { attacked.TradingServer.AgreementKey, attacked.Engine.AgreementKey, Market.Operator.AgreementKey, Market.AuditorParty.AgreementKey })
        {
            var unwrapped = RecordOpener.UnwrapContentKey(ciphertext, key);
            Assert.False(unwrapped.TryGet(out _));
            Assert.Equal("envelope_mismatch", unwrapped.Refusal!.Code);
        }
        // It is the bid all the same: its own desk opens it.
        Assert.True(RecordOpener.UnwrapContentKey(ciphertext, attacked.Seller.Party.AgreementKey).TryGet(out var contentKey));
        contentKey.Dispose();
    }

    private static BidBody Body(Bidder bidder, MarketSide side, long price, long quantity) => new(
        bidder.Portfolio, [new BidOrder(0, new CallMarketOrder(side, [new CallMarketStep(price, quantity)]))]);

    private static SealedBidRecord Seal(Bidder bidder, SessionMessage session, MarketSide side, long price, long quantity) =>
        bidder.Participant.SealBid(session, bidder.Mandate, Body(bidder, side, price, quantity));

    private static async Task<SealedBidRecord> PutAsync(Bidder bidder, SessionMessage session, MarketSide side, long price, long quantity)
    {
        var bid = Seal(bidder, session, side, price, quantity);
        (await bidder.Participant.PutBidAsync(bid)).Required();
        return bid;
    }

    private async Task<Digest<Transaction>> PassAsync(SessionMessage session)
    {
        await Market.PassGateAsync(session);
        return (await Market.FixSeedAsync(session)).Id;
    }

    private async Task<(Digest<MerkleNode> Root, (Digest<SessionSeed> Seed, Digest<Transaction> Transaction) Seed)> CloseAsync(SessionMessage session)
    {
        var closing = await Market.PassGateAsync(session);
        var seed = await Market.FixSeedAsync(session);
        return (
            Digest<MerkleNode>.Parse(closing.Outcome.Events.Single(happened => happened.Type == "brokerage.session_closed")["input_root"]),
            (Digest<SessionSeed>.Parse(seed.Outcome!.Events.Single(happened => happened.Type == "brokerage.seed_fixed")["seed"]), seed.Id));
    }

    /// <summary>A bid as the engine has it after the opening.</summary>
    private static CheckedBid Opened(Bidder bidder, SealedBidRecord bid, SessionMessage session) => new(
        bid.Record.Rid, bidder.Party.Account, bid.Record.Signed, BidBody.Parse(bid.Record.Signed.Original.Body, session.Periods, session.Limits), bidder.MandateBody, null);

    private Task<SubmissionAnswer> PublishAsync(
        SessionMessage session, Digest<MerkleNode> root, Digest<SessionSeed> seed, ImmutableArray<CheckedBid> bids) =>
        PublishAsync(ClearingEngine.Clear(session, root, seed, bids, 1));

    /// <summary>What the operator signs as a result, with the curves that go with it.</summary>
    private Task<SubmissionAnswer> PublishAsync(EngineResult result) => attacked.TradingServer.SubmitAsync(
        "brokerage.session.result", result.Result, BrokerageJson.Instance.ResultMessage,
        [.. result.Curves.DistinctBy(curves => Digest<Attachment>.Of(curves)).Select(curves => new AttachmentContent(Digest<Attachment>.Of(curves), curves, []))]);

    private static async Task<IReadOnlyList<string>> FailuresAsync(Bidder bidder, SessionMessage session, SealedBidRecord bid)
    {
        await bidder.Participant.LearnAsync();
        AwardBody? award = null;
        foreach (var rid in bidder.Participant.Book.Rids.Where(rid => bidder.Participant.Book.Find(rid)!.Rtype == RecordTypes.Award))
        {
            var finding = await bidder.Participant.Checker.CheckAsync(rid);
            Assert.Equal("match", finding.Code);
            if (bidder.Participant.ReadAnswer(finding) is { } original && AwardBody.Parse(original.Body) is { } body && body.Bid == bid.Record.Rid)
                award = body;
        }
        var entry = bidder.Participant.Book.Find(bid.Record.Signed.Original.Rid)!;
        return (await bidder.Participant.CheckExecutionAsync(session, entry, award, (await bidder.Participant.ReadResultAsync(session))!)).Failures;
    }
}
