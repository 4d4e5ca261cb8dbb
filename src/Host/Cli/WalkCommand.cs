using System.CommandLine;
using Counterfoil.Host.Roles;
using Counterfoil.Schemes;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Host.Cli;

/// <summary><c>walk</c>: walks schemes, each on a fresh sandbox node.</summary>
internal sealed class WalkCommand : CliCommand
{
    private readonly Argument<string?> slug = new("SLUG") { Description = "The scheme, by slug or id", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> all = new("--all") { Description = "Walk all schemes that are built" };
    private readonly Option<FileInfo?> messages = new("--messages") { Description = "Write the messages of the walk, opened as far as anybody on the line could, to a file", HelpName = "FILE" };

    public WalkCommand()
        : base("walk", "Walk a scheme's protocol between its parties, then every refusal that it promises")
    {
        Arguments.Add(slug);
        Options.Add(all);
        Options.Add(messages);
        Validators.Add(result =>
        {
            if (result.GetValue(slug) is null == !result.GetValue(all))
                result.AddError("Name a scheme, or say --all");
        });
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var name = parsed.GetValue(slug);
        var cards = name is null ? [.. BuiltSchemes.Create().Select(scheme => scheme.Card)] : new List<SchemeCard> { Find(name) };
        var results = new List<WalkResult>();
        foreach (var card in cards)
        {
            var result = await WalkAsync(card, terminal, cancellation).ConfigureAwait(false);
            results.Add(result);
            terminal.EndProgress();
            Report(result, card, terminal);
            if (parsed.GetValue(messages) is { } file)
                await File.WriteAllTextAsync(file.FullName, RecordedMessage.ToJson(result.Messages), cancellation).ConfigureAwait(false);
        }
        if (terminal.IsJson)
            terminal.WriteRaw(name is null ? WalkResult.ToJson(results) : results[0].ToJson());
        foreach (var failure in results.SelectMany(result => result.Failures))
            terminal.WriteNote($"counterfoil: {failure.ReplaceLineEndings(" ")} (walk_failed)");
        return results.Count > 0 && results.TrueForAll(result => result.Ok) ? Succeeded : Failed;
    }

    private static SchemeCard Find(string name)
    {
        var entry = Catalogue.With(BuiltSchemes.Create()).FirstOrDefault(
            entry => entry.Card.Slug == name || entry.Card.Id.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new CliException("unknown_scheme", $"There is no scheme {name}; counterfoil schemes lists them.");
        return entry.Scheme is not null
            ? entry.Card : throw new CliException("scheme_planned", $"The scheme {entry.Card.Slug} is planned, not built.");
    }

    private static async Task<WalkResult> WalkAsync(SchemeCard card, Terminal terminal, CancellationToken cancellation)
    {
        var folder = Directory.CreateTempSubdirectory("counterfoil-walk-").FullName;
        try
        {
            return await SchemeWalk.RunAsync(
                BuiltSchemes.Create(), card.Slug, folder, (step, ok) => terminal.ShowProgress($"{card.Slug}: {step}{(ok ? "" : " failed")}"), cancellation)
                .ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Report(WalkResult result, SchemeCard card, Terminal terminal)
    {
        terminal.WriteLine($"{card.Id} {card.Name}");
        terminal.WriteTable(
            [("step", true), ("from", false), ("to", false), ("what happens", false), ("", false)],
            result.Steps.Select(step => (IReadOnlyList<string>)[$"{step.N}", step.From, step.To, step.Name, step.Ok ? "ok" : "failed"]));
        terminal.WriteTable(
            [("what is tried", false), ("must be refused as", false), ("got", false), ("state", false), ("", false)],
            result.Refusals.Select(refusal => (IReadOnlyList<string>)
            [
                refusal.Name, refusal.Expected, refusal.Got ?? "no refusal",
                refusal.StateUnchanged ? "unchanged" : string.Join(", ", refusal.Effects) is { Length: > 0 } effects ? effects : "CHANGED",
                refusal.Ok ? "ok" : "failed",
            ]));
        terminal.WriteLine(
            $"{result.Steps.Count(step => step.Ok)} of {result.Steps.Count} steps, {result.Refusals.Count(refusal => refusal.Ok)} of {result.Refusals.Count} refusals as they should be, "
            + $"{Terminal.Number(result.Ledger.Transactions)} transactions in {Terminal.Number(result.Ledger.Height)} blocks, {Terminal.Number(result.Seconds, 1)} s");
    }
}
