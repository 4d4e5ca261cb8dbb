using System.CommandLine;
using System.Text.Json;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Host.Cli;

/// <summary><c>ledger export</c>: the ledger as lines of JSON that need nothing of this program: genesis, then every leaf as a receipt.</summary>
internal sealed class LedgerExportCommand : CliCommand
{
    private readonly Option<DirectoryInfo?> home = CommonOptions.Home();
    private readonly Option<FileInfo?> file = new("--output", "-o") { Description = "The file to write (default: standard output)", HelpName = "FILE" };

    public LedgerExportCommand()
        : base("export", "Write the ledger as lines of JSON: the genesis document, then a receipt for each transaction")
    {
        Options.Add(home);
        Options.Add(file);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        using var ledger = StoredLedger.Open(CommonOptions.HomeOrDefault(parsed.GetValue(home)));
        long receipts = 0;
        if (parsed.GetValue(file) is { } target)
        {
            await using (var stream = target.Create())
            await using (var lines = new StreamWriter(stream))
                receipts = await WriteAsync(ledger, lines, terminal, cancellation).ConfigureAwait(false);
            if (terminal.IsJson)
                terminal.WriteJson(new { file = target.FullName, height = ledger.Height, receipts });
            else
                terminal.WriteLine($"Wrote {Terminal.Number(receipts)} receipts of {Terminal.Number(ledger.Height)} blocks to {target.FullName}");
            return Succeeded;
        }
        await WriteAsync(ledger, parsed.InvocationConfiguration.Output, terminal, cancellation).ConfigureAwait(false);
        return Succeeded;
    }

    private static async Task<long> WriteAsync(StoredLedger ledger, TextWriter lines, Terminal terminal, CancellationToken cancellation)
    {
        using (var genesis = JsonDocument.Parse(ledger.Genesis.Bytes))
        {
            // The exact bytes, since their digest is the ledger's name; the copy is for reading.
            await lines.WriteLineAsync(CliJson.Serialize(new
            {
                net = ledger.Genesis.Net.ToString(), genesis = Cryptography.Base64Url.Encode(ledger.Genesis.Bytes), content = genesis.RootElement,
            })).ConfigureAwait(false);
        }
        long receipts = 0;
        for (var height = ledger.FirstHeight; height <= ledger.Height; height++)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = ledger.Read(height);
            for (var index = 0; index < block.Leaves.Count; index++, receipts++)
                await lines.WriteLineAsync(System.Text.Encoding.UTF8.GetString(Receipt.Of(block, index).ToBytes())).ConfigureAwait(false);
            if (height % 64 == 0)
                terminal.ShowProgress($"Writing block {Terminal.Number(height)} of {Terminal.Number(ledger.Height)}");
        }
        terminal.EndProgress();
        await lines.FlushAsync(cancellation).ConfigureAwait(false);
        return receipts;
    }
}
