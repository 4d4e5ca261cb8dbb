using System.Text.Json;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>What the trading server notes of a delivered record beside its content.</summary>
internal sealed record DeliveryNote(
    AccountId Account, AccountId? CoSigner, AnchorMessage Anchor, byte[] Salt, Digest<Transaction> Transaction, Digest<Transaction>? Offer)
{
    public Digest<Portfolio>? Portfolio { get; init; }

    public Digest<Right>? Right { get; init; }

    public AccountId? Desk { get; init; }

    public long Position { get; init; }
}

/// <summary>The notes, in the role's database. They hold nothing that is not on the ledger, but for the salts of readers' lists.</summary>
internal sealed class DeliveryBook
{
    private static readonly SchemaStep[] Steps =
    [
        new(1, """
            CREATE TABLE deliveries (
              position {serial}, rid {blob} NOT NULL, ver {integer} NOT NULL, rtype {text} NOT NULL, session {blob} NOT NULL, account {blob} NOT NULL,
              cosigner {blob} NOT NULL, anchor {blob} NOT NULL, salt {blob} NOT NULL, transaction_id {blob} NOT NULL, offer_id {blob} NOT NULL,
              portfolio {blob} NOT NULL, right_id {blob} NOT NULL, desk {blob} NOT NULL, UNIQUE (rid, ver)
            ) {strict};
            CREATE INDEX deliveries_by_session ON deliveries (session, position);
            CREATE INDEX deliveries_by_kind ON deliveries (rtype, position);
            CREATE TABLE auctions (session {blob} PRIMARY KEY, terms {blob} NOT NULL, transaction_id {blob} NOT NULL, result {blob} NOT NULL) {strict}
            """),
    ];

    private const string Columns = "account, cosigner, anchor, salt, transaction_id, offer_id, position, portfolio, right_id, desk";

    private readonly Database database;

    public DeliveryBook(Database database)
    {
        this.database = database;
        database.Migrate("power-brokerage", Steps);
    }

    public void Add(IReadOnlyList<DeliveryNote> notes)
    {
        using var session = database.OpenSession();
        using var transaction = session.BeginWrite();
        foreach (var note in notes)
        {
            session.Execute("""
                INSERT INTO deliveries (rid, ver, rtype, session, account, cosigner, anchor, salt, transaction_id, offer_id, portfolio, right_id, desk)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING
                """,
                note.Anchor.Rid.ToArray(), note.Anchor.Ver, note.Anchor.Rtype, Bytes(note.Anchor.Session), note.Account.Thumbprint.ToArray(),
                note.CoSigner?.Thumbprint.ToArray() ?? [], JsonSerializer.SerializeToUtf8Bytes(note.Anchor, BrokerageJson.Instance.AnchorMessage), note.Salt,
                note.Transaction.ToArray(), Bytes(note.Offer), Bytes(note.Portfolio), Bytes(note.Right), note.Desk?.Thumbprint.ToArray() ?? []);
        }
        transaction.Commit();
    }

    public DeliveryNote? Find(Digest<AnchoredRecord> rid, long version)
    {
        using var session = database.OpenSession();
        return session.QueryFirst($"SELECT {Columns} FROM deliveries WHERE rid = $1 AND ver = $2", Read, rid.ToArray(), version);
    }

    /// <summary>A portion of what an engine needs for a session: its bids of all versions, and all mandates and guarantees.</summary>
    public IReadOnlyList<DeliveryNote> OfSession(Digest<AuctionSession> id, long after, int limit)
    {
        using var session = database.OpenSession();
        return session.Query($"""
            SELECT {Columns} FROM deliveries
            WHERE position > $1 AND ((session = $2 AND rtype = 'bid') OR rtype = 'mandate' OR rtype = 'guarantee') ORDER BY position LIMIT $3
            """, Read, after, id.ToArray(), (long)limit);
    }

    public void AddSession(SessionMessage terms, Digest<Transaction> transaction)
    {
        using var session = database.OpenSession();
        session.Execute("INSERT INTO auctions (session, terms, transaction_id, result) VALUES ($1, $2, $3, $4)",
            terms.SessionId.ToArray(), JsonSerializer.SerializeToUtf8Bytes(terms, BrokerageJson.Instance.SessionMessage), transaction.ToArray(), Array.Empty<byte>());
    }

    public void SetResult(Digest<AuctionSession> id, byte[] answer)
    {
        using var session = database.OpenSession();
        session.Execute("UPDATE auctions SET result = $2 WHERE session = $1", id.ToArray(), answer);
    }

    /// <summary>A session's terms, the transaction that opened it, and the answer about its result, empty before.</summary>
    public (SessionMessage Terms, Digest<Transaction> Transaction, byte[] Result)? FindSession(Digest<AuctionSession> id)
    {
        using var session = database.OpenSession();
        var found = session.QueryFirst("SELECT terms, transaction_id, result FROM auctions WHERE session = $1", row => new StoredSession(
            JsonSerializer.Deserialize(row.Bytes(0), BrokerageJson.Instance.SessionMessage)!, new Digest<Transaction>(row.Bytes(1)), row.Bytes(2)), id.ToArray());
        return found is null ? null : (found.Terms, found.Transaction, found.Result);
    }

    private static DeliveryNote Read(SqlRow row) => new(
        Account(row.Bytes(0)) ?? default, Account(row.Bytes(1)), JsonSerializer.Deserialize(row.Bytes(2), BrokerageJson.Instance.AnchorMessage)!, row.Bytes(3),
        new Digest<Transaction>(row.Bytes(4)), row.Bytes(5) is { Length: 32 } offer ? new Digest<Transaction>(offer) : null)
    {
        Position = row.Integer(6),
        Portfolio = Digest<Portfolio>(row.Bytes(7)),
        Right = Digest<Right>(row.Bytes(8)),
        Desk = Account(row.Bytes(9)),
    };

    private static AccountId? Account(byte[] bytes) => bytes.Length == 32 ? new AccountId(new Digest<PublicKey>(bytes)) : null;

    private static Digest<T>? Digest<T>(byte[] bytes) => bytes.Length == 32 ? new Digest<T>(bytes) : null;

    private static byte[] Bytes<T>(Digest<T>? digest) => digest?.ToArray() ?? [];

    private sealed record StoredSession(SessionMessage Terms, Digest<Transaction> Transaction, byte[] Result);
}
