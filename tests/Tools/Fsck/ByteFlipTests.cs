using System.Security.Cryptography;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Tools.Tests;

/// <summary>Damage to the files themselves: flipped, cut and missing bytes.</summary>
public sealed class ByteFlipTests(MadeLedger made, ITestOutputHelper output) : IClassFixture<MadeLedger>
{
    private const int Samples = 120;

    private string LogFile => Path.Combine(made.Folder, "blocks-00000000.log");

    private string SnapshotFile => Directory.EnumerateFiles(made.Folder, "snapshot-*").Single();

    [Fact]
    public void Run_AnyByteOfTheLogFlipped_IsFound() => FlipSamples(LogFile);

    [Fact]
    public void Run_AnyByteOfTheSnapshotFlipped_IsFound() => FlipSamples(SnapshotFile);

    [Theory]
    [InlineData("first", 1, "segment_damaged")]
    [InlineData("nonce", 17, "segment_damaged")]
    [InlineData("header checksum", 25, "segment_damaged")]
    [InlineData("mark", 29, "frame_damaged")]
    [InlineData("mark's offset", 51, "frame_damaged")]
    [InlineData("record's length", 54, "frame_damaged")]
    [InlineData("record's checksum", 57, "frame_damaged")]
    [InlineData("record", 200, "frame_damaged")]
    public void Run_ByteOfARegionFlipped_IsFoundWithItsOwnCode(string region, int offset, string code)
    {
        output.WriteLine(region);
        using var altered = Copy();
        Flip(altered.File(Path.GetFileName(LogFile)), offset, 0x10);
        var codes = Fsck.Run(altered.Path, made.Keys.Genesis.Bytes).Findings.Select(finding => finding.Code);
        Assert.Equal(code, codes.First());
    }

    [Fact]
    public void Run_LastRecordFlipped_IsATornTail()
    {
        using var altered = Copy();
        var file = altered.File(Path.GetFileName(LogFile));
        Flip(file, (int)new FileInfo(file).Length - 10, 1);
        var report = Fsck.Run(altered.Path, made.Keys.Genesis.Bytes);
        Assert.Equal(["torn_tail"], report.Findings.Select(finding => finding.Code));
        Assert.Equal(EditableLog.Read(made.Folder).Blocks.Count - 1, report.Height);
    }

    [Fact]
    public void Run_LogCutAnywhereInItsLastRecord_IsATornTail()
    {
        using var altered = Copy();
        var file = altered.File(Path.GetFileName(LogFile));
        using (var stream = new FileStream(file, FileMode.Open))
            stream.SetLength(stream.Length - 100);
        Assert.Equal("torn_tail", Fsck.Run(altered.Path, made.Keys.Genesis.Bytes).Findings.Single().Code);
    }

    [Fact]
    public void Run_SegmentMissing_IsFound()
    {
        using var altered = new TemporaryFolder();
        EditableLog.Read(made.Folder).Write(altered.Path, segmentSize: 8192);
        File.Delete(altered.File("blocks-00000001.log"));
        Assert.Equal("segment_missing", Fsck.Run(altered.Path, made.Keys.Genesis.Bytes).Findings.Single().Code);
    }

    [Fact]
    public void Run_SnapshotWithARowChangedAndHashedAgain_IsFoundByRootAndByLog()
    {
        using var altered = Copy();
        var file = altered.File(Path.GetFileName(SnapshotFile));
        var bytes = File.ReadAllBytes(file);
        // The last byte of the last row of the table of supplies: units of an asset.
        var table = bytes.AsSpan().IndexOf("accounts.supply"u8);
        var row = table + "accounts.supply".Length + 4;
        bytes[row + 8 + 32 + 15] ^= 1;
        SHA256.HashData(bytes.AsSpan(..^32)).CopyTo(bytes.AsSpan()[^32..]);
        File.WriteAllBytes(file, bytes);
        Assert.Equal(
            ["snapshot_contradicted", "snapshot_root"], Fsck.Run(altered.Path, made.Keys.Genesis.Bytes).Findings.Select(finding => finding.Code));
    }

    private void FlipSamples(string original)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var altered = Copy();
        var file = altered.File(Path.GetFileName(original));
        var length = (int)new FileInfo(file).Length;
        for (var sample = 0; sample < Samples; sample++)
        {
            var (offset, bits) = (random.Next(length), (byte)(1 << random.Next(8)));
            Flip(file, offset, bits);
            Assert.False(Fsck.Run(altered.Path, made.Keys.Genesis.Bytes).Ok, $"byte {offset}, bit {bits}, seed {seed}");
            Flip(file, offset, bits);
        }
        Assert.True(Fsck.Run(altered.Path, made.Keys.Genesis.Bytes).Ok);
    }

    private TemporaryFolder Copy()
    {
        var copy = new TemporaryFolder();
        foreach (var file in Directory.EnumerateFiles(made.Folder))
            File.Copy(file, copy.File(Path.GetFileName(file)));
        return copy;
    }

    private static void Flip(string file, int offset, byte bits)
    {
        using var stream = new FileStream(file, FileMode.Open);
        stream.Position = offset;
        var value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)(value ^ bits));
    }
}
