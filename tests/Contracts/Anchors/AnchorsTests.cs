using System.Text;
using System.Text.Json;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Anchors;

public class AnchorsTests
{
    private static readonly Digest<AnchoredRecord> Rid = Digest<AnchoredRecord>.Of("record"u8);
    private static readonly byte[] Jwe = Encoding.UTF8.GetBytes("""{"protected":"e30","recipients":[{}],"iv":"AAAA","ciphertext":"AAAAAAAA","tag":"AAAA"}""");

    private readonly TestAccount author = new("author");
    private readonly TestAccount witness = new("witness");
    private readonly ProbeContract probe = new();
    private readonly ContractBench bench;

    public AnchorsTests() => bench = new ContractBench(ContractBench.GenesisOf(author, witness), extra: _ => probe);

    private AnchorsContract Anchors => bench.Kernel.Anchors;

    private static Digest<RecordVersion> DigestOf(int version) => Digest<RecordVersion>.Of(BitConverter.GetBytes(version));

    private static PutAnchorMessage Message(long version) =>
        new(Rid, version, DigestOf((int)version), version > 1 ? DigestOf((int)version - 1) : null);

    private string Put(PutAnchorMessage message, TestAccount? by = null, byte[]? attachment = null)
    {
        var argument = JsonSerializer.Serialize(message, AnchorsJson.Instance.PutAnchorMessage);
        return (attachment is null ? bench.Run("anchors.put", argument, by ?? author) : bench.RunWith("anchors.put", argument, attachment, by ?? author)).Code;
    }

    private PutAnchorMessage Signed(PutAnchorMessage message, params TestAccount[] signers) => message with
    {
        Signers = [.. signers.Select(signer => signer.Id)],
        Signatures = [.. signers.Select(signer => InnerSignature.Sign(bench.Net, message.Rid, message.Version, message.Digest, signer.Key))],
    };

    [Fact]
    public void Put_OfSuccessiveVersions_KeepsTheChain()
    {
        Assert.False(Anchors.TryGetCurrent(author.Id, Rid, out _));
        for (var version = 1; version <= 3; version++)
            Assert.Equal("accepted", Put(Message(version)));
        Assert.True(Anchors.TryGetCurrent(author.Id, Rid, out var current));
        Assert.Equal((3, DigestOf(3), 3L), (current.Version, current.Digest, current.Height));
        Assert.True(Anchors.TryGet(author.Id, Rid, 2, out var second));
        Assert.Equal((2, DigestOf(2), 2L), (second.Version, second.Digest, second.Height));
        Assert.False(Anchors.TryGet(author.Id, Rid, 4, out _));
        Assert.Equal(bench.Root(), bench.Replay().Root());
    }

    //           version  previous  digest   code
    [Theory]
    [InlineData(1,       0,        1,       "replayed")]
    [InlineData(2,       1,        2,       "replayed")]
    [InlineData(1,       0,        7,       "version_conflict")]
    [InlineData(2,       1,        7,       "version_conflict")]
    [InlineData(4,       2,        4,       "version_conflict")]
    [InlineData(3,       1,        3,       "version_conflict")]
    [InlineData(3,       2,        3,       "accepted")]
    [InlineData(3,       0,        3,       "malformed_anchor")]
    [InlineData(1,       2,        3,       "malformed_anchor")]
    [InlineData(0,       0,        3,       "malformed_anchor")]
    public void Put_AfterTwoVersions_ByScenario(int version, int previous, int digest, string code)
    {
        Assert.Equal("accepted", Put(Message(1)));
        Assert.Equal("accepted", Put(Message(2)));
        var root = Anchors.TryGetCurrent(author.Id, Rid, out var before) ? before : null;
        Assert.Equal(code, Put(new PutAnchorMessage(Rid, version, DigestOf(digest), previous == 0 ? null : DigestOf(previous))));
        if (code != "accepted")
            Assert.True(Anchors.TryGetCurrent(author.Id, Rid, out var after) && ReferenceEquals(root, after));
    }

    [Fact]
    public void Put_ByAnotherAuthor_IsAnotherRecord()
    {
        Assert.Equal("accepted", Put(Message(1)));
        Assert.Equal("version_conflict", Put(Message(2), witness));
        Assert.Equal("accepted", Put(Message(1), witness));
    }

    [Fact]
    public void Put_WithInnerSignatures_WantsActiveKeysOfTheSigners()
    {
        Assert.Equal("accepted", Put(Signed(Message(1), author, witness)));
        Assert.True(Anchors.TryGetCurrent(author.Id, Rid, out var row));
        Assert.Equal([new AnchorSigner(author.Id, author.Key.PublicKey.Thumbprint), new AnchorSigner(witness.Id, witness.Key.PublicKey.Thumbprint)], row.Signers);

        var second = Signed(Message(2), author, witness);
        Assert.Equal("key_not_active", Put(second with { Signers = [witness.Id, author.Id] }));
        Assert.Equal("key_not_active", Put(Signed(Message(2), new TestAccount("stranger"))));
        Assert.Equal("malformed_anchor", Put(second with { Signers = [author.Id] }));
        Assert.Equal("malformed_anchor", Put(second with { Signers = [author.Id, author.Id] }));
        Assert.Equal("malformed_anchor", Put(second with { Signatures = null }));
        Assert.Equal("signature_invalid", Put(second with { Signatures = [second.Signatures![0], second.Signatures[0]] }));
        Assert.Equal("signature_invalid", Put(second with { Digest = DigestOf(9) }));
        Assert.Equal("signature_invalid", Put(second with { Signatures = [second.Signatures[0], "x"] }));
        Assert.Equal("signature_invalid", Put(second with { Signatures = [second.Signatures[0], Signed(Message(1), witness).Signatures![0]] }));
        Assert.Equal("accepted", Put(second));
    }

    [Fact]
    public void Put_WithACiphertext_WantsItAttachedInItsLength()
    {
        var message = Message(1) with { CiphertextDigest = Digest<Attachment>.Of(Jwe), CiphertextBytes = 6 };
        Assert.Equal("attachment_mismatch", Put(message));
        Assert.Equal("envelope_mismatch", Put(message with { CiphertextBytes = 5 }, attachment: Jwe));
        Assert.Equal("malformed_anchor", Put(message with { CiphertextBytes = 0 }, attachment: Jwe));
        Assert.Equal("malformed_anchor", Put(message with { CiphertextBytes = null }, attachment: Jwe));
        var other = "{}"u8.ToArray();
        Assert.Equal("envelope_mismatch", Put(message with { CiphertextDigest = Digest<Attachment>.Of(other) }, attachment: other));
        Assert.Equal("accepted", Put(message, attachment: Jwe));
        Assert.True(Anchors.TryGetCurrent(author.Id, Rid, out var row));
        Assert.Equal((Digest<Attachment>.Of(Jwe), 6u), (row.CiphertextDigest, row.CiphertextBytes));
    }

    [Fact]
    public void Put_ByAContract_StandsUnderTheContract()
    {
        var entry = new AnchorEntry { Rid = Rid, Version = 1, Digest = DigestOf(1), Signers = [new AnchorSigner(witness.Id, witness.Key.PublicKey.Thumbprint)] };
        probe.Rule = context => context.Call(inner => Anchors.Put(inner, entry));
        Assert.Equal("accepted", bench.Run("probe.run", "{}", author).Code);
        Assert.True(Anchors.TryGetCurrent(Authority.OfContract("probe"), Rid, out _));
        Assert.False(Anchors.TryGetCurrent(author.Id, Rid, out _));
        Assert.Equal("replayed", bench.Run("probe.run", "{}", author).Code);
        probe.Rule = context => context.Call(inner => Anchors.Put(inner, entry with { Rid = Digest<AnchoredRecord>.Of("x"u8), Signers = [.. Enumerable.Repeat(entry.Signers[0], 9)] }));
        Assert.Equal("malformed_anchor", bench.Run("probe.run", "{}", author).Code);
    }

    [Fact]
    public void CurrentVersion_AndItsAbsence_AreProvedByTheRoot()
    {
        Assert.Equal("accepted", Put(Signed(Message(1), witness)));
        var root = bench.Root();
        Assert.True(Anchors.TryGetCurrent(author.Id, Rid, out var row));

        var key = new AnchorKey(author.Id, Rid);
        var proof = bench.Set.State.Prove(StateProof.KeyDigest("anchors.current", key).Prefix16);
        Assert.True(StateProof.VerifyValue(root, "anchors.current", key, row, proof));
        Assert.False(StateProof.VerifyAbsence(root, "anchors.current", key, proof));
        Assert.False(StateProof.VerifyValue(root, "anchors.current", key, row with { Version = 2 }, proof));

        // What a client in another language writes from the documentation.
        byte[] keyBytes = [.. author.Id.Thumbprint.ToArray(), .. Rid.ToArray()];
        byte[] rowBytes =
        [
            0, 0, 0, 0, 0, 0, 0, 1, .. DigestOf(1).ToArray(), .. new byte[32], 0, 0, 0, 0, 1, .. witness.Id.Thumbprint.ToArray(),
            .. witness.Key.PublicKey.Thumbprint.ToArray(), 0, 0, 0, 0, 0, 0, 0, 1, .. BitConverter.GetBytes(bench.Time.UnixMilliseconds).Reverse(),
        ];
        Assert.True(StateProof.VerifyValue(root, "anchors.current", keyBytes, rowBytes, proof));

        var absent = new AnchorKey(witness.Id, Rid);
        Assert.True(StateProof.VerifyAbsence(root, "anchors.current", absent, bench.Set.State.Prove(StateProof.KeyDigest("anchors.current", absent).Prefix16)));
    }

    [Theory]
    [InlineData("""{"rid":"R","ver":1,"digest":"R","extra":1}""")]
    [InlineData("""{"rid":"R","ver":1}""")]
    [InlineData("""{"rid":"R","ver":1.5,"digest":"R"}""")]
    [InlineData("""{"rid":"r","ver":1,"digest":"R"}""")]
    [InlineData("""{"rid":"R","ver":1,"digest":"R","sig":null}""")]
    public void Put_OfAnotherForm_IsRefusedOrAcceptedAsWritten(string argument)
    {
        var code = bench.Run("anchors.put", argument.Replace("R", Rid.ToString(), StringComparison.Ordinal), author).Code;
        Assert.Equal(argument.Contains("null", StringComparison.Ordinal) ? "accepted" : "malformed_argument", code);
    }
}
