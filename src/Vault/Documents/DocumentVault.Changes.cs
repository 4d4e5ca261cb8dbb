using Counterfoil.Cryptography;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Vault.Documents;

public sealed partial class DocumentVault
{
    /// <summary>
    /// Keeps a document. The same bytes again change nothing but that the readers are added (who can put them has them already) and
    /// the later retention holds. Refusals: <c>too_large</c>, <c>too_many_readers</c>, <c>forgotten</c>, <c>retention_ended</c>.
    /// </summary>
    public VaultPut Put(VaultDocument document) => Put([document])[0];

    /// <summary>Keeps documents in one transaction: all that are not refused, or, on a fault, none. Answers in the order given.</summary>
    public IReadOnlyList<VaultPut> Put(IReadOnlyList<VaultDocument> documents)
    {
        ArgumentNullException.ThrowIfNull(documents);
        var answers = new VaultPut[documents.Count];
        var prepared = new List<(int Index, byte[] Digest, byte[] Box, byte[] WrappedKey)>(documents.Count);
        for (var i = 0; i < documents.Count; i++)
        {
            var digest = documents[i].Digest;
            answers[i] = new VaultPut(digest, false, RefuseBySize(documents[i]));
            if (answers[i].Refusal is not null)
                continue;
            var (box, wrappedKey) = Sealing.SealUnderOwnKey(master, documents[i].Bytes.Span, NameOf(digest));
            prepared.Add((i, digest.ToArray(), box, wrappedKey));
        }
        // One order for all writers: two batches with the same documents never wait for each other in a circle.
        prepared.Sort((a, b) => answers[a.Index].Digest.CompareTo(answers[b.Index].Digest) is var order and not 0 ? order : a.Index - b.Index);

        using var session = database.OpenSession();
        using var transaction = session.BeginWrite();
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var (index, digest, box, wrappedKey) in prepared)
            answers[index] = Put(session, answers[index].Digest, digest, documents[index], box, wrappedKey, now);
        transaction.Commit();
        return answers;
    }

    /// <summary>Marks documents as belonging to final transactions, so that they are no orphans.</summary>
    public void Confirm(IReadOnlyList<Digest<VaultDocument>> digests)
    {
        ArgumentNullException.ThrowIfNull(digests);
        using var session = database.OpenSession();
        using var transaction = session.BeginWrite();
        foreach (var digest in digests.Order())
            session.Execute("UPDATE vault_documents SET pending = 0 WHERE digest = $1", digest.ToArray());
        transaction.Commit();
    }

    /// <summary>Removes, without a trace, documents put as pending before this moment and never confirmed.</summary>
    /// <returns>How many were removed.</returns>
    public int RemoveOrphans(DateTimeOffset storedBefore)
    {
        int removed;
        using (var session = database.OpenSession())
        {
            removed = session.Execute("DELETE FROM vault_documents WHERE pending = 1 AND stored_at < $1 AND holding = $2",
                storedBefore.ToUnixTimeMilliseconds(), (long)VaultHolding.Held);
        }
        if (removed > 0)
            ScrubKeys();
        return removed;
    }

    /// <summary>
    /// Destroys a document's key, its sealed bytes and its list of readers, for ever: the digest stays as a tombstone, and the
    /// same bytes are not taken again, also where they had not come yet. The old key does not stay in the database's files, but for
    /// PostgreSQL's write-ahead log (wrapped under the master key) until that is recycled, and where a read that lasts longer than the lock
    /// timeout keeps it until the next sweep; backups are the operator's to keep without <c>vault_keys</c>.
    /// </summary>
    /// <returns>True if the document was held until now.</returns>
    public bool Forget(Digest<VaultDocument> digest)
    {
        bool wasHeld;
        using (var session = database.OpenSession())
        {
            using var transaction = session.BeginWrite();
            var name = digest.ToArray();
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            session.Execute("""
                INSERT INTO vault_documents (digest, holding, pending, stored_at, retain_until) VALUES ($1, $2, 0, $3, $3)
                ON CONFLICT (digest) DO UPDATE SET holding = excluded.holding, sealed = NULL, pending = 0
                """, name, (long)VaultHolding.Forgotten, now);
            wasHeld = DestroyKey(session, name);
            transaction.Commit();
        }
        ScrubKeys();
        return wasHeld;
    }

    /// <summary>Prunes what is past its retention, key and bytes, in portions; tombstones stay.</summary>
    /// <returns>How many documents were pruned.</returns>
    public int Sweep()
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var pruned = 0;
        int portion;
        do
        {
            using var session = database.OpenSession();
            using var transaction = session.BeginWrite();
            var due = session.Query("SELECT digest FROM vault_documents WHERE holding = $1 AND retain_until <= $2 ORDER BY digest LIMIT $3",
                row => row.Bytes(0), (long)VaultHolding.Held, now, (long)PortionRows);
            foreach (var digest in due)
            {
                // A put may have prolonged it since.
                var isPruned = session.Execute("""
                    UPDATE vault_documents SET holding = $1, sealed = NULL, pending = 0
                    WHERE digest = $2 AND holding = $3 AND retain_until <= $4
                    """, (long)VaultHolding.Pruned, digest, (long)VaultHolding.Held, now) == 1;
                if (!isPruned)
                    continue;
                DestroyKey(session, digest);
                pruned++;
            }
            transaction.Commit();
            portion = due.Count;
        }
        while (portion == PortionRows);
        if (pruned > 0 || isScrubDue)
            ScrubKeys();
        return pruned;
    }

    // A long read may keep the old rows; the next sweep then tries again.
    private void ScrubKeys() => isScrubDue = !database.Scrub("vault_keys");

    private static VaultRefusal? RefuseBySize(VaultDocument document) =>
        document.Bytes.Length is 0 or > MaximumDocumentBytes ? VaultRefusal.TooLarge
        : document.Readers.Count > MaximumReaders ? VaultRefusal.TooManyReaders
        : null;

    private static VaultPut Put(
        DatabaseSession session, Digest<VaultDocument> digest, byte[] name, VaultDocument document, byte[] box, byte[] wrappedKey, long now)
    {
        var retainUntil = document.RetainUntil.ToUnixTimeMilliseconds();
        var isNew = session.Execute("""
            INSERT INTO vault_documents (digest, holding, record, sealed, pending, stored_at, retain_until)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
            """, name, (long)VaultHolding.Held, document.Record.IsUnset ? null : document.Record.ToArray(), box,
            document.IsPending ? 1L : 0L, now, retainUntil) == 1;
        if (isNew)
        {
            session.Execute("INSERT INTO vault_keys (digest, wrapped) VALUES ($1, $2)", name, wrappedKey);
        }
        else
        {
            // The update holds the row until commit, so that it cannot be forgotten in between.
            var isHeld = session.Execute("""
                UPDATE vault_documents SET
                  retain_until = CASE WHEN retain_until < $1 THEN $1 ELSE retain_until END,
                  pending = CASE WHEN $2 = 0 THEN 0 ELSE pending END
                WHERE digest = $3 AND holding = $4
                """, retainUntil, document.IsPending ? 1L : 0L, name, (long)VaultHolding.Held) == 1;
            if (!isHeld)
                return new VaultPut(digest, false, TombstoneOf(session, name));
            var readers = session.Query("SELECT reader FROM vault_readers WHERE digest = $1", row => new Digest<VaultReader>(row.Bytes(0)), name);
            if (readers.Union(document.Readers).Count() > MaximumReaders)
                return new VaultPut(digest, false, VaultRefusal.TooManyReaders);
        }
        foreach (var reader in document.Readers)
            session.Execute("INSERT INTO vault_readers (digest, reader) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, reader.ToArray());
        return new VaultPut(digest, isNew, null);
    }

    private static VaultRefusal TombstoneOf(DatabaseSession session, byte[] name) =>
        session.QueryInteger("SELECT holding FROM vault_documents WHERE digest = $1", name) == (long)VaultHolding.Pruned
            ? VaultRefusal.RetentionEnded
            : VaultRefusal.Forgotten;

    private static bool DestroyKey(DatabaseSession session, byte[] name)
    {
        session.Execute("DELETE FROM vault_readers WHERE digest = $1", name);
        return session.Execute("DELETE FROM vault_keys WHERE digest = $1", name) == 1;
    }
}
