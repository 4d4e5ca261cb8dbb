using System.CommandLine;
using System.Diagnostics;

namespace Counterfoil.Host.Cli.Networks;

/// <summary>Options that the commands about networks share.</summary>
internal static class NetworkOptions
{
    public static Option<DirectoryInfo> Home() => new("--home") { Description = "The network's folder", HelpName = "DIR", Required = true };

    public static Argument<string> Node() => new("NODE") { Description = "The node, by name or number" };
}

/// <summary><c>network status</c>: how each node stands.</summary>
internal sealed class NetworkStatusCommand : CliCommand
{
    private readonly Option<DirectoryInfo> home = NetworkOptions.Home();

    public NetworkStatusCommand()
        : base("status", "Say how each node stands") => Options.Add(home);

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var network = LocalNetwork.Open(parsed.GetRequiredValue(home).FullName);
        var found = await Task.WhenAll(network.File.Nodes.Select(async node =>
            (Node: node, Pid: network.ProcessOf(node).Id, Standing: await NodeStanding.TryReadAsync(node.Url, cancellation).ConfigureAwait(false)))).ConfigureAwait(false);
        var apart = found.Select(one => one.Standing).OfType<NodeStanding>().GroupBy(standing => standing.Height).Any(same => same.Select(standing => standing.Block).Distinct().Count() > 1);
        if (terminal.IsJson)
            terminal.WriteJson(new
            {
                ok = !apart && found.All(one => one.Standing is not null),
                validators = network.File.Validators,
                nodes = found.Select(one => new
                {
                    name = one.Node.Name, address = one.Node.Url, pid = one.Pid, state = StateOf(one.Pid, one.Standing), height = one.Standing?.Height, block = one.Standing?.Block,
                    round = one.Standing?.Round, peers = one.Standing?.Peers, validating = one.Standing?.IsValidating, read_model = one.Standing?.ReadModel, fault = one.Standing?.Fault,
                }),
            });
        terminal.WriteTable(
            [("node", false), ("state", false), ("height", true), ("round", true), ("peers", true), ("read model", true), ("pid", true), ("address", false)],
            found.Select(one => (IReadOnlyList<string>)
            [
                one.Node.Name, StateOf(one.Pid, one.Standing), Figure(one.Standing?.Height), Figure(one.Standing?.Round), Figure(one.Standing?.Peers), Figure(one.Standing?.ReadModel),
                one.Pid?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "", one.Node.Url,
            ]));
        if (apart)
            throw new CliException("network_apart", "Two nodes have different blocks at one height.");
        return Succeeded;
    }

    private static string StateOf(int? pid, NodeStanding? standing) => standing switch
    {
        null => pid is null ? "stopped" : "silent",
        { Fault: not null } => "faulty",
        { IsValidating: true } => "validates",
        _ => "follows",
    };

    private static string Figure(long? value) => value is { } number ? Terminal.Number(number) : "";
}

/// <summary><c>network kill</c>: ends a node without a chance to tidy up.</summary>
internal sealed class NetworkKillCommand : CliCommand
{
    private readonly Argument<string> node = NetworkOptions.Node();
    private readonly Option<DirectoryInfo> home = NetworkOptions.Home();

    public NetworkKillCommand()
        : base("kill", "End a node at once, as a crash would")
    {
        Arguments.Add(node);
        Options.Add(home);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var network = LocalNetwork.Open(parsed.GetRequiredValue(home).FullName);
        var chosen = network.File.Find(parsed.GetRequiredValue(node));
        var process = network.ProcessOf(chosen);
        if (process.Id is not { } id)
            throw new CliException("node_stopped", $"{chosen.Name} does not run.");
        await process.KillAsync(cancellation).ConfigureAwait(false);
        if (terminal.IsJson)
            terminal.WriteJson(new { ok = true, node = chosen.Name, pid = id });
        terminal.WriteLine($"{chosen.Name} was killed.");
        return Succeeded;
    }
}

/// <summary><c>network restart</c>: stops a node if it runs, and starts it.</summary>
internal sealed class NetworkRestartCommand : CliCommand
{
    private readonly Argument<string> node = NetworkOptions.Node();
    private readonly Option<DirectoryInfo> home = NetworkOptions.Home();

    public NetworkRestartCommand()
        : base("restart", "Start a node, stopping it first if it runs")
    {
        Arguments.Add(node);
        Options.Add(home);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var network = LocalNetwork.Open(parsed.GetRequiredValue(home).FullName);
        var chosen = network.File.Find(parsed.GetRequiredValue(node));
        await network.StopAsync(chosen, cancellation).ConfigureAwait(false);
        var watch = Stopwatch.StartNew();
        await network.StartAsync([chosen], terminal, cancellation).ConfigureAwait(false);
        terminal.EndProgress();
        if (terminal.IsJson)
            terminal.WriteJson(new { ok = true, node = chosen.Name, pid = network.ProcessOf(chosen).Id, seconds = Math.Round(watch.Elapsed.TotalSeconds, 3) });
        terminal.WriteLine($"{chosen.Name} answers after {Terminal.Number(watch.Elapsed.TotalSeconds, 1)} s.");
        return Succeeded;
    }
}

/// <summary><c>network down</c>: stops all nodes; what they keep stays.</summary>
internal sealed class NetworkDownCommand : CliCommand
{
    private readonly Option<DirectoryInfo> home = NetworkOptions.Home();

    public NetworkDownCommand()
        : base("down", "Stop all nodes; what they keep stays") => Options.Add(home);

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var stopped = await LocalNetwork.Open(parsed.GetRequiredValue(home).FullName).StopAsync(cancellation).ConfigureAwait(false);
        if (terminal.IsJson)
            terminal.WriteJson(new { ok = true, stopped });
        terminal.WriteLine($"{Terminal.Number(stopped)} nodes were stopped.");
        return Succeeded;
    }
}
