using Counterfoil.Ledger.Storage;
using Counterfoil.Testing;

namespace Counterfoil.Ledger.Tests.Storage;

public class RecordLogTests
{
    private const int HeaderSize = 28;

    [Fact]
    public void Read_AfterReopening_GivesTheFlushedRecords()
    {
        var disk = new FaultyDisk();
        using (var log = RecordLog.Open(disk, "blocks"))
        {
            Assert.Equal(0, log.Append("a"u8));
            Assert.Equal(1, log.Append([]));
            Assert.Equal(0, log.Count);
            Assert.Throws<ArgumentOutOfRangeException>(() => log.Read(0));
            log.Flush();
            Assert.Equal(2, log.Append("never flushed"u8));
            Assert.Equal((2, 1), (log.Count, log.PendingCount));
        }
        using var reopened = RecordLog.Open(disk, "blocks");
        Assert.Equal(["a"u8.ToArray(), []], reopened.ReadFrom(0));
        Assert.Equal([], reopened.Read(1));
        Assert.Empty(reopened.ReadFrom(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => reopened.Read(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => reopened.ReadFrom(3));
    }

    [Fact]
    public void Open_WithTwoNames_KeepsTwoLogs()
    {
        var disk = new FaultyDisk();
        using var blocks = Written(disk, 1, 2, name: "blocks");
        using var votes = Written(disk, 1, 3, name: "blocks-votes");
        Assert.Equal(2, RecordLog.Open(disk, "blocks").Count);
        Assert.Equal(3, RecordLog.Open(disk, "blocks-votes").Count);
    }

    [Fact]
    public void Append_OfARecordThatFitsNoSegment_IsAFault()
    {
        using var log = RecordLog.Open(new FaultyDisk(), "log", 128);
        log.Append(new byte[log.LargestRecordLength]);
        Assert.Throws<ArgumentOutOfRangeException>(() => log.Append(new byte[log.LargestRecordLength + 1]));
        log.Flush();
        log.Append(new byte[log.LargestRecordLength]);
        log.Flush();
        Assert.Equal(log.LargestRecordLength, log.Read(1).Length);
    }

    [Fact]
    public void Open_WithTheLastRecordCutAtAnyByte_DropsThatRecordOnly()
    {
        var disk = new FaultyDisk();
        Written(disk, groups: 3, perGroup: 2).Dispose();
        var file = disk.List().Single();
        var whole = disk[file];
        var lastFrame = 8 + Record(5).Length;
        for (var length = whole.Length - lastFrame; length <= whole.Length; length++)
        {
            var copy = disk.Copy();
            copy[file] = whole[..length];
            using (var log = RecordLog.Open(copy, "log"))
            {
                Assert.Equal(length == whole.Length ? 6 : 5, log.Count);
                log.Append("next"u8);
                log.Flush();
            }
            using var again = RecordLog.Open(copy, "log");
            Assert.Equal("next"u8.ToArray(), again.ReadFrom(0).Last());
            Assert.Equal(Enumerable.Range(0, 5).Select(Record), again.ReadFrom(0).Take(5));
        }
    }

    [Fact]
    public void Open_WithAnyBitBeforeTheLastFlushChanged_IsDamaged()
    {
        var disk = new FaultyDisk();
        Written(disk, groups: 3, perGroup: 2).Dispose();
        var file = disk.List().Single();
        var whole = disk[file];
        var lastGroup = whole.Length - 24 - 2 * 8 - Record(4).Length - Record(5).Length;
        for (var at = 0; at < whole.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var copy = disk.Copy();
                var changed = whole.ToArray();
                changed[at] ^= (byte)(1 << bit);
                copy[file] = changed;
                if (at < lastGroup)
                {
                    var damage = Assert.Throws<LogDamagedException>(() => RecordLog.Open(copy, "log"));
                    Assert.Equal(file, damage.Segment);
                    Assert.InRange(damage.Offset, at < HeaderSize ? 0 : HeaderSize, at);
                    Assert.Equal(changed, copy[file]);
                }
                else
                {
                    // Not to be told from a torn tail: what is left is as it was written.
                    using var log = RecordLog.Open(copy, "log");
                    Assert.InRange(log.Count, 4, 5);
                    Assert.Equal(Enumerable.Range(0, (int)log.Count).Select(Record), log.ReadFrom(0));
                }
            }
        }
    }

    [Fact]
    public void Open_WithAnEarlierSegmentCutOrMissing_IsDamaged()
    {
        var disk = new FaultyDisk();
        Written(disk, groups: 12, perGroup: 1, segmentSize: 128).Dispose();
        var files = disk.List();
        Assert.True(files.Count >= 4);
        for (var segment = 0; segment < files.Count - 1; segment++)
        {
            for (var length = 0; length < disk[files[segment]].Length; length += 5)
            {
                var cut = disk.Copy();
                cut[files[segment]] = disk[files[segment]][..length];
                var damage = Assert.Throws<LogDamagedException>(() => RecordLog.Open(cut, "log", 128));
                Assert.InRange(files.ToList().IndexOf(damage.Segment), segment, segment + 1);
            }
            var missing = disk.Copy();
            missing.Delete(files[segment]);
            Assert.Throws<LogDamagedException>(() => RecordLog.Open(missing, "log", 128));
        }
    }

    [Fact]
    public void Read_OfARecordThatChangedSinceOpening_IsDamaged()
    {
        var disk = new FaultyDisk();
        using var log = Written(disk, groups: 1, perGroup: 2);
        disk[disk.List().Single()][^1] ^= 1;
        Assert.Equal(Record(0), log.Read(0));
        Assert.Throws<LogDamagedException>(() => log.Read(1));
    }

    /// <summary>Whatever a crash leaves of unflushed sectors, the log opens with all that was flushed and at most what was being flushed.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Open_AfterACrashAnywhere_HasWhatWasFlushed(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var disk = new FaultyDisk();
            var segmentSize = random.Next(128, 600);
            var appended = new List<byte[]>();
            for (var crash = 0; crash < 4; crash++)
            {
                var flushed = appended.Count;
                disk.StepsUntilPowerLoss = random.Next(1, 25);
                try
                {
                    using var log = RecordLog.Open(disk, "log", segmentSize);
                    while (true)
                    {
                        for (var i = random.Next(5); i > 0; i--)
                        {
                            // No two are equal, so that a record that comes back from before a truncation is seen.
                            appended.Add([.. BitConverter.GetBytes(random.NextInt64()), .. Record(appended.Count)]);
                            log.Append(appended[^1]);
                        }
                        log.Flush();
                        flushed = appended.Count;
                        if (random.Next(12) == 0)
                        {
                            flushed = random.Next(Math.Max(0, flushed - 6), flushed + 1);
                            log.TruncateTo(flushed);
                            appended.RemoveRange(flushed, appended.Count - flushed);
                        }
                    }
                }
                catch (PowerLossException)
                {
                    disk.Crash(random);
                }
                using var reopened = RecordLog.Open(disk, "log", segmentSize);
                Assert.True(reopened.Count >= flushed, $"seed {seed}, round {round}: {reopened.Count} of {flushed} flushed records are left");
                appended.RemoveRange((int)reopened.Count, appended.Count - (int)reopened.Count);
                Assert.Equal(appended, reopened.ReadFrom(0));
            }
        }
    }

    [Fact]
    public void Flush_OnAFullDisk_DropsTheGroupAndStaysUsable()
    {
        const int Unlimited = 1_000;
        var needed = Unlimited - Fill(Unlimited);
        Assert.True(needed >= 3, "The group should spread over several segments.");
        for (var writes = 1; writes <= needed + 1; writes++)
            Fill(writes);

        int? Fill(int writes)
        {
            var disk = new FaultyDisk();
            using var log = Written(disk, groups: 2, perGroup: 1, segmentSize: 160);
            for (var i = 2; i < 8; i++)
                log.Append(Record(i));
            disk.WritesUntilFull = writes;
            var isFull = Xunit.Record.Exception(log.Flush) is LogWriteException;
            var left = disk.WritesUntilFull;
            Assert.Equal(left == 0, isFull);
            if (isFull)
            {
                Assert.Equal((2, 0), (log.Count, log.PendingCount));
                log.Append(Record(2));
                Assert.Throws<LogWriteException>(log.Flush);
            }
            Assert.Equal(Enumerable.Range(0, (int)log.Count).Select(Record), log.ReadFrom(0));
            disk.WritesUntilFull = null;
            for (var i = (int)log.Count; i < 10; i++)
                log.Append(Record(i));
            log.Flush();
            using var reopened = RecordLog.Open(disk, "log", 160);
            Assert.Equal(Enumerable.Range(0, 10).Select(Record), reopened.ReadFrom(0));
            return left;
        }
    }

    [Fact]
    public void TruncateTo_AnyCount_KeepsTheFirstRecords()
    {
        for (var keep = 0; keep <= 12; keep++)
        {
            var disk = new FaultyDisk();
            using var log = Written(disk, groups: 4, perGroup: 3, segmentSize: 200);
            log.Append("pending"u8);
            log.TruncateTo(keep);
            Assert.Equal((keep, 0), (log.Count, log.PendingCount));
            log.Append("next"u8);
            log.Flush();
            byte[][] expected = [.. Enumerable.Range(0, keep).Select(Record), "next"u8.ToArray()];
            Assert.Equal(expected, log.ReadFrom(0));
            using var reopened = RecordLog.Open(disk, "log", 200);
            Assert.Equal(expected, reopened.ReadFrom(0));
        }
    }

    [Fact]
    public async Task Read_WhileAnotherThreadAppends_GivesWholeRecords()
    {
        const int Total = 5_000;
        using var folder = new TemporaryFolder();
        using var log = RecordLog.Open(new FileDisk(folder.Path), "log", 4_096);
        var readers = Enumerable.Range(0, 2).Select(reader => Task.Run(() =>
        {
            var random = new Random(reader);
            while (log.Count < Total)
            {
                if (log.Count > 0)
                {
                    var index = random.NextInt64(log.Count);
                    Assert.Equal(Record((int)index), log.Read(index));
                }
            }
        })).ToList();
        for (var i = 0; i < Total; i++)
        {
            log.Append(Record(i));
            if (i % 50 == 49)
                log.Flush();
        }
        await Task.WhenAll(readers);
        Assert.Equal(Enumerable.Range(0, Total).Select(Record), log.ReadFrom(0));
    }

    private static byte[] Record(int index) => [.. Enumerable.Range(0, 1 + index * 7 % 23).Select(i => unchecked((byte)(index + i)))];

    private static RecordLog Written(FaultyDisk disk, int groups, int perGroup, int segmentSize = RecordLog.DefaultSegmentSize, string name = "log")
    {
        var log = RecordLog.Open(disk, name, segmentSize);
        for (var i = 0; i < groups * perGroup; i++)
        {
            log.Append(Record(i));
            if (i % perGroup == perGroup - 1)
                log.Flush();
        }
        return log;
    }
}
