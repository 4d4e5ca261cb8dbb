using System.Text;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Tests.Storage;

namespace Counterfoil.Ledger.Tests.Chain;

public class LedgerTests
{
    private readonly Setup setup = new();
    private readonly FaultyDisk disk = new();

    [Fact]
    public async Task Submit_ValidTransaction_IsFinalWithItsEvents()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var result = await test.SendAsync(setup.Add("apples", 3));
        Assert.Null(result.Refusal);
        Assert.Equal("accepted", result.Outcome!.Status);
        Assert.Equal("3", result.Outcome.Events.Single()["count"]);
        Assert.Equal(1, result.Height);
        Assert.Equal(3, test.Counter.CountOf("apples"));
    }

    [Fact]
    public async Task Submit_SameBytesTwice_AnswersTheFirstReceiptAgain()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var bytes = setup.Add("apples");
        var first = await test.SendAsync(bytes);
        var second = await test.SendAsync(bytes);
        Assert.False(first.Repeat);
        Assert.True(second.Repeat);
        Assert.Equal((first.Height, first.Index, first.Id), (second.Height, second.Index, second.Id));
        Assert.Equal(1, test.Counter.CountOf("apples"));
    }

    [Fact]
    public async Task Submit_SameBytesManyTimesAtOnce_ExecutesOnce()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var bytes = setup.Add("apples");
        var results = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(() => test.SendAsync(bytes))));
        Assert.All(results, result => Assert.Null(result.Refusal));
        Assert.Single(results, result => !result.Repeat);
        Assert.Equal(1, test.Counter.CountOf("apples"));
    }

    [Fact]
    public async Task Submit_SameBytesAfterExpiry_StillAnswersTheFirstReceipt()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        using var indexing = test.Ledger.Subscribe(1, setup.Index.Add);
        var bytes = setup.Add("apples");
        var first = await test.SendAsync(bytes);
        setup.Clock.Advance(TimeSpan.FromHours(2));
        await test.SendAsync(setup.Add("pears"));
        var again = await test.SendAsync(bytes);
        Assert.True(again.Repeat);
        Assert.Equal(first.Height, again.Height);
        Assert.Equal(1, test.Counter.CountOf("apples"));
    }

    [Fact]
    public async Task Submit_JtiOfAnotherPayload_IsRefusedAsReplayed()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        await test.SendAsync(setup.Add("apples", 1, "the-same"));
        var result = await test.SendAsync(setup.Add("apples", 2, "the-same"));
        Assert.Equal("replayed", result.Refusal?.Code);
        Assert.Equal(1, test.Counter.CountOf("apples"));
    }

    [Fact]
    public async Task Submit_RefusedByItsHandler_LeavesAReceiptAndNothingElse()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        await test.SendAsync(setup.Add("apples", 999));
        var result = await test.SendAsync(setup.Add("apples", 2));
        Assert.Equal("refused", result.Outcome!.Status);
        Assert.Equal("too_much", result.Outcome.Code);
        Assert.Contains(("count", "1001"), result.Outcome.Facts);
        Assert.Equal(999, test.Counter.CountOf("apples"));
        Assert.Null(test.Ledger.FindReceipt(result.Id, out _)!.Verify(setup.Genesis.Validators, out _));
    }

    [Fact]
    public async Task Submit_InnerCallRefused_LeavesNothingOfTheCallAndTheCallerGoesOn()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var result = await test.SendAsync(setup.Sign("counter.twice", """{"name":"apples","by":600}"""));
        Assert.Equal(["counter.added", "counter.doubled"], result.Outcome!.Events.Select(happened => happened.Type));
        Assert.Equal("too_much", result.Outcome.Events[1]["second"]);
        Assert.Equal(600, test.Counter.CountOf("apples"));
    }

    [Fact]
    public async Task Submit_ManyThatClaimTheSame_ExactlyOneSucceeds()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var attempts = Enumerable.Range(0, 200).Select(_ => Submission.Of(setup.Sign("counter.once", """{"name":"seat 1"}"""))).ToArray();
        var results = await Task.WhenAll(attempts.Chunk(20).Select(chunk => Task.Run(() => test.Ledger.SubmitAsync(chunk))));
        var all = results.SelectMany(result => result).ToArray();
        Assert.Single(all, result => result.Outcome?.IsSuccess == true);
        Assert.All(all.Where(result => result.Outcome?.IsSuccess != true), result => Assert.Equal("already_counted", result.Refusal?.Code ?? result.Outcome?.Code));
        Assert.Equal(1, test.Counter.CountOf("seat 1"));
    }

    [Fact]
    public async Task Submit_HandlerWithABug_IsRefusedAsInternalFaultAndTheLedgerGoesOn()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var result = await test.SendAsync(setup.Sign("counter.fail", """{"name":"x"}"""));
        Assert.Equal("internal_fault", result.Refusal?.Code);
        Assert.Null((await test.SendAsync(setup.Add("apples"))).Refusal);
    }

    [Fact]
    public async Task Receipt_OfAnyTransaction_VerifiesOfflineAndNotOnceAltered()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var results = await test.Ledger.SubmitAsync([.. Enumerable.Range(0, 50).Select(i => Submission.Of(setup.Add($"name {i}")))]);
        foreach (var result in results)
        {
            var json = test.Ledger.FindReceipt(result.Id, out _)!.ToBytes();
            Assert.Null(Receipt.Parse(json)!.Verify(setup.Genesis.Validators, out var verified));
            Assert.Equal(result.Id, verified!.Id);
        }
        var receipt = test.Ledger.FindReceipt(results[7].Id, out _)!;
        var other = test.Ledger.FindReceipt(results[8].Id, out _)!;
        Assert.Equal("not_in_block", (receipt with { Outcome = Encoding.UTF8.GetBytes("""{"status":"refused"}""") }).Verify(setup.Genesis.Validators, out _)?.Code);
        Assert.Equal("id_mismatch", (receipt with { Id = other.Id }).Verify(setup.Genesis.Validators, out _)?.Code);
        Assert.Equal("id_mismatch", (receipt with { Transaction = other.Transaction }).Verify(setup.Genesis.Validators, out _)?.Code);
        Assert.Equal("bad_certificate", receipt.Verify(new Setup().Genesis.Validators, out _)?.Code);
        receipt.Header[^3] ^= 1;
        Assert.NotNull(receipt.Verify(setup.Genesis.Validators, out _));
    }

    [Fact]
    public async Task DueWork_WhenItsTimeComes_RunsFirstInPortionsWithAReceiptOfItsOwn()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        await test.SendAsync(setup.Add("apples"));
        var at = setup.Clock.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds();
        await test.SendAsync(setup.Sign("counter.alarm", $$"""{"name":"apples","at":{{at}}}"""));
        await test.SendAsync(setup.Sign("counter.alarm", $$"""{"name":"nobody","at":{{at}}}"""));
        var before = test.Ledger.Tip.Height;
        setup.Clock.Advance(TimeSpan.FromHours(1));
        test.Ledger.Wake();
        var leaves = await LeavesAfterAsync(test, before, 2);
        Assert.Equal(301, test.Counter.CountOf("apples"));
        Assert.Contains(leaves, leaf => Encoding.UTF8.GetString(leaf.Outcome.Span) == """{"status":"failed","code":"overslept"}""");
        foreach (var leaf in leaves)
            Assert.Null(test.Ledger.FindReceipt(leaf.Id, out _)!.Verify(setup.Genesis.Validators, out _));
    }

    [Fact]
    public async Task Acknowledge_BeforeTheBlock_IsSignedByTheNodeAndTheOutcomeFollows()
    {
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var results = await test.Ledger.AdmitAsync([Submission.Of(setup.Add("apples")), Submission.Of("nonsense"u8.ToArray())]);
        var acknowledgement = Acknowledgement.Verify(results[0].Acknowledgement!, setup.NodeKey.PublicKey);
        Assert.Equal(results[0].Id, acknowledgement!.Id);
        Assert.Equal("malformed", results[1].Refusal?.Code);
        await WaitUntilAsync(() => test.Ledger.FindReceipt(results[0].Id, out _) is not null);
    }

    [Fact]
    public async Task Blocks_ChainAndCheckpoints_ProveValuesAndAbsence()
    {
        var quick = new Setup(new LedgerParameters { CheckpointIntervalBlocks = 4 });
        await using var test = await TestLedger.OpenAsync(quick, disk);
        for (var i = 0; i < 9; i++)
            await test.SendAsync(quick.Add("apples"));
        Assert.True(test.Ledger.TryReadBlock(8, out var block));
        var root = block.Header.CheckpointRoot!.Value;
        var present = StateProof.KeyDigest("counter.counts", EncodedText("apples"));
        var (proof, height) = test.Ledger.ProveBucket(present.Prefix16);
        Assert.Equal(8, height);
        Assert.True(StateProof.VerifyValue(root, "counter.counts", EncodedText("apples"), EncodedCount(7), proof));
        Assert.False(StateProof.VerifyValue(root, "counter.counts", EncodedText("apples"), EncodedCount(8), proof));
        var absent = StateProof.KeyDigest("counter.counts", EncodedText("plums"));
        Assert.True(StateProof.VerifyAbsence(root, "counter.counts", EncodedText("plums"), test.Ledger.ProveBucket(absent.Prefix16).Proof));
    }

    private static byte[] EncodedText(string text)
    {
        var writer = new StateWriter();
        new TextKey(text).Write(ref writer);
        return writer.Written.ToArray();
    }

    private static byte[] EncodedCount(long count)
    {
        var writer = new StateWriter();
        writer.Int64(count);
        return writer.Written.ToArray();
    }

    private static async Task<IReadOnlyList<StoredLeaf>> LeavesAfterAsync(TestLedger test, long height, int count)
    {
        List<StoredLeaf> leaves = [];
        await WaitUntilAsync(() =>
        {
            for (; test.Ledger.TryReadBlock(height + 1, out var block) && height < test.Ledger.Tip.Height; height++)
                leaves.AddRange(block.Leaves);
            return leaves.Count >= count;
        });
        return leaves;
    }

    internal static async Task WaitUntilAsync(Func<bool> condition)
    {
        for (var left = 1_000; !condition(); left--)
        {
            Assert.True(left > 0, "It did not happen within ten seconds.");
            await Task.Delay(10);
        }
    }
}
