using System.CommandLine;
using Counterfoil.Host.Admission;
using Counterfoil.Host.Api;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Host.Cli;

/// <summary><c>admit</c>: runs an admission server of a node until it is told to stop.</summary>
internal sealed class AdmitCommand : CliCommand
{
    private const string DefaultUrl = "http://127.0.0.1:7710";

    private readonly Option<DirectoryInfo?> home = CommonOptions.Home("The server's own folder (default: ~/.counterfoil-admission)");
    private readonly Option<Uri?> node = CommonOptions.Node();
    private readonly Option<string?> pool = new("--pool")
    {
        Description = "The PostgreSQL database that the node's servers share (default: admission_pool of config.json)", HelpName = "LINE",
    };
    private readonly Option<string?> account = new("--account") { Description = "The node's account; needed where there are several validators", HelpName = "ACCOUNT" };
    private readonly Option<string[]> urls = new("--urls")
    {
        Description = $"Where to listen, http://ADDRESS:PORT; port 0 takes a free one (default: {DefaultUrl})", HelpName = "URL", AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<int> threads = new("--threads")
    {
        Description = "Requests that are verified at one time, 1 to 1,024 (default: the processors)", DefaultValueFactory = _ => Environment.ProcessorCount,
    };
    private readonly Option<long> capacity = new("--pool-capacity")
    {
        Description = "The most transactions that wait in the pool", DefaultValueFactory = _ => Ledger.Ledger.PoolCapacity,
    };
    private readonly Option<LogLevel> log = new("--log") { Description = "The least that is logged on standard error", DefaultValueFactory = _ => LogLevel.Warning };
    private readonly PassphraseOptions passphrase = new();

    public AdmitCommand()
        : base("admit", "Run an admission server of a node")
    {
        Options.Add(home);
        Options.Add(node);
        Options.Add(pool);
        Options.Add(account);
        Options.Add(urls);
        Options.Add(threads);
        Options.Add(capacity);
        Options.Add(log);
        passphrase.AddTo(this);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var folder = parsed.GetValue(home)?.FullName ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".counterfoil-admission");
        var configuration = HomeConfiguration.Read(folder);
        if (parsed.GetValue(threads) is < 1 or > 1_024 || parsed.GetValue(capacity) is < 1 or > 100_000_000)
            throw new CliException("usage", "Threads are 1 to 1024, the pool's capacity 1 to 100000000.");
        AccountId named = default;
        if (parsed.GetValue(account) is { } text && !AccountId.TryParse(text, out named))
            throw new CliException("usage", $"{text} is no account.");
        var options = new AdmissionOptions
        {
            Home = folder,
            Node = parsed.GetValue(node) ?? new Uri(CommonOptions.DefaultUrl),
            Pool = parsed.GetValue(pool) ?? configuration.AdmissionPool
                ?? throw new CliException("usage", "Name the shared pool with --pool, or as admission_pool in config.json."),
            Account = named.IsUnset ? null : named,
            Urls = parsed.GetValue(urls) is { Length: > 0 } given ? given : configuration.Urls ?? [DefaultUrl],
            HostNames = configuration.HostNames ?? [],
            Threads = parsed.GetValue(threads),
            PoolCapacity = parsed.GetValue(capacity),
            Passphrase = passphrase.Resolve(parsed, configuration.PassphraseFile, configuration.UnprotectedKeys),
            Schemes = BuiltSchemes.Create(),
            RateLimits = configuration.RateLimits ?? new RateLimits(),
            Log = new LineLog(parsed.InvocationConfiguration.Error),
            LogLevel = parsed.GetValue(log),
        };
        await using var server = await AdmissionNode.StartAsync(options, cancellation).ConfigureAwait(false);
        Announce(terminal, server);
        await ServeCommand.WaitAsync(cancellation).ConfigureAwait(false);
        terminal.WriteNote("Stopping…");
        return Succeeded;
    }

    /// <summary>Says where it answers, and the entry by which the node takes its key.</summary>
    private static void Announce(Terminal terminal, AdmissionNode server)
    {
        var entry = System.Text.Json.JsonSerializer.SerializeToElement(server.Key, MessageJson.NewOptions());
        if (terminal.IsJson)
            terminal.WriteJson(new { address = server.Address.ToString(), net = server.Ledger.Genesis.Net.ToString(), admission_key = entry });
        else
            terminal.WriteLine($"Admitting at {server.Address}, net {server.Ledger.Genesis.Net}. Ctrl-C stops.\nFor admission_keys of the node: {entry.GetRawText()}");
    }
}
