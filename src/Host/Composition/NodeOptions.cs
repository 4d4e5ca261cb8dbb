using System.Text.Json;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Admission;
using Counterfoil.Host.Api;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Storage;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Composition;

/// <summary>
/// How a node is made. What concerns the ledger's beginning counts at the first start only.
/// </summary>
public sealed record NodeOptions
{
    /// <summary>The folder of all that the node keeps.</summary>
    public required string Home { get; init; }

    /// <summary>The ledger's name for people, at most 100 characters.</summary>
    public string Name { get; init; } = "counterfoil";

    /// <summary>Where it listens: <c>http://ADDRESS:PORT</c>; port 0 takes a free one.</summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:0"];

    /// <summary>Host names under which it answers beside localhost.</summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>True for a ledger whose clock is advanced over HTTP; fixed at the first start.</summary>
    public bool Sandbox { get; init; }

    /// <summary>When a new sandbox's time begins; now unless told.</summary>
    public Timestamp? SandboxStart { get; init; }

    /// <summary>The clock of a sandbox that several nodes in one process share; a clock of its own unless told.</summary>
    public SandboxClock? SandboxClock { get; init; }

    /// <summary>How it speaks with the other nodes of its ledger; null on a node that is alone.</summary>
    public PeerOptions? Peers { get; init; }

    /// <summary>One database for documents and read model; files in the home unless told.</summary>
    public string? Database { get; init; }

    /// <summary>Where the passphrase of the node's keys comes from.</summary>
    public PassphraseSource Passphrase { get; init; } = PassphraseSource.UnprotectedByChoice;

    /// <summary>The schemes that the node plays, each object for this node only.</summary>
    public IReadOnlyList<IScheme> Schemes { get; init; } = [];

    /// <summary>
    /// Puts a handler in front of what a role sends, by the role's name: walks record so; none unless told.
    /// </summary>
    public Func<string, HttpMessageHandler, HttpMessageHandler>? WrapRoleHttp { get; init; }

    /// <summary>The kernel's parameters of a new ledger.</summary>
    public LedgerParameters Parameters { get; init; } = new();

    /// <summary>
    /// Sections of a new ledger's genesis document, by contract; the host adds its own accounts to
    /// <c>accounts</c>.
    /// </summary>
    public IReadOnlyDictionary<string, JsonElement> GenesisSections { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>How much one source may ask for.</summary>
    public RateLimits RateLimits { get; init; } = new();

    /// <summary>The PostgreSQL database that the node's admission servers share; without one the node alone admits.</summary>
    public string? AdmissionPool { get; init; }

    /// <summary>The keys of its admission servers, which join the node's account at the start.</summary>
    public IReadOnlyList<AdmissionKey> AdmissionKeys { get; init; } = [];

    /// <summary>How long documents stay in the vault.</summary>
    public TimeSpan VaultRetention { get; init; } = TimeSpan.FromDays(3_653);

    /// <summary>
    /// Where the ledger's files lie; the home's folder unless told (tests fill disks and tear writes here).
    /// </summary>
    public IDisk? Disk { get; init; }

    /// <summary>The clock of a ledger that is no sandbox.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Takes the log; nothing is logged unless told.</summary>
    public ILoggerProvider? Log { get; init; }

    /// <summary>The least that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
