using System.Reflection;
using Counterfoil.Testing;

namespace Counterfoil.Schemes.Tests;

public sealed class SchemesDocumentTests
{
    private static readonly string Document = Path.Combine(Shared.Root, "docs", "schemes.md");

    /// <summary>Stale: run the tests with COUNTERFOIL_WRITE_GOLDEN=1 and look at what changed.</summary>
    [Fact]
    public void Document_InTheRepository_IsWhatTheCodeSays()
    {
        var text = SchemesDocument.Render(SchemeDiscovery.CreateAll(Families()));
        if (Environment.GetEnvironmentVariable("COUNTERFOIL_WRITE_GOLDEN") == "1")
            File.WriteAllText(Document, text);

        Assert.Equal(text, File.ReadAllText(Document));
    }

    [Fact]
    public void Document_OfABuiltScheme_CountsItsStepsAndRefusals()
    {
        var row = SchemesDocument.Render([new Tips.Tips()]).Split('\n').Single(line => line.StartsWith("| C12 |", StringComparison.Ordinal));

        Assert.Contains("| C12 | Tips | `tips` | built | 5 | 3 | RFC 9421 |  |  |  |", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Discovery_OfAnAssembly_FindsItsSchemesAsNewObjects()
    {
        var first = Assert.Single(SchemeDiscovery.CreateAll(typeof(Tips.Tips).Assembly));
        var second = Assert.Single(SchemeDiscovery.CreateAll(typeof(Tips.Tips).Assembly, typeof(Tips.Tips).Assembly));

        Assert.IsType<Tips.Tips>(first);
        Assert.NotSame(first, second);
    }

    /// <summary>The families that the program is built with: one assembly each beside it.</summary>
    private static Assembly[] Families() =>
    [
        .. Enum.GetValues<SchemeFamily>().Select(family => Path.Combine(AppContext.BaseDirectory, $"Counterfoil.Schemes.{family}.dll"))
            .Where(File.Exists).Select(Assembly.LoadFrom),
    ];
}
