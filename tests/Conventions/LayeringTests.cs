using System.Reflection;
using System.Text.RegularExpressions;
using Counterfoil.Schemes;

namespace Counterfoil.Conventions.Tests;

/// <summary>Arrows go down only: the kernel knows no scheme, and no scheme knows another.</summary>
public sealed partial class LayeringTests
{
    public static TheoryData<string, string> Allowed { get; } = new()
    {
        // assembly, the Counterfoil assemblies that it may reference
        { "Counterfoil.Cryptography", "" },
        { "Counterfoil.Ledger", "Cryptography" },
        { "Counterfoil.Contracts", "Cryptography Ledger" },
        { "Counterfoil.Vault", "Cryptography" },
        { "Counterfoil.Client", "Contracts Cryptography Ledger Vault" },
        { "Counterfoil.Schemes", "Client Contracts Cryptography Ledger Vault" },
    };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void Assembly_OfTheKernel_ReferencesOnlyWhatLiesBelow(string assembly, string allowed)
    {
        var permitted = allowed.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => $"Counterfoil.{name}").ToHashSet(StringComparer.Ordinal);
        var references = Assembly.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name!)
            .Where(name => name.StartsWith("Counterfoil", StringComparison.Ordinal));
        Assert.DoesNotContain(references, name => !permitted.Contains(name));
    }

    [Fact]
    public void Family_OfSchemes_ReferencesNoOtherFamilyAndNotTheHost()
    {
        Assert.NotEmpty(SourceTree.FamilyAssemblies);
        foreach (var family in SourceTree.FamilyAssemblies)
        {
            var wrong = family.GetReferencedAssemblies().Select(reference => reference.Name!)
                .Where(name => name.StartsWith("Counterfoil.Schemes.", StringComparison.Ordinal) || name == "counterfoil");
            Assert.Empty(wrong.Select(name => $"{family.GetName().Name} references {name}"));
        }
    }

    [Fact]
    public void Kernel_InItsSources_NamesNoScheme()
    {
        var findings = new List<string>();
        foreach (var file in SourceTree.KernelFolders.SelectMany(folder => SourceTree.Files("src", folder)))
            if (FindSchemeName(File.ReadAllText(file)) is { } name)
                findings.Add($"{SourceTree.Relative(file)}: {name}");
        Assert.Empty(findings);
    }

    [Fact]
    public void Scheme_InItsSources_NamesNoOtherScheme()
    {
        var findings = new List<string>();
        foreach (var (family, scheme, path) in SourceTree.SchemeFolders)
            foreach (var file in SourceTree.Files(Path.GetRelativePath(Testing.Shared.Root, path)))
                findings.AddRange(SourceTree.SchemeFolders
                    .Where(other => other.Path != path && File.ReadAllText(file).Contains($"Counterfoil.Schemes.{other.Family}.{other.Scheme}", StringComparison.Ordinal))
                    .Select(other => $"{SourceTree.Relative(file)} ({family}) names {other.Scheme}"));
        Assert.Empty(findings);
    }

    [Theory]
    [InlineData("if (slug == \"power-brokerage\")", "power-brokerage")]
    [InlineData("using Counterfoil.Schemes.Markets;", "Counterfoil.Schemes")]
    [InlineData("new PowerBrokerageContract()", "PowerBrokerage")]
    [InlineData("an ordinary line of the kernel", null)]
    public void Finder_OfSchemeNames_FindsThem(string line, string? expected) => Assert.Equal(expected, FindSchemeName(line));

    private static string? FindSchemeName(string text)
    {
        if (SchemesNamespace().IsMatch(text))
            return "Counterfoil.Schemes";
        foreach (var card in Catalogue.All)
        {
            // One word is a word of the language; the name of a scheme has several.
            if (!card.Slug.Contains('-', StringComparison.Ordinal))
                continue;
            var pascal = string.Concat(card.Slug.Split('-').Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
            if (text.Contains($"\"{card.Slug}\"", StringComparison.Ordinal))
                return card.Slug;
            if (text.Contains(pascal, StringComparison.Ordinal))
                return pascal;
        }
        return null;
    }

    [GeneratedRegex(@"^\s*(using|namespace)\s+Counterfoil\.(Schemes|Host)\b", RegexOptions.Multiline)]
    private static partial Regex SchemesNamespace();
}
