namespace Counterfoil.Host.Cli.Bench;

/// <summary>What the client process is told, one line of JSON on its standard input.</summary>
internal sealed record ClientPlan
{
    public required string Address { get; init; }

    /// <summary>Further addresses, each given its share of the connections.</summary>
    public IReadOnlyList<string> MoreAddresses { get; init; } = [];

    /// <summary>True to ask for acknowledgements instead of waiting for blocks.</summary>
    public bool IsAdmissionOnly { get; init; }

    /// <summary>Transfers a second of all connections together; 0 sends as fast as answers come.</summary>
    public double PerSecond { get; init; }

    public required string Net { get; init; }

    public required string Asset { get; init; }

    /// <summary>From which both processes make the accounts' keys, hexadecimal.</summary>
    public required string Seed { get; init; }

    public required int Accounts { get; init; }

    /// <summary>Transfers in a request.</summary>
    public required int Batch { get; init; }

    public required int Connections { get; init; }

    public required double WarmupSeconds { get; init; }

    public required double Seconds { get; init; }

    /// <summary>How many transfers are signed before anything is sent; 0 signs each batch right before it is sent.</summary>
    public required int Presigned { get; init; }

    public required int ValiditySeconds { get; init; }
}

/// <summary>What the client process says after it signed beforehand.</summary>
internal sealed record ClientReady(int Presigned);

/// <summary>What the client process measured.</summary>
internal sealed record ClientResult
{
    /// <summary>When the window began, as <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>, which counts alike in all processes of a machine.</summary>
    public required long BeganAt { get; init; }

    /// <summary>When the last answer came.</summary>
    public required long EndedAt { get; init; }

    /// <summary>Transfers answered as accepted since the window began.</summary>
    public required long Transfers { get; init; }

    /// <summary>Transfers answered as accepted, warm-up included.</summary>
    public required long TransfersInAll { get; init; }

    /// <summary>Processor time that the client used since the window began.</summary>
    public required double ProcessorSeconds { get; init; }

    public required double MedianMilliseconds { get; init; }

    public required double P95Milliseconds { get; init; }

    public required double P99Milliseconds { get; init; }

    /// <summary>The answer to the first request that was not accepted as a whole; null if all were.</summary>
    public string? Refused { get; init; }

    /// <summary>True if all that was signed beforehand was sent before the window was over.</summary>
    public bool Exhausted { get; init; }
}
