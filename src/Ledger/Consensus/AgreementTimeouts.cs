namespace Counterfoil.Ledger.Consensus;

/// <summary>How long a validator waits: first value + round · growth. <b>Source:</b> arXiv 1807.04938, timeoutPropose, timeoutPrevote, timeoutPrecommit.</summary>
public sealed record AgreementTimeouts
{
    /// <summary>For a proposal, in round 0.</summary>
    public TimeSpan Propose { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>For a proposal of a validator to which no connection stands, in round 0: others may have it.</summary>
    public TimeSpan ProposeUnreachable { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>For more votes once a quorum has voted, in round 0.</summary>
    public TimeSpan Vote { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <summary>What each further round adds to both.</summary>
    public TimeSpan Growth { get; init; } = TimeSpan.FromMilliseconds(200);

    internal TimeSpan Of(Step step, int round, bool isProposerReachable) =>
        (step != Step.Propose ? Vote : isProposerReachable ? Propose : ProposeUnreachable) + Math.Min(round, 50) * Growth;
}
