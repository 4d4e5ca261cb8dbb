using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Tests.Chain;
using Counterfoil.Testing;

namespace Counterfoil.Tools.Tests;

/// <summary>A stored chain whose validators change three times.</summary>
public sealed class MadeCommittee : IDisposable
{
    private readonly TemporaryFolder folder = new();

    internal CommitteeChain Chain { get; }

    public MadeCommittee()
    {
        using var made = CommitteeChain.WithThreeChanges(new FileDisk(folder.Path));
        Chain = made;
    }

    internal EditableLog Read() => EditableLog.Read(folder.Path);

    public void Dispose() => folder.Dispose();
}

public sealed class CommitteeTests(MadeCommittee made) : IClassFixture<MadeCommittee>
{
    // The chain's accounts are those of a contract of the tests, whose keys nobody but it knows.
    private static readonly string[] OfTheAccounts = ["signature_unattributed"];

    private static readonly Dictionary<string, (Action<EditableLog, CommitteeChain> Alter, string[] Codes)> Alterations = new()
    {
        ["nothing, written again"] = ((_, _) => { }, []),
        ["nothing, certified again"] = ((log, chain) => Certify(log, chain, 2), []),
        ["a list with another weight"] = (
            (log, _) => log.Blocks[2].NextValidators = Replaced(log.Blocks[2].NextValidators, "\"weight\":3", "\"weight\":4"), ["validators_list", "validators_unknown"]),
        ["a list with a space"] = (
            (log, _) => log.Blocks[2].NextValidators = [.. log.Blocks[2].NextValidators, (byte)' '], ["validators_list", "validators_unknown"]),
        ["the list of another change"] = (
            (log, _) => log.Blocks[2].NextValidators = log.Blocks[6].NextValidators, ["validators_list", "validators_unknown"]),
        ["no list"] = ((log, _) => log.Blocks[2].Version = 1, ["validators_list", "validators_unknown"]),
        ["a list that no header announces"] = (
            (log, chain) => (log.Blocks[1].Version, log.Blocks[1].NextValidators) = (2, chain.Genesis.Validators.Bytes), ["validators_list"]),
        ["an empty list"] = ((log, _) => (log.Blocks[1].Version, log.Blocks[1].NextValidators) = (2, []), ["block_malformed"]),
        ["the validators before a change, who sign on"] = (
            (log, chain) =>
            {
                var block = log.Blocks[3];
                block.Replace("validators", chain.Genesis.Validators.Digest.ToString());
                (block.Version, block.NextValidators) = (2, log.Blocks[2].NextValidators);
                Certify(log, chain, 3);
            },
            ["wrong_validators"]),
        ["a certificate of one who left"] = (
            (log, chain) => log.Blocks[3].Certificate = CertificateBy(chain, log.Blocks[3], [chain.Seats[0]]), ["certificate_signer", "certificate_quorum"]),
        ["a change that comes a block too early"] = (
            (log, chain) =>
            {
                var block = log.Blocks[1];
                block.Replace("next_validators", Digest<ValidatorSet>.Of(log.Blocks[2].NextValidators).ToString());
                (block.Version, block.NextValidators) = (2, log.Blocks[2].NextValidators);
                Certify(log, chain, 1);
            },
            ["wrong_validators"]),
    };

    public static TheoryData<string> Names => [.. Alterations.Keys];

    public static TheoryData<string> Forgeries => [.. Forgery.All.Keys];

    [Fact]
    public void Run_OfAChainWithThreeChanges_FollowsThem()
    {
        var report = Run(made.Read());
        Assert.Equal(OfTheAccounts, report.Findings.Select(finding => finding.Code).Distinct());
        Assert.Equal((30L, 30L, 3), (report.Height, report.ProofsVerified, report.ValidatorChanges));
        Assert.Equal(30, report.RulesFollowedTo);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Run_AlteredChanges_AreFoundWithTheirOwnCodes(string name)
    {
        var log = made.Read();
        var (alter, codes) = Alterations[name];
        alter(log, made.Chain);
        // Who built the block that changed hands may be of either set.
        Assert.Equal(codes.Order(), CodesOf(Run(log)).Except(["unknown_builder"]).Order());
    }

    [Theory]
    [MemberData(nameof(Forgeries))]
    public void Run_AForgedCertificate_IsFound(string name)
    {
        var log = made.Read();
        var forged = new ForgedBlock(made.Chain, made.Chain.Blocks[6]);
        log.Blocks[6].Certificate = Forgery.All[name].Make(forged);
        log.Blocks[6].Header = forged.Header;
        var codes = CodesOf(Run(log)).ToList();
        Assert.Contains(codes, code => code.StartsWith("certificate_", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_AfterGovernanceChangedAParameter_ChecksNoLimitsOfGenesis()
    {
        var log = made.Read();
        // What is not executed here rests on the certificate: the event alone is read.
        log.Blocks[7].Leaves[0].Outcome = """{"status":"accepted","events":[{"type":"governance.parameter_set","name":"checkpoint_interval_blocks","value":"3"}]}"""u8.ToArray();
        foreach (var block in log.Blocks[8..12])
            block.Header = Encoding.UTF8.GetBytes(block.HeaderText.Replace("\"rules\":1", "\"rules\":2", StringComparison.Ordinal));
        Certify(log, made.Chain, 7);
        var report = Run(log);
        Assert.Empty(CodesOf(report));
        Assert.Equal((30L, 8L), (report.Height, report.RulesFollowedTo));
    }

    private FsckReport Run(EditableLog log)
    {
        using var altered = new TemporaryFolder();
        log.Write(altered.Path);
        return Fsck.Run(altered.Path, made.Chain.Genesis.Bytes);
    }

    private static IEnumerable<string> CodesOf(FsckReport report) => report.Findings.Select(finding => finding.Code).Distinct().Except(OfTheAccounts);

    /// <summary>Makes roots, parents and certificates good again, by a quorum of those whom each header names.</summary>
    private static void Certify(EditableLog log, CommitteeChain chain, int from)
    {
        for (var at = from; at < log.Blocks.Count; at++)
        {
            var block = log.Blocks[at];
            block.Replace("transactions_root", block.Root());
            block.Replace("parent", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(log.Blocks[at - 1].Header)));
            Assert.True(BlockHeader.TryParse(block.Header, out var header));
            var set = chain.Blocks.Select(one => ValidatorSet.TryParse(one.NextValidatorsBytes, out var found) ? found : null).OfType<ValidatorSet>()
                .Append(chain.Genesis.Validators).First(one => one.Digest == header.Validators);
            block.Certificate = CertificateBy(chain, block, chain.Quorum(set));
        }
    }

    private static byte[] CertificateBy(CommitteeChain chain, EditableBlock block, IReadOnlyList<Seat> seats) =>
        BlockCertificate.Assemble(chain.VoteFor(block.Header, block.Height), chain.Precommits(block.Header, block.Height, seats)).Bytes.ToArray();

    private static byte[] Replaced(byte[] bytes, string old, string with) =>
        Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace(old, with, StringComparison.Ordinal));
}
