using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>What every participant of a market knows: where it is, who runs it, and the ledger.</summary>
/// <param name="Card">The scheme.</param>
/// <param name="Node">A node.</param>
/// <param name="Genesis">The ledger.</param>
/// <param name="Info">The market's organisations.</param>
public sealed record MarketPlace(SchemeCard Card, Uri Node, Genesis Genesis, MarketInfo Info)
{
    /// <summary>Where a role answers.</summary>
    public Uri RoleAddress(string role) => SchemeAddress.Of(Node, Card, role);

    /// <summary>Asks a trading server who runs the market; what it says is checked against the certificates by whoever does not know it.</summary>
    public static async Task<MarketPlace> JoinAsync(SchemeCard card, Party party, Genesis genesis, CancellationToken cancellation)
    {
        using var http = party.CreateHttp(SchemeAddress.Of(party.Node.Address, card, TradingServer.RoleName));
        var info = (await new RoleClient(http).GetAsync("market", MarketJson.Instance.MarketInfo, cancellation).ConfigureAwait(false)).Value;
        return new MarketPlace(card, party.Node.Address, genesis, info);
    }
}

/// <summary>
/// A broker, its desk, or an owner: seals records, anchors them, delivers them, and checks later what became of them. It keeps what it signed; nothing here
/// trusts a server. An object belongs to one party.
/// </summary>
public sealed partial class Participant : IDisposable
{
    private readonly Party party;
    private readonly MarketPlace market;
    private readonly HttpClient tradingHttp;
    private readonly TradingServerClient trading;
    private readonly AnchorEvidence evidence;

    /// <summary>A participant over a party, which the caller disposes.</summary>
    public Participant(Party party, MarketPlace market)
    {
        this.party = party;
        this.market = market;
        var key = Base64Url.Encode(System.Text.Encoding.UTF8.GetBytes(Jwk.Serialize(party.AgreementKey.PublicKey)));
        tradingHttp = party.CreateSignedHttp(market.RoleAddress(TradingServer.RoleName), options => options with
        {
            Components = [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.Of(SignedAnswers.EncryptionKeyField)],
            ResponsePolicy = SignedAnswers.Policy,
            ResponseKeys = name => name == market.Info.OperatorKey.ToString() ? HttpVerificationKey.Of(market.Info.OperatorKey) : null,
        });
        tradingHttp.DefaultRequestHeaders.TryAddWithoutValidation(SignedAnswers.EncryptionKeyField, key);
        trading = new TradingServerClient(party, market.RoleAddress(TradingServer.RoleName), market.Info.OperatorKey);
        evidence = new AnchorEvidence(party.Node, market.Genesis);
        Book = new RecordBook(party.Account);
        Checker = new RecordChecker(party, trading, evidence, Book);
    }

    /// <summary>The records that this participant knows of.</summary>
    public RecordBook Book { get; }

    /// <summary>Compares them: server, vault and ledger.</summary>
    public RecordChecker Checker { get; }

    /// <summary>The party.</summary>
    public Party Party => party;

    /// <summary>The market.</summary>
    public MarketPlace Market => market;

    /// <summary>Registers a portfolio with its guarantee: has both co-signed by the market operator, anchors them in one transaction, delivers them.</summary>
    /// <param name="portfolio">The portfolio's id.</param>
    /// <param name="contracts">The brokerage contracts that make it.</param>
    /// <param name="guaranteeEur">What the broker puts up.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<SubmissionAnswer> RegisterPortfolioAsync(
        Digest<Portfolio> portfolio, IReadOnlyList<Digest<AnchoredRecord>> contracts, decimal guaranteeEur, CancellationToken cancellation = default)
    {
        var info = market.Info;
        AccountId[] issuers = [party.Account, info.Operator];
        var body = System.Text.Encoding.UTF8.GetBytes(
            $$"""{"contracts":[{{string.Join(",", contracts.Select(contract => $"\"{contract}\""))}}],"portfolio":"{{portfolio}}"}""");
        var portfolioOriginal = RecordMaker.Write(RecordTypes.Portfolio, body, issuers, [], Now);
        var guaranteeOriginal = RecordMaker.Write(RecordTypes.Guarantee, new GuaranteeBody(portfolio, guaranteeEur).ToBytes(), issuers, [info.Engine], Now);
        var answer = (await new RoleClient(tradingHttp).PostAsync("portfolios", new CoSignRequest(
            Envelopes.Seal(SignedRecord.Sign(portfolioOriginal, party.SigningKey).Bytes.Span, info.OperatorEncryptionKey),
            Envelopes.Seal(SignedRecord.Sign(guaranteeOriginal, party.SigningKey).Bytes.Span, info.OperatorEncryptionKey)),
            MarketJson.Instance.CoSignRequest, MarketJson.Instance.CoSignAnswer, cancellation).ConfigureAwait(false)).Value;
        var portfolioRecord = RecordMaker.Seal(
            CoSigned(answer.Portfolio, portfolioOriginal), [party.AgreementKey.PublicKey, info.OperatorEncryptionKey], [party.SigningKey.PublicKey, info.OperatorKey], RecordPadding.Blocks);
        var guaranteeRecord = RecordMaker.Seal(
            CoSigned(answer.Guarantee, guaranteeOriginal), [party.AgreementKey.PublicKey, info.EngineEncryptionKey], [party.SigningKey.PublicKey, info.EngineKey], RecordPadding.Blocks);
        var anchor = portfolioRecord.ToAnchor([RecordMaker.SignAnchor(party.Net, portfolioOriginal, party.SigningKey), answer.PortfolioSig]);
        var message = new PortfolioMessage
        {
            Rid = anchor.Rid, Rtype = anchor.Rtype, Ver = anchor.Ver, Digest = anchor.Digest, Sig = anchor.Sig, CtDigest = anchor.CtDigest, CtLen = anchor.CtLen,
            Portfolio = portfolio, Operator = info.Operator,
            Guarantee = guaranteeRecord.ToAnchor([RecordMaker.SignAnchor(party.Net, guaranteeOriginal, party.SigningKey), answer.GuaranteeSig]),
        };
        var draft = party.Draft("brokerage.portfolio.register", message, BrokerageJson.Instance.PortfolioMessage);
        var submitted = await party.SubmitAsync(party.Sign(draft), [portfolioRecord.Attachment, guaranteeRecord.Attachment], cancellation).ConfigureAwait(false);
        if (submitted.IsAccepted)
            await DeliverAsync(
                [Signed(portfolioRecord, submitted.Id), Signed(guaranteeRecord, submitted.Id, info.Engine)], cancellation).ConfigureAwait(false);
        return submitted;
    }

    /// <summary>Lets a desk bid for a portfolio.</summary>
    public async Task<SubmissionAnswer> IssueMandateAsync(
        Digest<Right> right, Digest<Portfolio> portfolio, RecordReader desk, long maximumQuantity, decimal maximumEurDay, Timestamp expires,
        CancellationToken cancellation = default)
    {
        var info = market.Info;
        var body = new MandateBody(portfolio, desk.Account, desk.EncryptionKey, maximumQuantity, maximumEurDay).ToBytes();
        var original = RecordMaker.Write(RecordTypes.Mandate, body, [party.Account], [.. new[] { info.Engine, desk.Account }.Distinct().Where(account => account != party.Account)], Now);
        var signed = SignedRecord.Sign(original, party.SigningKey);
        PublicKey[] recipients = [.. new[] { party.AgreementKey.PublicKey, desk.EncryptionKey, info.EngineEncryptionKey }.Distinct()];
        var record = RecordMaker.Seal(signed, recipients, [.. new[] { party.SigningKey.PublicKey, desk.SigningKey, info.EngineKey }.Distinct()], RecordPadding.Blocks);
        var anchor = record.ToAnchor([RecordMaker.SignAnchor(party.Net, original, party.SigningKey)]);
        var submitted = await party.SubmitAsync("brokerage.mandate.issue", new MandateMessage
        {
            Rid = anchor.Rid, Rtype = anchor.Rtype, Ver = anchor.Ver, Digest = anchor.Digest, Sig = anchor.Sig, CtDigest = anchor.CtDigest, CtLen = anchor.CtLen,
            Right = right, Portfolio = portfolio, Desk = desk.Account, ExpiresSeconds = expires.UnixSeconds,
        }, BrokerageJson.Instance.MandateMessage, [record.Attachment], cancellation).ConfigureAwait(false);
        if (submitted.IsAccepted)
            await DeliverAsync(
                [Sealed(record, submitted.Id, [.. new[] { party.AgreementKey.PublicKey, desk.EncryptionKey }.Distinct()], desk.Account)], cancellation).ConfigureAwait(false);
        return submitted;
    }

    /// <summary>Seals a bid: <c>C</c> to session key and desk, signed inside.</summary>
    public SealedBidRecord SealBid(SessionMessage session, Digest<Right> mandate, BidBody body, RecordOriginal? previous = null) =>
        SealBid(session, mandate, body.ToBytes(), previous);

    /// <summary>The same of a body as it is, well formed or not: only the engine reads it.</summary>
    public SealedBidRecord SealBid(SessionMessage session, Digest<Right> mandate, ReadOnlyMemory<byte> body, RecordOriginal? previous = null)
    {
        var original = RecordMaker.Write(RecordTypes.Bid, body, [party.Account], [market.Info.Operator], Now, session.SessionId, previous);
        var signed = SignedRecord.Sign(original, party.SigningKey);
        var record = RecordMaker.Seal(
            signed, [session.SessionKey, party.AgreementKey.PublicKey], [party.SigningKey.PublicKey, market.Info.EngineKey], RecordPadding.ToSize((int)session.BidSize));
        var anchor = record.ToAnchor([RecordMaker.SignAnchor(party.Net, original, party.SigningKey)]);
        return new SealedBidRecord(record, new BidMessage
        {
            Rid = anchor.Rid, Rtype = anchor.Rtype, Ver = anchor.Ver, Prev = anchor.Prev, Session = anchor.Session, Digest = anchor.Digest, Sig = anchor.Sig,
            CtDigest = anchor.CtDigest, CtLen = anchor.CtLen, Mandate = mandate,
        });
    }

    /// <summary>Anchors a sealed bid and, once it is accepted, delivers a second ciphertext to the trading server, which only this desk opens.</summary>
    public async Task<SubmissionAnswer> PutBidAsync(SealedBidRecord bid, CancellationToken cancellation = default)
    {
        var submitted = await party.SubmitAsync(
            "brokerage.bid.put", bid.Message, BrokerageJson.Instance.BidMessage, [bid.Record.Attachment], cancellation).ConfigureAwait(false);
        if (submitted.IsAccepted)
            await DeliverAsync(
                [Sealed(bid.Record, submitted.Id, [party.AgreementKey.PublicKey], market.Info.Operator)], cancellation).ConfigureAwait(false);
        return submitted;
    }

    /// <summary>Learns of the records that others delivered for this participant: awards.</summary>
    public async Task LearnAsync(CancellationToken cancellation = default)
    {
        for (var since = 0L; ;)
        {
            var list = await trading.ListAsync(since, cancellation).ConfigureAwait(false);
            if (list.Count == 0)
                return;
            foreach (var (_, entry) in list)
                if (Book.Find(entry.Rid, entry.Ver) is null)
                    Book.Add(entry);
            since = list[^1].Position;
        }
    }

    /// <summary>Delivers originals to the trading server.</summary>
    internal async Task DeliverAsync(IReadOnlyList<DeliveryMessage> deliveries, CancellationToken cancellation)
    {
        _ = (await new RoleClient(tradingHttp).PostAsync(
            "records", new DeliveriesMessage(deliveries), MarketJson.Instance.DeliveriesMessage, MarketJson.Instance.DeliveredAnswer, cancellation).ConfigureAwait(false)).Value;
    }

    /// <summary>A delivery of <c>S</c>; the record is held from then on.</summary>
    internal DeliveryMessage Signed(MadeRecord record, Digest<Transaction> transaction, params AccountId[] audience) =>
        Deliver(record, DeliveryMessage.FormSigned, record.Signed.Bytes.ToArray(), transaction, audience);

    /// <summary>A delivery of <c>C2</c>, of the same size as <c>C</c>.</summary>
    internal DeliveryMessage Sealed(MadeRecord record, Digest<Transaction> transaction, IReadOnlyList<PublicKey> recipients, params AccountId[] audience)
    {
        var copy = RecordSealer.Seal(record.Signed, recipients, RecordPadding.ToSize(record.Sealed.CtLen)).Value;
        return Deliver(record, DeliveryMessage.FormSealed, copy.Bytes.ToArray(), transaction, audience);
    }

    private DeliveryMessage Deliver(MadeRecord record, string form, byte[] content, Digest<Transaction> transaction, AccountId[] audience)
    {
        Book.Add(record.Signed, record.Salt, transaction);
        return new DeliveryMessage(record.Rid, record.Signed.Original.Ver, form, content, record.Salt, transaction, audience);
    }

    // The operator added its signature to what this party signed: the digest is the same, or it is something else.
    private SignedRecord CoSigned(string jwe, RecordOriginal original) =>
        Envelopes.Open(jwe, party.AgreementKey) is { } bytes && SignedRecord.Parse(bytes).TryGet(out var signed) && signed.Original.Digest == original.Digest
            && signed.Verify((account, _) => account == party.Account.Thumbprint ? party.SigningKey.PublicKey
                : account == market.Info.Operator.Thumbprint ? market.Info.OperatorKey : null) is null
            ? signed : throw new NodeFaultException("The operator signed something else.");

    private Timestamp Now => Timestamp.From(party.Clock.GetUtcNow());

    /// <inheritdoc/>
    public void Dispose()
    {
        tradingHttp.Dispose();
        Checker.Dispose();
        trading.Dispose();
    }
}

/// <summary>A bid that is sealed and can be anchored.</summary>
/// <param name="Record">The record.</param>
/// <param name="Message">The message.</param>
public sealed record SealedBidRecord(MadeRecord Record, BidMessage Message);
