using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Testing;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Storage;
using Counterfoil.Vault.Tests.Storage;

namespace Counterfoil.Vault.Tests.Documents;

public sealed class SqliteDocumentVaultTests() : DocumentVaultContract(new SqliteTestDatabase());

[NeedsPostgreSql]
public sealed class PostgreSqlDocumentVaultTests() : DocumentVaultContract(PostgreSqlServer.IsOptedOut ? null : new PostgreSqlTestDatabase());

/// <summary>What a vault promises, over either engine.</summary>
public abstract class DocumentVaultContract : IDisposable
{
    private static readonly Digest<PublicKey> Alice = Digest<PublicKey>.Of("alice"u8);
    private static readonly Digest<PublicKey> Mallory = Digest<PublicKey>.Of("mallory"u8);
    private static readonly byte[] Salt = SHA256.HashData("salt"u8);

    private readonly TestDatabase? test;
    private readonly ManualClock clock = new();
    private readonly VaultMasterKey master = VaultMasterKey.Generate();
    private readonly Database database;
    private readonly DocumentVault vault;

    protected DocumentVaultContract(TestDatabase? test)
    {
        // Null only where PostgreSQL was opted out of, and then no test of the class runs.
        this.test = test;
        database = test?.Open()!;
        vault = test is null ? null! : DocumentVault.Open(database, master, clock);
    }

    [DatabaseFact]
    public void Get_ByListedReader_ReturnsTheBytes()
    {
        var document = Document("the document");
        var put = vault.Put(document);
        Assert.Equal((document.Digest, true, null), (put.Digest, put.IsNew, put.Refusal));
        Assert.Equal(Digest<VaultDocument>.Of("the document"u8), put.Digest);
        Assert.True(vault.Get(put.Digest, Alice, Salt).TryGet(out var bytes));
        Assert.Equal("the document"u8, bytes);
        Assert.True(vault.TryReadForNode(put.Digest).TryGet(out bytes));
        Assert.Equal("the document"u8, bytes);
    }

    [DatabaseFact]
    public void Get_OfAbsentForgottenPrunedOrForbidden_IsTheSameAnswer()
    {
        var held = vault.Put(Document("held")).Digest;
        var forgotten = vault.Put(Document("forgotten")).Digest;
        var pruned = vault.Put(Document("pruned") with { RetainUntil = clock.Now }).Digest;
        vault.Forget(forgotten);
        Assert.Equal(1, vault.Sweep());
        VaultReading[] answers =
        [
            vault.Get(held, Mallory, Salt),
            vault.Get(held, Alice, SHA256.HashData("other salt"u8)),
            vault.Get(held, Alice, []),
            vault.Get(forgotten, Alice, Salt),
            vault.Get(pruned, Alice, Salt),
            vault.Get(Digest<VaultDocument>.Of("absent"u8), Alice, Salt),
        ];
        Assert.All(answers, answer =>
        {
            Assert.Equal(VaultRefusal.Forbidden, answer.Refusal);
            Assert.False(answer.TryGet(out _));
        });
        Assert.True(vault.Get(held, Alice, Salt).TryGet(out _));
    }

    [DatabaseFact]
    public void Put_Again_AddsReadersAndKeepsTheLaterRetention()
    {
        var document = Document("twice") with { RetainUntil = clock.Now.AddDays(2) };
        Assert.True(vault.Put(document).IsNew);
        var again = vault.Put(document with { Readers = [ReaderTag.Of(Mallory, Salt)], RetainUntil = clock.Now.AddDays(1) });
        Assert.Equal((false, null), (again.IsNew, again.Refusal));
        Assert.True(vault.Get(again.Digest, Alice, Salt).TryGet(out _));
        Assert.True(vault.Get(again.Digest, Mallory, Salt).TryGet(out _));
        Assert.Equal(new VaultStatus(VaultHolding.Held, clock.Now.AddDays(2)), vault.Describe(again.Digest));
    }

    [DatabaseFact]
    public void Put_OfBatch_AnswersEachInOrder()
    {
        var forgotten = Document("forgotten before it came");
        Assert.False(vault.Forget(forgotten.Digest));
        var answers = vault.Put([
            Document("a"), Document("b"), Document("a"), forgotten, Document(""),
            Document("c") with { Bytes = new byte[DocumentVault.MaximumDocumentBytes + 1] },
            Document("d") with { Readers = [.. Enumerable.Range(0, DocumentVault.MaximumReaders + 1).Select(i => Digest<VaultReader>.Of(BitConverter.GetBytes(i)))] },
            Document("e") with { Bytes = new byte[DocumentVault.MaximumDocumentBytes] },
        ]);
        Assert.Equal([true, true, false, false, false, false, false, true], answers.Select(a => a.IsNew));
        Assert.Equal(
            [null, null, null, "forgotten", "too_large", "too_large", "too_many_readers", null], answers.Select(a => a.Refusal?.Code));
    }

    [DatabaseFact]
    public void Put_OfManyReadersTwice_IsIdempotentUpToTheMaximum()
    {
        var readers = Enumerable.Range(0, DocumentVault.MaximumReaders).Select(i => Digest<VaultReader>.Of(BitConverter.GetBytes(i))).ToList();
        var document = Document("crowded") with { Readers = readers };
        Assert.Null(vault.Put(document).Refusal);
        Assert.Null(vault.Put(document).Refusal);
        Assert.Equal(VaultRefusal.TooManyReaders, vault.Put(Document("crowded")).Refusal);
    }

    [DatabaseFact]
    public async Task Put_OfManyAtOnce_KeepsEachOnce()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
            Enumerable.Range(0, 10).Select(round => vault.Put(
                Enumerable.Range(0, 10).OrderBy(i => (i * 7 + worker) % 10).Select(i => Document($"shared {round} {i}"))
                    .Append(Document($"own {worker} {round}")).ToList())).SelectMany(a => a).ToList())));
        Assert.Equal(100 + 80, answers.SelectMany(a => a).Count(a => a.IsNew));
        Assert.DoesNotContain(answers.SelectMany(a => a), a => a.Refusal is not null);
        Assert.All(answers.SelectMany(a => a), a => Assert.True(vault.Get(a.Digest, Alice, Salt).TryGet(out _)));
    }

    [DatabaseFact]
    public void Document_WithOneByteChanged_IsNamedAsDamaged()
    {
        var digests = vault.Put(Enumerable.Range(0, 12).Select(i => Document($"document {i}")).ToList()).Select(p => p.Digest).ToList();
        Assert.Empty(AuditAll());
        foreach (var (table, column, victim) in new[] { ("vault_documents", "sealed", 3), ("vault_keys", "wrapped", 7) })
        {
            var read = $"SELECT {column} FROM {table} WHERE digest = $1";
            var write = $"UPDATE {table} SET {column} = $2 WHERE digest = $1";
            using var session = database.OpenSession();
            var original = session.QueryFirst(read, row => row.Bytes(0), digests[victim].ToArray())!;
            foreach (var at in new[] { 0, original.Length / 2, original.Length - 1 })
            {
                var changed = original.ToArray();
                changed[at] ^= 1;
                session.Execute(write, digests[victim].ToArray(), changed);
                Assert.Equal(VaultRefusal.DamagedDocument, vault.Get(digests[victim], Alice, Salt).Refusal);
                Assert.Equal(VaultRefusal.DamagedDocument, vault.TryReadForNode(digests[victim]).Refusal);
                Assert.Equal([digests[victim]], AuditAll());
            }
            session.Execute(write, digests[victim].ToArray(), original[..5]);
            Assert.Equal([digests[victim]], AuditAll());
            session.Execute(write, digests[victim].ToArray(), original);
            Assert.Empty(AuditAll());
        }
        database.Execute("DELETE FROM vault_keys WHERE digest = $1", digests[4].ToArray());
        Assert.Equal(VaultRefusal.DamagedDocument, vault.Get(digests[4], Alice, Salt).Refusal);
        Assert.Equal([digests[4]], AuditAll());
    }

    [DatabaseFact]
    public void Rows_SwappedBetweenDocuments_AreDamaged()
    {
        var a = vault.Put(Document("aaaa")).Digest;
        var b = vault.Put(Document("bbbb")).Digest;
        using var session = database.OpenSession();
        foreach (var (table, column) in new[] { ("vault_documents", "sealed"), ("vault_keys", "wrapped") })
        {
            var ofA = session.QueryFirst($"SELECT {column} FROM {table} WHERE digest = $1", row => row.Bytes(0), a.ToArray());
            var ofB = session.QueryFirst($"SELECT {column} FROM {table} WHERE digest = $1", row => row.Bytes(0), b.ToArray());
            session.Execute($"UPDATE {table} SET {column} = $2 WHERE digest = $1", a.ToArray(), ofB);
            session.Execute($"UPDATE {table} SET {column} = $2 WHERE digest = $1", b.ToArray(), ofA);
            // After the second pass both box and key are the other document's: only the associated data tell.
            Assert.Equal(VaultRefusal.DamagedDocument, vault.Get(a, Alice, Salt).Refusal);
            Assert.Equal(VaultRefusal.DamagedDocument, vault.Get(b, Alice, Salt).Refusal);
        }
    }

    [DatabaseFact]
    public void Forget_DestroysTheKeyForEver()
    {
        var document = Document("to be forgotten");
        var digest = vault.Put(document).Digest;
        byte[] wrapped;
        using (var session = database.OpenSession())
            wrapped = session.QueryFirst("SELECT wrapped FROM vault_keys WHERE digest = $1", row => row.Bytes(0), digest.ToArray())!;
        Assert.True(IsInDataFiles(wrapped));

        Assert.True(vault.Forget(digest));

        Assert.Equal(VaultHolding.Forgotten, vault.Describe(digest).Holding);
        Assert.Equal(VaultRefusal.Forgotten, vault.TryReadForNode(digest).Refusal);
        Assert.Equal(VaultRefusal.Forgotten, vault.Put(document).Refusal);
        Assert.Equal(VaultRefusal.Forbidden, vault.Get(digest, Alice, Salt).Refusal);
        Assert.False(vault.Forget(digest));
        Assert.Equal(0, vault.Sweep());
        Assert.Empty(AuditAll());
        // PostgreSQL's write-ahead log keeps the wrapped key until it is recycled, as Forget's documentation says.
        Assert.Empty(test!.RawFiles().Where(file => !file.IsServerLog && file.Bytes.AsSpan().IndexOf(wrapped) >= 0).Select(file => file.Path));
    }

    [DatabaseFact]
    public void Sweep_AfterRetention_PrunesExactlyWhatIsDue()
    {
        var kept = vault.Put(Document("kept") with { RetainUntil = clock.Now.AddHours(2) }).Digest;
        var due = vault.Put(Enumerable.Range(0, 1203).Select(i => Document($"due {i}") with { RetainUntil = clock.Now.AddHours(1) }).ToList());
        Assert.Equal(0, vault.Sweep());
        clock.Now = clock.Now.AddHours(1);
        Assert.Equal(1203, vault.Sweep());
        Assert.Equal(0, vault.Sweep());
        Assert.True(vault.Get(kept, Alice, Salt).TryGet(out _));
        Assert.Equal(VaultHolding.Pruned, vault.Describe(due[0].Digest).Holding);
        Assert.Equal(VaultRefusal.RetentionEnded, vault.TryReadForNode(due[1202].Digest).Refusal);
        Assert.Equal(VaultRefusal.RetentionEnded, vault.Put(Document("due 5")).Refusal);
        Assert.Equal(VaultHolding.Unknown, vault.Describe(Digest<VaultDocument>.Of("never"u8)).Holding);
    }

    [DatabaseFact]
    public void RemoveOrphans_LeavesWhatWasConfirmedOrIsFresh()
    {
        var orphan = vault.Put(Document("orphan") with { IsPending = true }).Digest;
        var confirmed = vault.Put(Document("confirmed") with { IsPending = true }).Digest;
        var putAgain = vault.Put(Document("again") with { IsPending = true }).Digest;
        vault.Put(Document("again"));
        vault.Put(Document("final") with { IsPending = false });
        vault.Put(Document("final") with { IsPending = true });
        vault.Confirm([confirmed]);
        clock.Now = clock.Now.AddMinutes(10);
        var fresh = vault.Put(Document("fresh") with { IsPending = true }).Digest;

        Assert.Equal(1, vault.RemoveOrphans(clock.Now));

        Assert.Equal(VaultRefusal.Absent, vault.TryReadForNode(orphan).Refusal);
        Assert.All(new[] { confirmed, putAgain, fresh }, digest => Assert.True(vault.TryReadForNode(digest).TryGet(out _)));
        Assert.Null(vault.Put(Document("orphan")).Refusal);
    }

    [DatabaseFact]
    public void OfRecord_ListsWhatIsHeldForIt()
    {
        var record = Digest<VaultRecord>.Of("rid"u8);
        var first = vault.Put(Document("version 1") with { Record = record }).Digest;
        var second = vault.Put(Document("version 2") with { Record = record }).Digest;
        vault.Put(Document("of no record"));
        Assert.Equal(new[] { first, second }.Order(), vault.OfRecord(record));
        vault.Forget(first);
        Assert.Equal([second], vault.OfRecord(record));
    }

    [DatabaseFact]
    public void Open_UnderAnotherMasterKey_Throws()
    {
        using var other = VaultMasterKey.Generate();
        Assert.Throws<CryptographicException>(() => DocumentVault.Open(database, other, clock));
        var digest = vault.Put(Document("kept")).Digest;
        Assert.True(DocumentVault.Open(database, master, clock).Get(digest, Alice, Salt).TryGet(out _));
    }

    [DatabaseFact]
    public void RawFiles_HoldNeitherContentNorReader()
    {
        var canary = RandomNumberGenerator.GetBytes(24);
        var text = "Canary-" + Convert.ToHexStringLower(canary);
        vault.Put(Document(string.Concat(Enumerable.Repeat(text + " ", 50))));
        // The hunt must be able to find: the digest is stored in clear.
        Assert.True(IsInDataFiles(Document(string.Concat(Enumerable.Repeat(text + " ", 50))).Digest.ToArray()));
        Assert.All(Canary.FormsOf(text), form => Assert.False(IsInDataFiles(form)));
        Assert.False(IsInDataFiles(Alice.ToArray()));
    }

    protected virtual void Dispose(bool disposing)
    {
        master.Dispose();
        database?.Dispose();
        test?.Dispose();
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private VaultDocument Document(string text) =>
        new(Encoding.UTF8.GetBytes(text), [ReaderTag.Of(Alice, Salt)], clock.Now.AddDays(30));

    private List<Digest<VaultDocument>> AuditAll()
    {
        var damaged = new List<Digest<VaultDocument>>();
        var portion = vault.Audit(null, 5);
        damaged.AddRange(portion.Damaged);
        while (portion.Last is { } last)
        {
            portion = vault.Audit(last, 5);
            damaged.AddRange(portion.Damaged);
        }
        return damaged;
    }

    private bool IsInDataFiles(byte[] bytes) => test!.RawFiles().Any(file => file.Bytes.AsSpan().IndexOf(bytes) >= 0);
}
