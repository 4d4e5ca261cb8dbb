using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Governance;

public sealed partial class GovernanceContract
{
    private const int MaximumDelegatedVotes = 100;

    private void RegisterVotes(ContractRegistration registration)
    {
        var json = GovernanceJson.Instance;
        registration.Action("vote", json.VoteMessage, Vote, CheckVote);
        registration.Action("delegate", json.DelegateMessage, Delegate, CheckDelegate);
        registration.Timer("delegation_end", EndDelegation);
    }

    private static Refusal? CheckVote(CheckContext context, VoteMessage message)
    {
        var others = message.For ?? [];
        if (OptionOf(message.Option) is null || others.Count > MaximumDelegatedVotes
            || IsTwice([.. others.Select(other => other.Owner)]))
            return GovernanceRefusals.MalformedRequest;
        return message.Amount == 0 || others.Any(other => other.Amount == 0)
            || (message.Amount is null && others.Count == 0)
            ? (Refusal)GovernanceRefusals.BadAmount
            : null;
    }

    private Refusal? Vote(ExecutionContext context, VoteMessage message)
    {
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        if (!TryGetProposal(message.Proposal, out var row, out var ballot))
            return GovernanceRefusals.UnknownProposal;
        if (ballot.State != ProposalState.Voting || context.Time >= row.Stop)
            return GovernanceRefusals.VotingClosed;
        if (electorates.Contains(message.Proposal))
            return GovernanceRefusals.NoGovernancePermission.With(("weighting", Weightings.Membership));
        if (UseVoteQuota(context) is { } exceeded)
            return exceeded;
        var option = OptionOf(message.Option)!.Value;
        if (message.Amount is { } own
            && PutVote(context, message.Proposal, row, context.Issuer, option, own) is { } refused)
            return refused;
        foreach (var (owner, units) in message.For ?? [])
            if (PutVoteFor(context, message.Proposal, row, owner, option, units) is { } denied)
                return denied;
        context.Emit(
            "governance.voted",
            ("proposal", message.Proposal.ToString()), ("voter", context.Issuer.ToString()), ("option", message.Option));
        return null;
    }

    private Refusal? PutVoteFor(
        ExecutionContext context, ProposalId proposal, ProposalRow row, AccountId owner, VoteOption option, UInt128 units)
    {
        if (!TryGetDelegation(owner, row.Scene, out var delegation) || delegation.To != context.Issuer
            || context.Time >= delegation.Until)
            return GovernanceRefusals.NoGovernancePermission.With(("owner", owner.ToString()));
        // What the owner voted stands.
        if (TryGetVote(proposal, owner, out var entry) && entry.Voter == owner)
            return GovernanceRefusals.NoGovernancePermission.With(("owner", owner.ToString()));
        return PutVote(context, proposal, row, owner, option, units);
    }

    /// <summary>Puts an entry in the place of the owner's earlier one; its lock counts as free.</summary>
    private Refusal? PutVote(
        ExecutionContext context, ProposalId proposal, ProposalRow row, AccountId owner, VoteOption option, UInt128 units)
    {
        var name = new VoteKey(proposal, owner);
        var exists = votes.TryGet(name, out var before);
        var available = AvailableOf(owner, row.Scene) + before.Units;
        if (available < units)
            return NoPermission(units, available);
        if (PutLock(VoteLockOf(owner, row.Scene, proposal), units) is { } full)
            return full;
        votes.Set(name, new VoteRow(option, units, context.Issuer));
        ballots.TryGet(proposal, out var ballot);
        var without = exists ? ballot!.Minus(before.Option, before.Units) : ballot! with { Entries = ballot.Entries + 1 };
        ballots.Set(proposal, without.Plus(option, units));
        return null;
    }

    private Refusal? UseVoteQuota(ExecutionContext context)
    {
        if (!tokens.TryGet(new(context.Issuer), out var row))
            return null;
        var hour = context.Time.UnixSeconds / 3_600;
        var used = row.VoteHour == hour ? row.VotesInHour : 0;
        var quota = ParameterOf(OwnParameters.VoteQuota);
        if (used >= quota)
            return GovernanceRefusals.VoteQuotaExceeded.With(("quota", Text.Of(quota)));
        tokens.Set(new(context.Issuer), row with { VoteHour = hour, VotesInHour = used + 1 });
        return null;
    }

    private static VoteOption? OptionOf(string text) => text switch
    {
        "yes" => VoteOption.Yes,
        "no" => VoteOption.No,
        "abstain" => VoteOption.Abstain,
        "spam" => VoteOption.Spam,
        _ => null,
    };

    private static Refusal? CheckDelegate(CheckContext context, DelegateMessage message) =>
        (message.To is null) != (message.Until is null) ? (Refusal)GovernanceRefusals.MalformedRequest : null;

    private Refusal? Delegate(ExecutionContext context, DelegateMessage message)
    {
        if (Touch(context, context.Issuer) is { } refusal)
            return refusal;
        if (!scenes.Contains(new(message.Scene)))
            return GovernanceRefusals.UnknownScene;
        var name = new SceneAccountKey(context.Issuer, message.Scene);
        if (message.To is not { } to)
        {
            if (!delegations.Contains(name))
                return GovernanceRefusals.NoGovernancePermission;
            RemoveDelegation(context, name);
            context.Emit("governance.delegation_ended", ("owner", context.Issuer.ToString()), ("scene", message.Scene));
            return null;
        }
        var seconds = message.Until!.Value;
        if (seconds <= context.Time.UnixSeconds || seconds > context.Time.UnixSeconds + MaximumAheadSeconds)
            return GovernanceRefusals.MalformedRequest;
        if (accounts.StandingOf(to) == AccountStanding.Unknown)
            return TransactionRefusals.UnknownAccount;
        if (to == context.Issuer || delegates.Contains(name)
            || (delegations.TryGet(new(to, message.Scene), out var next) && context.Time < next.Until))
            return GovernanceRefusals.DelegationDepth;
        RemoveDelegation(context, name);
        var until = Timestamp.FromSeconds(seconds);
        delegations.Set(name, new DelegationRow(to, until));
        delegates.Set(new(to, message.Scene), new CountRow(DelegatorsOf(to, message.Scene) + 1));
        context.Schedule("delegation_end", until, IdOf(name));
        context.Emit(
            "governance.delegated",
            ("owner", context.Issuer.ToString()), ("to", to.ToString()), ("scene", message.Scene), ("until", until.ToString()));
        return null;
    }

    private uint DelegatorsOf(AccountId to, string scene) =>
        delegates.TryGet(new(to, scene), out var row) ? row.Count : 0;

    private void RemoveDelegation(ExecutionContext context, SceneAccountKey name)
    {
        if (!delegations.TryGet(name, out var row))
            return;
        context.Cancel("delegation_end", row.Until, IdOf(name));
        delegations.Remove(name);
        var left = DelegatorsOf(row.To, name.Scene) - 1;
        if (left == 0)
            delegates.Remove(new(row.To, name.Scene));
        else
            delegates.Set(new(row.To, name.Scene), new CountRow(left));
    }

    private DueOutcome EndDelegation(ExecutionContext context, DueWork work)
    {
        var name = new SceneAccountKey(
            new AccountId(new(work.Id.Span[..32])), System.Text.Encoding.ASCII.GetString(work.Id.Span[32..]));
        RemoveDelegation(context, name);
        context.Emit("governance.delegation_ended", ("owner", name.Account.ToString()), ("scene", name.Scene));
        return DueOutcome.Done;
    }

    // 32 bytes and a scene's name of at most 32 letters: exactly what an id of due work may have.
    private static byte[] IdOf(SceneAccountKey name)
    {
        var id = new byte[32 + name.Scene.Length];
        name.Account.CopyTo(id);
        System.Text.Encoding.ASCII.GetBytes(name.Scene, id.AsSpan(32));
        return id;
    }
}
