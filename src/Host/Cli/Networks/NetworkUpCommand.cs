using System.CommandLine;
using System.Diagnostics;

namespace Counterfoil.Host.Cli.Networks;

/// <summary><c>network up</c>: founds and starts nodes of one ledger on this machine; starts those of a folder again.</summary>
internal sealed class NetworkUpCommand : CliCommand
{
    private const int MostNodes = 100;

    private readonly Option<int?> validators = new("--validators") { Description = "How many validators, 1 to 100 (default: 4)", HelpName = "N" };
    private readonly Option<int?> followers = new("--followers") { Description = "How many nodes that only follow (default: none)", HelpName = "N" };
    private readonly Option<DirectoryInfo> home = NetworkOptions.Home();
    private readonly Option<int?> port = new("--port")
    {
        Description = "Where clients reach the first node; the next follow, for each other they listen 100 higher (default: free ports)", HelpName = "PORT",
    };
    private readonly Option<string?> postgres = new("--postgres")
    {
        Description = "Keep the last validator's documents and read model in PostgreSQL: in this database, or in a cluster of the network's own without one",
        HelpName = "CONNECTION", Arity = ArgumentArity.ZeroOrOne,
    };

    public NetworkUpCommand()
        : base("up", "Start the nodes; the first time, make them")
    {
        Options.Add(validators);
        Options.Add(followers);
        Options.Add(home);
        Options.Add(port);
        Options.Add(postgres);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var folder = parsed.GetRequiredValue(home).FullName;
        var watch = Stopwatch.StartNew();
        var network = NetworkFile.TryRead(folder) is { } file ? Again(parsed, new LocalNetwork(folder, file)) : await FoundAsync(parsed, terminal, folder, cancellation).ConfigureAwait(false);
        try
        {
            if (network.File.HasCluster && !network.Cluster.IsRunning)
                await network.Cluster.StartAsync(cancellation).ConfigureAwait(false);
            await network.StartAsync(network.File.Nodes, terminal, cancellation).ConfigureAwait(false);
            var height = await network.AgreeAsync(network.File.Nodes, terminal, cancellation).ConfigureAwait(false);
            terminal.EndProgress();
            Report(terminal, network, height, watch.Elapsed);
            return Succeeded;
        }
        catch
        {
            terminal.EndProgress();
            // All or none.
            await network.StopAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private LocalNetwork Again(ParseResult parsed, LocalNetwork network)
    {
        if (parsed.GetValue(validators) is { } wanted && wanted != network.File.Validators
            || parsed.GetValue(followers) is { } more && more != network.File.Nodes.Count - network.File.Validators)
            throw new CliException(
                "network_differs", $"The network there has {network.File.Validators} validators and {network.File.Nodes.Count - network.File.Validators} followers; choose another folder.");
        if (network.File.Nodes.FirstOrDefault(node => network.ProcessOf(node).Id is not null) is { } running)
            throw new CliException("network_running", $"{running.Name} runs already; counterfoil network status says how the nodes stand.");
        return network;
    }

    private async Task<LocalNetwork> FoundAsync(ParseResult parsed, Terminal terminal, string folder, CancellationToken cancellation)
    {
        var (count, more) = (parsed.GetValue(validators) ?? 4, parsed.GetValue(followers) ?? 0);
        if (count < 1 || more < 0 || count + more > MostNodes || parsed.GetValue(port) is < 1 or > 65_335)
            throw new CliException("usage", "A network has 1 to 100 nodes, at least one of them a validator; the port is 1 to 65335.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any(entry => Path.GetFileName(entry) != HomeConfiguration.FileName))
            throw new CliException("home_not_empty", $"{folder} is not empty; a network begins in a new folder, which may hold a config.json.");
        terminal.ShowProgress("Making keys and the genesis document");
        var database = parsed.GetResult(postgres) is null ? null : parsed.GetValue(postgres) ?? "";
        return await LocalNetwork.FoundAsync(folder, count, more, parsed.GetValue(port), database, cancellation).ConfigureAwait(false);
    }

    private static void Report(Terminal terminal, LocalNetwork network, long height, TimeSpan took)
    {
        if (terminal.IsJson)
        {
            terminal.WriteJson(new
            {
                ok = true,
                validators = network.File.Validators,
                height,
                seconds = Math.Round(took.TotalSeconds, 3),
                nodes = network.File.Nodes.Select(node => new { name = node.Name, address = node.Url, account = node.Account, pid = network.ProcessOf(node).Id, database = node.HasDatabase }),
            });
            return;
        }
        terminal.WriteTable(
            [("node", false), ("address", false), ("account", false), ("storage", false)],
            network.File.Nodes.Select(node => (IReadOnlyList<string>)[node.Name, node.Url, node.Account, node.HasDatabase ? "PostgreSQL" : "files"]));
        terminal.WriteLine($"{network.File.Nodes.Count} nodes agree at height {Terminal.Number(height)} after {Terminal.Number(took.TotalSeconds, 1)} s.");
    }
}
