using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Counterfoil.Host.Cli.Networks;

namespace Counterfoil.Host.Tests.Cli.Networks;

/// <summary>A network of processes, driven by the commands; stopped at the end whatever happens.</summary>
internal sealed class ProcessNetwork : IAsyncDisposable
{
    private readonly LocalNetwork network;

    private ProcessNetwork(string folder)
    {
        Folder = folder;
        network = LocalNetwork.Open(folder);
    }

    public string Folder { get; }

    public int Count => network.File.Nodes.Count;

    public PrivateCluster Cluster => network.Cluster;

    public static async Task<ProcessNetwork> UpAsync(string folder, params string[] more)
    {
        var up = await CommandRun.OfAsync(["network", "up", "--home", folder, "--json", .. more]);
        Assert.True(up.ExitCode == 0, up.Error);
        CommandRun.RequireMembers(up.Json, "ok", "validators", "height", "seconds", "nodes");
        return new ProcessNetwork(folder);
    }

    public Uri AddressOf(int node) => new(network.File.Nodes[node].Url);

    public string HomeOf(int node) => network.HomeOf(network.File.Nodes[node]);

    public bool IsRunning(int node) => network.ProcessOf(network.File.Nodes[node]).Id is not null;

    public Task<NodeStanding?> StandingOf(int node) => NodeStanding.TryReadAsync(network.File.Nodes[node].Url, default);

    /// <summary>The highest height that any node says it has; 0 if none answers.</summary>
    public async Task<long> HeightAsync() =>
        (await Task.WhenAll(Enumerable.Range(0, Count).Where(IsRunning).Select(StandingOf))).Max(standing => standing?.Height ?? 0);

    public async Task KillAsync(int node)
    {
        var killed = await CommandRun.OfAsync("network", "kill", Name(node), "--home", Folder, "--json");
        Assert.True(killed.ExitCode == 0, killed.Error);
    }

    /// <returns>How long the node took until it answered.</returns>
    public async Task<TimeSpan> RestartAsync(int node)
    {
        var restarted = await CommandRun.OfAsync("network", "restart", Name(node), "--home", Folder, "--json");
        Assert.True(restarted.ExitCode == 0, restarted.Error);
        return TimeSpan.FromSeconds(restarted.Json.GetProperty("seconds").GetDouble());
    }

    public async Task<JsonElement> DownAsync()
    {
        var down = await CommandRun.OfAsync("network", "down", "--home", Folder, "--json");
        Assert.True(down.ExitCode == 0, down.Error);
        return down.Json;
    }

    /// <summary>Waits until the height is above another.</summary>
    public async Task<TimeSpan> PassAsync(long height, TimeSpan patience)
    {
        var watch = Stopwatch.StartNew();
        while (await HeightAsync() <= height)
        {
            Assert.True(watch.Elapsed < patience, $"No block after {height} within {patience.TotalSeconds:0} s.");
            await Task.Delay(10);
        }
        return watch.Elapsed;
    }

    public async ValueTask DisposeAsync() => await network.StopAsync(CancellationToken.None);

    private static string Name(int node) => (node + 1).ToString(CultureInfo.InvariantCulture);
}
