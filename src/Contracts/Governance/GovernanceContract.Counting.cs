using System.Text.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Governance;

public sealed partial class GovernanceContract
{
    /// <summary>How many entries of a counted vote are cleared in a block.</summary>
    private const int ClearedAtOnce = 500;

    /// <summary>
    /// True if so many units passed, to the unit: by multiplication, since a division would round.
    /// </summary>
    private static bool HasPassed(ProposalRow row, BallotRow ballot, SceneRow scene, UInt128 units)
    {
        var against = ballot.No + ballot.Spam;
        return ballot.Yes * 100 >= (uint)row.MinVotePercent * units
            && (ballot.Yes + against + ballot.Abstain) * 100 >= (uint)scene.QuorumPercent * units
            && ballot.Yes > against;
    }

    private DueOutcome Count(ExecutionContext context, DueWork work)
    {
        var proposal = ProposalOf(work);
        proposals.TryGet(proposal, out var row);
        ballots.TryGet(proposal, out var ballot);
        Invariant.Require(ballot!.State == ProposalState.Voting, "a proposal is counted once");
        var electorate = ElectorateOf(proposal);
        Invariant.Require(ballot.Cast <= electorate, "no more is voted than exists");
        var hasPassed = HasPassed(row!, ballot, SceneOf(row!.Scene), electorate);
        // From here on no lock of it binds, whether its record is cleared or not.
        ballots.Set(proposal, ballot with { State = hasPassed ? ProposalState.Passed : ProposalState.Rejected });
        locks.Remove(DepositOf(row.Proposer, row.Scene, proposal));
        context.Emit(
            "governance.counted",
            ("proposal", proposal.ToString()), ("result", hasPassed ? "passed" : "rejected"),
            ("yes", Text.Of(ballot.Yes)), ("no", Text.Of(ballot.No)), ("abstain", Text.Of(ballot.Abstain)),
            ("spam", Text.Of(ballot.Spam)), ("supply", Text.Of(electorate)));
        if (hasPassed)
            context.Schedule("execute", ballot.Due, work.Id.Span);
        else if (ballot.Spam * 3 > ballot.Cast && ballot.Deposit > 0)
            Burn(context, row.Proposer, ballot.Deposit, "spam");
        if (ballot.Entries > 0)
            context.Schedule("clear", context.Time + ClearInterval, work.Id.Span);
        return DueOutcome.Done;
    }

    // The next portion is due in the next block: its leaf stands behind what is due earlier.
    private static readonly TimeSpan ClearInterval = TimeSpan.FromMilliseconds(1);

    private DueOutcome Clear(ExecutionContext context, DueWork work)
    {
        var proposal = ProposalOf(work);
        proposals.TryGet(proposal, out var row);
        var portion = VotesOf(proposal, default, ClearedAtOnce);
        foreach (var (owner, _) in portion)
        {
            votes.Remove(new(proposal, owner));
            locks.Remove(VoteLockOf(owner, row!.Scene, proposal));
        }
        if (ClearNullifiers(proposal) || portion.Count == ClearedAtOnce)
            context.Schedule("clear", context.Time + ClearInterval, work.Id.Span);
        return DueOutcome.Done;
    }

    private DueOutcome Execute(ExecutionContext context, DueWork work)
    {
        var proposal = ProposalOf(work);
        proposals.TryGet(proposal, out var row);
        ballots.TryGet(proposal, out var ballot);
        Invariant.Require(ballot!.State == ProposalState.Passed, "a proposal is executed once");
        if (RunTrigger(context, row!) is not { } refusal)
        {
            ballots.Set(proposal, ballot with { State = ProposalState.Executed, FailureCode = "" });
            context.Emit("governance.executed", ("proposal", proposal.ToString()), ("act", row!.Act));
            return DueOutcome.Done;
        }
        var failed = ballot with { State = ProposalState.Failed, FailureCode = refusal.Code, FailedAt = context.Time };
        ballots.Set(proposal, failed);
        if (!failed.IsRequeued)
            context.Schedule("requeue_end", EndOfRequeue(failed, row!.Scene), work.Id.Span);
        context.Emit(
            "governance.execution_failed",
            [("proposal", proposal.ToString()), ("inner_code", refusal.Code), .. refusal.Facts]);
        return DueOutcome.Failed(GovernanceRefusals.ExecutionFailed);
    }

    private Refusal? RunTrigger(ExecutionContext context, ProposalRow row)
    {
        if (!targets.TryGetValue(row.Act, out var target) || target.Scene != row.Scene)
            return GovernanceRefusals.NotGoverned;
        if (PreconditionOf(context, row.Reads) != row.Precondition)
            return GovernanceRefusals.PreconditionFailed;
        using var document = JsonDocument.Parse(row.Argument);
        var argument = document.RootElement;
        return context.Call(inner => RunTarget(inner, target, argument));
    }

    private DueOutcome EndRequeue(ExecutionContext context, DueWork work)
    {
        var proposal = ProposalOf(work);
        if (ballots.TryGet(proposal, out var ballot) && !ballot.IsRequeued)
            context.Emit("governance.failed_finally", ("proposal", proposal.ToString()));
        return DueOutcome.Done;
    }
}
