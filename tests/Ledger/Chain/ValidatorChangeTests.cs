using System.Text;
using System.Text.Json.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Tests.Storage;

namespace Counterfoil.Ledger.Tests.Chain;

/// <summary>A chain with three changes of validators, made once.</summary>
public sealed class MadeCommittee : IDisposable
{
    internal FaultyDisk Disk { get; } = new();

    internal CommitteeChain Chain { get; }

    public MadeCommittee() => Chain = CommitteeChain.WithThreeChanges(Disk);

    internal List<ValidatorChange> Changes => [.. Chain.Blocks.Select(ValidatorChange.Of).OfType<ValidatorChange>()];

    internal TrustedValidators Trusted(int changes)
    {
        var trusted = new TrustedValidators(Chain.Genesis);
        foreach (var change in Changes.Take(changes))
            Assert.Null(trusted.Advance(change));
        return trusted;
    }

    public void Dispose() => Chain.Dispose();
}

public sealed class ValidatorChangeTests(MadeCommittee made) : IClassFixture<MadeCommittee>
{
    private readonly CommitteeChain chain = made.Chain;

    public static TheoryData<string> Forgeries => [.. Forgery.All.Keys];

    [Fact]
    public void Advance_AlongThreeChanges_VerifiesEveryReceiptOfEveryHeight()
    {
        var trusted = made.Trusted(3);
        Assert.Equal((3, 26L), (trusted.Changes, trusted.LastChangeHeight));
        foreach (var block in chain.Blocks)
        {
            Assert.Equal(block.Header.Validators, trusted.At(block.Header.Height).Digest);
            Assert.Null(trusted.Verify(block.HeaderBytes, block.CertificateBytes, out var header));
            Assert.Equal(block.Header, header);
            for (var index = 0; index < block.Leaves.Count; index++)
                Assert.Null(Receipt.Of(block, index).Verify(trusted, out _));
        }
        Assert.Contains(chain.Blocks, block => block.Leaves.Any(leaf => leaf.Due is not null));
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(1, 7)]
    [InlineData(2, 26)]
    public void Verify_BeyondTheKnownChanges_IsRefusedAsUnknownValidators(int known, long lastHeight)
    {
        var trusted = made.Trusted(known);
        foreach (var block in chain.Blocks)
        {
            var expected = block.Header.Height <= lastHeight ? null : block.Header.Validators == trusted.Latest.Digest ? null : "unknown_validators";
            Assert.Equal(expected, Receipt.Of(block, 0).Verify(trusted, out var verified)?.Code);
            Assert.Equal(expected is null, verified is not null);
        }
    }

    [Fact]
    public void Advance_OutOfOrder_IsRefusedAndARepeatIsNot()
    {
        var trusted = new TrustedValidators(chain.Genesis);
        Assert.Equal("unknown_validators", trusted.Advance(made.Changes[1])?.Code);
        Assert.Null(trusted.Advance(made.Changes[0]));
        Assert.Equal("unknown_validators", trusted.Advance(made.Changes[2])?.Code);
        Assert.Null(trusted.Advance(made.Changes[1]));
        Assert.Null(trusted.Advance(made.Changes[0]));
        var other = new ForgedBlock(chain, chain.Blocks[2]) { Header = Replace(chain.Blocks[2].HeaderBytes, "\"rules\":1", "\"rules\":2") };
        Assert.Equal("out_of_order", trusted.Advance(made.Changes[0] with { Header = other.Header, Certificate = Json(other.Assemble(other.Quorum())) })?.Code);
        Assert.Equal(2, trusted.Changes);
    }

    [Theory]
    [MemberData(nameof(Forgeries))]
    public void Advance_WithAForgedCertificate_IsRefusedAndChangesNothing(string name)
    {
        var trusted = made.Trusted(1);
        var block = chain.Blocks[6];
        var forged = new ForgedBlock(chain, block);
        var bytes = Forgery.All[name].Make(forged);
        var change = made.Changes[1] with { Header = forged.Header, Certificate = Json(bytes) };
        Assert.Equal("bad_certificate", trusted.Advance(change)?.Code);
        Assert.Equal(1, trusted.Changes);
        Assert.Equal("bad_certificate", trusted.Verify(forged.Header, bytes, out _)?.Code);

        Assert.Equal(Forgery.All[name].Fault is not null, BlockCertificate.TryParse(bytes, out var certificate));
        Assert.True(BlockHeader.TryParse(forged.Header, out var header));
        Assert.Equal(Forgery.All[name].Fault, certificate?.FindFault(header, Digest<Block>.Of(forged.Header), forged.Validators));
    }

    [Fact]
    public void Certificate_OfMoreThanAQuorumOrALaterRound_Holds()
    {
        var forged = new ForgedBlock(chain, chain.Blocks[6]);
        var all = forged.Validators.Validators.Select(chain.SeatOf).ToList();
        foreach (var bytes in (byte[][])[forged.Assemble(all), forged.Assemble(all, forged.Vote with { Round = 7 })])
        {
            Assert.True(BlockCertificate.TryParse(bytes, out var certificate));
            Assert.Equal(CertificateFault.None, certificate.FindFault(chain.Blocks[6].Header, chain.Blocks[6].Id, forged.Validators));
            Assert.Equal(CertificateFault.OtherValidators, certificate.FindFault(chain.Blocks[6].Header, chain.Blocks[6].Id, forged.Next));
        }
    }

    [Fact]
    public void Advance_WithAnotherListOrLedger_IsRefusedWithItsOwnCode()
    {
        var change = made.Changes[0];
        Assert.Equal("validators_mismatch", made.Trusted(0).Advance(change with { NextValidators = made.Changes[1].NextValidators })?.Code);
        Assert.Equal("malformed", made.Trusted(0).Advance(change with { NextValidators = "[]"u8.ToArray() })?.Code);
        Assert.Equal("malformed", made.Trusted(0).Advance(change with { NextValidators = [.. change.NextValidators, (byte)' '] })?.Code);
        Assert.Equal("malformed", made.Trusted(0).Advance(change with { Header = "{}"u8.ToArray() })?.Code);
        var plain = chain.Blocks[1];
        Assert.Equal("no_change", made.Trusted(0).Advance(
            new ValidatorChange { Header = plain.HeaderBytes, Certificate = Json(plain.CertificateBytes), NextValidators = chain.Genesis.Validators.Bytes })?.Code);
        using var stranger = new CommitteeChain(new FaultyDisk(), new Seat("alone", 1));
        Assert.Equal("wrong_net", new TrustedValidators(stranger.Genesis).Advance(change)?.Code);
        Assert.Equal("wrong_net", Receipt.Of(chain.Blocks[0], 0).Verify(new TrustedValidators(stranger.Genesis), out _)?.Code);
    }

    [Fact]
    public void Verify_ABlockOfOldHeightByLaterValidators_IsRefused()
    {
        // They sit now, but did not at that height: the header says that they did, and they signed it.
        var trusted = made.Trusted(2);
        var (late, early) = (chain.Blocks[8], chain.Blocks[4]);
        var header = Replace(early.HeaderBytes, early.Header.Validators.ToString(), late.Header.Validators.ToString());
        var seats = chain.Quorum(trusted.Latest);
        var certificate = BlockCertificate.Assemble(chain.VoteFor(header, 5), chain.Precommits(header, 5, seats));
        Assert.Equal("unknown_validators", trusted.Verify(header, certificate.Bytes, out _)?.Code);
    }

    [Fact]
    public void Change_AsJson_ReadsBackAndRefusesWhatIsNotOne()
    {
        var text = Encoding.UTF8.GetString(made.Changes[1].ToBytes());
        Assert.Equal(text, Encoding.UTF8.GetString(ValidatorChange.Parse(Encoding.UTF8.GetBytes(text))!.ToBytes()));
        Assert.Equal(["header", "certificate", "next_validators"], JsonNode.Parse(text)!.AsObject().Select(member => member.Key));
        foreach (var other in (string[])[text + " 1", text.Replace("\"header\"", "\"more\":1,\"header\"", StringComparison.Ordinal), "{}", "[]", "null", text[..^1]])
            Assert.Null(ValidatorChange.Parse(Encoding.UTF8.GetBytes(other)));
    }

    [Fact]
    public async Task Ledger_OverThisLog_ExecutesItAgainAndTellsTheChanges()
    {
        var environment = new Setup().Environment(made.Disk.Copy());
        await using (var ledger = await Ledger.OpenAsync(chain.Genesis, CommitteeChain.CreateContracts(), environment))
        {
            Assert.Equal(30, ledger.Tip.Height);
            Assert.Equal([3, 7, 26], Heights(ledger.ValidatorChanges(0, 100)));
            Assert.Equal([3, 7], Heights(ledger.ValidatorChanges(0, 2)));
            Assert.Equal([7, 26], Heights(ledger.ValidatorChanges(3, 2)));
            Assert.Equal([26], Heights(ledger.ValidatorChanges(25, 100)));
            Assert.Empty(ledger.ValidatorChanges(26, 100));
        }
        Assert.Null(LedgerVerification.Run(chain.Genesis, CommitteeChain.CreateContracts(), made.Disk.Copy(), null).Fault);
    }

    private static IEnumerable<long> Heights(IEnumerable<ValidatorChange> changes) =>
        changes.Select(change => BlockHeader.TryParse(change.Header, out var header) ? header.Height : 0);

    private static byte[] Replace(byte[] header, string old, string with) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(header).Replace(old, with, StringComparison.Ordinal));

    private static JsonNode Json(byte[] bytes) => JsonNode.Parse(bytes)!;
}
