using System.Net;
using System.Net.Sockets;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli.Networks;

public sealed class NetworkCommandTests
{
    [Fact]
    public async Task Network_ThatIsNotThere_IsUnknownToEveryCommand()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("network_unknown", (await CommandRun.OfAsync("network", "status", "--home", folder.Path)).RequireFailure());
        Assert.Equal("network_unknown", (await CommandRun.OfAsync("network", "kill", "1", "--home", folder.Path)).RequireFailure());
        Assert.Equal("network_unknown", (await CommandRun.OfAsync("network", "restart", "1", "--home", folder.Path)).RequireFailure());
        Assert.Equal("network_unknown", (await CommandRun.OfAsync("network", "down", "--home", folder.Path)).RequireFailure());
    }

    [Fact]
    public async Task Up_InAFolderThatHoldsSomethingElse_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("notes.txt"), "mine");
        Assert.Equal("home_not_empty", (await CommandRun.OfAsync("network", "up", "--home", folder.Path)).RequireFailure());
        Assert.Equal("usage", (await CommandRun.OfAsync("network", "up", "--home", folder.File("other"), "--validators", "0")).RequireFailure());
    }

    [Fact]
    public async Task Up_WithAPortThatAnotherProgramHas_IsRefusedAndStartsNothing()
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        var run = await CommandRun.OfAsync("network", "up", "--home", folder.File("network"), "--validators", "1", "--port", $"{port}");
        Assert.Equal("port_taken", run.RequireFailure());
        var status = await CommandRun.OfAsync("network", "status", "--home", folder.File("network"), "--json");
        Assert.Equal("stopped", status.Json.GetProperty("nodes")[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task Up_WithAClusterWhosePathNoSocketTakes_IsRefusedAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        var home = folder.File(new string('n', 100));
        var run = await CommandRun.OfAsync("network", "up", "--home", home, "--validators", "1", "--postgres");
        Assert.Contains(run.RequireFailure(), (string[])["path_too_long", "postgres_missing"]);
        Assert.Empty(Directory.GetFileSystemEntries(home));
    }

    [Fact]
    public async Task Network_OfTwoAndAFollower_ComesUpSaysHowItStandsAndComesUpAgain()
    {
        using var folder = new TemporaryFolder();
        var home = folder.File("network");
        await using (var network = await ProcessNetwork.UpAsync(home, "--validators", "2", "--followers", "1"))
        {
            Assert.Equal("network_running", (await CommandRun.OfAsync("network", "up", "--home", home)).RequireFailure());
            Assert.Equal("network_differs", (await CommandRun.OfAsync("network", "up", "--home", home, "--validators", "3")).RequireFailure());
            Assert.Equal("unknown_node", (await CommandRun.OfAsync("network", "kill", "9", "--home", home)).RequireFailure());
            Assert.Equal(["validates", "validates", "follows"], await StatesAsync(home));
            await network.KillAsync(2);
            Assert.Equal(["validates", "validates", "stopped"], await StatesAsync(home));
            Assert.Equal("node_stopped", (await CommandRun.OfAsync("network", "kill", "node3", "--home", home)).RequireFailure());
            Assert.Equal(2, (await network.DownAsync()).GetProperty("stopped").GetInt32());
        }
        await using var again = await ProcessNetwork.UpAsync(home);
        Assert.Equal(["validates", "validates", "follows"], await StatesAsync(home));
    }

    private static async Task<string[]> StatesAsync(string home)
    {
        var status = await CommandRun.OfAsync("network", "status", "--home", home, "--json");
        CommandRun.RequireMembers(status.Json, "ok", "validators", "nodes");
        return [.. status.Json.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("state").GetString()!)];
    }
}
