using System.Security.Cryptography;
using System.Text;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Testing;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Opening;

public sealed class EngineHashTests
{
    private static readonly EngineHash OfEngine = EngineHash.Of(typeof(OpeningWrapper).Assembly);

    [Fact]
    public void Of_Engine_IsTheDigestOfItsLines()
    {
        var text = string.Concat(OfEngine.Lines.Select(line => line + "\n"));
        Assert.Equal(text, OfEngine.Text);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))), OfEngine.Digest.ToString());
    }

    [Fact]
    public void Of_Engine_NamesFrameworkFirstThenFilesInOrdinalOrder()
    {
        Assert.Contains($"Microsoft.NETCore.App {Environment.Version}", OfEngine.Lines[0], StringComparison.Ordinal);
        var files = OfEngine.Lines.Skip(1).ToArray();
        Assert.Equal(files.Order(StringComparer.Ordinal), files);
        Assert.All(files, line => Assert.Matches("^[^ /]+\\.dll [0-9a-f]{64}$", line));
    }

    [Fact]
    public void Of_Engine_ListsWhatItReferencesTransitivelyOutsideTheFramework()
    {
        var names = OfEngine.Lines.Skip(1).Select(line => line.Split(' ')[0]).ToArray();
        Assert.Contains("Counterfoil.Schemes.Markets.dll", names);
        Assert.Contains("Counterfoil.Contracts.dll", names);
        Assert.Contains("Counterfoil.Ledger.dll", names);
        Assert.Contains("Counterfoil.Cryptography.dll", names);
        Assert.DoesNotContain(names, name => name.StartsWith("System.Private", StringComparison.Ordinal) || name == "System.Runtime.dll");
        Assert.DoesNotContain("Counterfoil.Schemes.Markets.Tests.dll", names);
    }

    [Fact]
    public void Of_Engine_ListsTheFilesOnDisk()
    {
        foreach (var line in OfEngine.Lines.Skip(1))
        {
            var parts = line.Split(' ');
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, parts[0])))), parts[1]);
        }
    }

    [Fact]
    public void OfFile_CopyInAnotherFolder_IsTheSameUntilAByteDiffers()
    {
        using var folder = new TemporaryFolder();
        foreach (var line in OfEngine.Lines.Skip(1))
            File.Copy(Path.Combine(AppContext.BaseDirectory, line.Split(' ')[0]), folder.File(line.Split(' ')[0]));
        var engine = folder.File("Counterfoil.Schemes.Markets.dll");
        Assert.Equal(OfEngine.Digest, EngineHash.OfFile(engine).Digest);

        using (var file = File.Open(folder.File("Counterfoil.Cryptography.dll"), FileMode.Append))
            file.WriteByte(0);
        Assert.NotEqual(OfEngine.Digest, EngineHash.OfFile(engine).Digest);
    }

    [Fact]
    public void OfFile_ReferenceMissing_Throws()
    {
        using var folder = new TemporaryFolder();
        var engine = folder.File("Counterfoil.Schemes.Markets.dll");
        File.Copy(typeof(OpeningWrapper).Assembly.Location, engine);
        Assert.Throws<InvalidOperationException>(() => EngineHash.OfFile(engine));
    }
}
