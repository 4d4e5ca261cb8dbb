using System.Diagnostics;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Testing;
using Counterfoil.Tools;
using Xunit.Abstractions;

namespace Counterfoil.Host.Tests.Cli.Networks;

/// <summary>
/// Four real processes, one on PostgreSQL, killed at random under load: one minute, ten with COUNTERFOIL_FULL=1. <b>Source:</b> the specification of consensus
/// verification, measure of done.
/// </summary>
[NeedsPostgreSql]
public sealed class NetworkKillTests(ITestOutputHelper output)
{
    private const int Accounts = 12;
    private const int Clients = 6;
    private const int DatabaseNode = 3;

    private static readonly TimeSpan LongestDown = TimeSpan.FromSeconds(3), Quiet = TimeSpan.FromSeconds(3);

    // Far above what is measured, so that a busy machine fails no test: the output says how long it took.
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(25);

    private readonly List<TimeSpan> starts = [], gaps = [], gapsOfThree = [];

    private static bool IsFull => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1";

    private static TimeSpan Length => TimeSpan.FromMinutes(IsFull ? 10 : 1);

    [DatabaseFact]
    public async Task Network_OfFourProcessesKilledAtRandomUnderLoad_NeverDivergesAndLosesNothing()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("COUNTERFOIL_SEED"), out var given) ? given : Random.Shared.Next();
        Say($"COUNTERFOIL_SEED={seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var home = folder.File("network");
        using var bank = TransferBank.Create(home, Accounts, seed);
        // The database's user enters it; the homes below are closed.
        File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.OtherExecute);
        File.SetUnixFileMode(home, File.GetUnixFileMode(home) | UnixFileMode.OtherExecute);
        await using var network = await ProcessNetwork.UpAsync(home, "--validators", "4", "--postgres");
        await bank.ConnectAsync(network.AddressOf(0));
        await using var load = new ScatteredLoad(bank, Enumerable.Range(0, network.Count).Select(network.AddressOf), Clients, random);

        var watch = Stopwatch.StartNew();
        for (var turn = 0; watch.Elapsed < Length; turn++)
        {
            if (turn % 4 == 1)
                await LoseQuorumAsync(network, random);
            else if (turn % 4 == 2)
                await StopDatabaseAsync(network);
            else
                await KillOneAsync(network, random);
        }
        await load.SettleAsync();
        Say($"{bank.Sent.Count} sent, {bank.Sent.Count(transfer => transfer.Answer is not null)} final, {load.Expired} expired, "
            + $"{bank.Sent.Count(transfer => transfer.IsAcknowledged)} acknowledged");
        Say($"from a start until the node answers: {Spread(starts)}");
        Say($"from when a quorum answers again until the next block: {Spread(gaps)}");
        Say($"from the death of one of four until the next block: {Spread(gapsOfThree)}");
        Assert.Empty(load.Unexpected);
        Assert.True(bank.Sent.Count(transfer => transfer.Answer is { IsAccepted: true }) > 100, "There was no load.");
        Assert.DoesNotContain(bank.Sent, transfer => transfer is { IsAcknowledged: true, Answer: null, IsExpired: false });
        await RequireSameBlocksAsync(network, bank);
        for (var node = 0; node < network.Count; node++)
        {
            await bank.ConnectAsync(network.AddressOf(node));
            await bank.RequireBalancesAsync();
        }
        await network.DownAsync();
        await RequireSoundAsync(network);
    }

    /// <summary>One dies, three go on.</summary>
    private async Task KillOneAsync(ProcessNetwork network, Random random)
    {
        var victim = random.Next(network.Count);
        await network.KillAsync(victim);
        var gap = await network.PassAsync(await network.HeightAsync(), TimeSpan.FromSeconds(30));
        gapsOfThree.Add(gap);
        await Task.Delay(random.NextDouble() * LongestDown);
        var start = await RestartAsync(network, victim);
        Say($"node {victim + 1} killed; next block of the others after {gap.TotalSeconds:0.00} s; started in {start.TotalSeconds:0.0} s");
    }

    /// <summary>Two die, nothing is decided; one comes back, and it goes on.</summary>
    private async Task LoseQuorumAsync(ProcessNetwork network, Random random)
    {
        var victims = Enumerable.Range(0, network.Count).OrderBy(_ => random.Next()).Take(2).ToList();
        await Task.WhenAll(victims.Select(network.KillAsync));
        // What was decided before the second died may still be on its way to the others.
        await Task.Delay(TimeSpan.FromSeconds(1));
        var height = await network.HeightAsync();
        await Task.Delay(Quiet);
        Assert.Equal(height, await network.HeightAsync());
        var start = await RestartAsync(network, victims[0]);
        var gap = await network.PassAsync(height, TimeSpan.FromSeconds(30));
        Say($"nodes {victims[0] + 1} and {victims[1] + 1} killed, no block for {Quiet.TotalSeconds:0} s; node {victims[0] + 1} started in {start.TotalSeconds:0.0} s, "
            + $"next block {gap.TotalSeconds:0.00} s after it answered");
        // A round whose proposer is dead, and one that the others had half decided, cost their timeouts.
        Assert.True(gap < LongestGap, $"{gap.TotalSeconds:0.00} s until the next block");
        gaps.Add(gap);
        await RestartAsync(network, victims[1]);
    }

    private async Task StopDatabaseAsync(ProcessNetwork network)
    {
        await network.Cluster.StopAsync(default);
        var gap = await network.PassAsync(await network.HeightAsync(), TimeSpan.FromSeconds(30));
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.True(network.IsRunning(DatabaseNode), "The node ended with its database.");
        await network.Cluster.StartAsync(default);
        Say($"database stopped for 2 s; next block after {gap.TotalSeconds:0.00} s");
    }

    private async Task<TimeSpan> RestartAsync(ProcessNetwork network, int node)
    {
        var start = await network.RestartAsync(node);
        starts.Add(start);
        return start;
    }

    /// <summary>Every node has the same block at every height, and every transfer stands where its answer said, once.</summary>
    private async Task RequireSameBlocksAsync(ProcessNetwork network, TransferBank bank)
    {
        var top = await network.HeightAsync();
        var clients = Enumerable.Range(0, network.Count).Select(node => new NodeClient(network.AddressOf(node))).ToList();
        var patience = Stopwatch.StartNew();
        foreach (var client in clients)
            while ((await client.GetStatusAsync()).Height < top)
            {
                Assert.True(patience.Elapsed < TimeSpan.FromSeconds(60), "A node does not catch up.");
                await Task.Delay(50);
            }
        var places = new Dictionary<string, (long, int)>(StringComparer.Ordinal);
        for (var height = 1L; height <= top; height++)
        {
            var blocks = await Task.WhenAll(clients.Select(async client => (await client.GetBlockAsync(height)).Value));
            Assert.Single(blocks.Select(block => block.Id).Distinct());
            foreach (var leaf in blocks[0].Json.GetProperty("leaves").EnumerateArray())
                Assert.True(places.TryAdd(leaf.GetProperty("id").GetString()!, (height, leaf.GetProperty("index").GetInt32())), $"Executed twice: {leaf}");
        }
        foreach (var transfer in bank.Sent)
        {
            // A node that was behind may have called it expired: only the blocks say what became of it.
            if (transfer.Answer is null && places.ContainsKey(transfer.Id.ToString()))
                transfer.Answer = (await clients[0].GetTransactionAsync(transfer.Id)).Value;
            if (transfer.Answer is { } answer)
                Assert.Equal((answer.Height, answer.Index), places[transfer.Id.ToString()]);
        }
        foreach (var client in clients)
            client.Dispose();
        Say($"{top} blocks, the same on {network.Count} nodes");
    }

    private static async Task RequireSoundAsync(ProcessNetwork network)
    {
        var states = new HashSet<(long, string)>();
        for (var node = 0; node < network.Count; node++)
        {
            var home = network.HomeOf(node);
            Assert.Empty(Fsck.Run(Path.Combine(home, "ledger"), await File.ReadAllBytesAsync(Path.Combine(home, "genesis.json"))).Findings);
            var verified = await CommandRun.OfAsync("ledger", "verify", "--home", home, "--json");
            Assert.True(verified.ExitCode == 0, verified.Error);
            states.Add((verified.Json.GetProperty("height").GetInt64(), verified.Json.GetProperty("state_digest").GetString()!));
        }
        Assert.True(states.Count == 1 || states.GroupBy(state => state.Item1).All(same => same.Count() == 1), JsonSerializer.Serialize(states.Select(state => state.ToString())));
    }

    /// <summary>All lengths, and where half, nine tenths and all of them lie.</summary>
    private static string Spread(List<TimeSpan> lengths)
    {
        var sorted = lengths.ConvertAll(length => length.TotalSeconds).Order().ToArray();
        return sorted.Length == 0
            ? "never"
            : $"{sorted.Length} times, p50 {At(50):0.00} s, p90 {At(90):0.00} s, p100 {sorted[^1]:0.00} s ({string.Join(", ", lengths.Select(length => $"{length.TotalSeconds:0.00}"))})";

        double At(int percent) => sorted[(sorted.Length * percent + 99) / 100 - 1];
    }

    private void Say(string line)
    {
        output.WriteLine(line);
        Console.WriteLine($"NetworkKillTests: {line}");
    }
}
