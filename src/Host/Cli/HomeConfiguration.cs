using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Admission;
using Counterfoil.Host.Api;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Host.Cli;

/// <summary>
/// <c>config.json</c> of a home: strict, every member optional. What the command line says goes before it. Members under <c>genesis</c> count at the first start only.
/// </summary>
internal sealed record HomeConfiguration
{
    public const string FileName = "config.json";
    private const int MaximumBytes = 16 * 1024 * 1024;

    /// <summary>The ledger's name for people.</summary>
    public string? Name { get; init; }

    /// <summary>Where the node listens: <c>http://ADDRESS:PORT</c>.</summary>
    public IReadOnlyList<string>? Urls { get; init; }

    /// <summary>Where the node listens for the other nodes of its ledger: <c>ADDRESS:PORT</c>; null on a node that is alone.</summary>
    public string? PeerListen { get; init; }

    /// <summary>Host names under which it answers beside localhost.</summary>
    public IReadOnlyList<string>? HostNames { get; init; }

    /// <summary>One database for documents and read model.</summary>
    public string? Database { get; init; }

    /// <summary>The file of the keys' passphrase, mode 0600.</summary>
    public string? PassphraseFile { get; init; }

    /// <summary>True if private keys lie readable in their files, by choice.</summary>
    public bool UnprotectedKeys { get; init; }

    /// <summary>The roles that run here; all by default.</summary>
    public IReadOnlyList<string>? Roles { get; init; }

    /// <summary>How much one source may ask for.</summary>
    public RateLimits? RateLimits { get; init; }

    /// <summary>The PostgreSQL database that the node's admission servers share.</summary>
    public string? AdmissionPool { get; init; }

    /// <summary>The keys of the node's admission servers, each as its server wrote it down.</summary>
    public IReadOnlyList<AdmissionKey>? AdmissionKeys { get; init; }

    /// <summary>How long documents stay in the vault, in days: 1 to 36,500.</summary>
    public int? VaultRetentionDays { get; init; }

    /// <summary>What a new ledger begins with.</summary>
    public GenesisConfiguration? Genesis { get; init; }

    /// <summary>Reads the file of a home; nothing is configured where there is none.</summary>
    /// <exception cref="CliException"><c>configuration_malformed</c> with the place.</exception>
    public static HomeConfiguration Read(string home)
    {
        var path = Path.Combine(home, FileName);
        if (!File.Exists(path))
            return new HomeConfiguration();
        if (new FileInfo(path).Length > MaximumBytes)
            throw new CliException("configuration_malformed", $"{path} is larger than {MaximumBytes / (1024 * 1024)} MiB.");
        try
        {
            var configuration = JsonSerializer.Deserialize(File.ReadAllBytes(path), ConfigurationJson.Instance.HomeConfiguration)
                ?? throw new CliException("configuration_malformed", $"{path} is null.");
            return configuration.VaultRetentionDays is < 1 or > 36_500
                ? throw new CliException("configuration_malformed", $"{path}: vault_retention_days is 1 to 36500.")
                : configuration;
        }
        catch (JsonException fault)
        {
            throw new CliException("configuration_malformed", $"{path}: {fault.Message}", fault);
        }
    }

    /// <summary>The options of a node with this configuration.</summary>
    public NodeOptions ToOptions(string home, PassphraseSource passphrase, bool sandbox)
    {
        var options = new NodeOptions
        {
            Home = home,
            Sandbox = sandbox,
            Urls = Urls ?? [CommonOptions.DefaultUrl],
            HostNames = HostNames ?? [],
            Database = Database,
            Peers = PeerListen is null ? null : ToPeerOptions(PeerListen),
            Passphrase = passphrase,
            RateLimits = RateLimits ?? new RateLimits(),
            AdmissionPool = AdmissionPool,
            AdmissionKeys = AdmissionKeys ?? [],
            Parameters = Genesis?.Parameters ?? new LedgerParameters(),
            GenesisSections = Genesis?.Contracts ?? new Dictionary<string, JsonElement>(),
        };
        if (Name is not null)
            options = options with { Name = Name };
        if (VaultRetentionDays is { } days)
            options = options with { VaultRetention = TimeSpan.FromDays(days) };
        return options;
    }

    /// <summary>The options of a node that listens for others at <c>ADDRESS:PORT</c>.</summary>
    /// <exception cref="CliException"><c>peer_address_malformed</c>.</exception>
    public static PeerOptions ToPeerOptions(string listen) => IPEndPoint.TryParse(listen, out var endpoint) && listen.Contains(':', StringComparison.Ordinal)
        ? new PeerOptions { Listen = endpoint }
        : throw new CliException("peer_address_malformed", $"{listen} is not of the form ADDRESS:PORT.");
}

/// <summary>What a new ledger begins with.</summary>
internal sealed record GenesisConfiguration
{
    /// <summary>The kernel's parameters.</summary>
    public LedgerParameters? Parameters { get; init; }

    /// <summary>Sections by contract.</summary>
    public Dictionary<string, JsonElement>? Contracts { get; init; }
}

[JsonSerializable(typeof(HomeConfiguration))]
internal sealed partial class ConfigurationJson : JsonSerializerContext
{
    public static ConfigurationJson Instance { get; } = new(MessageJson.NewOptions());
}
