using Counterfoil.Testing;

namespace Counterfoil.Conventions.Tests;

/// <summary>What every folder and file keeps to.</summary>
public sealed class TreeTests
{
    private const int MaximumLines = 500;

    [Fact]
    public void File_OfTheProject_HasAtMost500Lines()
    {
        var files = SourceTree.Files("src").Concat(SourceTree.Files("tests")).Concat(SourceTree.Files("bench")).ToList();
        Assert.True(files.Count > 200, $"Only {files.Count} files were found.");
        Assert.Empty(files.Select(file => (File: SourceTree.Relative(file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > MaximumLines).Select(file => $"{file.File}: {file.Lines} lines"));
    }

    [Fact]
    public void Scheme_ThatIsBuilt_HasReadmeWalkthroughRefusalsAndTests()
    {
        var missing = new List<string>();
        foreach (var (family, scheme, path) in SourceTree.SchemeFolders)
        {
            foreach (var name in (ReadOnlySpan<string>)["README.md", "Walkthrough.cs", "Refusal.cs", "Messages.cs"])
                if (!File.Exists(Path.Combine(path, name)))
                    missing.Add($"{family}/{scheme}/{name}");
            if (SourceTree.Files("tests", "Schemes", family, scheme).Count == 0)
                missing.Add($"tests/Schemes/{family}/{scheme}");
        }
        Assert.Empty(missing);
    }

    [Fact]
    public void Source_OfTheProduct_HasNoUnfinishedPart()
    {
        var findings = new List<string>();
        foreach (var file in SourceTree.Files("src"))
        {
            var text = File.ReadAllText(file);
            foreach (var sign in (ReadOnlySpan<string>)["NotImplementedException", "TODO", "FIXME", "#region", "catch {}", "catch { }"])
                if (text.Contains(sign, StringComparison.Ordinal))
                    findings.Add($"{SourceTree.Relative(file)}: {sign}");
        }
        Assert.Empty(findings);
    }

    [Fact]
    public void Test_ProjectsAndSources_MirrorTheProduct()
    {
        var missing = SourceTree.KernelFolders.Where(folder => SourceTree.Files("tests", folder).Count == 0);
        Assert.Empty(missing);
        Assert.True(File.Exists(Path.Combine(Shared.Root, "Counterfoil.slnx")));
    }
}
