namespace Counterfoil.Host.Cli.Bench;

/// <summary>The measurement of a network as JSON; names and order of the members are fixed.</summary>
internal sealed record NetworkBenchDocument
{
    public required string Mode { get; init; }
    public required int Validators { get; init; }
    public required int Accounts { get; init; }
    public required int Batch { get; init; }
    public required long Transfers { get; init; }
    public required double Seconds { get; init; }
    public required double Tps { get; init; }
    public required double P50Ms { get; init; }
    public required double P99Ms { get; init; }
    public required double HalfTps { get; init; }
    public required double HalfP50Ms { get; init; }
    public required double HalfP95Ms { get; init; }
    public required double HalfP99Ms { get; init; }

    /// <summary>Signatures that this machine verifies in a second, on all processors, shared out to as many validators.</summary>
    public required double BoundPerSecond { get; init; }
    public required double ShareOfVerifyBound { get; init; }
    public required long? SyncTransfers { get; init; }
    public required long? SyncBlocks { get; init; }
    public required double? SyncStartSeconds { get; init; }
    public required double? SyncSeconds { get; init; }
    public required double? SyncTps { get; init; }

    /// <summary>As a share of all signatures that this machine verifies: the newcomer verifies each once.</summary>
    public required double? SyncShareOfVerifyBound { get; init; }
    public required bool Exhausted { get; init; }
    public required bool ReadModel { get; init; }
    public required bool Durable { get; init; }
    public required int Cores { get; init; }
}
