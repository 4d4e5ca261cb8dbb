using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Cli;

/// <summary><c>ledger show</c>: the last blocks, one block, or one transaction with its receipt.</summary>
internal sealed class LedgerShowCommand : CliCommand
{
    private const int LastBlocks = 20;

    private readonly Argument<string?> what = new("HEIGHT|ID")
    {
        Description = "A block's height, or the id of a transaction; without it the last blocks", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<DirectoryInfo?> home = CommonOptions.Home();

    public LedgerShowCommand()
        : base("show", "Show the last blocks, one block, or a transaction with its receipt")
    {
        Arguments.Add(what);
        Options.Add(home);
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        using var ledger = StoredLedger.Open(CommonOptions.HomeOrDefault(parsed.GetValue(home)));
        switch (parsed.GetValue(what))
        {
            case null:
                ShowLast(ledger, terminal);
                break;
            case { Length: 64 } text when Digest<Transaction>.TryParse(text, out var id):
                ShowTransaction(ledger, id, terminal, cancellation);
                break;
            case { } text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var height):
                ShowBlock(ledger, height, terminal, cancellation);
                break;
            case { } text:
                throw new CliException("usage", $"{text} is neither a height nor an id of 64 hexadecimal digits.");
        }
        return Task.FromResult(Succeeded);
    }

    private static void ShowLast(StoredLedger ledger, Terminal terminal)
    {
        var blocks = new List<StoredBlock>();
        for (var height = ledger.Height; height >= ledger.FirstHeight && blocks.Count < LastBlocks; height--)
            blocks.Add(ledger.Read(height));
        if (terminal.IsJson)
        {
            terminal.WriteJson(new
            {
                net = ledger.Genesis.Net.ToString(),
                name = ledger.Genesis.Document.Name,
                sandbox = ledger.Genesis.IsSandbox,
                height = ledger.Height,
                blocks = blocks.Select(block => new
                {
                    height = block.Header.Height,
                    id = block.Id.ToString(),
                    time = block.Header.Time,
                    leaves = block.Leaves.Count,
                    checkpoint = block.Header.CheckpointRoot is not null,
                }),
            });
            return;
        }
        terminal.WriteTable(
            [("height", true), ("time (UTC)", false), ("transactions", true), ("checkpoint", false), ("block", false)],
            blocks.Select(block => (IReadOnlyList<string>)
            [
                Terminal.Number(block.Header.Height), new Timestamp(block.Header.Time).ToString(), Terminal.Number(block.Leaves.Count),
                block.Header.CheckpointRoot is null ? "" : "yes", block.Id.ToString(),
            ]));
        terminal.WriteLine(
            $"Ledger {ledger.Genesis.Document.Name}{(ledger.Genesis.IsSandbox ? " (sandbox)" : "")}, {Terminal.Number(ledger.Height)} blocks. Net {ledger.Genesis.Net}");
    }

    private static void ShowBlock(StoredLedger ledger, long height, Terminal terminal, CancellationToken cancellation)
    {
        if (height < ledger.FirstHeight || height > ledger.Height)
            throw new CliException("unknown_block", $"The ledger's blocks have the heights {ledger.FirstHeight} to {ledger.Height}.");
        var block = ledger.Read(height);
        if (terminal.IsJson)
        {
            terminal.WriteJson(new
            {
                id = block.Id.ToString(),
                height = block.Header.Height,
                time = block.Header.Time,
                header = Base64Url.Encode(block.HeaderBytes),
                content = Element(block.HeaderBytes),
                certificate = Element(block.CertificateBytes),
                certified = IsCertified(ledger, block, cancellation),
                vrf_proof = Base64Url.Encode(block.VrfProof),
                leaves = block.Leaves.Select((leaf, index) => new
                {
                    index,
                    id = leaf.Id.ToString(),
                    transaction = leaf.Due is null ? TransactionOf(leaf) : (JsonElement?)null,
                    due = leaf.Due is { } due
                        ? new { contract = due.Contract, timer = due.Timer, due = due.Due.UnixMilliseconds, id = Base64Url.Encode(due.Id.Span) } : null,
                    outcome = Element(leaf.Outcome),
                }),
            });
            return;
        }
        terminal.WritePairs(
            ("block", block.Id.ToString()),
            ("height", Terminal.Number(height)),
            ("time", new Timestamp(block.Header.Time) + " UTC"),
            ("parent", block.Header.Parent?.ToString() ?? "genesis"),
            ("checkpoint", block.Header.CheckpointRoot?.ToString() ?? "none"),
            ("certificate", IsCertified(ledger, block, cancellation) ? "holds: the validators of this ledger certified the block" : "DOES NOT HOLD"));
        terminal.WriteTable(
            [("index", true), ("what", false), ("outcome", false), ("code", false), ("id", false)],
            block.Leaves.Select((leaf, index) =>
            {
                var outcome = OutcomeOf(leaf);
                return (IReadOnlyList<string>)
                    [index.ToString(CultureInfo.InvariantCulture), NameOf(leaf), outcome.Status, outcome.Code ?? "", leaf.Id.ToString()];
            }));
    }

    private static void ShowTransaction(StoredLedger ledger, Digest<Transaction> id, Terminal terminal, CancellationToken cancellation)
    {
        for (var height = ledger.Height; height >= ledger.FirstHeight; height--)
        {
            cancellation.ThrowIfCancellationRequested();
            var block = ledger.Read(height);
            for (var index = 0; index < block.Leaves.Count; index++)
            {
                if (block.Leaves[index].Id != id)
                    continue;
                Show(ledger, block, index, terminal, cancellation);
                return;
            }
        }
        throw new CliException("unknown_transaction", $"No block of the ledger has a transaction {id}.");
    }

    private static void Show(StoredLedger ledger, StoredBlock block, int index, Terminal terminal, CancellationToken cancellation)
    {
        var receipt = Receipt.Of(block, index);
        var refusal = receipt.Verify(ledger.TrustedFor(block.Header, cancellation), out _);
        if (terminal.IsJson)
        {
            terminal.WriteJson(new { height = block.Header.Height, index, verified = refusal is null, receipt = Element(receipt.ToBytes()) });
            return;
        }
        var leaf = block.Leaves[index];
        var outcome = OutcomeOf(leaf);
        terminal.WritePairs(
        [
            ("id", leaf.Id.ToString()),
            ("what", NameOf(leaf)),
            ("block", $"{Terminal.Number(block.Header.Height)}, leaf {index}, {new Timestamp(block.Header.Time)} UTC"),
            ("outcome", outcome.Code is null ? outcome.Status : $"{outcome.Status} ({outcome.Code})"),
            .. outcome.Facts.Select(fact => ("  " + fact.Name, fact.Value)),
            .. outcome.Events.Select(happened => ("event", $"{happened.Type} {string.Join(' ', happened.Facts.Select(fact => $"{fact.Name}={fact.Value}"))}")),
            ("receipt", refusal is null ? "holds: certified by the validators of this ledger" : $"DOES NOT HOLD ({refusal.Code})"),
        ]);
    }

    private static bool IsCertified(StoredLedger ledger, StoredBlock block, CancellationToken cancellation) =>
        ledger.TrustedFor(block.Header, cancellation).Verify(block.HeaderBytes, block.CertificateBytes, out _) is null;

    private static Outcome OutcomeOf(StoredLeaf leaf) =>
        Outcome.TryParse(leaf.Outcome.ToArray(), out var outcome)
            ? outcome : throw new CliException("ledger_damaged", $"The outcome of {leaf.Id} has not the form of one.");

    /// <summary>The action, or the timer of due work.</summary>
    private static string NameOf(StoredLeaf leaf)
    {
        if (leaf.Due is { } due)
            return $"due {due.Contract}.{due.Timer}";
        var payload = leaf.Transaction.Span[0] == (byte)'{'
            ? Element(leaf.Transaction).GetProperty("payload").GetString()!
            : Encoding.ASCII.GetString(leaf.Transaction.Span).Split('.')[1];
        return Base64Url.TryDecode(payload, out var bytes) ? Element(bytes).GetProperty("act").GetString()! : "?";
    }

    private static JsonElement TransactionOf(StoredLeaf leaf) => leaf.Transaction.Span[0] == (byte)'{'
        ? Element(leaf.Transaction)
        : JsonSerializer.SerializeToElement(Encoding.ASCII.GetString(leaf.Transaction.Span));

    private static JsonElement Element(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
