using System.Text;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes;

/// <summary>Writes <c>docs/schemes.md</c>: what there is of each scheme, from the code itself.</summary>
public static class SchemesDocument
{
    /// <summary>The document for these built schemes.</summary>
    public static string Render(IReadOnlyList<IScheme> built)
    {
        var entries = Catalogue.With(built);
        var text = new StringBuilder();
        text.Append("# Schemes\n\n")
            .Append("Made by the tests from the code (`COUNTERFOIL_WRITE_GOLDEN=1 ./test --only Schemes/Framework`); do not edit.\n\n")
            .Append($"{entries.Count(entry => entry.Status == SchemeStatus.Built)} of {entries.Count} are built. ")
            .Append("*Steps* and *refusals* are those that `./counterfoil walk SLUG` goes through; *peers* are independent programs that check the scheme in tests.\n");
        foreach (var family in entries.GroupBy(entry => entry.Card.Family))
        {
            text.Append($"\n## {family.Key}\n\n")
                .Append("| | Scheme | Slug | Status | Steps | Refusals | Standards | Browser | Peers | Publications |\n")
                .Append("| --- | --- | --- | --- | --: | --: | --- | --- | --- | --- |\n");
            foreach (var entry in family)
                text.Append(Row(entry));
        }
        return text.ToString();
    }

    private static string Row(CatalogueEntry entry)
    {
        var card = entry.Card;
        var facts = entry.Scheme is { } scheme ? Facts(scheme) : " |  |  |  | ";
        return $"| {card.Id} | {Escape(card.Name)} | `{card.Slug}` | {entry.StatusName} | {facts} | {string.Join(", ", card.Publications)} |\n";
    }

    private static string Facts(IScheme scheme)
    {
        var script = new WalkScript();
        scheme.CreateWalkthrough().Tell(script);
        return $"{script.Steps.Count} | {script.Refusals.Count} | {List(scheme.Standards)} | {(scheme.HasBrowserPage ? "yes" : "")} | {List(scheme.Peers)}";
    }

    private static string List(IReadOnlyList<string> names) => Escape(string.Join(", ", names));

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
