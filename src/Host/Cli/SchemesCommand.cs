using System.CommandLine;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Cli;

/// <summary><c>schemes</c>: all 46 with what is built of them.</summary>
internal sealed class SchemesCommand() : CliCommand("schemes", "List the schemes, built and planned")
{
    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var entries = Catalogue.With(BuiltSchemes.Create());
        if (terminal.IsJson)
        {
            terminal.WriteJson(entries.Select(entry => new SchemeDocument(
                entry.Card.Id, entry.Card.Slug, entry.Card.Name, entry.Card.FamilyName, entry.Card.Publications, entry.StatusName)));
            return Task.FromResult(Succeeded);
        }
        terminal.WriteTable(
            [("id", false), ("slug", false), ("family", false), ("status", false), ("name", false)],
            entries.Select(entry => (IReadOnlyList<string>)[entry.Card.Id, entry.Card.Slug, entry.Card.FamilyName, entry.StatusName, entry.Card.Name]));
        var built = entries.Count(entry => entry.Status == SchemeStatus.Built);
        terminal.WriteLine($"{built} built, {entries.Count - built} planned. A built one is walked by: counterfoil walk SLUG");
        return Task.FromResult(Succeeded);
    }

    private sealed record SchemeDocument(string Id, string Slug, string Name, string Family, IReadOnlyList<string> Publications, string Status);
}
