namespace Counterfoil.Ledger;

/// <summary>The kernel's parameters, fixed in genesis and changed by governance only.</summary>
public sealed record LedgerParameters
{
    /// <summary>The longest exp − iat, in seconds: 1 to 600.</summary>
    public int MaximumValiditySeconds { get; init; } = 120;

    /// <summary>How far a transaction's iat may lie ahead of the admitting node's clock, and its exp behind, in seconds: 0 to 300.</summary>
    public int ClockSkewSeconds { get; init; } = 30;

    /// <summary>The most transactions in a block: 1 to 65,536.</summary>
    public int MaximumBlockTransactions { get; init; } = 4_096;

    /// <summary>The most bytes of transactions in a block, without attachments: 1 MiB to 64 MiB.</summary>
    public int MaximumBlockBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>A checkpoint root stands in every block whose height this divides: 1 to 100,000.</summary>
    public int CheckpointIntervalBlocks { get; init; } = 64;

    /// <summary>A checkpoint root stands at the latest in the first block so many seconds after the last one: 1 to 3,600.</summary>
    public int CheckpointIntervalSeconds { get; init; } = 10;

    /// <summary>How many accounts a sponsor may open: 1 to 1,000,000,000.</summary>
    public int SponsorQuota { get; init; } = 100_000;

    /// <summary>Throws if a value is outside its range.</summary>
    /// <exception cref="Execution.GenesisException">It names the parameter.</exception>
    public void Validate()
    {
        if (FindOutOfRange() is { } parameter)
            throw new Execution.GenesisException($"The parameter {parameter} is outside its range.");
    }

    /// <summary>The first parameter outside its range.</summary>
    /// <returns>Its name here; null if all are within.</returns>
    public string? FindOutOfRange() =>
        MaximumValiditySeconds is < 1 or > 600 ? nameof(MaximumValiditySeconds)
        : ClockSkewSeconds is < 0 or > 300 ? nameof(ClockSkewSeconds)
        : MaximumBlockTransactions is < 1 or > 65_536 ? nameof(MaximumBlockTransactions)
        : MaximumBlockBytes is < 1 << 20 or > 64 << 20 ? nameof(MaximumBlockBytes)
        : CheckpointIntervalBlocks is < 1 or > 100_000 ? nameof(CheckpointIntervalBlocks)
        : CheckpointIntervalSeconds is < 1 or > 3_600 ? nameof(CheckpointIntervalSeconds)
        : SponsorQuota is < 1 or > 1_000_000_000 ? nameof(SponsorQuota)
        : null;
}
