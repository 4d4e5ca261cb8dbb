using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Opening;

/// <summary>
/// A small contract of the brokerage's name, actions, timer and event, so that receipts are those of a real
/// ledger. Its one key may do all.
/// </summary>
internal sealed class GateContract : Contract, IAccountDirectory
{
    private const int MaximumBids = 100_000;

    private Table<DigestKey<SessionMark>, SessionRow> sessions = null!;
    private Table<BidKey, BidRow> bids = null!;
    private PublicKey key;

    public static readonly RefusalCode SessionExists = new("session_exists", "There is a session of this id.");
    public static readonly RefusalCode GateClosed = new("gate_closed", "The session takes no bids.");
    public static readonly RefusalCode Broken = new("broken", "This session's gate fails.");

    public override string Name => "brokerage";

    public override void Register(ContractRegistration registration)
    {
        sessions = registration.Table<DigestKey<SessionMark>, SessionRow>("sessions");
        bids = registration.Table<BidKey, BidRow>("bids", ordered: true);
        registration.Action("session.open", GateJson.Instance.SessionOpen, Open);
        registration.Action("session.draft", GateJson.Instance.SessionOpen, Open);
        registration.Action("bid.put", GateJson.Instance.BidPut, Put);
        registration.Timer("gate", Close);
        registration.Timer("other", Close);
    }

    public override void Initialise(ExecutionContext context, JsonElement section) => key = section.Deserialize<PublicKey>();

    private Refusal? Open(ExecutionContext context, SessionOpen message)
    {
        var row = new DigestKey<SessionMark>(message.SessionId);
        if (sessions.Contains(row))
            return SessionExists;
        sessions.Set(row, new SessionRow(message.Timer == "broken"));
        context.Schedule(message.Timer == "other" ? "other" : "gate", new Timestamp(message.GateTime), message.SessionId.ToArray());
        return null;
    }

    private Refusal? Put(ExecutionContext context, BidPut message)
    {
        if (!sessions.Contains(new DigestKey<SessionMark>(message.Session)))
            return GateClosed;
        bids.Set(new BidKey(message.Session, message.Rid), new BidRow(message.Ver, message.Digest, message.CtDigest));
        return null;
    }

    private DueOutcome Close(ExecutionContext context, DueWork work)
    {
        var session = new Digest<SessionMark>(work.Id.Span);
        if (sessions.TryGet(new DigestKey<SessionMark>(session), out var row) && row.IsBroken)
            return DueOutcome.Failed(Broken);
        var live = bids.From(new BidKey(session, default), MaximumBids).Where(bid => bid.Key.Session == session)
            .Select(bid => (bid.Key.Rid, bid.Value.Ver, bid.Value.Digest, bid.Value.CtDigest));
        context.Emit("brokerage.session_closed", ("session", session.ToString()), ("input_root", InputRoot.Of(live).ToString()));
        sessions.Remove(new DigestKey<SessionMark>(session));
        return DueOutcome.Done;
    }

    public AccountStanding StandingOf(AccountId account) => account == AccountId.Of(key) ? AccountStanding.Open : AccountStanding.Unknown;

    public bool TryGetActiveKey(AccountId account, Digest<PublicKey> keyId, out PublicKey active)
    {
        active = key;
        return account == AccountId.Of(key) && keyId == key.Thumbprint;
    }

    public Refusal? Open(ExecutionContext context, AccountId account, PublicKey firstKey, AccountId sponsor) => GateClosed;
}

internal sealed class SessionMark
{
    private SessionMark() { }
}

internal readonly record struct SessionRow(bool IsBroken) : IStateRow<SessionRow>
{
    public void Write(ref StateWriter writer) => writer.Int64(IsBroken ? 1 : 0);

    public static SessionRow Read(ref StateReader reader) => new(reader.Int64() == 1);
}

internal readonly record struct BidKey(Digest<SessionMark> Session, Digest<VaultRecord> Rid) : IStateKey<BidKey>
{
    public void Write(ref StateWriter writer)
    {
        writer.Digest(Session);
        writer.Digest(Rid);
    }

    public static BidKey Read(ref StateReader reader) => new(reader.Digest<SessionMark>(), reader.Digest<VaultRecord>());

    public int CompareTo(BidKey other)
    {
        var order = Session.CompareTo(other.Session);
        return order != 0 ? order : Rid.CompareTo(other.Rid);
    }
}

internal readonly record struct BidRow(long Ver, Digest<RecordOriginal> Digest, Digest<VaultDocument> CtDigest) : IStateRow<BidRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Int64(Ver);
        writer.Digest(Digest);
        writer.Digest(CtDigest);
    }

    public static BidRow Read(ref StateReader reader) =>
        new(reader.Int64(), reader.Digest<RecordOriginal>(), reader.Digest<VaultDocument>());
}

internal sealed record SessionOpen(
    Digest<SessionMark> SessionId, long GateTime, PublicKey SessionKey, string EngineKid, string Zone = "10YPL-AREA-----S", string Timer = "gate");

internal sealed record BidPut(
    Digest<SessionMark> Session, Digest<VaultRecord> Rid, long Ver, Digest<RecordOriginal> Digest, Digest<VaultDocument> CtDigest);

[JsonSerializable(typeof(SessionOpen))]
[JsonSerializable(typeof(BidPut))]
internal sealed partial class GateJson : JsonSerializerContext
{
    public static GateJson Instance { get; } = new(MessageJson.NewOptions());
}
