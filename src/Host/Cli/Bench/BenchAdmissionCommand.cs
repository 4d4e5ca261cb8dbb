using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Host.Api;
using Counterfoil.Host.Cli.Networks;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>
/// <c>bench admission</c>: how much more two admission servers take than one. Each is a process on one processor; the load is signed beforehand; each transfer
/// is answered once it is durable in the shared pool. No block is made meanwhile: admission alone is measured.
/// </summary>
internal sealed class BenchAdmissionCommand : CliCommand
{
    // No checkpoint falls into a window, and segments of the log are used again, as they are in a database that has run for a while. What makes a commit
    // durable stays as it comes.
    private static readonly string[] DatabaseSettings = ["shared_buffers=256MB", "min_wal_size=3GB", "max_wal_size=4GB", "checkpoint_timeout=30min"];

    private readonly Option<string?> pool = new("--pool")
    {
        Description = "An empty PostgreSQL database (default: one of a server that is started for the measurement)", HelpName = "LINE",
    };
    private readonly Option<int> servers = Count("--servers", "Compare one server with so many", 2);
    private readonly Option<int> rounds = Count("--rounds", "Runs of each, alternating", 3);
    private readonly Option<int> accounts = Count("--accounts", "Accounts, each with a key of its own", 10_000);
    private readonly Option<int> batch = Count("--batch", "Transfers in a request, at most 1,000", 500);
    private readonly Option<int> connections = Count("--connections", "Connections that are kept alive, shared out to the servers", 8);
    private readonly Option<int> expected = Count("--expected", "Transfers a second that one server takes at most: so many are signed beforehand", 12_000);
    private readonly Option<double> warmup = new("--warmup") { Description = "Seconds before the window begins", DefaultValueFactory = _ => 5 };
    private readonly Option<double> seconds = new("--seconds") { Description = "Seconds of the window", DefaultValueFactory = _ => 15 };
    private readonly Option<DirectoryInfo?> home = CommonOptions.Home("A folder, which must be new (default: one in the working folder, removed afterwards)");

    public BenchAdmissionCommand()
        : base("admission", "Measure what admission servers take that share a pool in PostgreSQL")
    {
        Options.Add(pool);
        Options.Add(servers);
        Options.Add(rounds);
        Options.Add(accounts);
        Options.Add(batch);
        Options.Add(connections);
        Options.Add(expected);
        Options.Add(warmup);
        Options.Add(seconds);
        Options.Add(home);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        if (parsed.GetValue(servers) is < 2 or > 16 || parsed.GetValue(rounds) is < 1 or > 100 || parsed.GetValue(accounts) is < 64 or > 1_000_000
            || parsed.GetValue(batch) is < 1 or > 1_000 || parsed.GetValue(connections) is < 2 or > 64 || parsed.GetValue(expected) is < 100 or > 1_000_000
            || parsed.GetValue(warmup) is not (>= 0 and <= 200) || parsed.GetValue(seconds) is not (>= 1 and <= 200))
            throw new CliException("usage", "Servers are 2 to 16, rounds 1 to 100, accounts 64 to 1000000, batch 1 to 1000, connections 2 to 64, times at most 200 s.");
        var given = parsed.GetValue(home)?.FullName;
        var folder = given ?? Path.Combine(Directory.GetCurrentDirectory(), $".counterfoil-bench-{Environment.ProcessId}");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new CliException("home_not_empty", $"{folder} is not empty; a measurement begins with a new ledger.");
        PrivateCluster? cluster = null;
        try
        {
            if (new FileDisk(Directory.CreateDirectory(folder).FullName).IsTmpfs)
                throw new CliException("tmpfs", $"{folder} lies in memory, where nothing is durable; choose a folder on a disk with --home.");
            var line = parsed.GetValue(pool);
            if (line is null)
            {
                terminal.ShowProgress("Making a database server");
                cluster = new PrivateCluster(folder, DatabaseSettings);
                line = await cluster.CreateAsync(cancellation).ConfigureAwait(false);
            }
            return await MeasureAsync(parsed, terminal, folder, line, cancellation).ConfigureAwait(false);
        }
        finally
        {
            terminal.EndProgress();
            if (cluster?.IsRunning == true)
                await cluster.StopAsync(CancellationToken.None).ConfigureAwait(false);
            if (given is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<int> MeasureAsync(ParseResult parsed, Terminal terminal, string folder, string line, CancellationToken cancellation)
    {
        var seed = RandomNumberGenerator.GetBytes(32);
        terminal.ShowProgress("Making accounts");
        var keys = BenchAccounts.PublicKeys(seed, parsed.GetValue(accounts));
        var options = new NodeOptions
        {
            Home = Path.Combine(folder, "node"),
            Name = "bench",
            Schemes = BuiltSchemes.Create(),
            Parameters = new LedgerParameters { MaximumValiditySeconds = 600 },
            GenesisSections = new Dictionary<string, JsonElement> { ["accounts"] = BenchAccounts.GenesisSection(keys) },
            RateLimits = new RateLimits { Enabled = false },
        };
        var count = parsed.GetValue(servers);
        var node = await CounterfoilNode.StartAsync(options, cancellation).ConfigureAwait(false);
        try
        {
            using var runs = new AdmissionRuns(terminal, folder, line, new ClientPlan
            {
                Address = "",
                Net = node.Ledger.Genesis.Net.ToString(),
                Asset = Asset.IdOf(AccountId.Of(keys[0]), BenchAccounts.AssetCode).ToString(),
                Seed = Convert.ToHexStringLower(seed),
                Accounts = keys.Length,
                Batch = parsed.GetValue(batch),
                Connections = parsed.GetValue(connections),
                WarmupSeconds = parsed.GetValue(warmup),
                Seconds = parsed.GetValue(seconds),
                Presigned = 0,
                ValiditySeconds = 500,
            });
            for (var number = 0; number < count; number++)
            {
                WriteConfiguration(Path.Combine(folder, $"server-{number}"));
                await runs.StartAsync(node.Address, cancellation).ConfigureAwait(false);
            }
            // The node takes the servers' keys at its start.
            var again = options with { Urls = [node.Address.ToString()], AdmissionKeys = runs.Keys };
            await node.StopAsync().ConfigureAwait(false);
            node = await CounterfoilNode.StartAsync(again, cancellation).ConfigureAwait(false);
            await runs.WaitUntilOpenAsync((int)node.Ledger.Tip.Height, cancellation).ConfigureAwait(false);
            var (one, many) = (new List<AdmissionRun>(), new List<AdmissionRun>());
            for (var round = 0; round < parsed.GetValue(rounds); round++)
            {
                one.Add(await runs.RunAsync(1, parsed.GetValue(expected), cancellation).ConfigureAwait(false));
                many.Add(await runs.RunAsync(count, parsed.GetValue(expected) * count, cancellation).ConfigureAwait(false));
            }
            Report(terminal, parsed, Median(one), Median(many));
            return Succeeded;
        }
        finally
        {
            await node.StopAsync().ConfigureAwait(false);
        }
    }

    private void Report(Terminal terminal, ParseResult parsed, AdmissionRun one, AdmissionRun many)
    {
        terminal.EndProgress();
        var cores = Environment.ProcessorCount;
        var (ratio, byCpu) = (many.PerSecond / one.PerSecond, many.RatioByCpu(cores));
        if (terminal.IsJson)
        {
            terminal.WriteJson(new
            {
                mode = "admission_alone", servers = many.Servers, threads = 1, rounds = parsed.GetValue(rounds), batch = parsed.GetValue(batch), cores,
                one = Document(one), many = Document(many), ratio = Math.Round(ratio, 3), ratio_by_cpu = Math.Round(byCpu, 3),
            });
            return;
        }
        terminal.WriteTable(
            [("servers", true), ("transfers", true), ("transfers/s", true), ("p50 ms", true), ("server µs", true), ("client µs", true), ("database µs", true), ("overhead", true), ("others %", true)],
            new[] { one, many }.Select(run => (IReadOnlyList<string>)
            [
                Terminal.Number(run.Servers), Terminal.Number(run.Transfers), Terminal.Number((long)run.PerSecond), Terminal.Number(run.MedianMilliseconds, 1),
                Terminal.Number(run.ServerMicroseconds, 1), Terminal.Number(run.ClientMicroseconds, 1), Terminal.Number(run.DatabaseMicroseconds, 1),
                Terminal.Number(run.Overhead, 2), run.OthersShare is { } share ? Terminal.Number(100 * share, 0) : "",
            ]));
        terminal.WriteLine(
            $"{many.Servers} servers take {Terminal.Number(ratio, 2)} times as much as one, by the medians of {parsed.GetValue(rounds)} runs each; "
            + $"{Terminal.Number(byCpu, 2)} times by the processor times, on {cores} processors that do nothing else.");
        terminal.WriteLine(
            "Admission alone: each transfer is verified, reserved and durable in the shared pool, and no block is made. Times are processor time a transfer; overhead is "
            + "that of client and database as a share of the server's; others is what other programs took of the machine. Quote ratios.");

        static object Document(AdmissionRun run) => new
        {
            transfers = run.Transfers, seconds = Math.Round(run.Seconds, 3), tps = Math.Round(run.PerSecond, 1), p50_ms = Math.Round(run.MedianMilliseconds, 2),
            server_cpu_us = Math.Round(run.ServerMicroseconds, 1), client_cpu_us = Math.Round(run.ClientMicroseconds, 1), database_cpu_us = Math.Round(run.DatabaseMicroseconds, 1),
            overhead = Math.Round(run.Overhead, 3), others_share = run.OthersShare is { } share ? Math.Round(share, 3) : (double?)null,
        };
    }

    private static AdmissionRun Median(List<AdmissionRun> runs) => runs.OrderBy(run => run.PerSecond).ElementAt(runs.Count / 2);

    /// <summary>One client sends all there is: the limits for strangers would be what is measured.</summary>
    private static void WriteConfiguration(string server)
    {
        Directory.CreateDirectory(server, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(server, HomeConfiguration.FileName), """{"rate_limits":{"enabled":false}}""");
    }

    private static Option<int> Count(string name, string description, int value) => new(name) { Description = description, DefaultValueFactory = _ => value };
}
