using System.Text;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Opening;

[Collection(TokenTests.Name)]
public sealed class OpeningTests
{
    [TokenFact]
    public async Task Open_AfterTheGate_GivesTheEngineEveryContentKey()
    {
        await using var closed = await ClosedSession.MakeAsync(3);

        var answer = await closed.OpenAsync();

        Assert.Null(answer.Refusal);
        Assert.Equal(closed.Bids.Select(bid => (bid.Rid, bid.Ver)), answer.Bids.Select(bid => (bid.Rid, bid.Ver)));
        foreach (var (bid, opened) in closed.Bids.Zip(answer.Bids))
            Assert.Contains("\"price\":3500", Decrypt(bid, opened, closed.Market.Engine), StringComparison.Ordinal);
    }

    [TokenFact]
    public async Task Open_Twice_GivesTheSameContentKeys()
    {
        await using var closed = await ClosedSession.MakeAsync(1);
        using var first = (await closed.OpenAsync()).Bids[0].Unwrap(closed.Market.Engine);
        using var second = (await closed.OpenAsync()).Bids[0].Unwrap(closed.Market.Engine);
        Assert.True(first!.Span.SequenceEqual(second!.Span));
    }

    [TokenFact]
    public async Task Open_SessionWithoutBids_IsAnswered()
    {
        await using var closed = await ClosedSession.MakeAsync(0);
        var answer = await closed.OpenAsync();
        Assert.Null(answer.Refusal);
        Assert.Empty(answer.Bids);
    }

    [TokenFact]
    public async Task Open_BidsInAnotherOrder_AnswersInThatOrder()
    {
        await using var closed = await ClosedSession.MakeAsync(4);
        var reversed = closed.Bids.Reverse().ToArray();
        var answer = await closed.OpenAsync(bids: reversed);
        Assert.Equal(reversed.Select(bid => bid.Rid), answer.Bids.Select(bid => bid.Rid));
    }

    [TokenFact]
    public async Task Open_EngineKeyIdInHexadecimal_IsTheSameThumbprint()
    {
        await using var market = await Market.OpenAsync();
        await using var closed = await ClosedSession.MakeAsync(1, market, engineKid: market.Engine.PublicKey.Thumbprint.ToString());
        Assert.Null((await closed.OpenAsync()).Refusal);
    }

    [TokenFact]
    public async Task Open_BidToAnotherKey_IsNamedAndTheOthersOpen()
    {
        await using var closed = await ClosedSession.MakeAsync(4, bid: (market, key, index) =>
            market.Bid(index == 2 ? market.Engine.PublicKey : key));

        var answer = await closed.OpenAsync();

        Assert.Null(answer.Refusal);
        Assert.Equal([true, true, false, true], answer.Bids.Select(bid => bid.ContentKey is not null));
    }

    [TokenFact]
    public async Task Open_RivalsCiphertextUnderOnesOwnRecord_IsNotOpened()
    {
        SealedBid? rival = null;
        await using var closed = await ClosedSession.MakeAsync(2, bid: (market, key, index) =>
        {
            if (index == 0)
                return rival = market.Bid(key);
            var own = market.Bid(key);
            return own with { CtDigest = rival!.CtDigest, Ciphertext = rival.Ciphertext };
        });

        var answer = await closed.OpenAsync();

        Assert.NotNull(answer.Bids[0].ContentKey);
        Assert.Null(answer.Bids[1].ContentKey);
    }

    [TokenFact]
    public async Task Open_ContentKeyOfAnotherBid_IsNotUnwrapped()
    {
        await using var closed = await ClosedSession.MakeAsync(2);
        var bids = (await closed.OpenAsync()).Bids;
        Assert.Null((bids[0] with { ContentKey = bids[1].ContentKey }).Unwrap(closed.Market.Engine));
        Assert.Null(bids[0].Unwrap(closed.Market.Broker));
    }

    [TokenFact]
    public async Task Open_BeforeTheGate_IsSealed()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await Wrapper.StartAsync(market);
        var session = Market.NewSession();
        var key = await wrapper.Conversation.CreateSessionKeyAsync(session);
        var opening = await market.OpenSessionAsync(session, key);
        var bid = market.Bid(key);
        await market.PutAsync(session, bid);

        // There is no receipt of a closing yet; what there is proves none.
        var answer = await wrapper.Conversation.OpenAsync(new OpeningRequest
        {
            SessionOpen = opening, Closing = opening, EngineKey = market.Engine.PublicKey, Bids = [bid],
        });

        AssertSealed(SealedCheck.Gate, answer);
    }

    [TokenFact]
    public async Task Open_ClosingCertifiedByAStranger_IsSealed()
    {
        await using var closed = await ClosedSession.MakeAsync(1);
        using var stranger = EphemeralSigningKey.Create();
        AssertSealed(SealedCheck.ClosingReceipt, await closed.OpenAsync(closing: Market.Forge(closed.Closing, header => header, stranger)));
        AssertSealed(SealedCheck.OpeningReceipt, await closed.OpenAsync(opening: Market.Forge(closed.Opening, header => header, stranger)));
    }

    [TokenFact]
    public async Task Open_OutcomeWithAnotherRoot_IsSealed()
    {
        await using var closed = await ClosedSession.MakeAsync(1);
        var text = Encoding.UTF8.GetString(closed.Closing.Outcome);
        var root = text.IndexOf("input_root", StringComparison.Ordinal) + "input_root\":\"".Length;
        var altered = text[..root] + new string('a', 64) + text[(root + 64)..];
        AssertSealed(SealedCheck.ClosingReceipt, await closed.OpenAsync(closing: closed.Closing with { Outcome = Encoding.UTF8.GetBytes(altered) }));
    }

    [TokenFact]
    public async Task Open_HeaderBeforeTheGateSignedByTheValidator_IsSealed()
    {
        await using var closed = await ClosedSession.MakeAsync(1);
        var early = Market.Forge(closed.Closing, header => header with { Time = header.Time - 3_600_000 }, closed.Market.Consensus);
        AssertSealed(SealedCheck.GateTime, await closed.OpenAsync(closing: early));
    }

    [TokenFact]
    public async Task Open_HeaderOfAnotherNetSignedByTheValidator_IsSealed()
    {
        await using var closed = await ClosedSession.MakeAsync(1);
        await using var other = await Market.OpenAsync(consensus: closed.Market.Consensus);
        var foreign = Market.Forge(closed.Closing, header => header with { Net = other.Genesis.Net }, closed.Market.Consensus);
        AssertSealed(SealedCheck.Net, await closed.OpenAsync(closing: foreign));
    }

    [TokenFact]
    public async Task Open_ReceiptsOfAnotherLedger_AreSealed()
    {
        await using var closed = await ClosedSession.MakeAsync(1);
        await using var other = await ClosedSession.MakeAsync(1);
        AssertSealed(SealedCheck.OpeningReceipt, await closed.OpenAsync(opening: other.Opening, closing: other.Closing));
    }

    [TokenFact]
    public async Task Open_OwnClockBeforeTheGate_IsSealed()
    {
        await using var market = await Market.OpenAsync(isSandbox: false);
        var wrappersClock = new TurnedClock();
        await using var closed = await ClosedSession.MakeAsync(1, market, clock: wrappersClock);
        AssertSealed(SealedCheck.Clock, await closed.OpenAsync());

        wrappersClock.Advance(TimeSpan.FromHours(1));
        Assert.Null((await closed.OpenAsync()).Refusal);
    }

    [TokenFact]
    public async Task Open_ClosingOfAnotherSession_IsSealed()
    {
        await using var market = await Market.OpenAsync();
        await using var first = await ClosedSession.MakeAsync(1, market);
        await using var second = await ClosedSession.MakeAsync(1, market);
        AssertSealed(SealedCheck.Gate, await first.OpenAsync(closing: second.Closing));
        AssertSealed(SealedCheck.Gate, await first.OpenAsync(opening: second.Opening));
        AssertSealed(SealedCheck.InputRoot, await first.OpenAsync(opening: second.Opening, closing: second.Closing));
    }

    [TokenFact]
    public async Task Open_DueWorkThatIsNoGate_IsSealed()
    {
        await using var other = await ClosedSession.MakeAsync(1, timer: "other");
        AssertSealed(SealedCheck.Gate, await other.OpenAsync());
        await using var broken = await ClosedSession.MakeAsync(1, timer: "broken");
        AssertSealed(SealedCheck.Gate, await broken.OpenAsync());
    }

    [TokenFact]
    public async Task Open_ReceiptThatIsNoOpening_IsSealed()
    {
        await using var draft = await ClosedSession.MakeAsync(1, action: "session.draft");
        AssertSealed(SealedCheck.SessionOpen, await draft.OpenAsync());

        await using var closed = await ClosedSession.MakeAsync(1);
        AssertSealed(SealedCheck.SessionOpen, await closed.OpenAsync(opening: closed.Closing));
    }

    [TokenFact]
    public async Task Open_RefusedOpening_IsSealed()
    {
        await using var closed = await ClosedSession.MakeAsync(1, openTwice: true);
        AssertSealed(SealedCheck.SessionOpen, await closed.OpenAsync(opening: closed.SecondOpening));
    }

    [TokenFact]
    public async Task Open_SessionWithAKeyThatIsNotTheTokens_IsSealed()
    {
        using var own = EphemeralAgreementKey.Create();
        await using var made = await ClosedSession.MakeAsync(1, sessionKey: own.PublicKey);
        AssertSealed(SealedCheck.SessionKey, await made.OpenAsync());
        await using var never = await ClosedSession.MakeAsync(1, sessionKey: own.PublicKey, makesKey: false);
        AssertSealed(SealedCheck.SessionKey, await never.OpenAsync());
    }

    [TokenFact]
    public async Task Open_ToAnotherEngine_IsSealed()
    {
        await using var closed = await ClosedSession.MakeAsync(1);
        AssertSealed(SealedCheck.EngineKey, await closed.OpenAsync(engine: closed.Market.Broker.PublicKey));
    }

    [TokenFact]
    public async Task Open_BidsThatDoNotMakeTheRoot_IsSealed()
    {
        await using var closed = await ClosedSession.MakeAsync(3);
        var bids = closed.Bids;
        var slippedIn = closed.Market.Bid(closed.Key);
        AssertSealed(SealedCheck.InputRoot, await closed.OpenAsync(bids: [.. bids.Skip(1)]));
        AssertSealed(SealedCheck.InputRoot, await closed.OpenAsync(bids: []));
        AssertSealed(SealedCheck.InputRoot, await closed.OpenAsync(bids: [.. bids, slippedIn]));
        AssertSealed(SealedCheck.InputRoot, await closed.OpenAsync(bids: [.. bids, bids[0]]));
        AssertSealed(SealedCheck.InputRoot, await closed.OpenAsync(bids: [slippedIn, .. bids.Skip(1)]));
        AssertSealed(SealedCheck.InputRoot, await closed.OpenAsync(bids: [bids[0] with { Ver = 2 }, .. bids.Skip(1)]));
        AssertSealed(SealedCheck.InputRoot, await closed.OpenAsync(bids: [bids[0] with { Digest = bids[1].Digest }, .. bids.Skip(1)]));
        AssertSealed(SealedCheck.InputRoot, await closed.OpenAsync(bids: [bids[0] with { CtDigest = bids[1].CtDigest }, .. bids.Skip(1)]));
    }

    [TokenFact]
    public async Task Open_CiphertextThatIsNotTheAnchoredOne_IsSealedAndTheConversationGoesOn()
    {
        await using var closed = await ClosedSession.MakeAsync(3);
        var altered = closed.Bids[0].Ciphertext.ToArray();
        altered[^10] ^= 1;
        AssertSealed(SealedCheck.Ciphertext, await closed.OpenAsync(bids: [closed.Bids[0] with { Ciphertext = altered }, .. closed.Bids.Skip(1)]));
        Assert.Null((await closed.OpenAsync()).Refusal);
    }

    [TokenFact]
    public async Task Open_ReceiptWithAnyByteChanged_IsSealedOrProvesTheSame()
    {
        await using var closed = await ClosedSession.MakeAsync(1);
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        var tried = 0;
        for (var round = 0; round < 2_000; round++)
        {
            var isOpening = random.Next(2) == 0;
            var bytes = (isOpening ? closed.Opening : closed.Closing).ToBytes();
            bytes[random.Next(bytes.Length)] = (byte)random.Next(0x20, 0x7F);
            if (Receipt.Parse(bytes) is not { } changed)
                continue;
            tried++;
            var answer = isOpening ? await closed.OpenAsync(opening: changed) : await closed.OpenAsync(closing: changed);
            if (answer.Refusal is null)
                Assert.True(Proven(changed).SequenceEqual(Proven(isOpening ? closed.Opening : closed.Closing)), $"seed {seed}");
            else
                Assert.Equal(OpeningRefusal.Sealed, answer.Refusal.Code);
        }
        Assert.NotEqual(0, tried);
    }

    // A transaction's signature and header are outside its id, so no root binds them: validators checked
    // them before they certified.
    private static byte[] Proven(Receipt receipt) =>
    [
        .. (receipt with { Transaction = null }).ToBytes(),
        .. Encoding.ASCII.GetBytes(Encoding.ASCII.GetString(receipt.TransactionBytes()).Split('.').ElementAtOrDefault(1) ?? ""),
    ];

    internal static void AssertSealed(string check, OpeningAnswer answer)
    {
        Assert.Equal((OpeningRefusal.Sealed, check), (answer.Refusal?.Code, answer.Refusal?.Check));
        Assert.Empty(answer.Bids);
    }

    internal static string Decrypt(SealedBid bid, OpenedBid opened, IAgreementKey engine)
    {
        using var contentKey = opened.Unwrap(engine);
        var plain = Jwe.DecryptWithContentKey(Jwe.ParseJson(bid.Ciphertext).Value, contentKey!).Value;
        var signed = SignedRecord.Parse(plain.AsMemory(4, (plain[2] << 8) + plain[3])).Value;
        Assert.Equal(bid.Digest, signed.Original.Digest);
        return Encoding.UTF8.GetString(signed.Original.Bytes.Span);
    }
}

/// <summary>A session that was opened, bid in and closed, with the wrapper that holds its key.</summary>
internal sealed class ClosedSession(Market market, Wrapper wrapper, bool ownsMarket) : IAsyncDisposable
{
    public Market Market => market;

    public Wrapper Wrapper => wrapper;

    public PublicKey Key { get; private init; }

    public required Receipt Opening { get; init; }

    public Receipt? SecondOpening { get; private init; }

    public required Receipt Closing { get; init; }

    public required SealedBid[] Bids { get; init; }

    public static async Task<ClosedSession> MakeAsync(
        int bids, Market? on = null, Func<Market, PublicKey, int, SealedBid>? bid = null, TimeProvider? clock = null, string timer = "gate",
        string action = "session.open", string? engineKid = null, PublicKey? sessionKey = null, bool makesKey = true, bool openTwice = false)
    {
        var market = on ?? await Market.OpenAsync();
        var wrapper = await Wrapper.StartAsync(market, clock);
        var session = Market.NewSession();
        var key = makesKey ? await wrapper.Conversation.CreateSessionKeyAsync(session) : default;
        key = sessionKey ?? key;
        var opening = await market.OpenSessionAsync(session, key, timer, action, engineKid);
        var second = openTwice ? await market.OpenSessionAsync(session, key, timer, action, engineKid) : null;
        var made = Enumerable.Range(0, bids).Select(index => bid?.Invoke(market, key, index) ?? market.Bid(key)).ToArray();
        await market.PutAsync(session, made);
        return new ClosedSession(market, wrapper, ownsMarket: on is null)
        {
            Key = key, Opening = opening, SecondOpening = second, Closing = await market.CloseAsync(session), Bids = made,
        };
    }

    public Task<OpeningAnswer> OpenAsync(
        Receipt? opening = null, Receipt? closing = null, PublicKey? engine = null, IReadOnlyList<SealedBid>? bids = null) =>
        wrapper.Conversation.OpenAsync(new OpeningRequest
        {
            SessionOpen = opening ?? Opening,
            Closing = closing ?? Closing,
            EngineKey = engine ?? market.Engine.PublicKey,
            Bids = bids ?? Bids,
        });

    public async ValueTask DisposeAsync()
    {
        await wrapper.DisposeAsync();
        if (ownsMarket)
            await market.DisposeAsync();
    }
}
