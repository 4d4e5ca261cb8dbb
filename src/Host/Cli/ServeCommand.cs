using System.CommandLine;
using Counterfoil.Host.Composition;

namespace Counterfoil.Host.Cli;

/// <summary><c>serve</c>: runs a node until it is told to stop.</summary>
internal sealed class ServeCommand : CliCommand
{
    private readonly Option<DirectoryInfo?> home = CommonOptions.Home();
    private readonly Option<string[]> urls = new("--urls")
    {
        Description = $"Where to listen, http://ADDRESS:PORT; port 0 takes a free one (default: {CommonOptions.DefaultUrl})",
        HelpName = "URL", AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string?> peerListen = new("--peer-listen")
    {
        Description = "Where to listen for the other nodes of the ledger, which stand in peers.json (default: the node is alone)", HelpName = "ADDRESS:PORT",
    };
    private readonly Option<string[]> roles = new("--roles")
    {
        Description = "The schemes' roles that run here (default: all)", HelpName = "ROLE", AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<bool> sandbox = new("--sandbox") { Description = "A ledger whose clock can be moved, for trying; fixed at the first start" };
    private readonly Option<LogLevel> log = new("--log") { Description = "The least that is logged on standard error", DefaultValueFactory = _ => LogLevel.Warning };
    private readonly PassphraseOptions passphrase = new();

    public ServeCommand()
        : base("serve", "Run a node")
    {
        Options.Add(home);
        Options.Add(urls);
        Options.Add(peerListen);
        Options.Add(roles);
        Options.Add(sandbox);
        Options.Add(log);
        passphrase.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var folder = CommonOptions.HomeOrDefault(parsed.GetValue(home));
        var configuration = HomeConfiguration.Read(folder);
        var isSandbox = parsed.GetValue(sandbox);
        // A sandbox's keys guard nothing.
        var source = passphrase.Resolve(parsed, configuration.PassphraseFile, configuration.UnprotectedKeys || isSandbox);
        var options = configuration.ToOptions(folder, source, isSandbox) with
        {
            Log = new LineLog(parsed.InvocationConfiguration.Error),
            LogLevel = parsed.GetValue(log),
        };
        if (parsed.GetValue(urls) is { Length: > 0 } given)
            options = options with { Urls = given };
        if (parsed.GetValue(peerListen) is { } listen)
            options = options with { Peers = HomeConfiguration.ToPeerOptions(listen) };
        options = options with { Schemes = BuiltSchemes.CreateWith(parsed.GetValue(roles) is { Length: > 0 } named ? named : configuration.Roles) };

        await using var node = await CounterfoilNode.StartAsync(options, cancellation).ConfigureAwait(false);
        Announce(terminal, node);
        await WaitAsync(cancellation).ConfigureAwait(false);
        terminal.WriteNote("Stopping…");
        return Succeeded;
    }

    /// <summary>Says where a node answers; commands that go on serving use it too.</summary>
    public static void Announce(Terminal terminal, CounterfoilNode node)
    {
        var tip = node.Ledger.Tip;
        if (terminal.IsJson)
            terminal.WriteJson(new
            {
                address = node.Address.ToString(), net = node.Ledger.Genesis.Net.ToString(), height = tip.Height, sandbox = node.Ledger.Genesis.IsSandbox,
            });
        else
            terminal.WriteLine(
                $"Serving {node.Address} {(node.Ledger.Genesis.IsSandbox ? "(sandbox) " : "")}at height {Terminal.Number(tip.Height)}, net {node.Ledger.Genesis.Net}. Ctrl-C stops.");
    }

    /// <summary>Ends, without a fault, once the caller cancels.</summary>
    public static async Task WaitAsync(CancellationToken cancellation)
    {
        var stopped = new TaskCompletionSource();
        using (cancellation.Register(stopped.SetResult))
            await stopped.Task.ConfigureAwait(false);
    }
}
