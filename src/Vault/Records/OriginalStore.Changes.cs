using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Records;

public sealed partial class OriginalStore
{
    private static readonly SchemaStep[] Steps =
    [
        new(1, """
            CREATE TABLE original_master (id {integer} PRIMARY KEY, check_value {blob} NOT NULL) {strict};
            CREATE TABLE originals (
              position {serial}, rid {blob} NOT NULL, ver {integer} NOT NULL, form {integer} NOT NULL, author {blob} NOT NULL,
              digest {blob} NOT NULL, signatures {integer} NOT NULL, content {blob} NOT NULL, sealed {blob} NOT NULL,
              stored_at {integer} NOT NULL, UNIQUE (rid, ver)
            ) {strict};
            CREATE TABLE original_keys (
              rid {blob} NOT NULL, content {blob} NOT NULL, wrapped {blob} NOT NULL, PRIMARY KEY (rid, content)
            ) {strict};
            CREATE TABLE original_readers (
              rid {blob} NOT NULL, ver {integer} NOT NULL, reader {blob} NOT NULL, PRIMARY KEY (reader, rid, ver)
            ) {strict};
            CREATE INDEX original_readers_by_record ON original_readers (rid);
            CREATE TABLE original_tombstones (rid {blob} PRIMARY KEY) {strict}
            """),
    ];

    /// <summary>
    /// Stores a signed original; its readers are its <c>iss</c> and <c>aud</c>. The same bytes again change nothing. It takes the place of a <c>C2</c>
    /// that was put with the same digest (the opening), and of the same original with fewer signatures (an offer accepted).
    /// Refusals: <c>forgotten</c>, <c>forbidden</c> (another account wrote the record's other versions), <c>version_conflict</c>.
    /// </summary>
    /// <param name="signed">The signed original, whose signatures the caller has verified.</param>
    /// <param name="author">The account that puts, one of <c>iss</c>; unset for the server itself, which then needs the <c>C2</c> to be there.</param>
    /// <returns>Null if it is stored.</returns>
    public VaultRefusal? Put(SignedRecord signed, Digest<PublicKey> author)
    {
        ArgumentNullException.ThrowIfNull(signed);
        var original = signed.Original;
        if (!author.IsUnset && !original.Iss.Contains(author))
            return VaultRefusal.Forbidden;
        return Put(new OriginalPut(
            original.Rid, original.Ver, OriginalForm.Signed, signed.Bytes, original.Digest, signed.SignatureCount, author,
            [.. original.Iss.Union(original.Aud)]));
    }

    /// <summary>
    /// Stores the second ciphertext of an original. Refusals: <c>envelope_mismatch</c> (no ciphertext of this record and version), <c>forgotten</c>,
    /// <c>forbidden</c> (another account wrote the record's other versions), <c>version_conflict</c>.
    /// </summary>
    /// <param name="rid">The record.</param>
    /// <param name="ver">The version, from 1.</param>
    /// <param name="digest">The digest of the original inside, as anchored: what may take its place.</param>
    /// <param name="copy">The JWE <c>C2</c>.</param>
    /// <param name="author">The account that puts, which may read it too.</param>
    /// <param name="audience">The accounts that may read it.</param>
    /// <returns>Null if it is stored.</returns>
    public VaultRefusal? PutSealed(
        Digest<VaultRecord> rid, long ver, Digest<RecordOriginal> digest, ReadOnlyMemory<byte> copy, Digest<PublicKey> author,
        IReadOnlyList<Digest<PublicKey>> audience)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ver, 1);
        ArgumentNullException.ThrowIfNull(audience);
        if (!RecordEnvelope.Parse(copy).TryGet(out var envelope) || envelope.Rid != rid || envelope.Ver != ver)
            return VaultRefusal.EnvelopeMismatch;
        return Put(new OriginalPut(rid, ver, OriginalForm.Sealed, copy, digest, 0, author, [.. audience.Append(author).Distinct()]));
    }

    /// <summary>Destroys the keys and sealed bytes of all versions of a record, for ever. Backups are the operator's to keep without <c>original_keys</c>.</summary>
    /// <returns>How many versions there were.</returns>
    public int Forget(Digest<VaultRecord> rid)
    {
        int versions;
        using (var session = database.OpenSession())
        {
            using var transaction = session.BeginWrite();
            var name = rid.ToArray();
            session.Execute("INSERT INTO original_tombstones (rid) VALUES ($1) ON CONFLICT DO NOTHING", name);
            session.Execute("DELETE FROM original_keys WHERE rid = $1", name);
            session.Execute("DELETE FROM original_readers WHERE rid = $1", name);
            versions = session.Execute("DELETE FROM originals WHERE rid = $1", name);
            transaction.Commit();
        }
        database.Scrub("original_keys");
        return versions;
    }

    private VaultRefusal? Put(OriginalPut put)
    {
        var content = SHA256.HashData(put.Bytes.Span);
        var (box, wrappedKey) = Sealing.SealUnderOwnKey(master, put.Bytes.Span, NameOf(put.Rid, content));
        var rid = put.Rid.ToArray();
        using var session = database.OpenSession();
        using var transaction = session.BeginWrite();
        // Both forms name the version inside, so that the same bytes never come under two versions and (rid, content) names one key.
        // One writer for a record at a time; SQLite has only one at all.
        if (session.Engine == DatabaseEngine.PostgreSql)
            session.Query("SELECT pg_advisory_xact_lock($1)", _ => 0, BitConverter.ToInt64(rid));
        if (session.QueryInteger("SELECT count(*) FROM original_tombstones WHERE rid = $1", rid) > 0)
            return VaultRefusal.Forgotten;
        var existing = session.QueryFirst("SELECT form, digest, signatures, content FROM originals WHERE rid = $1 AND ver = $2",
            row => new ExistingRow((OriginalForm)row.Integer(0), row.Bytes(1), row.Integer(2), row.Bytes(3)), rid, put.Ver);
        if (existing is not null && existing.Content.AsSpan().SequenceEqual(content))
            return null;
        var owner = session.QueryFirst("SELECT author FROM originals WHERE rid = $1 ORDER BY ver LIMIT 1", row => row.Bytes(0), rid);
        var isReplacing = existing is not null && put.Replaces(existing);
        if (RefuseAuthor(put, owner, isReplacing) is { } refusal)
            return refusal;
        if (existing is not null && !isReplacing)
            return VaultRefusal.VersionConflict;

        var form = (long)put.Form;
        if (existing is null)
        {
            session.Execute("""
                INSERT INTO originals (rid, ver, form, author, digest, signatures, content, sealed, stored_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """, rid, put.Ver, form, Pseudonym(put.Author), put.Digest.ToArray(), (long)put.Signatures, content, box,
                clock.GetUtcNow().ToUnixTimeMilliseconds());
        }
        else
        {
            session.Execute("UPDATE originals SET form = $3, signatures = $4, content = $5, sealed = $6 WHERE rid = $1 AND ver = $2",
                rid, put.Ver, form, (long)put.Signatures, content, box);
            session.Execute("DELETE FROM original_keys WHERE rid = $1 AND content = $2", rid, existing.Content);
        }
        session.Execute("INSERT INTO original_keys (rid, content, wrapped) VALUES ($1, $2, $3)", rid, content, wrappedKey);
        foreach (var reader in put.Readers)
        {
            session.Execute("INSERT INTO original_readers (rid, ver, reader) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                rid, put.Ver, Pseudonym(reader));
        }
        transaction.Commit();
        return null;
    }

    // Anybody may read a record's id off the ledger: only who began a record goes on with it. What takes the place of an
    // anchored digest is authentic by that digest, whoever brings it.
    private VaultRefusal? RefuseAuthor(OriginalPut put, byte[]? owner, bool isReplacing) =>
        isReplacing ? null
        : put.Author.IsUnset ? VaultRefusal.Forbidden
        : owner is not null && !CryptographicOperations.FixedTimeEquals(owner, Pseudonym(put.Author)) ? VaultRefusal.Forbidden
        : null;

    private sealed record ExistingRow(OriginalForm Form, byte[] Digest, long Signatures, byte[] Content);

    private sealed record OriginalPut(
        Digest<VaultRecord> Rid, long Ver, OriginalForm Form, ReadOnlyMemory<byte> Bytes, Digest<RecordOriginal> Digest, int Signatures,
        Digest<PublicKey> Author, IReadOnlyList<Digest<PublicKey>> Readers)
    {
        public bool Replaces(ExistingRow existing) =>
            Form == OriginalForm.Signed && Digest == new Digest<RecordOriginal>(existing.Digest) && Signatures > existing.Signatures;
    }
}
