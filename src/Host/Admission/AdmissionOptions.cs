using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Api;
using Counterfoil.Ledger;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Admission;

/// <summary>How an admission server is made.</summary>
public sealed record AdmissionOptions
{
    /// <summary>The folder of its key and of the blocks that it follows; all but the key can be thrown away.</summary>
    public required string Home { get; init; }

    /// <summary>The node whose chain it follows and whose transactions it admits.</summary>
    public required Uri Node { get; init; }

    /// <summary>The PostgreSQL database that the node's admission servers share.</summary>
    public required string Pool { get; init; }

    /// <summary>The node's account; that of the genesis document's validator where there is one only.</summary>
    public AccountId? Account { get; init; }

    /// <summary>Where it listens: <c>http://ADDRESS:PORT</c>; port 0 takes a free one.</summary>
    public IReadOnlyList<string> Urls { get; init; } = ["http://127.0.0.1:0"];

    /// <summary>Host names under which it answers beside localhost.</summary>
    public IReadOnlyList<string> HostNames { get; init; } = [];

    /// <summary>How many requests it verifies at one time, 1 to 1,024.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The most transactions that wait in the pool.</summary>
    public long PoolCapacity { get; init; } = Ledger.Ledger.PoolCapacity;

    /// <summary>Where the passphrase of its key comes from.</summary>
    public PassphraseSource Passphrase { get; init; } = PassphraseSource.UnprotectedByChoice;

    /// <summary>The schemes whose contracts the ledger has: those of the node.</summary>
    public IReadOnlyList<IScheme> Schemes { get; init; } = [];

    /// <summary>How much one source may ask for.</summary>
    public RateLimits RateLimits { get; init; } = new();

    /// <summary>Its clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Takes the log; nothing is logged unless told.</summary>
    public ILoggerProvider? Log { get; init; }

    /// <summary>The least that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
