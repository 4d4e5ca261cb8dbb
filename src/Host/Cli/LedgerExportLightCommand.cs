using System.CommandLine;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Cli;

/// <summary>
/// <c>ledger export-light</c>: one file that proves chosen transactions to whoever trusts the genesis document, in any language.
/// </summary>
internal sealed class LedgerExportLightCommand : CliCommand
{
    private readonly Argument<string[]> ids = new("ID")
    {
        Description = "Transactions whose receipts are wanted, by their ids", Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<DirectoryInfo?> home = CommonOptions.Home();

    private readonly Option<FileInfo> file = new("--output", "-o") { Description = "The file to write", HelpName = "FILE", Required = true };

    public LedgerExportLightCommand()
        : base("export-light", "Write one file for light clients: genesis, the changes of validators, and receipts")
    {
        Arguments.Add(ids);
        Options.Add(home);
        Options.Add(file);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var wanted = new List<Digest<Transaction>>();
        foreach (var text in parsed.GetValue(ids) ?? [])
            wanted.Add(Digest<Transaction>.TryParse(text, out var id) ? id : throw new CliException("usage", $"{text} is no id of 64 hexadecimal digits."));
        using var ledger = StoredLedger.Open(CommonOptions.HomeOrDefault(parsed.GetValue(home)));
        var light = Read(ledger, wanted, terminal, cancellation);
        var target = parsed.GetValue(file)!;
        await File.WriteAllBytesAsync(target.FullName, light.ToBytes(), cancellation).ConfigureAwait(false);
        if (terminal.IsJson)
            terminal.WriteJson(new { file = target.FullName, net = ledger.Genesis.Net.ToString(), height = ledger.Height, changes = light.Changes.Count, receipts = light.Receipts.Count });
        else
            terminal.WriteLine($"Wrote {light.Changes.Count} changes of validators and {light.Receipts.Count} receipts to {target.FullName}");
        return Succeeded;
    }

    /// <summary>Reads the log once.</summary>
    private static LightFile Read(StoredLedger ledger, List<Digest<Transaction>> wanted, Terminal terminal, CancellationToken cancellation)
    {
        var changes = new List<ValidatorChange>();
        var found = new Dictionary<Digest<Transaction>, Receipt>();
        var missing = wanted.ToHashSet();
        for (var height = ledger.FirstHeight; height <= ledger.Height; height++)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = ledger.Read(height);
            if (ValidatorChange.Of(block) is { } change)
                changes.Add(change);
            for (var index = 0; index < block.Leaves.Count && missing.Count > 0; index++)
                if (missing.Remove(block.Leaves[index].Id))
                    found[block.Leaves[index].Id] = Receipt.Of(block, index);
            if (height % 64 == 0)
                terminal.ShowProgress($"Reading block {Terminal.Number(height)} of {Terminal.Number(ledger.Height)}");
        }
        terminal.EndProgress();
        if (missing.Count > 0)
            throw new CliException("unknown_transaction", $"No block of the ledger has a transaction {missing.First()}.");
        return new LightFile
        {
            Format = LightFile.FormatVersion,
            Genesis = ledger.Genesis.Bytes,
            Validators = ledger.Genesis.Validators.Bytes,
            Changes = changes,
            Receipts = [.. wanted.Distinct().Select(id => found[id])],
        };
    }
}
