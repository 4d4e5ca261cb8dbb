using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Records;

/// <summary>In which form a store holds an original.</summary>
public enum OriginalForm
{
    /// <summary>The signed original <c>S</c>.</summary>
    Signed = 1,

    /// <summary>A second ciphertext <c>C2</c> that the store cannot read.</summary>
    Sealed = 2,
}

/// <summary>An original as the store returns it.</summary>
/// <param name="Rid">The record.</param>
/// <param name="Ver">The version under which it is stored.</param>
/// <param name="Form">Whether the bytes are <c>S</c> or <c>C2</c>.</param>
/// <param name="Bytes">The bytes.</param>
public sealed record StoredOriginal(Digest<VaultRecord> Rid, long Ver, OriginalForm Form, ReadOnlyMemory<byte> Bytes);

/// <summary>An original that an account may read.</summary>
/// <param name="Position">Where the next listing starts after.</param>
/// <param name="Rid">The record.</param>
/// <param name="Ver">The version.</param>
public sealed record OriginalEntry(long Position, Digest<VaultRecord> Rid, long Ver);

/// <summary>The answer to a read: an original or a refusal, never both.</summary>
/// <param name="Original">What was read; null for a refusal.</param>
/// <param name="Refusal">Why nothing was read; null if something was.</param>
public sealed record OriginalReading(StoredOriginal? Original, VaultRefusal? Refusal);

/// <summary>
/// The originals that a server keeps for the parties of records: <c>S</c>, or <c>C2</c> until an opening, each sealed under a key of its own. Accounts
/// are stored as HMACs under the master key. Absent and not allowed are one answer. Safe for concurrent use.
/// The store does not look at the ledger: whoever puts has been checked to anchor the record. <b>Source:</b> D1 "Original at the trading server".
/// </summary>
public sealed partial class OriginalStore
{
    /// <summary>The most entries of one listing.</summary>
    public const int MaximumEntries = 500;

    private readonly Database database;
    private readonly VaultMasterKey master;
    private readonly TimeProvider clock;

    private OriginalStore(Database database, VaultMasterKey master, TimeProvider clock)
    {
        this.database = database;
        this.master = master;
        this.clock = clock;
    }

    /// <summary>Opens the store of a database, making its tables where they are not there. The caller keeps owning all three.</summary>
    /// <exception cref="CryptographicException">The store was made under another master key.</exception>
    /// <exception cref="SchemaException">The store was made by a newer program.</exception>
    public static OriginalStore Open(Database database, VaultMasterKey master, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(master);
        ArgumentNullException.ThrowIfNull(clock);
        database.Migrate("originals", Steps);
        MasterKeyCheck.Run(database, "original_master", master);
        return new OriginalStore(database, master, clock);
    }

    /// <summary>
    /// Reads an original for an account whose request the caller has authenticated. Refusals: <c>forbidden</c> (absent, forgotten, or the
    /// account is neither author nor in <c>aud</c>: the same answer), <c>damaged_document</c>.
    /// </summary>
    /// <param name="rid">The record.</param>
    /// <param name="ver">The version; null for the highest that the account may read.</param>
    /// <param name="requester">The account.</param>
    public OriginalReading Get(Digest<VaultRecord> rid, long? ver, Digest<PublicKey> requester)
    {
        using var session = database.OpenSession();
        var row = session.QueryFirst("""
            SELECT o.ver, o.form, o.content, o.sealed, k.wrapped FROM original_readers r
            JOIN originals o ON o.rid = r.rid AND o.ver = r.ver
            LEFT JOIN original_keys k ON k.rid = o.rid AND k.content = o.content
            WHERE r.rid = $1 AND r.reader = $2 AND (r.ver = $3 OR $3 = 0) ORDER BY r.ver DESC LIMIT 1
            """, ReadRow, rid.ToArray(), Pseudonym(requester), ver ?? 0);
        return row is null || ver <= 0 ? new OriginalReading(null, VaultRefusal.Forbidden) : Unseal(rid, row);
    }

    /// <summary>The originals that an account may read, in the order they were stored.</summary>
    /// <param name="requester">The account.</param>
    /// <param name="after">The position of the last entry seen; 0 to begin.</param>
    /// <param name="maximumCount">How many to list, 1 to 500.</param>
    public IReadOnlyList<OriginalEntry> List(Digest<PublicKey> requester, long after = 0, int maximumCount = MaximumEntries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumCount, MaximumEntries);
        using var session = database.OpenSession();
        return session.Query("""
            SELECT o.position, o.rid, o.ver FROM original_readers r JOIN originals o ON o.rid = r.rid AND o.ver = r.ver
            WHERE r.reader = $1 AND o.position > $2 ORDER BY o.position LIMIT $3
            """, row => new OriginalEntry(row.Integer(0), new Digest<VaultRecord>(row.Bytes(1)), row.Integer(2)),
            Pseudonym(requester), after, (long)maximumCount);
    }

    /// <summary>Unseals everything after a position, in the order it was stored, and names what no longer fits its keys or digests.</summary>
    /// <param name="after">The position of the last entry looked at; 0 to begin.</param>
    /// <param name="maximumCount">How many to look at, 1 to 500.</param>
    /// <returns>The damaged ones, and the position to go on after; null if this was the last portion.</returns>
    public (IReadOnlyList<OriginalEntry> Damaged, long? Next) Audit(long after = 0, int maximumCount = MaximumEntries)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumCount, MaximumEntries);
        using var session = database.OpenSession();
        var rows = session.Query("""
            SELECT o.ver, o.form, o.content, o.sealed, k.wrapped, o.position, o.rid FROM originals o
            LEFT JOIN original_keys k ON k.rid = o.rid AND k.content = o.content
            WHERE o.position > $1 ORDER BY o.position LIMIT $2
            """, row => (Row: ReadRow(row), Entry: new OriginalEntry(row.Integer(5), new Digest<VaultRecord>(row.Bytes(6)), row.Integer(0))),
            after, (long)maximumCount);
        var damaged = rows.Where(row => Unseal(row.Entry.Rid, row.Row).Refusal is not null).Select(row => row.Entry).ToList();
        return (damaged, rows.Count == maximumCount ? rows[^1].Entry.Position : null);
    }

    private OriginalReading Unseal(Digest<VaultRecord> rid, OriginalRow row)
    {
        var bytes = Sealing.TryOpenUnderOwnKey(master, row.Box, row.WrappedKey, NameOf(rid, row.Content));
        return bytes is not null && SHA256.HashData(bytes).AsSpan().SequenceEqual(row.Content)
            ? new OriginalReading(new StoredOriginal(rid, row.Ver, row.Form, bytes), null)
            : new OriginalReading(null, VaultRefusal.DamagedDocument);
    }

    private byte[] Pseudonym(Digest<PublicKey> account) => master.Pseudonym("cf-original-account\0"u8, account);

    // The record and the bytes, not the version: that a version is the one it says is the author's signature to prove, and a party
    // that was served an old one must be able to show it.
    private static byte[] NameOf(Digest<VaultRecord> rid, byte[] content) => [.. Sealing.Name("cf-original\0"u8, rid), .. content];

    private static OriginalRow ReadRow(SqlRow row) =>
        new(row.Integer(0), (OriginalForm)row.Integer(1), row.Bytes(2), row.BytesOrNull(3), row.BytesOrNull(4));

    private sealed record OriginalRow(long Ver, OriginalForm Form, byte[] Content, byte[]? Box, byte[]? WrappedKey);
}
