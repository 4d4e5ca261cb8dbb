namespace Counterfoil.Simulator.Governance;

/// <summary>What was decided in one governed world, or in many.</summary>
/// <param name="Proposals">Proposals that the ledger accepted.</param>
/// <param name="Counted">Of them counted.</param>
/// <param name="Passed">Of them passed.</param>
/// <param name="Executed">Executions that did what was proposed.</param>
/// <param name="Failed">Executions that failed, as they should.</param>
/// <param name="Cancelled">Proposals that were taken back.</param>
/// <param name="Votes">Votes that the ledger accepted.</param>
/// <param name="Proofs">Results, and locks that are not there, proved against a checkpoint root.</param>
/// <param name="ProvedNext">Results proved against the very next checkpoint root.</param>
/// <param name="Admitted">Nodes that were admitted by votes.</param>
/// <param name="Revoked">Nodes that were put out by votes.</param>
/// <param name="Suspended">Nodes that evidence put out.</param>
/// <param name="IdleWorlds">Worlds in which nothing else was sent.</param>
/// <param name="LatestMilliseconds">The longest time from when something was due, or a quorum was up again, to its block.</param>
public sealed record GovernedFigures(
    long Proposals, long Counted, long Passed, long Executed, long Failed, long Cancelled, long Votes, long Proofs, long ProvedNext, long Admitted,
    long Revoked, long Suspended, long IdleWorlds, long LatestMilliseconds)
{
    internal GovernedFigures With(GovernedFigures other) => new(
        Proposals + other.Proposals, Counted + other.Counted, Passed + other.Passed, Executed + other.Executed, Failed + other.Failed,
        Cancelled + other.Cancelled, Votes + other.Votes, Proofs + other.Proofs, ProvedNext + other.ProvedNext, Admitted + other.Admitted,
        Revoked + other.Revoked, Suspended + other.Suspended, IdleWorlds + other.IdleWorlds, Math.Max(LatestMilliseconds, other.LatestMilliseconds));
}
