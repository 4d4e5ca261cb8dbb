using System.Text.RegularExpressions;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;

namespace Counterfoil.Tools.Tests;

public class FsckTests
{
    [Fact]
    public async Task Run_LedgerOfTheRealOne_FindsNothing()
    {
        using var folder = new TemporaryFolder();
        var keys = await TestChain.MakeAsync(folder.Path);
        var heights = new List<long>();
        var report = Fsck.Run(folder.Path, keys.Genesis.Bytes, new Told(heights.Add));
        Assert.Equal([], report.Findings);
        Assert.True(report.Ok);
        Assert.Equal(keys.Genesis.Net.ToString(), report.Net);
        Assert.Equal(EditableLog.Read(folder.Path).Blocks.Count, report.Height);
        Assert.Equal(Enumerable.Range(1, (int)report.Height).Select(height => (long)height), heights);
        Assert.InRange(report.Transactions, 17, 40);
        Assert.Equal(1, report.DueWork);
        // One more than one each: a transaction has two signers.
        Assert.Equal(report.Transactions + 1 + report.Height, report.SignaturesVerified);
        Assert.Equal(0, report.SignaturesUnattributed);
        Assert.Equal(report.Height, report.ProofsVerified);
        Assert.Equal(1, report.SnapshotsConfirmed);
        Assert.Equal(report.Height, report.AccountsFollowedTo);
    }

    [Fact]
    public async Task Run_LedgerThatWasStoppedAndStarted_FindsNothing()
    {
        using var folder = new TemporaryFolder();
        var keys = await TestChain.MakeAsync(folder.Path);
        var clock = new SteppedClock();
        clock.Advance(TimeSpan.FromHours(1));
        await using (var chain = await TestChain.OpenAsync(folder.Path, keys, clock))
            await chain.SendAsync(keys.Alice, "accounts.open", "{}", "accepted");
        var report = Fsck.Run(folder.Path, keys.Genesis.Bytes);
        Assert.Equal([], report.Findings);
    }

    [Fact]
    public async Task Run_LogOfManySegments_FindsNothing()
    {
        using var folder = new TemporaryFolder();
        using var cut = new TemporaryFolder();
        var keys = await TestChain.MakeAsync(folder.Path);
        EditableLog.Read(folder.Path).Write(cut.Path, folder.Path, segmentSize: 8192);
        Assert.True(Directory.GetFiles(cut.Path, "blocks-*").Length > 3);
        var report = Fsck.Run(cut.Path, keys.Genesis.Bytes);
        Assert.Equal([], report.Findings);
    }

    [Fact]
    public async Task Run_KeyRotatedWhileATransactionWaited_FindsNothing()
    {
        using var folder = new TemporaryFolder();
        var keys = new TestKeys(maximumBlockTransactions: 1);
        await using (var chain = await TestChain.OpenAsync(folder.Path, keys))
        {
            var bob = AccountId.Of(keys.Bob.PublicKey);
            var rotation = chain.DraftOf(bob, "accounts.rotate_key", chain.RotateTo(EphemeralSigningKey.Create(), keys.Bob), []);
            var late = chain.DraftOf(bob, "accounts.open", "{}", []);
            var results = await chain.Ledger.SubmitAsync(
                [Submission.Of(TransactionSigner.Sign(rotation, keys.Bob)), Submission.Of(TransactionSigner.Sign(late, keys.Bob))]);
            Assert.Equal(["accepted", "key_inactive"], results.Select(result => result.Refusal?.Code ?? result.Outcome!.Code ?? result.Outcome.Status));
            // It has no place in a block, and no block is made for it.
            Assert.Equal([1L, 0L], results.Select(result => result.Height));
        }
        Assert.Equal([], Fsck.Run(folder.Path, keys.Genesis.Bytes).Findings);
        await using var again = await TestChain.OpenAsync(folder.Path, keys);
        Assert.Equal(1, again.Ledger.Tip.Height);
    }

    [Fact]
    public void Run_EmptyFolder_FindsNothingAndNoBlock()
    {
        using var folder = new TemporaryFolder();
        var report = Fsck.Run(folder.Path, new TestKeys().Genesis.Bytes);
        Assert.True(report.Ok);
        Assert.Equal(0, report.Height);
    }

    [Fact]
    public void Run_NoFolder_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("log_missing", Fsck.Run(folder.File("ledger"), new TestKeys().Genesis.Bytes).Findings.Single().Code);
    }

    [Fact]
    public void Run_GenesisWithAnUnknownMember_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var text = System.Text.Encoding.UTF8.GetString(new TestKeys().Genesis.Bytes);
        var report = Fsck.Run(folder.Path, System.Text.Encoding.UTF8.GetBytes(text.Replace("\"format\":1", "\"format\":1,\"extra\":1", StringComparison.Ordinal)));
        Assert.Equal("genesis_malformed", report.Findings.Single().Code);
    }

    [Fact]
    public async Task Run_GenesisOfAnotherLedger_FindsWrongNetAndWrongValidators()
    {
        using var folder = new TemporaryFolder();
        await TestChain.MakeAsync(folder.Path);
        var codes = Fsck.Run(folder.Path, new TestKeys().Genesis.Bytes).Findings.Select(finding => finding.Code).ToHashSet();
        Assert.Contains("wrong_net", codes);
        Assert.Contains("wrong_validators", codes);
        Assert.Contains("validators_unknown", codes);
    }

    [Fact]
    public async Task Run_AdmissionJournal_IsReadToo()
    {
        using var folder = new TemporaryFolder();
        var keys = await TestChain.MakeAsync(folder.Path);
        using (var log = RecordLog.Open(new FileDisk(folder.Path), "admission-b"))
        {
            log.Append([0, 0, 0, 1, 0x7b]);
            log.Flush();
        }
        Assert.Equal("admission_malformed", Fsck.Run(folder.Path, keys.Genesis.Bytes).Findings.Single().Code);
    }

    [Fact]
    public void StoragePage_ListsEveryCode()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Counterfoil.slnx")))
            folder = Path.GetDirectoryName(folder)!;
        var rows = Regex.Matches(File.ReadAllText(Path.Combine(folder, "docs", "storage.md")), @"^\| `([a-z_]+)` \| (.+) \|$", RegexOptions.Multiline)
            .Select(row => (row.Groups[1].Value, row.Groups[2].Value));
        Assert.Equal(FindingCode.All.Select(code => (code.Code, code.Meaning)), rows);
    }

    private sealed class Told(Action<long> tell) : IProgress<long>
    {
        public void Report(long value) => tell(value);
    }
}
