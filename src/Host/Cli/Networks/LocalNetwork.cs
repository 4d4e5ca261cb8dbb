using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Composition;

namespace Counterfoil.Host.Cli.Networks;

/// <summary>Nodes of one ledger on this machine, each a process with a home, keys and a store of its own below one folder.</summary>
internal sealed class LocalNetwork(string folder, NetworkFile file)
{
    private const int PeersFromClients = 100;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(120), StopPatience = TimeSpan.FromSeconds(30), Poll = TimeSpan.FromMilliseconds(50);

    public NetworkFile File => file;

    public PrivateCluster Cluster { get; } = new(folder);

    public string HomeOf(NetworkNode node) => Path.Combine(folder, node.Name);

    public NodeProcess ProcessOf(NetworkNode node) => new(HomeOf(node));

    public static LocalNetwork Open(string folder) => new(folder, NetworkFile.Read(folder));

    /// <summary>
    /// Founds a network in a folder: keys, one genesis document, and each node's configuration. What a <c>config.json</c> there says counts for all.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="validators">How many validators.</param>
    /// <param name="followers">How many nodes that only follow.</param>
    /// <param name="firstPort">Where clients reach the first node, the others behind it; null takes free ones.</param>
    /// <param name="database">The connection line for the last validator, empty for a cluster of the network's own, null for none.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<LocalNetwork> FoundAsync(
        string folder, int validators, int followers, int? firstPort, string? database, CancellationToken cancellation)
    {
        var template = HomeConfiguration.Read(folder);
        var count = validators + followers;
        var ports = firstPort is { } first
            ? [.. Enumerable.Range(first, count), .. Enumerable.Range(first + PeersFromClients, count)]
            : NetworkFounding.FreePorts(2 * count);
        Directory.CreateDirectory(folder);
        var hasCluster = database is { Length: 0 };
        var line = hasCluster ? await new PrivateCluster(folder).CreateAsync(cancellation).ConfigureAwait(false) : database;
        var (options, nodes) = (new List<NodeOptions>(), new List<NetworkNode>());
        for (var index = 0; index < count; index++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"node{index + 1}");
            var node = new NetworkNode(name, $"http://127.0.0.1:{Text(ports[index])}/", $"127.0.0.1:{Text(ports[count + index])}", "", line is not null && index == validators - 1);
            var home = Directory.CreateDirectory(Path.Combine(folder, name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
            var configuration = template with
            {
                Name = $"{template.Name ?? "network"} {Text(index + 1)}",
                Urls = [node.Url],
                PeerListen = node.PeerListen,
                Database = node.HasDatabase ? line : null,
                // Protected keys would ask for a passphrase at each start, and this is one machine.
                UnprotectedKeys = template.PassphraseFile is null,
                Roles = template.Roles ?? [],
            };
            await System.IO.File.WriteAllBytesAsync(
                Path.Combine(home, HomeConfiguration.FileName),
                JsonSerializer.SerializeToUtf8Bytes(configuration with { Genesis = null }, ConfigurationJson.Instance.HomeConfiguration), cancellation).ConfigureAwait(false);
            var passphrase = template.PassphraseFile is { } path ? PassphraseSource.File(path) : PassphraseSource.UnprotectedByChoice;
            options.Add(configuration.ToOptions(home, passphrase, sandbox: false) with { Schemes = BuiltSchemes.CreateWith(configuration.Roles) });
            nodes.Add(node);
        }
        var identities = NetworkFounding.Found(options, validators, TimeProvider.System);
        var file = new NetworkFile(validators, [.. nodes.Select((node, index) => node with { Account = identities[index].Account.ToString() })], hasCluster);
        file.Write(folder);
        return new LocalNetwork(folder, file);

        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Starts the nodes that are named and waits until they answer.</summary>
    /// <exception cref="CliException"><c>port_taken</c>, <c>node_failed</c>.</exception>
    public async Task StartAsync(IReadOnlyList<NetworkNode> nodes, Terminal terminal, CancellationToken cancellation)
    {
        foreach (var node in nodes)
        {
            RequireFree(new Uri(node.Url).Port, node);
            RequireFree(IPEndPoint.Parse(node.PeerListen).Port, node);
        }
        foreach (var node in nodes)
            ProcessOf(node).Start();
        var answering = 0;
        foreach (var node in nodes)
        {
            terminal.ShowProgress($"Starting {node.Name} ({++answering} of {nodes.Count})");
            await WaitAsync(node, standing => standing is not null, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until these nodes are connected to each other, the validators sign, and all agree on where the chain stands.</summary>
    public async Task<long> AgreeAsync(IReadOnlyList<NetworkNode> nodes, Terminal terminal, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var standings = await Task.WhenAll(nodes.Select(node => NodeStanding.TryReadAsync(node.Url, cancellation))).ConfigureAwait(false);
            var ready = nodes.Zip(standings).Count(one => IsReady(one.First, one.Second, nodes.Count));
            terminal.ShowProgress($"Connecting the nodes ({ready} of {nodes.Count})");
            if (ready == nodes.Count && standings.Select(standing => (standing!.Net, standing.Height, standing.Block)).Distinct().Count() == 1)
                return standings[0]!.Height;
            if (watch.Elapsed > StartPatience)
                throw new CliException("network_apart", $"The nodes do not agree after {StartPatience.TotalSeconds:0} s; see the file log in each node's folder.");
            await Task.Delay(Poll, cancellation).ConfigureAwait(false);
        }
    }

    // One that may not sign any more says so as its fault, and follows.
    private bool IsReady(NetworkNode node, NodeStanding? standing, int count) =>
        standing?.Peers >= count - 1 && (standing.IsValidating || standing.Fault is not null || file.Nodes.Take(file.Validators).All(validator => validator.Name != node.Name));

    /// <summary>Stops all nodes, then the cluster.</summary>
    /// <returns>How many ran.</returns>
    public async Task<int> StopAsync(CancellationToken cancellation)
    {
        var running = file.Nodes.Where(node => ProcessOf(node).Id is not null).ToList();
        await Task.WhenAll(running.Select(node => ProcessOf(node).StopAsync(StopPatience, cancellation))).ConfigureAwait(false);
        if (file.HasCluster && Cluster.IsRunning)
            await Cluster.StopAsync(cancellation).ConfigureAwait(false);
        return running.Count;
    }

    public async Task StopAsync(NetworkNode node, CancellationToken cancellation) =>
        await ProcessOf(node).StopAsync(StopPatience, cancellation).ConfigureAwait(false);

    private async Task WaitAsync(NetworkNode node, Func<NodeStanding?, bool> isReady, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        while (!isReady(await NodeStanding.TryReadAsync(node.Url, cancellation).ConfigureAwait(false)))
        {
            var process = ProcessOf(node);
            // The id is there a moment before the program is.
            if (watch.Elapsed > TimeSpan.FromSeconds(2) && process.Id is null)
                throw new CliException("node_failed", $"{node.Name} ended: {process.LastWord()}");
            if (watch.Elapsed > StartPatience)
                throw new CliException("node_failed", $"{node.Name} does not answer after {StartPatience.TotalSeconds:0} s; see {process.LogFile}.");
            await Task.Delay(Poll, cancellation).ConfigureAwait(false);
        }
    }

    private static void RequireFree(int port, NetworkNode node)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // As the node will: connections that linger from its last run are no obstacle.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch (SocketException fault)
        {
            throw new CliException("port_taken", $"Another program has port {port}, which {node.Name} needs.", fault);
        }
    }
}
