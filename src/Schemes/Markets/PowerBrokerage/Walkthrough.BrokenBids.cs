using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

public sealed partial class BrokerageWalkthrough
{
    /// <summary>A sealed bid that the ledger takes, since it cannot see inside, and that the engine must reject.</summary>
    /// <param name="Name">What is wrong with it.</param>
    /// <param name="Code">The code under which the result lists it.</param>
    /// <param name="PutAsync">Anchors and delivers it; gives its id.</param>
    private sealed record BrokenBid(
        string Name, RefusalCode Code, Func<WalkContext, Task<Digest<AnchoredRecord>>> PutAsync);

    /// <summary>A bid as its author would never make it: the message need not fit the ciphertext.</summary>
    private sealed record ForgedBid(BidMessage Message, AttachmentContent Attachment, byte[] Salt);

    private readonly Dictionary<string, Digest<AnchoredRecord>> brokenBids = [];

    private async Task PutBrokenBidsAsync(WalkContext context)
    {
        foreach (var broken in BrokenBids())
            brokenBids.Add(broken.Name, await broken.PutAsync(context).ConfigureAwait(false));
    }

    private IEnumerable<BrokenBid> BrokenBids() =>
        [.. MalformedBids(), .. ExcessiveBids(), .. MismatchedBids()];

    private IEnumerable<BrokenBid> MalformedBids()
    {
        var steps = string.Join(",", Enumerable.Range(1, 26).Select(price => $"[{price},1]"));
        (string Name, string Orders)[] kinds =
        [
            ("a sell curve that falls", """{"mtu":2,"side":"sell","steps":[[4000,10],[2000,10]]}"""),
            ("a buy curve that rises", """{"mtu":2,"side":"buy","steps":[[2000,10],[4000,10]]}"""),
            ("a price that is no whole number of ticks", """{"mtu":2,"side":"sell","steps":[[2000.5,10]]}"""),
            ("a price above the session's highest", """{"mtu":2,"side":"sell","steps":[[400001,10]]}"""),
            ("a price below the session's lowest", """{"mtu":2,"side":"sell","steps":[[-50001,10]]}"""),
            ("a quantity of nothing", """{"mtu":2,"side":"sell","steps":[[2000,0]]}"""),
            ("a quantity that overflows its range", """{"mtu":2,"side":"sell","steps":[[2000,100000000]]}"""),
            ("an order without steps", """{"mtu":2,"side":"sell","steps":[]}"""),
            ("more steps than the session takes", $$"""{"mtu":2,"side":"sell","steps":[{{steps}}]}"""),
            ("two orders of one period and side",
                """{"mtu":2,"side":"sell","steps":[[2000,10]]},{"mtu":2,"side":"sell","steps":[[3000,10]]}"""),
            ("an order for a period that the day has not", """{"mtu":24,"side":"sell","steps":[[2000,10]]}"""),
        ];
        return kinds.Select(
            kind => new BrokenBid(kind.Name, BrokerageRefusals.MalformedBid, context => PutAsRivalAsync(
            context, Utf8($$"""{"orders":[{{kind.Orders}}],"portfolio":"{{rivalPortfolio}}"}"""))));
    }

    // The rival's desk may offer 200 MW in a period and spend 400,000 EUR a day; its broker guarantees 500,000.
    private IEnumerable<BrokenBid> ExcessiveBids()
    {
        (string Name, BidBody Body)[] kinds =
        [
            ("more MW than the desk may", Bid(rivalPortfolio, (2, MarketSide.Sell, [(2_000, 2_001)]))),
            ("more EUR a day than the desk may",
                Bid(rivalPortfolio, (2, MarketSide.Buy, [(225_000, 2_000)]))),
            ("more EUR than the broker guarantees",
                Bid(rivalPortfolio, (2, MarketSide.Buy, [(225_000, 2_000)]),
                    (3, MarketSide.Buy, [(225_000, 2_000)]))),
            ("a portfolio that the desk has no mandate for",
                Bid(brokerPortfolio, (2, MarketSide.Sell, [(2_000, 10)]))),
        ];
        return kinds.Select(kind =>
            new BrokenBid(
                kind.Name, BrokerageRefusals.LimitExceeded, context =>
                    PutAsRivalAsync(context, kind.Body.ToBytes())));
    }

    private IEnumerable<BrokenBid> MismatchedBids()
    {
        (string Name, Func<Party, ForgedBid> Make)[] kinds =
        [
            ("a rival's sealed bid, copied under an own record id", party => Copy(party, deskBid)),
            ("an original that another account issues", party =>
                Forge(party, session.Session, Of(DeskName).Party.Account)),
            ("an original that is not addressed to the market operator",
                party => Forge(party, session.Session, party.Account, audience: [])),
            ("an original that is not the anchored one",
                party =>
                    Forge(party, session.Session, party.Account, digest: Envelopes.NewId<RecordVersion>())),
            ("a ciphertext to another key than the session's", ForgeToAnotherKey),
        ];
        return kinds.Select(kind => new BrokenBid(
            kind.Name, BrokerageRefusals.EnvelopeMismatch, context =>
                PutForgedAsync(context, kind.Make(context.Party(CopierName)))));
    }

    private async Task<Digest<AnchoredRecord>> PutAsRivalAsync(WalkContext context, byte[] body)
    {
        var bid = Of(RivalName).SealBid(session.Session, rivalMandate, body);
        (await Of(RivalName).PutBidAsync(bid, context.Cancellation).ConfigureAwait(false)).Required();
        return bid.Message.Rid;
    }

    private async Task<Digest<AnchoredRecord>> PutForgedAsync(WalkContext context, ForgedBid bid)
    {
        var answer = await PutAsync(context, CopierName, bid.Message, bid.Attachment).ConfigureAwait(false);
        answer.Required();
        await Of(CopierName).DeliverAsync(
            [new DeliveryMessage(
                bid.Message.Rid, bid.Message.Ver, DeliveryMessage.FormSealed,
                bid.Attachment.Content.ToArray(), bid.Salt, answer.Id,
                [market.Info.Operator])],
            context.Cancellation).ConfigureAwait(false);
        return bid.Message.Rid;
    }

    private static async Task<SubmissionAnswer> PutAsync(
        WalkContext context, string name, BidMessage message, AttachmentContent attachment) =>
        await context.Party(name).SubmitAsync(
            "brokerage.bid.put", message, BrokerageJson.Instance.BidMessage, [attachment], context.Cancellation)
            .ConfigureAwait(false);

    private ForgedBid ForgeToAnotherKey(Party party)
    {
        using var another = EphemeralAgreementKey.Create();
        return Forge(party, session.Session with { SessionKey = another.PublicKey }, party.Account);
    }

    /// <summary>A bid in which issuer, audience or anchored digest are not what they should be.</summary>
    private ForgedBid Forge(
        Party party, SessionMessage terms, AccountId issuer, AccountId[]? audience = null,
        Digest<RecordVersion>? digest = null)
    {
        var body = Bid(rivalPortfolio, (2, MarketSide.Sell, [(2_000, 10)])).ToBytes();
        var original = RecordMaker.Write(
            RecordTypes.Bid, body, [issuer], audience ?? [market.Info.Operator],
            Timestamp.From(party.Clock.GetUtcNow()), terms.SessionId);
        var record = RecordMaker.Seal(
            SignedRecord.Sign(original, party.SigningKey), [terms.SessionKey, party.AgreementKey.PublicKey],
            [market.Info.EngineKey],
            RecordPadding.ToSize((int)terms.BidSize));
        return new ForgedBid(
            MessageOf(
                party, terms, copierMandate, record.Rid, digest ?? record.Digest, record.Attachment.Digest),
                record.Attachment, record.Salt);
    }

    /// <summary>
    /// The ciphertext of somebody else's bid with another record id and version written over its header, under that bid's digest:
    /// all that anybody can read off the ledger and a vault's replica.
    /// </summary>
    private ForgedBid Copy(Party party, SealedBidRecord bid)
    {
        var rid = Envelopes.NewId<AnchoredRecord>();
        var json = JsonNode.Parse(bid.Record.Attachment.Content.Span)!;
        Base64Url.TryDecode(json["protected"]!.GetValue<string>(), out var bytes);
        var header = JsonNode.Parse(bytes)!;
        header["rid"] = rid.ToString();
        header["ver"] = 1;
        json["protected"] = Base64Url.Encode(Utf8(header.ToJsonString()));
        var ciphertext = Utf8(json.ToJsonString());
        var digest = Digest<Attachment>.Of(ciphertext);
        var salt = RandomNumberGenerator.GetBytes(ReaderTag.SaltBytes);
        var reader = ReaderTag.Of(market.Info.EngineKey.Thumbprint, salt).As<DocumentReader>();
        return new ForgedBid(
            MessageOf(party, session.Session, copierMandate, rid, bid.Message.Digest, digest),
            new AttachmentContent(digest, ciphertext, [reader]), salt);
    }

    private static BidMessage MessageOf(
        Party party, SessionMessage terms, Digest<Right> mandate, Digest<AnchoredRecord> rid,
        Digest<RecordVersion> digest,
        Digest<Attachment> ciphertext) => new()
    {
        Rid = rid,
        Rtype = RecordTypes.Bid,
        Ver = 1,
        Session = terms.SessionId,
        Digest = digest,
        Sig = [InnerSignature.Sign(party.Net, rid, 1, digest, party.SigningKey)],
        CtDigest = ciphertext,
        CtLen = terms.BidSize,
        Mandate = mandate,
    };

    private Task<WalkObservation> RejectedAs(string name) => Task.FromResult(new WalkObservation(
        cleared.Rejected.FirstOrDefault(rejected => rejected.Rid == brokenBids[name])?.Code,
        "the bid is listed among the rejected ones of an accepted result"));
}
