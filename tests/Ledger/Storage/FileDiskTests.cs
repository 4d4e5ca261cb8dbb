using Counterfoil.Ledger.Storage;
using Counterfoil.Testing;

namespace Counterfoil.Ledger.Tests.Storage;

public sealed class FileDiskTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly FileDisk disk;

    public FileDiskTests() => disk = new FileDisk(Path.Combine(folder.Path, "ledger"));

    public void Dispose() => folder.Dispose();

    [Fact]
    public void File_AppendedCutAndFlushed_ReadsBack()
    {
        using (var file = disk.Open("a.log"))
        {
            file.Append("hello, world"u8);
            file.Truncate(5);
            file.Append("!"u8);
            file.Flush();
            Assert.Equal(6, file.Length);
        }
        using var again = disk.Open("a.log");
        var buffer = new byte[10];
        Assert.Equal(5, again.Read(1, buffer));
        Assert.Equal("ello!"u8.ToArray(), buffer[..5]);
        Assert.Equal(0, again.Read(6, buffer));
        Assert.Equal(["a.log"], disk.List());
    }

    [Fact]
    public void Replace_ThatFails_LeavesTheFileAsItWas()
    {
        disk.Replace("snapshot", stream => stream.Write("first"u8));
        Assert.Throws<InvalidOperationException>(() => disk.Replace("snapshot", stream =>
        {
            stream.Write("second"u8);
            throw new InvalidOperationException();
        }));
        Assert.Equal("first"u8.ToArray(), ReadAll("snapshot"));
        Assert.Equal(["snapshot"], disk.List());
        disk.Replace("snapshot", stream => stream.Write("third"u8));
        Assert.Equal("third"u8.ToArray(), ReadAll("snapshot"));
    }

    [Fact]
    public void Open_AfterAnInterruptedReplacement_DeletesItsLeftover()
    {
        disk.Replace("snapshot", stream => stream.Write("first"u8));
        var leftover = Path.Combine(folder.Path, "ledger", "snapshot.new");
        File.WriteAllText(leftover, "half");
        Assert.Equal(["snapshot"], new FileDisk(Path.Combine(folder.Path, "ledger")).List());
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public void Delete_OfAFile_LeavesTheOthers()
    {
        disk.Replace("b", _ => { });
        disk.Replace("a", _ => { });
        Assert.Equal(["a", "b"], disk.List());
        disk.Delete("a");
        disk.Delete("a");
        Assert.Equal(["b"], disk.List());
        Assert.Throws<FileNotFoundException>(() => disk.OpenRead("a"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../a")]
    [InlineData("a/b")]
    [InlineData(".hidden")]
    [InlineData("A")]
    [InlineData("a.new")]
    public void Open_WithAnIllFormedName_IsAFault(string name) => Assert.Throws<ArgumentException>(() => disk.Open(name));

    [Fact]
    public void IsTmpfs_OfAFolderInMemory_IsTrue()
    {
        if (!Directory.Exists("/dev/shm"))
            return;
        var shared = Path.Combine("/dev/shm", Path.GetFileName(folder.Path));
        try
        {
            Assert.True(new FileDisk(shared).IsTmpfs);
        }
        finally
        {
            Directory.Delete(shared, recursive: true);
        }
    }

    [Fact]
    public void IsTmpfs_OfTheRepository_IsFalse() =>
        Assert.False(new FileDisk(Path.Combine(Testing.Shared.Root, "tests", "Ledger")).IsTmpfs);

    private byte[] ReadAll(string name)
    {
        using var stream = disk.OpenRead(name);
        var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
