using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Rules;

/// <summary>The brokerage's rules under the ledger's own executor, without HTTP: an owner, two brokers, a desk, a market operator, an auditor.</summary>
internal sealed class BrokerageBench : IDisposable
{
    public const string Accepted = BenchResult.Accepted;

    public BrokerageBench()
    {
        BrokerageContract? made = null;
        Bench = new ContractBench(
            ContractBench.GenesisOf([Owner, Broker, Rival, Desk, Operator, Auditor, SystemOperator]), new LedgerParameters(),
            kernel =>
            {
                // A replay makes one of its own: a contract belongs to one ledger.
                var contract = new BrokerageContract(kernel.Anchors, kernel.Registry, kernel.Rights, kernel.Certificates);
                made ??= contract;
                return contract;
            });
        Rules = made!;
    }

    public TestAccount Owner { get; } = new("owner");

    public TestAccount Broker { get; } = new("broker");

    public TestAccount Rival { get; } = new("rival");

    public TestAccount Desk { get; } = new("desk");

    public TestAccount Operator { get; } = new("market operator");

    public TestAccount Auditor { get; } = new("auditor");

    public TestAccount SystemOperator { get; } = new("system operator");

    public EphemeralAgreementKey SessionKey { get; } = EphemeralAgreementKey.Create();

    public VrfKey VrfKey { get; } = VrfKey.Create();

    public ContractBench Bench { get; }

    public BrokerageContract Rules { get; }

    public Digest<Portfolio> Portfolio { get; } = Envelopes.NewId<Portfolio>();

    public Digest<Right> Mandate { get; } = Envelopes.NewId<Right>();

    public void Dispose()
    {
        SessionKey.Dispose();
        VrfKey.Dispose();
    }

    public string Send<TMessage>(string action, TMessage message, JsonTypeInfo<TMessage> format, IReadOnlyList<byte[]> attachments, params TestAccount[] signers) =>
        Bench.Block(new BenchTransaction($"brokerage.{action}", Json(message, format), signers) { Attachments = attachments })[0].Code;

    public static string Json<TMessage>(TMessage message, JsonTypeInfo<TMessage> format) => JsonSerializer.Serialize(message, format);

    /// <summary>A record by these signers, sealed to a key, and its anchor.</summary>
    public (MadeRecord Record, AnchorMessage Anchor) Make(
        string rtype, byte[] body, IReadOnlyList<TestAccount> signers, Digest<AuctionSession>? session = null, RecordOriginal? previous = null, int? size = null,
        PublicKey? recipient = null)
    {
        var original = RecordMaker.Write(rtype, body, [.. signers.Select(signer => signer.Id)], [], Bench.Time, session, previous);
        var signed = SignedRecord.Sign(original, [.. signers.Select(signer => (ISigningKey)signer.Key)]);
        var record = RecordMaker.Seal(signed, [recipient ?? SessionKey.PublicKey], [], size is { } bytes ? RecordPadding.ToSize(bytes) : RecordPadding.Blocks);
        return (record, record.ToAnchor([.. signers.Select(signer => RecordMaker.SignAnchor(Bench.Net, original, signer.Key))]));
    }

    /// <summary>Portfolio and mandate, so that the desk may bid.</summary>
    public BrokerageBench WithMandate(long? expiresSeconds = null)
    {
        var (portfolio, anchor) = Make(RecordTypes.Portfolio, "{}"u8.ToArray(), [Broker, Operator]);
        var (guarantee, guaranteed) = Make(RecordTypes.Guarantee, new GuaranteeBody(Portfolio, 1_000m).ToBytes(), [Broker, Operator]);
        Assert.Equal(Accepted, Send("portfolio.register", new PortfolioMessage
        {
            Rid = anchor.Rid, Rtype = anchor.Rtype, Ver = 1, Digest = anchor.Digest, Sig = anchor.Sig, CtDigest = anchor.CtDigest, CtLen = anchor.CtLen,
            Portfolio = Portfolio, Operator = Operator.Id, Guarantee = guaranteed,
        }, BrokerageJson.Instance.PortfolioMessage, [portfolio.Sealed.Bytes.ToArray(), guarantee.Sealed.Bytes.ToArray()], Broker));
        var (mandate, mandated) = Make(RecordTypes.Mandate, "{}"u8.ToArray(), [Broker]);
        Assert.Equal(Accepted, Send("mandate.issue", new MandateMessage
        {
            Rid = mandated.Rid, Rtype = mandated.Rtype, Ver = 1, Digest = mandated.Digest, Sig = mandated.Sig, CtDigest = mandated.CtDigest, CtLen = mandated.CtLen,
            Right = Mandate, Portfolio = Portfolio, Desk = Desk.Id, ExpiresSeconds = expiresSeconds ?? Bench.Time.UnixSeconds + 1_000_000,
        }, BrokerageJson.Instance.MandateMessage, [mandate.Sealed.Bytes.ToArray()], Broker));
        return this;
    }

    public SessionMessage Terms(int minimumParties = 1) => new()
    {
        SessionId = Envelopes.NewId<AuctionSession>(), Zone = "ZONE", DeliveryDay = "2026-01-02", Tz = "Europe/Vienna", Mtu = "PT60M", Periods = 24,
        Start = (Bench.Time + TimeSpan.FromDays(1)).UnixMilliseconds, PriceTick = "0.01", QtyTick = "0.1", PMin = -50_000, PMax = 400_000, MaxSteps = 1,
        BidSize = BidSize.Of(24, 1), MinParties = minimumParties, GateTime = (Bench.Time + TimeSpan.FromHours(1)).UnixMilliseconds,
        SeedDue = (Bench.Time + TimeSpan.FromHours(2)).UnixMilliseconds, ResultDue = (Bench.Time + TimeSpan.FromHours(3)).UnixMilliseconds,
        CurvesDue = (Bench.Time + TimeSpan.FromHours(4)).UnixMilliseconds, SessionKey = SessionKey.PublicKey, EngineKid = SessionKey.PublicKey.Thumbprint,
        EngineHash = Envelopes.NewId<Counterfoil.Schemes.Markets.PowerBrokerage.Opening.EngineHash>(), AuditorVrfKey = VrfKey.PublicKey, Auditor = Auditor.Id,
        AuditorKey = SessionKey.PublicKey, Seal = "hsm",
    };

    public string Open(SessionMessage terms) => Send("session.open", terms, BrokerageJson.Instance.SessionMessage, [], Operator);

    public SessionMessage Opened(int minimumParties = 1)
    {
        var terms = Terms(minimumParties);
        Assert.Equal(Accepted, Open(terms));
        return terms;
    }

    public (MadeRecord Record, BidMessage Message) Bid(SessionMessage terms, RecordOriginal? previous = null, TestAccount? by = null, int? size = null)
    {
        var body = new BidBody(Portfolio, [new BidOrder(0, new CallMarketOrder(MarketSide.Sell, [new CallMarketStep(1_000, 10)]))]).ToBytes();
        var (record, anchor) = Make(RecordTypes.Bid, body, [by ?? Desk], terms.SessionId, previous, size ?? (int)terms.BidSize);
        return (record, new BidMessage
        {
            Rid = anchor.Rid, Rtype = anchor.Rtype, Ver = anchor.Ver, Prev = anchor.Prev, Session = anchor.Session, Digest = anchor.Digest, Sig = anchor.Sig,
            CtDigest = anchor.CtDigest, CtLen = anchor.CtLen, Mandate = Mandate,
        });
    }

    public string Put((MadeRecord Record, BidMessage Message) bid, TestAccount? by = null) =>
        Send("bid.put", bid.Message, BrokerageJson.Instance.BidMessage, [bid.Record.Sealed.Bytes.ToArray()], by ?? Desk);

    /// <summary>Passes the gate.</summary>
    public void Close(SessionMessage terms) => Bench.Advance(new Timestamp(terms.GateTime) - Bench.Time);

    public string Randomness(SessionMessage terms, VrfKey? key = null, Digest<MerkleNode>? root = null)
    {
        var input = root ?? Rules.FindSession(terms.SessionId)!.InputRoot;
        return Send("session.randomness", new RandomnessMessage(
            terms.SessionId, input, (key ?? VrfKey).PublicKey, (key ?? VrfKey).Prove(BrokerageContract.SeedInput(terms.SessionId, input)).ToString()),
            BrokerageJson.Instance.RandomnessMessage, [], Auditor);
    }

    /// <summary>What an honest engine makes of these used bids, whose orders are given apart: the contract never sees them.</summary>
    public EngineResult Clear(SessionMessage terms, params (MadeRecord Record, BidMessage Message)[] bids)
    {
        var row = Rules.FindSession(terms.SessionId)!;
        var mandate = new MandateBody(Portfolio, Desk.Id, SessionKey.PublicKey, 1_000, 1_000m);
        return ClearingEngine.Clear(terms, row.InputRoot, row.Seed, [.. bids.Select(bid => new CheckedBid(
            bid.Message.Rid, Desk.Id, bid.Record.Signed, BidBody.Parse(bid.Record.Signed.Original.Body, terms.Periods, terms.Limits), mandate, null))], 1);
    }

    public string Publish(EngineResult engine, ResultMessage? result = null, TestAccount? by = null)
    {
        result ??= engine.Result;
        var known = engine.Curves.Concat(engine.Withheld.Values).ToDictionary(bytes => Digest<Attachment>.Of(bytes));
        return Send("session.result", result, BrokerageJson.Instance.ResultMessage,
            [.. result.Periods.Select(period => period.WithheldDigest ?? period.CurvesDigest).Distinct().Select(digest => known[digest])], by ?? Operator);
    }

    /// <summary>A resource of the owner's.</summary>
    public ResourceTag Resource()
    {
        var item = Envelopes.NewId<Item>();
        var registered = Bench.Run("registry.register", Json(new RegisterItemMessage(item, "resource", Owner.Id), RegistryJson.Instance.RegisterItemMessage), SystemOperator);
        Assert.Equal(Accepted, registered.Code);
        return new ResourceTag(SystemOperator.Id, item);
    }

    public (MadeRecord Record, OfferMessage Message, string Code) Offer(
        ResourceTag resource, TimeSpan from, TimeSpan to, TestAccount? by = null, bool exclusive = true, TimeSpan? until = null, RecordOriginal? previous = null)
    {
        var broker = by ?? Broker;
        var original = RecordMaker.Write(RecordTypes.Contract, "{}"u8.ToArray(), [broker.Id, Owner.Id], [], Bench.Time, null, previous);
        var record = RecordMaker.Seal(SignedRecord.Sign(original, broker.Key), [SessionKey.PublicKey], [], RecordPadding.Blocks);
        var anchor = record.ToAnchor([RecordMaker.SignAnchor(Bench.Net, original, broker.Key)]);
        var message = new OfferMessage
        {
            Rid = anchor.Rid, Rtype = anchor.Rtype, Ver = anchor.Ver, Prev = anchor.Prev, Digest = anchor.Digest, Sig = anchor.Sig, CtDigest = anchor.CtDigest,
            CtLen = anchor.CtLen, Owner = Owner.Id, ResTags = [resource], From = (Bench.Time + from).UnixMilliseconds, To = (Bench.Time + to).UnixMilliseconds,
            Exclusive = exclusive, OfferUntil = (Bench.Time + (until ?? TimeSpan.FromHours(1))).UnixMilliseconds,
        };
        return (record, message, Send("contract.offer", message, BrokerageJson.Instance.OfferMessage, [record.Sealed.Bytes.ToArray()], broker));
    }

    public string Accept((MadeRecord Record, OfferMessage Message, string Code) offer, TestAccount? by = null)
    {
        var signed = offer.Record.Signed.AddSignature(Owner.Key);
        var record = RecordMaker.Seal(signed, [SessionKey.PublicKey], [], RecordPadding.Blocks);
        return Send("contract.accept", new AcceptMessage(
            record.Rid, signed.Original.Ver, record.Digest, RecordMaker.SignAnchor(Bench.Net, signed.Original, Owner.Key),
            record.Sealed.CtDigest.As<Attachment>(), (uint)record.Sealed.CtLen), BrokerageJson.Instance.AcceptMessage, [record.Sealed.Bytes.ToArray()], by ?? Owner);
    }

    public ContractState StateOf(OfferMessage offer) => Rules.FindContract(offer.Rid)!.State;
}
