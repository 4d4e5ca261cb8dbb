using System.CommandLine;
using System.Security.Cryptography;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Host.Api;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>
/// <c>bench ledger</c>: signed transfers a second, end to end and durable, as a share of what this machine can verify at all. The node runs here with its
/// default services, the client in a process of its own.
/// </summary>
internal sealed class BenchLedgerCommand : CliCommand
{
    private static readonly TimeSpan BoundLength = TimeSpan.FromSeconds(2);

    private readonly Option<int> accounts = Count("--accounts", "Accounts, each with a key of its own", 10_000);
    private readonly Option<int> batch = Count("--batch", "Transfers in a request, at most 1,000", 100);
    private readonly Option<int> connections = Count("--connections", "Connections that are kept alive", 16);
    private readonly Option<double> warmup = new("--warmup") { Description = "Seconds before the window begins", DefaultValueFactory = _ => 10 };
    private readonly Option<double> seconds = new("--seconds") { Description = "Seconds of the window", DefaultValueFactory = _ => 30 };
    private readonly Option<DirectoryInfo?> home = CommonOptions.Home("The node's folder, which must be new (default: one in the working folder, removed afterwards)");

    public BenchLedgerCommand()
        : base("ledger", "Measure signed transfers over HTTP, each answered when durable")
    {
        Options.Add(accounts);
        Options.Add(batch);
        Options.Add(connections);
        Options.Add(warmup);
        Options.Add(seconds);
        Options.Add(home);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        if (parsed.GetValue(accounts) is < 64 or > 1_000_000 || parsed.GetValue(batch) is < 1 or > 1_000 || parsed.GetValue(connections) is < 1 or > 64
            || parsed.GetValue(warmup) is not (>= 0 and <= 600) || parsed.GetValue(seconds) is not (>= 1 and <= 600))
            throw new CliException("usage", "Accounts are 64 to 1000000, batch 1 to 1000, connections 1 to 64, warmup 0 to 600 s, seconds 1 to 600.");
        var given = parsed.GetValue(home)?.FullName;
        var folder = given ?? Path.Combine(Directory.GetCurrentDirectory(), $".counterfoil-bench-{Environment.ProcessId}");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new CliException("home_not_empty", $"{folder} is not empty; a measurement begins with a new ledger.");
        var disk = new FileDisk(Path.Combine(Directory.CreateDirectory(folder).FullName, "ledger"));
        try
        {
            if (disk.IsTmpfs)
                throw new CliException("tmpfs", $"{folder} lies in memory, where nothing is durable; choose a folder on a disk with --home.");
            return await MeasureAsync(parsed, terminal, folder, disk, cancellation).ConfigureAwait(false);
        }
        finally
        {
            terminal.EndProgress();
            if (given is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<int> MeasureAsync(ParseResult parsed, Terminal terminal, string folder, FileDisk disk, CancellationToken cancellation)
    {
        var count = parsed.GetValue(accounts);
        terminal.ShowProgress("Measuring how many signatures this machine verifies");
        var before = VerifyBound.Measure(BoundLength);
        terminal.ShowProgress($"Making {Terminal.Number(count)} accounts");
        var seed = RandomNumberGenerator.GetBytes(32);
        var keys = BenchAccounts.PublicKeys(seed, count);
        var timed = new TimedDisk(disk);
        var options = new NodeOptions
        {
            Home = folder,
            Name = "bench",
            Disk = timed,
            // A node as it is served: with all schemes.
            Schemes = BuiltSchemes.Create(),
            // What was signed beforehand must still be valid at the window's end.
            Parameters = new LedgerParameters { MaximumValiditySeconds = 600 },
            GenesisSections = new Dictionary<string, System.Text.Json.JsonElement> { ["accounts"] = BenchAccounts.GenesisSection(keys) },
            // One client sends all there is: the limits for strangers would be what is measured.
            RateLimits = new RateLimits { Enabled = false },
        };
        await using var node = await CounterfoilNode.StartAsync(options, cancellation).ConfigureAwait(false);
        var runs = new BenchRuns(node, timed, terminal, new ClientPlan
        {
            Address = node.Address.ToString(),
            Net = node.Ledger.Genesis.Net.ToString(),
            Asset = Asset.IdOf(AccountId.Of(keys[0]), BenchAccounts.AssetCode).ToString(),
            Seed = Convert.ToHexStringLower(seed),
            Accounts = count,
            Batch = parsed.GetValue(batch),
            Connections = parsed.GetValue(connections),
            WarmupSeconds = parsed.GetValue(warmup),
            Seconds = parsed.GetValue(seconds),
            Presigned = 0,
            ValiditySeconds = 500,
        });
        var presigned = await runs.PresignedAsync(before.PerSecond, cancellation).ConfigureAwait(false);
        var inside = await runs.SignedInsideAsync(cancellation).ConfigureAwait(false);
        var single = await runs.SingleAsync(cancellation).ConfigureAwait(false);
        RequireConserved(node, keys);
        terminal.ShowProgress("Measuring again how many signatures this machine verifies");
        var bound = VerifyBound.Higher(before, VerifyBound.Measure(BoundLength));
        Report(terminal, parsed, presigned, inside, single, bound);
        return Succeeded;
    }

    private void Report(Terminal terminal, ParseResult parsed, BenchRun presigned, BenchRun inside, BenchRun single, VerifyBound bound)
    {
        terminal.EndProgress();
        if (terminal.IsJson)
        {
            terminal.WriteJson(new BenchDocument
            {
                Mode = "presigned",
                Accounts = parsed.GetValue(accounts),
                Batch = parsed.GetValue(batch),
                Transfers = presigned.Transfers,
                Seconds = Math.Round(presigned.Seconds, 3),
                Tps = Math.Round(presigned.PerSecond, 1),
                TpsSignedInside = Math.Round(inside.PerSecond, 1),
                TpsSingle = Math.Round(single.PerSecond, 1),
                BoundPerSecond = Math.Round(bound.PerSecond, 1),
                BoundMethod = bound.Method,
                ShareOfVerifyBound = Share(presigned),
                ShareSignedInside = Share(inside),
                ShareSingle = Share(single),
                P50Ms = Math.Round(presigned.MedianMilliseconds, 2),
                P99Ms = Math.Round(presigned.P99Milliseconds, 2),
                FsyncP99Ms = Math.Round(presigned.FlushP99Milliseconds, 3),
                ReadModel = true,
                Durable = true,
                Cores = Environment.ProcessorCount,
            });
            return;
        }
        terminal.WriteTable(
            [("run", false), ("transfers", true), ("seconds", true), ("transfers/s", true), ("share of bound", true), ("p50 ms", true), ("p99 ms", true), ("fsync p99 ms", true)],
            new[] { ("signed beforehand", presigned), ("signed inside", inside), ("one a request", single) }.Select(run => (IReadOnlyList<string>)
            [
                run.Item1, Terminal.Number(run.Item2.Transfers), Terminal.Number(run.Item2.Seconds, 1), Terminal.Number((long)run.Item2.PerSecond),
                Terminal.Number(Share(run.Item2), 3), Terminal.Number(run.Item2.MedianMilliseconds, 1), Terminal.Number(run.Item2.P99Milliseconds, 1),
                Terminal.Number(run.Item2.FlushP99Milliseconds, 2),
            ]));
        terminal.WriteLine(
            $"Bound: {Terminal.Number((long)bound.PerSecond)} verifications/s by {bound.Method} on {Environment.ProcessorCount} processors. "
            + "Durable, read model included. Quote shares: transfers a second depend on the machine.");

        double Share(BenchRun run) => Math.Round(run.PerSecond / bound.PerSecond, 4);
    }

    /// <summary>No unit came or went: what a fast wrong answer would show.</summary>
    private static void RequireConserved(CounterfoilNode node, IReadOnlyList<Cryptography.Keys.PublicKey> keys)
    {
        var asset = Asset.IdOf(AccountId.Of(keys[0]), BenchAccounts.AssetCode);
        var sum = node.Ledger.Read(() => keys.Aggregate(UInt128.Zero, (total, key) => total + node.Contracts.Accounts.BalanceOf(AccountId.Of(key), asset).Units));
        if (sum != (UInt128)keys.Count * BenchAccounts.Units)
            throw new CliException("not_conserved", $"The accounts hold {sum} units after the transfers, not as many as before.");
    }

    private static Option<int> Count(string name, string description, int value) => new(name) { Description = description, DefaultValueFactory = _ => value };
}

/// <summary>The measurement as JSON; names and order of the members are fixed.</summary>
internal sealed record BenchDocument
{
    public required string Mode { get; init; }
    public required int Accounts { get; init; }
    public required int Batch { get; init; }
    public required long Transfers { get; init; }
    public required double Seconds { get; init; }
    public required double Tps { get; init; }
    public required double TpsSignedInside { get; init; }
    public required double TpsSingle { get; init; }
    public required double BoundPerSecond { get; init; }
    public required string BoundMethod { get; init; }
    public required double ShareOfVerifyBound { get; init; }
    public required double ShareSignedInside { get; init; }
    public required double ShareSingle { get; init; }
    public required double P50Ms { get; init; }
    public required double P99Ms { get; init; }
    public required double FsyncP99Ms { get; init; }
    public required bool ReadModel { get; init; }
    public required bool Durable { get; init; }
    public required int Cores { get; init; }
}
