using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Host.Api;
using Counterfoil.Host.Cli.Networks;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Storage;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>
/// <c>bench network</c>: signed transfers a second through several validators on this machine, each a process; how long a transfer takes at half of that; and how
/// long a newcomer takes to stand where they stand.
/// </summary>
internal sealed class BenchNetworkCommand : CliCommand
{
    private const double TrialSeconds = 5, GuessPerSecond = 4_000, Reserve = 1.5;

    private static readonly TimeSpan BoundLength = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan SyncPatience = TimeSpan.FromMinutes(20), Poll = TimeSpan.FromMilliseconds(20);

    private readonly Option<int> validators = Count("--validators", "Validators, 1 to 16", 4);
    private readonly Option<int> accounts = Count("--accounts", "Accounts, each with a key of its own", 1_000);
    private readonly Option<int> batch = Count("--batch", "Transfers in a request, at most 1,000", 100);
    private readonly Option<int> connections = Count("--connections", "Connections that are kept alive, over all nodes", 16);
    private readonly Option<double> warmup = new("--warmup") { Description = "Seconds before each window begins", DefaultValueFactory = _ => 10 };
    private readonly Option<double> seconds = new("--seconds") { Description = "Seconds of each window", DefaultValueFactory = _ => 30 };
    private readonly Option<int> sync = Count("--sync", "Transfers that the newcomer finds; 0 leaves it out", 100_000);
    private readonly Option<DirectoryInfo?> home = CommonOptions.Home("The network's folder, which must be new (default: one in the working folder, removed afterwards)");

    public BenchNetworkCommand()
        : base("network", "Measure signed transfers through several validators, and a newcomer")
    {
        foreach (var option in (Option[])[validators, accounts, batch, connections, warmup, seconds, sync, home])
            Options.Add(option);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        if (parsed.GetValue(validators) is < 1 or > 16 || parsed.GetValue(accounts) is < 64 or > 1_000_000 || parsed.GetValue(batch) is < 1 or > 1_000
            || parsed.GetValue(connections) is < 1 or > 64 || parsed.GetValue(warmup) is not (>= 0 and <= 600) || parsed.GetValue(seconds) is not (>= 1 and <= 600)
            || parsed.GetValue(sync) is < 0 or > 10_000_000)
            throw new CliException(
                "usage", "Validators are 1 to 16, accounts 64 to 1000000, batch 1 to 1000, connections 1 to 64, warmup 0 to 600 s, seconds 1 to 600, sync 0 to 10000000.");
        var given = parsed.GetValue(home)?.FullName;
        var folder = given ?? Path.Combine(Directory.GetCurrentDirectory(), $".counterfoil-bench-{Environment.ProcessId}");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new CliException("home_not_empty", $"{folder} is not empty; a measurement begins with a new ledger.");
        LocalNetwork? network = null;
        try
        {
            if (new FileDisk(Directory.CreateDirectory(folder).FullName).IsTmpfs)
                throw new CliException("tmpfs", $"{folder} lies in memory, where nothing is durable; choose a folder on a disk with --home.");
            terminal.ShowProgress("Making accounts, keys and the genesis document");
            var seed = RandomNumberGenerator.GetBytes(32);
            var keys = BenchAccounts.PublicKeys(seed, parsed.GetValue(accounts));
            Configure(folder, keys);
            network = await LocalNetwork.FoundAsync(
                folder, parsed.GetValue(validators), parsed.GetValue(sync) > 0 ? 1 : 0, firstPort: null, database: null, cancellation).ConfigureAwait(false);
            return await MeasureAsync(parsed, terminal, network, seed, keys, cancellation).ConfigureAwait(false);
        }
        finally
        {
            terminal.EndProgress();
            if (network is not null)
                await network.StopAsync(CancellationToken.None).ConfigureAwait(false);
            if (given is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static void Configure(string folder, Cryptography.Keys.PublicKey[] keys) => File.WriteAllBytes(
        Path.Combine(folder, HomeConfiguration.FileName),
        JsonSerializer.SerializeToUtf8Bytes(
            new HomeConfiguration
            {
                Name = "bench",
                // One client sends all there is: the limits for strangers would be what is measured.
                RateLimits = new RateLimits { Enabled = false },
                Genesis = new GenesisConfiguration
                {
                    // What was signed beforehand must still be valid at the window's end.
                    Parameters = new LedgerParameters { MaximumValiditySeconds = 600 },
                    Contracts = new Dictionary<string, JsonElement> { ["accounts"] = BenchAccounts.GenesisSection(keys) },
                },
            },
            ConfigurationJson.Instance.HomeConfiguration));

    private async Task<int> MeasureAsync(
        ParseResult parsed, Terminal terminal, LocalNetwork network, byte[] seed, Cryptography.Keys.PublicKey[] keys, CancellationToken cancellation)
    {
        terminal.ShowProgress("Measuring how many signatures this machine verifies");
        var bound = VerifyBound.Measure(BoundLength);
        NetworkNode[] nodes = [.. network.File.Nodes.Take(network.File.Validators)];
        await network.StartAsync(nodes, terminal, cancellation).ConfigureAwait(false);
        await network.AgreeAsync(nodes, terminal, cancellation).ConfigureAwait(false);
        var standing = await NodeStanding.TryReadAsync(nodes[0].Url, cancellation).ConfigureAwait(false)
            ?? throw new CliException("node_failed", $"{nodes[0].Name} does not answer.");
        var plan = new ClientPlan
        {
            Address = nodes[0].Url,
            MoreAddresses = [.. nodes.Skip(1).Select(node => node.Url)],
            Net = standing.Net,
            Asset = Asset.IdOf(AccountId.Of(keys[0]), BenchAccounts.AssetCode).ToString(),
            Seed = Convert.ToHexStringLower(seed),
            Accounts = keys.Length,
            Batch = parsed.GetValue(batch),
            Connections = parsed.GetValue(connections),
            WarmupSeconds = parsed.GetValue(warmup),
            Seconds = parsed.GetValue(seconds),
            Presigned = 0,
            ValiditySeconds = 500,
        };
        terminal.ShowProgress("Trying how much has to be signed beforehand");
        var trial = await ClientRun.RunAsync(
            plan with { Presigned = (int)(GuessPerSecond * TrialSeconds), WarmupSeconds = 1, Seconds = TrialSeconds - 1 }, null, cancellation).ConfigureAwait(false);
        var guess = Math.Max(50, trial.Transfers / Seconds(trial)) * Reserve;
        var full = await ClientRun.RunAsync(
            plan with { Presigned = (int)(guess * (plan.WarmupSeconds + plan.Seconds)) }, () => terminal.ShowProgress("Sending transfers as fast as answers come"), cancellation)
            .ConfigureAwait(false);
        var perSecond = full.Transfers / Seconds(full);
        terminal.ShowProgress("Sending transfers at half that rate");
        var half = await ClientRun.RunAsync(plan with { PerSecond = perSecond / 2 }, null, cancellation).ConfigureAwait(false);
        var sent = trial.TransfersInAll + full.TransfersInAll + half.TransfersInAll;
        SyncResult? newcomer = null;
        if (parsed.GetValue(sync) > 0)
        {
            while (sent < parsed.GetValue(sync))
            {
                terminal.ShowProgress($"Sending transfers for the newcomer to find ({Terminal.Number(sent)} of {Terminal.Number(parsed.GetValue(sync))})");
                var run = plan with { WarmupSeconds = 0, Seconds = Math.Clamp((parsed.GetValue(sync) - sent) / Math.Max(perSecond, 1), 2, 300) };
                sent += (await ClientRun.RunAsync(run, null, cancellation).ConfigureAwait(false)).TransfersInAll;
            }
            newcomer = await SyncAsync(network, nodes[0], sent, terminal, cancellation).ConfigureAwait(false);
        }
        Report(terminal, new NetworkBenchDocument
        {
            Mode = "network",
            Validators = nodes.Length,
            Accounts = keys.Length,
            Batch = plan.Batch,
            Transfers = full.Transfers,
            Seconds = Math.Round(Seconds(full), 3),
            Tps = Math.Round(perSecond, 1),
            P50Ms = Math.Round(full.MedianMilliseconds, 2),
            P99Ms = Math.Round(full.P99Milliseconds, 2),
            HalfTps = Math.Round(half.Transfers / Seconds(half), 1),
            HalfP50Ms = Math.Round(half.MedianMilliseconds, 2),
            HalfP95Ms = Math.Round(half.P95Milliseconds, 2),
            HalfP99Ms = Math.Round(half.P99Milliseconds, 2),
            BoundPerSecond = Math.Round(bound.PerSecond / nodes.Length, 1),
            ShareOfVerifyBound = Math.Round(perSecond * nodes.Length / bound.PerSecond, 3),
            SyncTransfers = newcomer?.Transfers,
            SyncBlocks = newcomer?.Blocks,
            SyncStartSeconds = newcomer is null ? null : Math.Round(newcomer.StartSeconds, 3),
            SyncSeconds = newcomer is null ? null : Math.Round(newcomer.Seconds, 3),
            SyncTps = newcomer is null ? null : Math.Round(newcomer.PerSecond, 1),
            SyncShareOfVerifyBound = newcomer is null ? null : Math.Round(newcomer.PerSecond / bound.PerSecond, 3),
            Exhausted = full.Exhausted,
            ReadModel = true,
            Durable = true,
            Cores = Environment.ProcessorCount,
        });
        return Succeeded;
    }

    private static double Seconds(ClientResult result) => Stopwatch.GetElapsedTime(result.BeganAt, result.EndedAt).TotalSeconds;

    private static async Task<SyncResult> SyncAsync(LocalNetwork network, NetworkNode known, long transfers, Terminal terminal, CancellationToken cancellation)
    {
        var newcomer = network.File.Nodes[^1];
        var watch = Stopwatch.StartNew();
        await network.StartAsync([newcomer], terminal, cancellation).ConfigureAwait(false);
        var started = watch.Elapsed;
        while (true)
        {
            var (there, here) = (await NodeStanding.TryReadAsync(known.Url, cancellation).ConfigureAwait(false),
                await NodeStanding.TryReadAsync(newcomer.Url, cancellation).ConfigureAwait(false));
            terminal.ShowProgress($"The newcomer stands at {Terminal.Number(here?.Height ?? 0)} of {Terminal.Number(there?.Height ?? 0)}");
            if (there is not null && here is not null && here.Height == there.Height && here.Block == there.Block)
                return new SyncResult(transfers, here.Height, started.TotalSeconds, (watch.Elapsed - started).TotalSeconds);
            if (watch.Elapsed > SyncPatience)
                throw new CliException("bench_sync", $"The newcomer does not stand where the others stand after {SyncPatience.TotalMinutes:0} minutes.");
            await Task.Delay(Poll, cancellation).ConfigureAwait(false);
        }
    }

    private static void Report(Terminal terminal, NetworkBenchDocument result)
    {
        terminal.EndProgress();
        if (terminal.IsJson)
        {
            terminal.WriteJson(result);
            return;
        }
        terminal.WriteTable(
            [("load", false), ("transfers/s", true), ("p50 ms", true), ("p99 ms", true)],
            [
                ["full", Terminal.Number((long)result.Tps), Terminal.Number(result.P50Ms, 1), Terminal.Number(result.P99Ms, 1)],
                ["half", Terminal.Number((long)result.HalfTps), Terminal.Number(result.HalfP50Ms, 1), Terminal.Number(result.HalfP99Ms, 1)],
            ]);
        terminal.WriteLine(
            $"Each validator verifies every signature: no more than {Terminal.Number((long)result.BoundPerSecond)} a second could come through all of them here, "
            + $"and {Terminal.Number(100 * result.ShareOfVerifyBound, 0)} % of that did.");
        if (result is { SyncSeconds: { } took, SyncTransfers: { } count, SyncBlocks: { } blocks, SyncTps: { } rate, SyncShareOfVerifyBound: { } share })
            terminal.WriteLine(
                $"A newcomer stood where the others stand {Terminal.Number(took, 1)} s after it answered: {Terminal.Number(count)} transfers in {Terminal.Number(blocks)} blocks, "
                + $"{Terminal.Number((long)rate)} a second, {Terminal.Number(100 * share, 0)} % of the signatures that this machine verifies.");
        terminal.WriteLine($"{result.Validators} validators and the client share {result.Cores} processors. Final and durable on every answer.");
    }

    private static Option<int> Count(string name, string description, int value) => new(name) { Description = description, DefaultValueFactory = _ => value };

    private sealed record SyncResult(long Transfers, long Blocks, double StartSeconds, double Seconds)
    {
        public double PerSecond => Transfers / Seconds;
    }
}
