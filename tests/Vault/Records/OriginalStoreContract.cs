using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Testing;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;
using Counterfoil.Vault.Storage;
using Counterfoil.Vault.Tests.Documents;
using Counterfoil.Vault.Tests.Storage;

namespace Counterfoil.Vault.Tests.Records;

public sealed class SqliteOriginalStoreTests() : OriginalStoreContract(new SqliteTestDatabase());

[NeedsPostgreSql]
public sealed class PostgreSqlOriginalStoreTests() : OriginalStoreContract(PostgreSqlServer.IsOptedOut ? null : new PostgreSqlTestDatabase());

/// <summary>What a store of originals promises, over either engine.</summary>
public abstract class OriginalStoreContract : IDisposable
{
    private readonly TestDatabase? test;
    private readonly ManualClock clock = new();
    private readonly VaultMasterKey master = VaultMasterKey.Generate();
    private readonly RecordWorld world = new();
    private readonly Database database;
    private readonly OriginalStore store;

    protected OriginalStoreContract(TestDatabase? test)
    {
        // Null only where PostgreSQL was opted out of, and then no test of the class runs.
        this.test = test;
        database = test?.Open()!;
        store = test is null ? null! : OriginalStore.Open(database, master, clock);
    }

    [DatabaseFact]
    public void Get_ByAuthorAndAudience_GivesTheSignedOriginal()
    {
        var bid = Stored(world.Draft());
        foreach (var party in new[] { world.Broker, world.Opener })
        {
            var reading = store.Get(bid.Content.Rid, 1, party.Account);
            Assert.Equal((1L, OriginalForm.Signed), (reading.Original!.Ver, reading.Original.Form));
            Assert.Equal(bid.Signed.Bytes.ToArray(), reading.Original.Bytes.ToArray());
        }
    }

    [DatabaseFact]
    public void Get_OfAbsentForgottenOrForbidden_IsTheSameAnswer()
    {
        var bid = Stored(world.Draft());
        var forgotten = Stored(world.Draft());
        Assert.Equal(1, store.Forget(forgotten.Content.Rid));
        OriginalReading[] answers =
        [
            store.Get(bid.Content.Rid, 1, world.Rival.Account),
            store.Get(bid.Content.Rid, null, world.Rival.Account),
            store.Get(bid.Content.Rid, 2, world.Broker.Account),
            store.Get(bid.Content.Rid, 0, world.Broker.Account),
            store.Get(VaultRecord.NewId(), 1, world.Broker.Account),
            store.Get(forgotten.Content.Rid, 1, world.Broker.Account),
        ];
        Assert.All(answers, answer => Assert.Equal(new OriginalReading(null, VaultRefusal.Forbidden), answer));
        Assert.Equal(VaultRefusal.Forgotten, store.Put(forgotten.Signed, world.Broker.Account));
    }

    [DatabaseFact]
    public void Put_OfVersions_ReturnsTheHighestUnlessAskedOtherwise()
    {
        var first = Stored(world.Draft());
        var second = Stored(RecordWorld.Next(first.Signed.Original, "{}"));
        Assert.Equal(2, store.Get(first.Content.Rid, null, world.Broker.Account).Original!.Ver);
        Assert.Equal(first.Signed.Bytes.ToArray(), store.Get(first.Content.Rid, 1, world.Broker.Account).Original!.Bytes.ToArray());
        var entries = store.List(world.Opener.Account);
        Assert.Equal([(first.Content.Rid, 1L), (second.Content.Rid, 2L)], entries.Select(entry => (entry.Rid, entry.Ver)));
        Assert.Equal([entries[1]], store.List(world.Opener.Account, entries[0].Position));
        Assert.Equal([entries[0]], store.List(world.Opener.Account, 0, 1));
        Assert.Empty(store.List(world.Rival.Account));
    }

    [DatabaseFact]
    public void Put_AgainOrOtherwise_IsIdempotentOrAConflict()
    {
        var bid = Stored(world.Draft());
        Assert.Null(store.Put(bid.Signed, world.Broker.Account));
        Assert.Single(store.List(world.Broker.Account));
        var draft = world.Draft("""{"other":1}""");
        var other = SignedRecord.Sign(RecordOriginal.Create(new RecordDraft
        {
            Rid = bid.Content.Rid, Rtype = "bid", Ver = 1, Market = "northern", Iss = draft.Iss, Aud = draft.Aud, Iat = 1, Body = draft.Body,
        }).Value, world.Broker.Signing);
        Assert.Equal(VaultRefusal.VersionConflict, store.Put(other, world.Broker.Account));
        // Another account can neither sign as the author nor go on with the author's record.
        Assert.Equal(VaultRefusal.Forbidden, store.Put(other, world.Rival.Account));
        var copy = Copy(world.Anchor(RecordWorld.Next(bid.Signed.Original, "{}")));
        Assert.Equal(VaultRefusal.Forbidden, store.PutSealed(
            bid.Content.Rid, 2, Digest<RecordOriginal>.Of("x"u8), copy, world.Rival.Account, [world.Rival.Account]));
        Assert.Equal(VaultRefusal.Forbidden, store.Put(world.Anchor(world.Draft()).Signed, default));
        Assert.Equal(bid.Signed.Bytes.ToArray(), store.Get(bid.Content.Rid, 1, world.Broker.Account).Original!.Bytes.ToArray());
    }

    [DatabaseFact]
    public void PutSealed_UntilTheOpening_IsReplacedByTheSameOriginalOnly()
    {
        var bid = world.Anchor(world.Draft(RecordWorld.BidBody(4)));
        var other = world.Anchor(world.Draft());
        Assert.Equal(VaultRefusal.EnvelopeMismatch, PutSealed(bid, "x"u8.ToArray()));
        Assert.Equal(VaultRefusal.EnvelopeMismatch, PutSealed(bid, Copy(other)));
        var copy = Copy(bid);
        Assert.Null(PutSealed(bid, copy));
        Assert.Null(PutSealed(bid, copy));
        Assert.Equal(VaultRefusal.VersionConflict, PutSealed(bid, Copy(bid)));
        Assert.Equal(OriginalForm.Sealed, store.Get(bid.Content.Rid, 1, world.Broker.Account).Original!.Form);
        Assert.Equal(copy.ToArray(), store.Get(bid.Content.Rid, null, world.Broker.Account).Original!.Bytes.ToArray());
        Assert.Equal(VaultRefusal.Forbidden, store.Get(bid.Content.Rid, 1, world.Opener.Account).Refusal);

        var otherOriginal = SignedRecord.Sign(RecordOriginal.Create(new RecordDraft
        {
            Rid = bid.Content.Rid, Rtype = "bid", Ver = 1, Market = "northern", Iss = [world.Broker.Account], Aud = [], Iat = 1, Body = "{}"u8.ToArray(),
        }).Value, world.Broker.Signing);
        Assert.Equal(VaultRefusal.Forbidden, store.Put(otherOriginal, default));
        Assert.Null(store.Put(bid.Signed, default));
        Assert.Equal(OriginalForm.Signed, store.Get(bid.Content.Rid, 1, world.Opener.Account).Original!.Form);
        Assert.Equal(VaultRefusal.VersionConflict, PutSealed(bid, copy));
    }

    [DatabaseFact]
    public void Put_OfAcceptedOffer_ReplacesTheOffer()
    {
        var draft = world.Draft();
        var original = RecordOriginal.Create(new RecordDraft
        {
            Rid = draft.Rid, Rtype = "contract", Ver = 1, Market = "northern", Iss = [world.Broker.Account, world.Owner.Account],
            Aud = [], Iat = 1, Body = draft.Body,
        }).Value;
        var offer = SignedRecord.Sign(original, world.Broker.Signing);
        var accepted = offer.AddSignature(world.Owner.Signing);
        Assert.Null(store.Put(offer, world.Broker.Account));
        Assert.Null(store.Put(accepted, world.Owner.Account));
        Assert.Equal(VaultRefusal.VersionConflict, store.Put(offer, world.Broker.Account));
        Assert.Equal(accepted.Bytes.ToArray(), store.Get(draft.Rid, null, world.Owner.Account).Original!.Bytes.ToArray());
    }

    [DatabaseFact]
    public async Task Put_OfOneVersionByManyAtOnce_KeepsOne()
    {
        var draft = world.Draft();
        var rivals = Enumerable.Range(0, 8).Select(_ => SignedRecord.Sign(RecordOriginal.Create(draft).Value, world.Broker.Signing)).ToList();
        var answers = await Task.WhenAll(rivals.Select(signed => Task.Run(() => store.Put(signed, world.Broker.Account))));
        Assert.Single(answers, answer => answer is null);
        Assert.Equal(7, answers.Count(answer => answer == VaultRefusal.VersionConflict));
    }

    [DatabaseFact]
    public void Original_ChangedDeletedOrSwappedInTheDatabase_IsNamedByTheOwnersSweep()
    {
        var bids = Enumerable.Range(0, 6).Select(_ => Stored(world.Draft(RecordWorld.BidBody(3)))).ToList();
        var next = Stored(RecordWorld.Next(bids[4].Signed.Original, "{}"));
        Assert.All(Sweep(bids, next), pair => Assert.Equal(ComparisonOutcome.Match, pair.Outcome));

        using (var session = database.OpenSession())
        {
            var box = session.QueryFirst("SELECT sealed FROM originals WHERE rid = $1", row => row.Bytes(0), bids[1].Content.Rid.ToArray())!;
            box[box.Length / 2] ^= 1;
            session.Execute("UPDATE originals SET sealed = $1 WHERE rid = $2", box, bids[1].Content.Rid.ToArray());
            session.Execute("DELETE FROM originals WHERE rid = $1", bids[2].Content.Rid.ToArray());
            session.Execute("UPDATE originals SET ver = 3 - ver + 10 WHERE rid = $1", next.Content.Rid.ToArray());
            session.Execute("UPDATE originals SET ver = ver - 10 WHERE rid = $1", next.Content.Rid.ToArray());
        }

        var named = Sweep(bids, next).Where(pair => pair.Outcome != ComparisonOutcome.Match).ToList();
        Assert.Equal(
            [(bids[1].Content.Rid, ComparisonOutcome.OriginalAltered), (bids[2].Content.Rid, ComparisonOutcome.OriginalMissing),
                (bids[4].Content.Rid, ComparisonOutcome.StaleVersion)], named);
        var (damaged, end) = store.Audit();
        Assert.Equal([bids[1].Content.Rid], damaged.Select(entry => entry.Rid));
        Assert.Null(end);
        Assert.NotNull(store.Audit(0, 2).Next);
    }

    [DatabaseFact]
    public void RawFiles_OfVaultAndStore_HoldNoCanary()
    {
        var name = "Canary-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var price = "98" + RandomNumberGenerator.GetInt32(1_000_000_000, int.MaxValue);
        var bid = world.Anchor(world.Draft($$"""{"portfolio":"{{name}}","orders":[{"mtu":0,"side":"sell","steps":[[{{price}},1]]}]}"""));
        var vault = DocumentVault.Open(database, master, clock);
        vault.Put(new VaultDocument(bid.Sealed.Bytes, [ReaderTag.Of(world.Broker.Account, new byte[32])], clock.Now.AddDays(1)) { Record = bid.Content.Rid });
        Assert.Null(PutSealed(bid, Copy(bid)));
        Assert.Null(store.Put(bid.Signed, default));

        var files = test!.RawFiles().ToList();
        // The hunt finds what is there: the record's id stands in clear.
        Assert.Contains(files, file => file.Bytes.AsSpan().IndexOf(bid.Content.Rid.ToArray()) >= 0);
        foreach (var form in Canary.FormsOf(name).Concat(Canary.FormsOf(price)).Append(world.Broker.Account.ToArray())
            .Append(Encoding.ASCII.GetBytes(Base64Url.Encode(world.Broker.Account.ToArray()))))
            Assert.DoesNotContain(files, file => file.Bytes.AsSpan().IndexOf(form) >= 0);
        Assert.Contains(Canary.FormsOf(name), form => Base64Url.TryDecode(SplitPayload(bid.Signed), out var payload) && payload.AsSpan().IndexOf(form) >= 0);
    }

    protected virtual void Dispose(bool disposing)
    {
        world.Dispose();
        master.Dispose();
        database?.Dispose();
        test?.Dispose();
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    private AnchoredBid Stored(RecordDraft draft)
    {
        var bid = world.Anchor(draft);
        Assert.Null(store.Put(bid.Signed, world.Broker.Account));
        return bid;
    }

    private ReadOnlyMemory<byte> Copy(AnchoredBid bid) =>
        RecordSealer.Seal(bid.Signed, [world.Broker.Agreement.PublicKey], RecordPadding.ToSize(RecordWorld.BidSize)).Value.Bytes;

    private VaultRefusal? PutSealed(AnchoredBid bid, ReadOnlyMemory<byte> copy) =>
        store.PutSealed(bid.Content.Rid, 1, bid.Content.Digest, copy, world.Broker.Account, [world.Broker.Account]);

    private static string SplitPayload(SignedRecord signed) => Encoding.ASCII.GetString(signed.Bytes.Span).Split('.')[1];

    // What an owner's client does with each of its records: asks for the current version and compares.
    private List<(Digest<VaultRecord> Rid, ComparisonOutcome Outcome)> Sweep(List<AnchoredBid> bids, AnchoredBid next) =>
        bids.Select(bid =>
        {
            var versions = bid.Content.Rid == next.Content.Rid ? new[] { bid, next } : [bid];
            var reading = store.Get(bid.Content.Rid, null, world.Broker.Account);
            var answer = reading.Original is { } original ? OriginalAnswer.Signed(original.Bytes)
                : reading.Refusal == VaultRefusal.Forbidden ? OriginalAnswer.Forbidden : OriginalAnswer.Damaged;
            return (bid.Content.Rid, RecordComparison.Compare(new ComparisonInputs<Net>
            {
                Net = RecordWorld.Net,
                Rid = bid.Content.Rid,
                CurrentVersion = versions.Length,
                Anchors = [.. versions.Select(version => version.Proved)],
                Original = answer,
                Ciphertext = CiphertextAnswer.Found(versions[^1].Sealed.Bytes),
                Key = world.Broker.Agreement,
            }));
        }).ToList();
}
