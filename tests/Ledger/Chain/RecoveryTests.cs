using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Tests.Storage;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Ledger.Tests.Chain;

public class RecoveryTests(ITestOutputHelper output)
{
    private readonly Setup setup = new(new LedgerParameters { CheckpointIntervalBlocks = 5 });

    [Fact]
    public async Task Open_AfterAStop_HasTheSameStateAndGoesOn()
    {
        var disk = new FaultyDisk();
        await using var first = await TestLedger.OpenAsync(setup, disk);
        for (var i = 0; i < 12; i++)
            await first.SendAsync(setup.Add($"name {i % 3}"));
        var root = first.Root();
        await first.DisposeAsync();

        await using var second = await TestLedger.OpenAsync(setup, disk);
        Assert.Equal(12, second.Ledger.Tip.Height);
        Assert.Equal(root, second.Root());
        Assert.Equal(13, (await second.SendAsync(setup.Add("name 0"))).Height);
        Assert.Equal(5, second.Counter.CountOf("name 0"));
    }

    [Fact]
    public async Task Open_WithASnapshot_HasTheStateThatReplayGives()
    {
        var disk = new FaultyDisk();
        await using (var first = await TestLedger.OpenAsync(setup, disk))
        {
            for (var i = 0; i < 9; i++)
                await first.SendAsync(setup.Add("apples"));
            first.Ledger.WriteSnapshot();
            for (var i = 0; i < 9; i++)
                await first.SendAsync(setup.Add("apples"));
        }
        Assert.Contains(disk.List(), name => name.StartsWith("snapshot-", StringComparison.Ordinal));
        await using var second = await TestLedger.OpenAsync(setup, disk);
        Assert.Equal(18, second.Counter.CountOf("apples"));
        Assert.Equal(Verify(disk).StateDigest, second.Root());
        // The replay table came with the snapshot: bytes of before are known still.
    }

    [Fact]
    public async Task Open_AfterALongReplay_TakesASnapshotSoThatTheNextIsShort()
    {
        var disk = new FaultyDisk();
        await using (var first = await TestLedger.OpenAsync(setup, disk))
            for (var i = 0; i < 9; i++)
                await first.SendAsync(setup.Add("apples"));
        foreach (var (worth, snapshots) in new[] { (10, 0), (9, 1) })
        {
            await using var again = await TestLedger.OpenAsync(setup, disk, replayWorthASnapshot: worth);
            for (var i = 0; worth == 9 && i < 6; i++)
                await again.SendAsync(setup.Add("apples"));
            Assert.Equal(snapshots, disk.List().Count(name => name.StartsWith("snapshot-", StringComparison.Ordinal)));
        }
        await using var last = await TestLedger.OpenAsync(setup, disk);
        Assert.Equal(15, last.Counter.CountOf("apples"));
        Assert.Equal(Verify(disk).StateDigest, last.Root());
    }

    [Fact]
    public async Task Open_WithADamagedSnapshot_SaysWhichAndStops()
    {
        var disk = new FaultyDisk();
        await using (var first = await TestLedger.OpenAsync(setup, disk))
        {
            for (var i = 0; i < 9; i++)
                await first.SendAsync(setup.Add("apples"));
            first.Ledger.WriteSnapshot();
            for (var i = 0; i < 9; i++)
                await first.SendAsync(setup.Add("apples"));
        }
        var snapshot = disk.List().Single(name => name.StartsWith("snapshot-", StringComparison.Ordinal));
        disk[snapshot][^40] ^= 1;
        var fault = await Assert.ThrowsAsync<LedgerDamagedException>(() => TestLedger.OpenAsync(setup, disk));
        Assert.True(fault.Height > 0);
    }

    [Fact]
    public async Task Submit_OnAFullDisk_IsRefusedAsTransientAndNothingHappened()
    {
        var disk = new FaultyDisk();
        await using var test = await TestLedger.OpenAsync(setup, disk);
        await test.SendAsync(setup.Add("apples"));
        var root = test.Root();
        disk.WritesUntilFull = 0;
        var bytes = setup.Add("apples");
        var refused = await test.SendAsync(bytes);
        Assert.Equal("storage_unavailable", refused.Refusal?.Code);
        Assert.True(refused.Refusal!.Reason.Transient);
        Assert.Equal(root, test.Root());
        disk.WritesUntilFull = null;
        Assert.True((await test.SendAsync(bytes)).Outcome?.IsSuccess);
        Assert.Equal(2, test.Counter.CountOf("apples"));
    }

    [Fact]
    public async Task Crash_AtRandomMomentsUnderLoad_LosesNothingAcknowledgedAndExecutesNothingTwice()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var disk = new FaultyDisk();
        var acknowledged = new Dictionary<string, byte[]>();
        var retry = new List<(string Name, byte[] Bytes)>();
        for (var life = 0; life < 15; life++)
        {
            var test = await TestLedger.OpenAsync(setup, disk);
            foreach (var (name, bytes) in retry)
            {
                var again = await test.SendAsync(bytes);
                Assert.True(again.Outcome?.IsSuccess, again.Refusal?.Code);
                acknowledged[name] = bytes;
            }
            retry.Clear();
            Assert.All(acknowledged.Keys, name => Assert.Equal(1, test.Counter.CountOf(name)));
            disk.StepsUntilPowerLoss = random.Next(1, 60);
            for (var i = 0; i < 30; i++)
            {
                var name = $"life {life} item {i}";
                var bytes = setup.Add(name);
                var result = await test.SendAsync(bytes);
                if (result.Refusal is null)
                    acknowledged.Add(name, bytes);
                else
                    retry.Add((name, bytes));
            }
            await test.DisposeAsync();
            disk.Crash(random);
        }
        await using var last = await TestLedger.OpenAsync(setup, disk);
        Assert.All(acknowledged.Keys, name => Assert.Equal(1, last.Counter.CountOf(name)));
        Assert.Null(Verify(disk).Fault);
    }

    [Fact]
    public async Task Acknowledged_ThenCrashedBeforeTheBlock_IsExecutedAfterTheRestart()
    {
        using var folder = new TemporaryFolder();
        var disk = new FileDisk(folder.Path);
        using (var journal = new AdmissionJournal(disk))
            await journal.AppendAsync([Journalled("apples")], () => true, 0, default);
        await using var test = await TestLedger.OpenAsync(setup, disk);
        await LedgerTests.WaitUntilAsync(() => test.Counter.CountOf("apples") == 1);
    }

    [Fact]
    public async Task Acknowledged_WhileTheDiskHasNoRoomForItsBlock_IsExecutedOnceThereIsRoomAgain()
    {
        var disk = new FaultyDisk();
        await using var test = await TestLedger.OpenAsync(setup, disk);
        var kept = 0;
        for (var i = 0; i < 100 && kept < 3; i++)
        {
            // Room for the journal's writes, and not for the block's, if they come first.
            disk.WritesUntilFull = 2 + i % 3;
            var isAcknowledged = false;
            try
            {
                isAcknowledged = (await test.Ledger.AdmitAsync([Submission.Of(setup.Add($"n{i}"))]))[0].Acknowledgement is not null;
            }
            catch (LogWriteException)
            {
                // Nothing was promised.
            }
            if (isAcknowledged)
                await LedgerTests.WaitUntilAsync(() => test.Ledger.Counters.Fault is not null || test.Counter.CountOf($"n{i}") == 1);
            kept += isAcknowledged && test.Ledger.Counters.Fault is not null ? 1 : 0;
            disk.WritesUntilFull = null;
            if (isAcknowledged)
                await LedgerTests.WaitUntilAsync(() => test.Counter.CountOf($"n{i}") == 1);
        }
        Assert.Equal(3, kept);
    }

    [Fact]
    public async Task Journal_UnderLoadWithoutAPause_KeepsWhatCanStillWaitAndLetsGoOfTheRest()
    {
        var disk = new FaultyDisk();
        var now = setup.Clock.GetUtcNow().ToUnixTimeSeconds();
        using (var journal = new AdmissionJournal(disk, bytesOfATurn: 4_000))
            for (var second = 0; second < 300; second++)
                for (var i = 0; i < 5; i++)
                    await journal.AppendAsync([Journalled($"n{second}-{i}", now + second + 20)], () => false, now + second, default);
        using var read = new AdmissionJournal(disk);
        var names = read.ReadAll().Select(known => known.Transaction.Payload.ExpiresSeconds - now - 20).ToList();
        // All of the last 20 seconds wait; of what is over at most two turns' worth stays.
        Assert.All(Enumerable.Range(280, 20), second => Assert.Equal(5, names.Count(name => name == second)));
        Assert.InRange(names.Count, 100, 260);
        Assert.Equal(names.Order(), names);
    }

    private (Submission, long) Journalled(string name, long? expires = null) =>
        (Submission.Of(setup.Add(name, expires: expires)), expires ?? setup.Clock.GetUtcNow().ToUnixTimeSeconds() + 60);

    [Fact]
    public async Task Verify_WholeLedger_HoldsAndNamesTheBlockThatWasAltered()
    {
        var disk = new FaultyDisk();
        await using (var test = await TestLedger.OpenAsync(setup, disk))
            for (var i = 0; i < 20; i++)
                await test.SendAsync(setup.Add("apples"));
        var verification = Verify(disk);
        Assert.Null(verification.Fault);
        Assert.Equal(20, verification.Height);
        Assert.Equal(20, verification.Leaves);

        var other = new Setup(new LedgerParameters { CheckpointIntervalBlocks = 5 });
        Assert.Contains("Block 1", LedgerVerification.Run(other.Genesis, NewContracts(), disk, null).Fault, StringComparison.Ordinal);
    }

    private LedgerVerification Verify(IDisk disk) => LedgerVerification.Run(setup.Genesis, NewContracts(), disk, null);

    private static ContractSet NewContracts()
    {
        var counter = new CounterContract();
        return new ContractSet(counter, counter);
    }
}
