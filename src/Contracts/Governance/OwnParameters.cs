using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Governance;

/// <summary>A parameter that a proposal can change.</summary>
/// <param name="Name">Snake_case, as in the table.</param>
/// <param name="Minimum">The least value.</param>
/// <param name="Maximum">The largest value.</param>
/// <param name="Default">Where genesis says nothing.</param>
public sealed record ParameterDefinition(string Name, long Minimum, long Maximum, long Default);

/// <summary>The parameters of governance itself.</summary>
public static class OwnParameters
{
    /// <summary>The most votes of an account in an hour.</summary>
    public const string VoteQuota = "vote_quota";

    /// <summary>How long a pause lasts unless a proposal confirms it, seconds.</summary>
    public const string PauseSeconds = "pause_seconds";

    /// <summary>How long before its tokens are burned an account can show that it is used, seconds.</summary>
    public const string ReclaimNoticeSeconds = "reclaim_notice_seconds";

    /// <summary>How many validators are elected; 0: none.</summary>
    public const string ElectionSeats = "election_seats";

    /// <summary>The length of a term, seconds.</summary>
    public const string ElectionTermSeconds = "election_term_seconds";

    /// <summary>How long support that was taken back stays locked, seconds.</summary>
    public const string ElectionCoolingSeconds = "election_cooling_seconds";

    private const long Year = 366 * 86_400;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ParameterDefinition> All { get; } =
    [
        new(VoteQuota, 1, 1_000_000, 1_000),
        new(PauseSeconds, 1, 31 * 86_400, 3 * 86_400),
        new(ReclaimNoticeSeconds, 30 * 86_400, 10 * Year, 365 * 86_400),
        new(ElectionSeats, 0, 1_000, 0),
        new(ElectionTermSeconds, 60, 10 * Year, 182 * 86_400),
        new(ElectionCoolingSeconds, 0, Year, 7 * 86_400),
    ];
}

/// <summary>The kernel's parameters by name; the ranges are <see cref="LedgerParameters.FindOutOfRange"/>'s.</summary>
internal sealed record KernelParameter(
    string Name,
    string Property,
    Func<LedgerParameters, int> Read,
    Func<LedgerParameters, int, LedgerParameters> With)
{
    public static IReadOnlyList<KernelParameter> All { get; } =
    [
        new("maximum_validity_seconds", nameof(LedgerParameters.MaximumValiditySeconds),
            from => from.MaximumValiditySeconds, (to, value) => to with { MaximumValiditySeconds = value }),
        new("clock_skew_seconds", nameof(LedgerParameters.ClockSkewSeconds),
            from => from.ClockSkewSeconds, (to, value) => to with { ClockSkewSeconds = value }),
        new("maximum_block_transactions", nameof(LedgerParameters.MaximumBlockTransactions),
            from => from.MaximumBlockTransactions, (to, value) => to with { MaximumBlockTransactions = value }),
        new("maximum_block_bytes", nameof(LedgerParameters.MaximumBlockBytes),
            from => from.MaximumBlockBytes, (to, value) => to with { MaximumBlockBytes = value }),
        new("checkpoint_interval_blocks", nameof(LedgerParameters.CheckpointIntervalBlocks),
            from => from.CheckpointIntervalBlocks, (to, value) => to with { CheckpointIntervalBlocks = value }),
        new("checkpoint_interval_seconds", nameof(LedgerParameters.CheckpointIntervalSeconds),
            from => from.CheckpointIntervalSeconds, (to, value) => to with { CheckpointIntervalSeconds = value }),
        new("sponsor_quota", nameof(LedgerParameters.SponsorQuota),
            from => from.SponsorQuota, (to, value) => to with { SponsorQuota = value }),
    ];
}
