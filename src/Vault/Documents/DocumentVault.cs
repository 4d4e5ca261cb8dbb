using System.Globalization;
using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Documents;

/// <summary>
/// Documents off the ledger, by the SHA-256 of their bytes (the <c>ct_digest</c> of a confidential record). Each is sealed by
/// AES-256-GCM under a random key of its own, wrapped under the master key, with the digest as associated data, so that rows cannot be swapped.
/// Forgetting destroys the key. Safe for concurrent use; the database may be shared by several processes.
/// <b>Source:</b> kernel.md section 5; NIST SP 800-88 (cryptographic erase).
/// </summary>
public sealed partial class DocumentVault
{
    /// <summary>The largest document in bytes: what a transaction's attachments may have in all, 1 MiB.</summary>
    public const int MaximumDocumentBytes = 1024 * 1024;

    /// <summary>The most readers of one document, over all puts of it.</summary>
    public const int MaximumReaders = 1024;

    private const int PortionRows = 500;

    private readonly Database database;
    private readonly VaultMasterKey master;
    private readonly TimeProvider clock;
    private volatile bool isScrubDue;

    private DocumentVault(Database database, VaultMasterKey master, TimeProvider clock)
    {
        this.database = database;
        this.master = master;
        this.clock = clock;
    }

    /// <summary>Opens the vault of a database, making its tables where they are not there. The caller keeps owning all three.</summary>
    /// <exception cref="CryptographicException">The vault was made under another master key.</exception>
    /// <exception cref="SchemaException">The vault was made by a newer program.</exception>
    public static DocumentVault Open(Database database, VaultMasterKey master, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(master);
        ArgumentNullException.ThrowIfNull(clock);
        database.Migrate(DocumentVaultSchema.Component, DocumentVaultSchema.Steps);
        MasterKeyCheck.Run(database, "vault_master", master);
        return new DocumentVault(database, master, clock);
    }

    /// <summary>
    /// Reads a document for one of its readers, whose signature over the request the caller has verified. Refusals: <c>forbidden</c> (absent,
    /// forgotten, pruned or not listed: the same answer), <c>damaged_document</c>.
    /// </summary>
    /// <param name="digest">The document.</param>
    /// <param name="reader">The thumbprint of the key that signed the request.</param>
    /// <param name="salt">The 32 bytes that were told to readers with the record's id; any other length is <c>forbidden</c>.</param>
    public VaultReading Get(Digest<VaultDocument> digest, Digest<PublicKey> reader, ReadOnlySpan<byte> salt)
    {
        if (salt.Length != ReaderTag.SaltBytes)
            return VaultReading.Refused(VaultRefusal.Forbidden);
        using var session = database.OpenSession();
        var row = session.QueryFirst("""
            SELECT d.sealed, k.wrapped FROM vault_readers r
            JOIN vault_documents d ON d.digest = r.digest
            LEFT JOIN vault_keys k ON k.digest = r.digest
            WHERE r.digest = $1 AND r.reader = $2
            """, ReadSealed, digest.ToArray(), ReaderTag.Of(reader, salt).ToArray());
        return row is null ? VaultReading.Refused(VaultRefusal.Forbidden) : Unseal(digest, row);
    }

    /// <summary>
    /// Reads a document for the node itself, as a validator does that executes or replicates. Refusals: <c>absent</c>, <c>forgotten</c>,
    /// <c>retention_ended</c>, <c>damaged_document</c>.
    /// </summary>
    public VaultReading TryReadForNode(Digest<VaultDocument> digest)
    {
        using var session = database.OpenSession();
        var row = session.QueryFirst("""
            SELECT d.sealed, k.wrapped, d.holding FROM vault_documents d LEFT JOIN vault_keys k ON k.digest = d.digest
            WHERE d.digest = $1
            """, row => (Sealed: ReadSealed(row), Holding: (VaultHolding)row.Integer(2)), digest.ToArray());
        return row.Holding switch
        {
            0 => VaultReading.Refused(VaultRefusal.Absent),
            VaultHolding.Forgotten => VaultReading.Refused(VaultRefusal.Forgotten),
            VaultHolding.Pruned => VaultReading.Refused(VaultRefusal.RetentionEnded),
            _ => Unseal(digest, row.Sealed),
        };
    }

    /// <summary>Whether a document is held, was forgotten or pruned, or was never here, and its retention. For the node itself.</summary>
    public VaultStatus Describe(Digest<VaultDocument> digest)
    {
        using var session = database.OpenSession();
        return session.QueryFirst("SELECT holding, retain_until FROM vault_documents WHERE digest = $1",
            row => new VaultStatus((VaultHolding)row.Integer(0), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(1))), digest.ToArray())
            ?? new VaultStatus(VaultHolding.Unknown, null);
    }

    /// <summary>The documents held for a record, in the order of their digests; at most 500.</summary>
    public IReadOnlyList<Digest<VaultDocument>> OfRecord(Digest<VaultRecord> record)
    {
        using var session = database.OpenSession();
        return session.Query("SELECT digest FROM vault_documents WHERE record = $1 AND holding = $2 ORDER BY digest LIMIT $3",
            row => new Digest<VaultDocument>(row.Bytes(0)), record.ToArray(), (long)VaultHolding.Held, (long)PortionRows);
    }

    /// <summary>
    /// Unseals the next documents in the order of their digests and names those whose stored bytes, key or digest no longer fit.
    /// </summary>
    /// <param name="after">Where the portion before ended; null to begin.</param>
    /// <param name="maximumCount">How many to look at, 1 to 500.</param>
    public VaultAudit Audit(Digest<VaultDocument>? after = null, int maximumCount = PortionRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumCount, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maximumCount, PortionRows);
        using var session = database.OpenSession();
        var digests = session.Query("SELECT digest FROM vault_documents WHERE holding = $1 AND digest > $2 ORDER BY digest LIMIT $3",
            row => new Digest<VaultDocument>(row.Bytes(0)), (long)VaultHolding.Held, after?.ToArray() ?? [], (long)maximumCount);
        var damaged = new List<Digest<VaultDocument>>();
        foreach (var digest in digests)
        {
            // What was forgotten since the list was read is no damage.
            if (TryReadForNode(digest).Refusal == VaultRefusal.DamagedDocument)
                damaged.Add(digest);
        }
        return new VaultAudit(damaged, digests.Count == maximumCount ? digests[^1] : null);
    }

    private VaultReading Unseal(Digest<VaultDocument> digest, SealedDocument row)
    {
        var bytes = Sealing.TryOpenUnderOwnKey(master, row.Box, row.WrappedKey, NameOf(digest));
        return bytes is not null && Digest<VaultDocument>.Of(bytes) == digest
            ? VaultReading.Of(bytes)
            : VaultReading.Refused(VaultRefusal.DamagedDocument);
    }

    private static SealedDocument ReadSealed(SqlRow row) => new(row.BytesOrNull(0), row.BytesOrNull(1));

    private static byte[] NameOf(Digest<VaultDocument> digest) => Sealing.Name("cf-vault-document\0"u8, digest);

    private sealed record SealedDocument(byte[]? Box, byte[]? WrappedKey);
}

/// <summary>Refuses to open a store under a master key other than the one it was made under.</summary>
internal static class MasterKeyCheck
{
    public static void Run(Database database, string table, VaultMasterKey master)
    {
        var expected = master.CheckValue();
        using var session = database.OpenSession();
        session.Execute(string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {table} (id, check_value) VALUES (1, $1) ON CONFLICT DO NOTHING"), expected);
        var stored = session.QueryFirst($"SELECT check_value FROM {table} WHERE id = 1", row => row.Bytes(0));
        if (!CryptographicOperations.FixedTimeEquals(stored, expected))
            throw new CryptographicException($"{database}: the store was made under another master key.");
    }
}
