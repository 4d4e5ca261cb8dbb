using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Governance;

public sealed partial class GovernanceContract
{
    private const int MaximumTitleLength = 200;
    private const int MaximumArgumentBytes = 8 * 1024;
    private const int MaximumReads = 64;
    private const int MaximumNameLength = 80;
    private const int MaximumKeyLength = 512;

    // No window, delay or delegation is planned further ahead: ten years.
    private const long MaximumAheadSeconds = 10L * 366 * 86_400;

    private void RegisterProposals(ContractRegistration registration)
    {
        var json = GovernanceJson.Instance;
        registration.Action(
            "propose", json.ProposeMessage, Propose, CheckPropose, attachments: message => [message.TextDigest]);
        registration.Action("cancel", json.CancelMessage, Cancel);
        registration.Action("requeue", json.RequeueMessage, Requeue);
        registration.Action("count", json.DueOnlyMessage, (_, _) => GovernanceRefusals.CallerDenied);
        registration.Action("execute", json.DueOnlyMessage, (_, _) => GovernanceRefusals.CallerDenied);
        registration.Timer("count", Count);
        registration.Timer("execute", Execute);
        registration.Timer("requeue_end", EndRequeue);
        registration.Timer("clear", Clear);
    }

    private static Refusal? CheckPropose(CheckContext context, ProposeMessage message)
    {
        var trigger = message.Trigger;
        return message.Title.Length is 0 or > MaximumTitleLength
            || Encoding.UTF8.GetByteCount(trigger.Arg.GetRawText()) > MaximumArgumentBytes
            || trigger.Reads.Count > MaximumReads
            || trigger.Reads.Distinct().Count() != trigger.Reads.Count
            || trigger.Reads.Any(read => read.Table.Length > MaximumNameLength || read.Key.Length > MaximumKeyLength)
            ? (Refusal)GovernanceRefusals.MalformedRequest
            : null;
    }

    private Refusal? Propose(ExecutionContext context, ProposeMessage message)
    {
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        if (!scenes.TryGet(new(message.Scene), out var scene))
            return GovernanceRefusals.UnknownScene;
        if (proposals.Contains(message.Proposal))
            return GovernanceRefusals.Replayed;
        var total = TotalOf(context.Issuer);
        if (total < scene.MinHoldToPropose)
            return NoPermission(scene.MinHoldToPropose, total);
        var available = AvailableOf(context.Issuer, message.Scene);
        if (available < scene.Deposit)
            return NoPermission(scene.Deposit, available);
        if (FindWrongTerms(context, scene, message) is { } wrong)
            return BadProposal(wrong);
        if (!targets.TryGetValue(message.Trigger.Act, out var target) || target.Scene != message.Scene)
            return BadProposal(GovernanceRefusals.NotGoverned);
        // Table of names before the dry run: what cannot be named cannot be compared.
        if (PreconditionOf(context, message.Trigger.Reads) is not { } precondition)
            return BadProposal(GovernanceRefusals.IncompleteReads);
        if (context.Try(inner => RunTarget(inner, target, message.Trigger.Arg), out var written) is { } inner)
            return BadProposal(inner);
        foreach (var row in written)
            if (!message.Trigger.Reads.Contains(row) && !target.AdditiveTables.Contains(row.Table))
                return BadProposal(GovernanceRefusals.IncompleteReads.With(("table", row.Table), ("key", row.Key)));
        if (scene.Deposit > 0
            && PutLock(DepositOf(context.Issuer, message.Scene, message.Proposal), scene.Deposit) is { } full)
            return full;
        Store(context, message, scene, precondition);
        return null;
    }

    private Refusal? FindWrongTerms(ExecutionContext context, SceneRow scene, ProposeMessage message)
    {
        var now = context.Time.UnixMilliseconds;
        var (stop, trigger) = (message.Args.StopVoteTime, message.Trigger.Time);
        var horizon = now / 1000 + MaximumAheadSeconds;
        if (message.Args.MinVotePercent < scene.PassPercent || message.Args.MinVotePercent > 100)
            return GovernanceRefusals.MalformedRequest.With(("min_vote_percent", Text.Of(scene.PassPercent)));
        if (stop < 0 || stop > horizon || stop * 1000 < now + scene.VoteWindowSeconds * 1000L)
            return GovernanceRefusals.MalformedRequest.With(("stop_vote_time", Text.Of(now / 1000 + scene.VoteWindowSeconds)));
        if (trigger > horizon || trigger < stop + scene.DelaySeconds)
            return GovernanceRefusals.MalformedRequest.With(("trigger_time", Text.Of(stop + scene.DelaySeconds)));
        return message.Replaces is { } earlier && !proposals.Contains(earlier)
            ? (Refusal)GovernanceRefusals.UnknownProposal
            : null;
    }

    private void Store(ExecutionContext context, ProposeMessage message, SceneRow scene, Digest<LedgerState> precondition)
    {
        var stop = Timestamp.FromSeconds(message.Args.StopVoteTime);
        var due = Timestamp.FromSeconds(message.Trigger.Time);
        proposals.Set(message.Proposal, new ProposalRow(
            context.Issuer, message.Scene, message.Title, message.TextDigest, message.Annex ?? default,
            message.Replaces ?? default, message.Args.MinVotePercent, stop, due, message.Trigger.Act,
            message.Trigger.Arg.GetRawText(), [.. message.Trigger.Reads], precondition));
        ballots.Set(message.Proposal, new BallotRow(
            ProposalState.Voting, 0, 0, 0, 0, scene.Deposit, 0, due, default, IsRequeued: false, ""));
        if (memberships.TryGet(new(message.Scene), out var electorate))
            electorates.Set(message.Proposal, electorate);
        context.Schedule("count", stop, TimerIdOf(message.Proposal));
        context.Emit(
            "governance.proposed",
            ("proposal", message.Proposal.ToString()), ("scene", message.Scene), ("act", message.Trigger.Act),
            ("stop", stop.ToString()), ("trigger", due.ToString()));
    }

    /// <summary>
    /// Runs a target action and looks whether everything that must hold still does; inside an inner call,
    /// so that a refusal leaves nothing.
    /// </summary>
    private Refusal? RunTarget(ExecutionContext inner, GovernedAction target, JsonElement argument)
    {
        if (target.Run(inner, argument) is { } refusal)
            return refusal;
        foreach (var contract in governed)
            if (contract.FindBrokenInvariant(inner) is { } invariant)
                return Broken(invariant);
        return null;
    }

    /// <summary>
    /// The digest of the present values of rows, in their order: for each its name, 1 and the value's
    /// digest, or 0 where there is none.
    /// </summary>
    /// <returns>Null if one of them is no name of a row.</returns>
    private static Digest<LedgerState>? PreconditionOf(ExecutionContext context, IReadOnlyList<RowName> reads)
    {
        var writer = new StateWriter(stackalloc byte[512]);
        try
        {
            foreach (var read in reads)
            {
                if (!context.TryDigestRow(read, out var value))
                    return null;
                writer.Text(read.Table);
                writer.Text(read.Key);
                writer.Bool(!value.IsUnset);
                writer.Digest(value);
            }
            return Digest<LedgerState>.Of("cf-precondition\0"u8, writer.Written);
        }
        finally
        {
            writer.Dispose();
        }
    }

    private Refusal? Cancel(ExecutionContext context, CancelMessage message)
    {
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        if (!TryGetProposal(message.Proposal, out var row, out var ballot))
            return GovernanceRefusals.UnknownProposal;
        if (row.Proposer != context.Issuer || ballot.State != ProposalState.Voting || ballot.Entries > 0
            || context.Time >= row.Stop)
            return GovernanceRefusals.CannotCancel;
        ballots.Set(message.Proposal, ballot with { State = ProposalState.Cancelled });
        locks.Remove(DepositOf(row.Proposer, row.Scene, message.Proposal));
        context.Cancel("count", row.Stop, TimerIdOf(message.Proposal));
        context.Emit("governance.cancelled", ("proposal", message.Proposal.ToString()));
        return null;
    }

    private Refusal? Requeue(ExecutionContext context, RequeueMessage message)
    {
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        if (!TryGetProposal(message.Proposal, out var row, out var ballot))
            return GovernanceRefusals.UnknownProposal;
        if (ballot.State == ProposalState.Executed)
            return GovernanceRefusals.AlreadyExecuted;
        if (ballot.State != ProposalState.Failed || ballot.IsRequeued
            || context.Time >= EndOfRequeue(ballot, row.Scene))
            return GovernanceRefusals.CannotRequeue;
        var due = context.Time + TimeSpan.FromSeconds(SceneOf(row.Scene).DelaySeconds);
        ballots.Set(message.Proposal, ballot with { State = ProposalState.Passed, Due = due, IsRequeued = true });
        context.Schedule("execute", due, TimerIdOf(message.Proposal));
        context.Emit("governance.requeued", ("proposal", message.Proposal.ToString()), ("due", due.ToString()));
        return null;
    }

    private SceneRow SceneOf(string scene) =>
        scenes.TryGet(new(scene), out var row) ? row : throw new InvariantBrokenException($"scene {scene} is there");

    private Timestamp EndOfRequeue(BallotRow ballot, string scene) =>
        ballot.FailedAt + TimeSpan.FromSeconds(SceneOf(scene).RequeueWindowSeconds);

    private static Refusal BadProposal(Refusal inner) => GovernanceRefusals.BadProposal.With(
        [("inner_code", inner.Code), .. inner.Facts.Select(fact => (fact.Name, fact.Value))]);

    private static Refusal Broken(string invariant) =>
        GovernanceRefusals.InvariantBroken.With(("invariant", invariant));

    private static LockKey DepositOf(AccountId account, string scene, ProposalId proposal) =>
        new(account, scene, LockKind.Deposit, SubjectOf(proposal));

    private static LockKey VoteLockOf(AccountId account, string scene, ProposalId proposal) =>
        new(account, scene, LockKind.Vote, SubjectOf(proposal));

    private static byte[] TimerIdOf(ProposalId proposal)
    {
        var id = new byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(id, proposal.Value);
        return id;
    }

    private static ProposalId ProposalOf(DueWork work) =>
        new(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(work.Id.Span));
}
