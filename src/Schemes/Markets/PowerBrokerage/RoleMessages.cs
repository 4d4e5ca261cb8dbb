using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Registry;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>Who the market's organisations are: what a participant needs to know before it deals.</summary>
/// <param name="Operator">The market operator's account.</param>
/// <param name="OperatorKey">It signs originals, awards and the trading server's answers.</param>
/// <param name="OperatorEncryptionKey">Documents for the operator are encrypted to it.</param>
/// <param name="Engine">The clearing engine's account.</param>
/// <param name="EngineKey">It signs the engine's requests to vaults.</param>
/// <param name="EngineEncryptionKey">Limits and guarantees are encrypted to it.</param>
/// <param name="EngineHash">Which engine.</param>
/// <param name="Custody">Where session keys lie: <c>token</c> or <c>file</c>.</param>
public sealed record MarketInfo(
    AccountId Operator, PublicKey OperatorKey, PublicKey OperatorEncryptionKey, AccountId Engine, PublicKey EngineKey, PublicKey EngineEncryptionKey,
    Digest<Opening.EngineHash> EngineHash, string Custody)
{
    [JsonIgnore]
    public RecordReader OperatorReader => new(Operator, OperatorEncryptionKey, OperatorKey);

    [JsonIgnore]
    public RecordReader EngineReader => new(Engine, EngineEncryptionKey, EngineKey);
}

/// <summary>The clearing engine as it describes itself.</summary>
public sealed record EngineInfo(AccountId Account, PublicKey Key, PublicKey EncryptionKey, Digest<Opening.EngineHash> EngineHash, string Files, string Custody);

/// <summary>Asks for a session key.</summary>
public sealed record SessionKeyRequest(Digest<AuctionSession> SessionId);

/// <summary>A session key's public half.</summary>
public sealed record SessionKeyAnswer(PublicKey Key);

/// <summary>What an operator decides of a session; keys, engine and bid size are added.</summary>
public sealed record SessionPlan
{
    public required string Zone { get; init; }

    public required string DeliveryDay { get; init; }

    public required string Tz { get; init; }

    public required string Mtu { get; init; }

    public required int Periods { get; init; }

    public required long Start { get; init; }

    public required string PriceTick { get; init; }

    public required string QtyTick { get; init; }

    public required long PMin { get; init; }

    public required long PMax { get; init; }

    public required int MaxSteps { get; init; }

    public required int MinParties { get; init; }

    public required long GateTime { get; init; }

    public required long SeedDue { get; init; }

    public required long ResultDue { get; init; }

    public required long CurvesDue { get; init; }

    public required AccountId Auditor { get; init; }

    public required PublicKey AuditorVrfKey { get; init; }

    public required PublicKey AuditorKey { get; init; }
}

/// <summary>A session that was opened.</summary>
/// <param name="Session">Its terms.</param>
/// <param name="Transaction">The transaction whose receipt proves them.</param>
public sealed record SessionAnswer(SessionMessage Session, Digest<Transaction> Transaction);

/// <summary>Originals that the operator is to sign too, as compact JWE to the operator, each of a signed original.</summary>
public sealed record CoSignRequest(string Portfolio, string Guarantee);

/// <summary>The originals with both signatures, as compact JWE to the broker, and the operator's signatures for the anchors.</summary>
public sealed record CoSignAnswer(string Portfolio, string PortfolioSig, string Guarantee, string GuaranteeSig);

/// <summary>A record that its author delivers: <c>S</c>, or <c>C2</c> that the server cannot read.</summary>
/// <param name="Rid">The record.</param>
/// <param name="Ver">The version.</param>
/// <param name="Form"><c>signed</c> or <c>sealed</c>.</param>
/// <param name="Content">The bytes.</param>
/// <param name="Salt">Opens the vault's list of readers; told to readers only.</param>
/// <param name="Transaction">The transaction that anchored it, accepted.</param>
/// <param name="Audience">Who may read it besides the author.</param>
/// <param name="Offer">Of a contract: the transaction of its offer.</param>
public sealed record DeliveryMessage(
    Digest<AnchoredRecord> Rid,
    long Ver,
    string Form,
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Content,
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Salt,
    Digest<Transaction> Transaction,
    IReadOnlyList<AccountId> Audience,
    Digest<Transaction>? Offer = null)
{
    public const string FormSigned = "signed";
    public const string FormSealed = "sealed";
}

/// <summary>Several deliveries, 1 to 64.</summary>
public sealed record DeliveriesMessage(IReadOnlyList<DeliveryMessage> Deliveries);

/// <summary>How many were taken.</summary>
public sealed record DeliveredAnswer(int Count);

/// <summary>A record as the server returns it.</summary>
/// <param name="Rid">The record.</param>
/// <param name="Ver">The version.</param>
/// <param name="Form"><c>signed</c>: the content is a compact JWE of <c>S</c> to the requester; <c>sealed</c>: the content is <c>C2</c>.</param>
/// <param name="Content">The bytes.</param>
public sealed record RecordAnswer(
    Digest<AnchoredRecord> Rid, long Ver, string Form, [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Content);

/// <summary>A record that the requester may read.</summary>
public sealed record RecordEntry(
    long Position, Digest<AnchoredRecord> Rid, long Ver, string Rtype, Digest<Transaction> Transaction,
    [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Salt, Digest<AuctionSession>? Session = null, Digest<Transaction>? Offer = null);

/// <summary>The records that the requester may read, in the order of their delivery.</summary>
public sealed record RecordList(IReadOnlyList<RecordEntry> Records);

/// <summary>A record as the engine is told of it, with what the ledger says of it: a bid's or mandate's right, a mandate's or guarantee's portfolio, a mandate's desk.</summary>
public sealed record InputRecord(
    AccountId Account, AnchorMessage Anchor, [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Salt, AccountId? CoSigner = null,
    Digest<Portfolio>? Portfolio = null, Digest<Contracts.Rights.Right>? Right = null, AccountId? Desk = null);

/// <summary>A portion of what the engine needs: live bids, mandates and guarantees.</summary>
/// <param name="Records">The portion.</param>
/// <param name="Next">Where the next begins after; absent for the last.</param>
public sealed record InputsAnswer(IReadOnlyList<InputRecord> Records, long? Next = null);

/// <summary>Asks the engine to open and clear.</summary>
/// <param name="Opening">The receipt of <c>session.open</c>.</param>
/// <param name="Closing">The receipt of the gate's due work.</param>
/// <param name="Seed">The seed.</param>
public sealed record ClearingOrder(JsonElement Opening, JsonElement Closing, Digest<SessionSeed> Seed);

/// <summary>What the engine made.</summary>
public sealed record ClearingResult(
    ResultMessage Result, IReadOnlyList<string> Curves, IReadOnlyList<WithheldCurves> Withheld, IReadOnlyList<AwardOrderMessage> Awards, int Opened,
    double OpenSeconds, double ClearSeconds);

/// <summary>Curves as JWE to the auditor.</summary>
public sealed record WithheldCurves(int Mtu, string Content);

/// <summary>An award that the operator is to sign, seal and anchor.</summary>
public sealed record AwardOrderMessage(
    AccountId Account, PublicKey Key, Digest<AnchoredRecord> Bid, [property: JsonConverter(typeof(Base64UrlBytesConverter))] byte[] Body);

/// <summary>Originals that the engine hands over at the opening, each in base64url.</summary>
public sealed record OriginalsMessage(IReadOnlyList<string> Originals);

/// <summary>Asks the trading server to clear a session.</summary>
/// <param name="SeedTransaction">The auditor's transaction; absent where the seed was fixed without it.</param>
public sealed record ClearingRequest(Digest<Transaction>? SeedTransaction = null);

/// <summary>What became of it.</summary>
public sealed record ClearingAnswer(
    Digest<Transaction> Result, int Bids, int Awards, IReadOnlyList<RejectedBid> Rejected, double OpenSeconds, double ClearSeconds, double AwardSeconds);

/// <summary>A session's result for everybody: where it stands, and the curves.</summary>
/// <param name="Transaction">The transaction <c>session.result</c>.</param>
/// <param name="Opening">The transaction <c>session.open</c>.</param>
/// <param name="Curves">For each period in base64url; empty where withheld.</param>
public sealed record SessionResultAnswer(Digest<Transaction> Transaction, Digest<Transaction> Opening, IReadOnlyList<string> Curves);

/// <summary>That a bid is under a session's input root.</summary>
public sealed record InputProof(long Index, long Size, IReadOnlyList<Digest<MerkleNode>> Path);

/// <summary>A resource that an owner asks to have registered.</summary>
public sealed record ResourceRequest(string MeteringPoint, string Tech, int PMaxKw, string ConnectionDoc);

/// <summary>The owner's credential, a compact JWS with <c>cnf</c>, and the resource's random tag.</summary>
public sealed record ResourceAnswer(AccountId Registrar, Digest<Item> Item, string Credential, Digest<Transaction> Transaction);

[JsonSerializable(typeof(MarketInfo))]
[JsonSerializable(typeof(PossessionRequest))]
[JsonSerializable(typeof(PossessionAnswer))]
[JsonSerializable(typeof(EngineInfo))]
[JsonSerializable(typeof(SessionKeyRequest))]
[JsonSerializable(typeof(SessionKeyAnswer))]
[JsonSerializable(typeof(SessionPlan))]
[JsonSerializable(typeof(SessionAnswer))]
[JsonSerializable(typeof(CoSignRequest))]
[JsonSerializable(typeof(CoSignAnswer))]
[JsonSerializable(typeof(DeliveriesMessage))]
[JsonSerializable(typeof(DeliveredAnswer))]
[JsonSerializable(typeof(RecordAnswer))]
[JsonSerializable(typeof(RecordList))]
[JsonSerializable(typeof(InputsAnswer))]
[JsonSerializable(typeof(ClearingOrder))]
[JsonSerializable(typeof(ClearingResult))]
[JsonSerializable(typeof(OriginalsMessage))]
[JsonSerializable(typeof(ClearingRequest))]
[JsonSerializable(typeof(ClearingAnswer))]
[JsonSerializable(typeof(SessionResultAnswer))]
[JsonSerializable(typeof(InputProof))]
[JsonSerializable(typeof(ResourceRequest))]
[JsonSerializable(typeof(ResourceAnswer))]
public sealed partial class MarketJson : JsonSerializerContext
{
    public static MarketJson Instance { get; } = new(MessageJson.NewOptions());
}
