using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Testing;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;
using Counterfoil.Vault.Storage;
using RecordFinding = Counterfoil.Schemes.Markets.PowerBrokerage.Records.RecordFinding;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Records;

/// <summary>The owner's sweep over a real node and trading server: what a dishonest operator does to a record is found at that record and at no other.</summary>
public abstract class SweepContract
{
    /// <summary>The connection line of a new database; null for SQLite files.</summary>
    protected abstract string? CreateDatabase();

    [DatabaseFact]
    public async Task Sweep_NothingChanged_FindsEveryRecordMatching()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());

        var young = await new Sweep(market.Checker).RunAsync();
        await market.PassCheckpointAsync();
        var proved = await new Sweep(market.Checker).RunAsync();

        Assert.Equal(["match", "match", "match", "match"], young.Findings.Select(finding => finding.Code));
        Assert.True(proved.IsClean);
        Assert.Equal(["bid", "guarantee", "mandate", "portfolio"], proved.Findings.Select(finding => finding.Rtype).Order(StringComparer.Ordinal));
        Assert.All(proved.Findings, finding =>
        {
            Assert.True(finding.CheckpointHeight > finding.AnchoredHeight);
            Assert.Equal(1, finding.Witnesses);
            Assert.Null(finding.Answer!.Verify(market.Server.SigningKey.PublicKey));
            Assert.Equal(finding.ResponseDigest, SignedAnswer.Parse(finding.Answer.ToBytes())!.Digest);
        });
        Assert.Equal(2, proved.Findings.Single(finding => finding.Rtype == "bid").Ver);
    }

    [DatabaseFact]
    public async Task Sweep_OneByteOfAnOriginalChanged_NamesExactlyThatRecord()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var (database, _) = market.OpenOriginals();
        var rid = market.Guarantee.Rid;
        var bytes = Content(database, rid, 1);
        bytes[bytes.Length / 2] ^= 1;
        Execute(database, "UPDATE originals SET sealed = $2 WHERE rid = $1", rid.ToArray(), bytes);

        await AssertOnlyAsync(market, rid, "original_altered");
    }

    [DatabaseFact]
    public async Task Sweep_OriginalDeleted_NamesItMissing()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var (database, _) = market.OpenOriginals();
        Execute(database, "DELETE FROM originals WHERE rid = $1", market.Guarantee.Rid.ToArray());

        await AssertOnlyAsync(market, market.Guarantee.Rid, "original_missing");
    }

    [DatabaseFact]
    public async Task Sweep_TwoVersionsSwapped_NamesTheStaleOne()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var (database, _) = market.OpenOriginals();
        var rid = market.Bid.Rid.ToArray();
        foreach (var (from, to) in new[] { (1L, 9L), (2L, 1L), (9L, 2L) })
            Execute(database, "UPDATE originals SET ver = $3 WHERE rid = $1 AND ver = $2", rid, from, to);

        await AssertOnlyAsync(market, market.Bid.Rid, "stale_version");
        var earlier = await market.Checker.CheckAsync(market.Bid.Rid, 1);
        Assert.Equal("stale_version", earlier.Code);
    }

    [DatabaseFact]
    public async Task Sweep_NewestVersionRemoved_NamesTheStaleOne()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var (database, _) = market.OpenOriginals();
        Execute(database, "DELETE FROM originals WHERE rid = $1 AND ver = 2", market.Bid.Rid.ToArray());
        Execute(database, "DELETE FROM original_readers WHERE rid = $1 AND ver = 2", market.Bid.Rid.ToArray());

        await AssertOnlyAsync(market, market.Bid.Rid, "stale_version");
    }

    [DatabaseFact]
    public async Task Sweep_OriginalSignedByAnotherKey_NamesTheSignature()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var (database, store) = market.OpenOriginals();
        var entry = market.Guarantee;
        var kept = await market.ClientOf(market.Broker).GetAsync(entry.Rid);
        var signed = SignedRecord.Parse(Opened(kept, market)).Value;
        using var other = EphemeralSigningKey.Create();
        var forged = SignedRecord.Sign(signed.Original, [other, market.Server.SigningKey]);
        Execute(database, "DELETE FROM originals WHERE rid = $1", entry.Rid.ToArray());
        Assert.Null(store.Put(forged, market.Broker.Account.Thumbprint));

        await AssertOnlyAsync(market, entry.Rid, "signature_invalid");
    }

    [DatabaseFact]
    public async Task Sweep_CiphertextChangedInTheVault_NamesTheCiphertext()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var digest = await CiphertextOfAsync(market, market.Guarantee);
        var vault = market.OpenVault();
        byte[] bytes;
        using (var session = vault.OpenSession())
            bytes = session.QueryFirst("SELECT sealed FROM vault_documents WHERE digest = $1", row => row.Bytes(0), digest)!;
        bytes[^40] ^= 1;
        Execute(vault, "UPDATE vault_documents SET sealed = $2 WHERE digest = $1", digest, bytes);

        await AssertOnlyAsync(market, market.Guarantee.Rid, "ciphertext_mismatch");
    }

    [DatabaseFact]
    public async Task Sweep_CiphertextRemovedFromTheVault_NamesItUntilItsRetentionEnds()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var digest = await CiphertextOfAsync(market, market.Guarantee);
        Execute(market.OpenVault(), "DELETE FROM vault_readers WHERE digest = $1", digest);

        await AssertOnlyAsync(market, market.Guarantee.Rid, "ciphertext_mismatch");
        using var later = new RecordChecker(market.Broker, market.ClientOf(market.Broker), market.Evidence, market.Book) { Retention = TimeSpan.Zero };
        Assert.Equal("match", (await later.CheckAsync(market.Guarantee.Rid)).Code);
    }

    [DatabaseFact]
    public async Task Sweep_RecordNeverAnchored_NamesTheAnchorMissingByProof()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var rid = VaultRecord.NewId();
        market.Book.Add(new BookEntry { Rid = rid, Rtype = "bid", Ver = 1 });

        var finding = await AssertOnlyAsync(market, rid, "anchor_missing");
        Assert.True(finding.CheckpointHeight > 0);
        Assert.Equal(0, finding.AnchoredHeight);
    }

    [DatabaseFact]
    public async Task Sweep_AnotherOriginalAnchoredThanTheOneSigned_NamesTheAnchorMissing()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var entry = market.Guarantee;
        market.Book.Add(new BookEntry
        {
            Rid = entry.Rid, Rtype = entry.Rtype, Ver = 1, Salt = entry.Salt, Transaction = entry.Transaction, Digest = Digest<RecordOriginal>.Of("other"u8),
        });

        await AssertOnlyAsync(market, entry.Rid, "anchor_missing");
    }

    [DatabaseFact]
    public async Task Get_ByAStranger_IsRefusedByTheSameBytesAsAnAbsentRecord()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var stranger = market.ClientOf(market.Stranger);

        var kept = await stranger.GetAsync(market.Guarantee.Rid);
        var absent = await stranger.GetAsync(VaultRecord.NewId());
        var keptVersion = await stranger.GetAsync(market.Bid.Rid, 1);

        Assert.Same(OriginalAnswer.Forbidden, kept.Original);
        foreach (var other in new[] { absent, keptVersion })
        {
            Assert.Equal(kept.Answer.Status, other.Answer.Status);
            Assert.Equal(kept.Answer.Content.ToArray(), other.Answer.Content.ToArray());
            Assert.Equal(Unsigned(kept.Answer), Unsigned(other.Answer));
        }
        Assert.Contains("\"forbidden\"", System.Text.Encoding.UTF8.GetString(kept.Answer.Content.Span), StringComparison.Ordinal);
    }

    [DatabaseFact]
    public async Task SignedAnswer_AlteredInAnyPart_IsNoEvidence()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var answer = (await market.ClientOf(market.Broker).GetAsync(market.Guarantee.Rid)).Answer;
        var key = market.Server.SigningKey.PublicKey;
        var content = answer.Content.ToArray();
        content[^1] ^= 1;

        Assert.Null(answer.Verify(key));
        Assert.Equal("digest_mismatch", SignedAnswer.Of(answer.Method, answer.Target, answer.Status, answer.Fields, content).Verify(key)?.Code);
        Assert.Equal("invalid_signature", SignedAnswer.Of("POST", answer.Target, answer.Status, answer.Fields, answer.Content.ToArray()).Verify(key)?.Code);
        Assert.Equal("invalid_signature", SignedAnswer.Of(answer.Method, answer.Target + "?ver=2", answer.Status, answer.Fields, answer.Content.ToArray()).Verify(key)?.Code);
        Assert.Equal("invalid_signature", SignedAnswer.Of(answer.Method, answer.Target, 201, answer.Fields, answer.Content.ToArray()).Verify(key)?.Code);
        Assert.Equal("unknown_key", answer.Verify(market.Broker.SigningKey.PublicKey)?.Code);
    }

    [DatabaseFact]
    public async Task List_ByAReader_TellsItsRecordsAndWhereTheyAreAnchored()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var learned = new RecordBook(market.Broker.Account);
        foreach (var (_, entry) in await market.ClientOf(market.Broker).ListAsync())
            learned.Add(entry);

        Assert.Equal(market.Book.Rids, learned.Rids);
        using var checker = new RecordChecker(market.Broker, market.ClientOf(market.Broker), market.Evidence, learned);
        Assert.True((await new Sweep(checker).RunAsync()).IsClean);
        Assert.Empty(await market.ClientOf(market.Stranger).ListAsync());
    }

    [DatabaseFact]
    public async Task Check_TransactionNotTold_IsFoundByTheBlock()
    {
        await using var market = await RecordMarket.StartAsync(CreateDatabase());
        var told = new RecordBook(market.Broker.Account);
        foreach (var entry in market.Book.Current)
            told.Add(new BookEntry { Rid = entry.Rid, Rtype = entry.Rtype, Ver = entry.Ver, Salt = entry.Salt });
        using var checker = new RecordChecker(market.Broker, market.ClientOf(market.Broker), market.Evidence, told);

        Assert.True((await new Sweep(checker).RunAsync()).IsClean);
    }

    private static async Task<RecordFinding> AssertOnlyAsync(RecordMarket market, Digest<VaultRecord> rid, string code)
    {
        await market.PassCheckpointAsync();
        var height = market.Node.Ledger.Tip.Height;
        var report = await new Sweep(market.Checker).RunAsync();
        var found = Assert.Single(report.Mismatches);
        Assert.Equal(rid, found.Rid);
        Assert.Equal(code, found.Code);
        Assert.Null(found.Answer!.Verify(market.Server.SigningKey.PublicKey));
        // Reads leave nothing on the ledger.
        Assert.Equal(height, market.Node.Ledger.Tip.Height);
        return found;
    }

    private static async Task<byte[]> CiphertextOfAsync(RecordMarket market, BookEntry entry)
    {
        var anchor = await market.Broker.Node.GetAnchorAsync($"{entry.Author}.{entry.Rid}");
        return Digest<VaultDocument>.Parse(anchor.Value.Root.GetProperty("ciphertext").GetString()!).ToArray();
    }

    private static byte[] Opened(ServedRecord served, RecordMarket market)
    {
        var json = JsonSerializer.Deserialize(served.Answer.Content.Span, MarketJson.Instance.RecordAnswer)!;
        return Envelopes.Open(json.Content, market.Broker.AgreementKey)!;
    }

    private static IEnumerable<string> Unsigned(SignedAnswer answer) =>
        answer.Fields.Where(field => !field.Name.StartsWith("Signature", StringComparison.OrdinalIgnoreCase)).Select(field => $"{field.Name}: {field.Value}");

    private static byte[] Content(Database database, Digest<VaultRecord> rid, long version)
    {
        using var session = database.OpenSession();
        return session.QueryFirst("SELECT sealed FROM originals WHERE rid = $1 AND ver = $2", row => row.Bytes(0), rid.ToArray(), version)!;
    }

    private static void Execute(Database database, string sql, params ReadOnlySpan<SqlValue> values)
    {
        using var session = database.OpenSession();
        Assert.True(session.Execute(sql, values) > 0);
    }
}

/// <summary>With SQLite files.</summary>
public sealed class SqliteSweepTests : SweepContract
{
    protected override string? CreateDatabase() => null;
}

/// <summary>With PostgreSQL.</summary>
[NeedsPostgreSql]
public sealed class PostgreSqlSweepTests : SweepContract
{
    protected override string? CreateDatabase() => PostgreSqlServer.CreateDatabase();
}
