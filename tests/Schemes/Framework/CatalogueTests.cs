using System.Text.RegularExpressions;
using Counterfoil.Testing;

namespace Counterfoil.Schemes.Tests;

public sealed partial class CatalogueTests
{
    [Fact]
    public void All_Schemes_AreFortySixWithNamesOfTheirOwn()
    {
        Assert.Equal(46, Catalogue.All.Count);
        Assert.Equal(46, Catalogue.All.Select(card => card.Id).Distinct().Count());
        Assert.Equal(46, Catalogue.All.Select(card => card.Slug).Distinct().Count());
        Assert.All(Catalogue.All, card =>
        {
            Assert.Matches("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", card.Slug);
            Assert.NotEmpty(card.Publications);
            Assert.Equal(card.Publications.Count, card.Publications.Distinct().Count());
            Assert.All(card.Publications, publication => Assert.Matches("^[A-Z]{2,3}[0-9]{4,}(/[0-9]+)?[A-C]?[0-9]?$", publication));
            Assert.EndsWith(".", card.Summary, StringComparison.Ordinal);
            Assert.Equal("ABCDEF".IndexOf(card.Id[0], StringComparison.Ordinal) + 1, (int)card.Family);
        });
    }

    [Fact]
    public void All_Schemes_AreOrderedByFamilyAndNumber() => Assert.Equal(
        Catalogue.All.OrderBy(card => card.Id[0]).ThenBy(card => int.Parse(card.Id[1..], System.Globalization.CultureInfo.InvariantCulture)),
        Catalogue.All);

    [Fact]
    public void TryFind_SlugOrId_FindsTheSameCard()
    {
        Assert.True(Catalogue.TryFind("power-brokerage", out var bySlug));
        Assert.True(Catalogue.TryFind("d1", out var byId));
        Assert.Same(bySlug, byId);
        Assert.False(Catalogue.TryFind("Power-Brokerage", out _));
        Assert.Throws<KeyNotFoundException>(() => Catalogue.Of("Z9"));
    }

    [Fact]
    public void With_AFortySeventhScheme_ShowsItInItsFamily()
    {
        var entries = Catalogue.With([new Tips.Tips()]);

        Assert.Equal(47, entries.Count);
        Assert.Equal(["C11", "C12", "D1"], entries.SkipWhile(entry => entry.Card.Id != "C11").Take(3).Select(entry => entry.Card.Id));
        Assert.Equal("tips", Assert.Single(entries, entry => entry.Status == SchemeStatus.Built).Card.Slug);
        Assert.Equal(Catalogue.All, Catalogue.With([]).Select(entry => entry.Card));
    }

    [Fact]
    public void With_TheSameSchemeTwice_IsAMistake() =>
        Assert.Throws<InvalidOperationException>(() => Catalogue.With([new Tips.Tips(), new Tips.Tips()]));

    [SharedFact("systems")]
    public void All_Schemes_AreThoseOfTheSpecifications()
    {
        var files = Directory.GetFiles(Shared.Find("systems")!, "*.md").Select(path => FileName().Match(Path.GetFileName(path))).ToList();

        Assert.All(files, file => Assert.True(file.Success));
        Assert.Equal(
            files.Select(file => $"{file.Groups["id"].Value} {file.Groups["slug"].Value}").Order(StringComparer.Ordinal),
            Catalogue.All.Select(card => $"{card.Id} {card.Slug}").Order(StringComparer.Ordinal));
    }

    [SharedTheory("systems")]
    [MemberData(nameof(Ids))]
    public void Card_OfAScheme_SaysWhatItsSpecificationSays(string id)
    {
        var card = Catalogue.Of(id);
        var lines = File.ReadAllLines(Path.Combine(Shared.Find("systems")!, $"{card.Id}-{card.Slug}.md"));
        // Publications come before the title in quotes or after a dash; numbers are written with and without spaces and commas there.
        var numbers = lines[1].Replace(" ", "", StringComparison.Ordinal).Replace(",", "", StringComparison.Ordinal);

        Assert.Equal($"# {card.Id} {card.Name}", lines[0]);
        Assert.All(card.Publications, publication => Assert.True(
            numbers.Contains(publication, StringComparison.Ordinal)
            || numbers.Replace("/", "", StringComparison.Ordinal).Contains(publication, StringComparison.Ordinal)
            || numbers.Contains(publication[2..], StringComparison.Ordinal),
            publication));
        var first = FirstNumber().Match(numbers);
        Assert.Equal(first.Value.Replace("/", "", StringComparison.Ordinal), card.Publications[0].Replace("/", "", StringComparison.Ordinal)[..first.Value.Replace("/", "", StringComparison.Ordinal).Length]);
    }

    public static TheoryData<string> Ids() => [.. Catalogue.All.Select(card => card.Id)];

    [GeneratedRegex("^(?<id>[A-F][0-9]+)-(?<slug>[a-z0-9-]+)\\.md$")]
    private static partial Regex FileName();

    [GeneratedRegex("(US|WO|EP|CN|KR)[0-9/]+")]
    private static partial Regex FirstNumber();
}
