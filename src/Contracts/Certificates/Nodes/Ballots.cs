using System.Diagnostics.CodeAnalysis;
using System.Text;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Certificates.Nodes;

/// <summary>
/// Requests and votes: who decides is fixed when a request is opened, every vote is tallied when it comes, and
/// the vote that suffices executes the decision in its own transaction. <b>Source:</b> US11070381, US20210336802.
/// </summary>
public sealed class Ballots
{
    /// <summary>The full name of the action that votes.</summary>
    public const string VoteAction = "certificates.vote";

    private const string CloseTimer = "close";
    private const long SecondsPerDay = 86_400;

    private readonly Contract contract;
    private readonly NodeRegistry registry;
    private readonly Dictionary<RequestKind, IDecision> decisions = [];
    private Table<TextKey, RequestRow> requests = null!;
    private Table<TextKey, Presence> open = null!;
    private Table<VoteKey, VoteRow> votes = null!;
    private Table<AccountKey, SponsorRow> sponsors = null!;

    internal Ballots(Contract contract, NodeRegistry registry)
    {
        this.contract = contract;
        this.registry = registry;
    }

    internal void Register(ContractRegistration registration)
    {
        requests = registration.Table<TextKey, RequestRow>("requests");
        open = registration.Table<TextKey, Presence>("open_requests", ordered: true);
        votes = registration.Table<VoteKey, VoteRow>("votes");
        sponsors = registration.Table<AccountKey, SponsorRow>("sponsors");
        registration.Action("vote", NodesJson.Instance.NodeVoteMessage, Vote, CheckVote);
        registration.Timer(CloseTimer, Close);
    }

    internal void Decides(RequestKind kind, IDecision decision) => decisions.Add(kind, decision);

    /// <summary>A request, open or decided.</summary>
    public bool TryGet(string request, [NotNullWhen(true)] out RequestRow? row) => requests.TryGet(new TextKey(request), out row);

    /// <summary>A voter's vote on a request.</summary>
    public bool TryGetVote(string request, AccountId voter, [NotNullWhen(true)] out VoteRow? row) =>
        votes.TryGet(new VoteKey(request, voter), out row);

    /// <summary>The ids of requests that are open, in their order.</summary>
    /// <param name="from">The smallest wanted; empty for the first.</param>
    /// <param name="limit">At least 1.</param>
    public IReadOnlyList<string> ListOpen(string from, int limit) =>
        [.. open.From(new TextKey(from), limit).Select(row => row.Key.Text)];

    /// <summary>
    /// The emergency rule: should connections to the target of this open revocation be closed before the decision is final? True once approving votes of
    /// more than f stand on the ledger or are held by the node that asks; until the decision or the window's end. A target without which no quorum is left
    /// stays connected: no decision about it could become final.
    /// </summary>
    /// <param name="request">The revocation's id.</param>
    /// <param name="held">The accounts whose approvals of what is voted on passed admission and are in no block yet.</param>
    /// <param name="now">The node's own time: where no blocks are made, the window ends all the same.</param>
    /// <param name="target">The target's account.</param>
    public bool IsClosedAgainst(string request, IReadOnlyCollection<AccountId> held, Timestamp now, out AccountId target)
    {
        target = default;
        if (!TryGet(request, out var row) || row.Kind != RequestKind.Revocation || row.Verdict != Verdict.Open || now >= row.Close
            || !registry.TryGet(row.Node, out var node))
            return false;
        target = node.Account;
        if (registry.IsNeededForQuorum(target))
            return false;
        long weight = 0;
        foreach (var member in row.Committee)
            if (TryGetVote(request, member.Account, out var vote) ? vote.Choice == VoteChoice.Approve
                : held.Contains(member.Account) && registry.MayVote(member.Account))
                weight += member.Weight;
        return weight > row.Rules.Faulty;
    }

    /// <summary>Why this account cannot open a request of this id: <c>replayed</c>, <c>quota_exceeded</c>.</summary>
    internal Refusal? Refuse(ExecutionContext context, string request, bool isOnQuota)
    {
        if (requests.Contains(new TextKey(request)))
            return TransactionRefusals.Replayed;
        if (!isOnQuota)
            return null;
        var parameters = registry.Parameters;
        var used = UsedBy(context, context.Issuer);
        return used.Open >= parameters.OpenRequests ? NodeRefusals.QuotaExceeded.With(("open", Text.Of(parameters.OpenRequests)))
            : used.Today >= parameters.DailyRequests ? NodeRefusals.QuotaExceeded.With(("daily", Text.Of(parameters.DailyRequests)))
            : null;
    }

    /// <summary>Opens a request that nothing speaks against.</summary>
    /// <returns><c>too_few_validators</c> where nobody is left to vote.</returns>
    internal Refusal? Open(ExecutionContext context, string request, Proposal proposal)
    {
        var electorate = context.ValidatorsAt(context.Height)
            ?? throw new InvalidOperationException("The validators of the open block are not known.");
        if (!context.TryGetRandomness(context.Height, out var randomness))
            throw new InvalidOperationException("The open block has no VRF output.");
        var parameters = registry.Parameters;
        var seed = Committee.SeedOf(randomness, request);
        var weight = electorate.Validators.Where(validator => validator.Account != proposal.Excluded).Sum(validator => validator.Weight);
        var required = proposal.IsForValidators ? weight : Math.Min(weight, parameters.CommitteeWeight.Of(weight) + 1);
        var committee = Committee.Draw(
            electorate, proposal.Excluded, required, proposal.Required, proposal.IsDivided, seed);
        if (committee.Count == 0)
            return NodeRefusals.TooFewValidators;
        var rules = RulesOf(parameters, proposal, committee, electorate.Validators.Count, electorate.FaultyWeight);
        var close = context.Time + TimeSpan.FromSeconds(parameters.WindowSeconds);
        var name = new TextKey(request);
        requests.Set(name, new RequestRow(
            proposal.Kind, context.Issuer, proposal.Subject, proposal.Node, context.Height, close, seed, rules, committee,
            proposal.Message, 0, Verdict.Open, 0, 0, 0, ""));
        open.Set(name, default);
        if (proposal.IsOnQuota)
        {
            var used = UsedBy(context, context.Issuer);
            sponsors.Set(new AccountKey(context.Issuer), used with { Open = used.Open + 1, Today = used.Today + 1 });
        }
        context.Schedule(CloseTimer, close, Encoding.ASCII.GetBytes(request));
        context.Emit("certificates.requested", ("request", request), ("kind", NameOf(proposal.Kind)),
            ("subject", proposal.Subject.ToString()), ("node", proposal.Node), ("voters", Text.Of(committee.Count)),
            ("participation", Text.Of(rules.Participation)), ("approval", Text.Of(rules.Approval)), ("close", close.ToString()));
        return null;
    }

    /// <summary>Lets open requests lapse that have lost their ground.</summary>
    internal void Lapse(ExecutionContext context, Func<RequestRow, bool> isGroundless, string reason)
    {
        if (open.Count == 0)
            return;
        foreach (var (name, _) in open.From(new TextKey(""), open.Count))
            if (requests.TryGet(name, out var row) && isGroundless(row))
                Finish(context, name.Text, row, Verdict.Lapsed, reason);
    }

    private static TallyRules RulesOf(
        NodeParameters parameters, Proposal proposal, List<CommitteeMember> committee, int voters, long faultyWeight)
    {
        var isCounted = parameters.DecisionRule == DecisionRule.Count;
        var whole = isCounted ? committee.Count : committee.Sum(member => member.Weight);
        var faulty = isCounted ? (voters - 1) / 3 : faultyWeight;
        var (participation, approval) = proposal.IsForValidators
            ? (parameters.ValidatorParticipation.Of(whole), parameters.ValidatorApproval.Of(whole))
            : (parameters.OtherParticipation.Of(whole), Math.Max(parameters.OtherApproval.Of(whole), faulty));
        // Over what remains without the target, never below f + 1.
        if (!proposal.Excluded.IsUnset)
            (participation, approval) = (Math.Max(participation, faulty), Math.Max(approval, faulty));
        return new TallyRules(
            parameters.DecisionRule, participation, approval, faultyWeight, proposal.Required, proposal.LinkedNodes,
            parameters.Ratio, proposal.IsSequential ? parameters.Completed : default);
    }

    private static Refusal? CheckVote(CheckContext context, NodeVoteMessage message) =>
        NodeForm.IsRequest(message.Request) && message.Decision is "approve" or "deny" && message.HeightSeen >= 0
            && NodeForm.IsReason(message.Reason ?? "") && VoteForm.IsValid(message.Checks)
            ? null
            : (Refusal)NodeRefusals.MalformedRequest;

    private Refusal? Vote(ExecutionContext context, NodeVoteMessage message)
    {
        if (!TryGet(message.Request, out var row))
            return NodeRefusals.UnknownRequest;
        var (passed, failed) = (VoteForm.Passed(message.Checks), VoteForm.Failed(message.Checks));
        var choice = message.Decision == "approve" ? VoteChoice.Approve : VoteChoice.Deny;
        if (FindVoid(context, message, row, choice, passed, failed) is { } reason)
            return NodeRefusals.VoidVote.With(("reason", reason));
        votes.Set(new VoteKey(message.Request, context.Issuer), new VoteRow(
            choice, passed, failed, row.Votes + 1, context.Height, message.HeightSeen, message.Reason ?? ""));
        var result = Tally.Count(row.Rules, VotesOf(message.Request, row));
        row = row with { Votes = row.Votes + 1, Messages = result.Messages, Approvals = result.Approvals };
        requests.Set(new TextKey(message.Request), row);
        context.Emit("certificates.voted", ("request", message.Request), ("voter", context.Issuer.ToString()),
            ("decision", message.Decision), ("messages", Text.Of(result.Messages)), ("approvals", Text.Of(result.Approvals)));
        if (result.Verdict == Verdict.Denied)
            Finish(context, message.Request, row, Verdict.Denied, "votes");
        else if (result.Verdict == Verdict.Approved)
            Execute(context, message.Request, row);
        return null;
    }

    private string? FindVoid(
        ExecutionContext context, NodeVoteMessage message, RequestRow row, VoteChoice choice, CheckSet passed, CheckSet failed)
    {
        if (row.Verdict != Verdict.Open || context.Time >= row.Close)
            return "closed";
        var member = row.Committee.FirstOrDefault(member => member.Account == context.Issuer);
        if (member.Account.IsUnset)
            return "not_member";
        if (!registry.MayVote(context.Issuer))
            return "not_active";
        if (message.Certificate != row.Subject)
            return "other_certificate";
        if (votes.Contains(new VoteKey(message.Request, context.Issuer)))
            return "second";
        if (message.HeightSeen > context.Height)
            return "height";
        // Divided checks may be left to others of the part; the others are everybody's.
        var everybodys = row.Committee.Aggregate(CheckSet.All, (common, other) => common & other.Checks) & ~Committee.Divisible(row.Kind);
        if (((passed | failed) & everybodys) != everybodys || (choice == VoteChoice.Approve && failed != CheckSet.None))
            return "checks";
        return null;
    }

    // Whatever hinders the execution of an approved request is a reason of its own; nothing of it stays then.
    private void Execute(ExecutionContext context, string request, RequestRow row)
    {
        var refusal = context.Call(inner => decisions[row.Kind].Approve(inner.For(contract), request, row));
        Finish(context, request, row, refusal is null ? Verdict.Approved : Verdict.Denied, refusal?.Code ?? "");
    }

    private DueOutcome Close(ExecutionContext context, DueWork work)
    {
        var request = Encoding.ASCII.GetString(work.Id.Span);
        if (!TryGet(request, out var row) || row.Verdict != Verdict.Open)
            return DueOutcome.Done;
        var cast = VotesOf(request, row);
        var result = Tally.Count(row.Rules, cast);
        var reason = result.LacksCoverage ? "coverage" : result.Messages > row.Rules.Participation ? "votes" : "participation";
        Finish(context, request, row, Tally.AtClose(row.Rules, cast), reason);
        return DueOutcome.Done;
    }

    private void Finish(ExecutionContext context, string request, RequestRow row, Verdict verdict, string reason)
    {
        var name = new TextKey(request);
        requests.Set(name, row with { Verdict = verdict, DecidedHeight = context.Height, Reason = reason });
        open.Remove(name);
        context.Cancel(CloseTimer, row.Close, Encoding.ASCII.GetBytes(request));
        var sponsor = new AccountKey(row.Sponsor);
        if (decisions[row.Kind].IsOnQuota && sponsors.TryGet(sponsor, out var used))
            sponsors.Set(sponsor, used with { Open = used.Open - 1 });
        if (verdict != Verdict.Approved)
            decisions[row.Kind].Reject(context, request, row);
        context.Emit("certificates.decided", ("request", request), ("kind", NameOf(row.Kind)), ("verdict", NameOf(verdict)),
            ("reason", reason), ("messages", Text.Of(row.Messages)), ("approvals", Text.Of(row.Approvals)));
    }

    private TallyVote[] VotesOf(string request, RequestRow row) =>
    [
        .. row.Committee.Select(member => TryGetVote(request, member.Account, out var vote)
            ? new TallyVote(member.Weight, vote.Choice, vote.Passed)
            : new TallyVote(member.Weight, VoteChoice.None, CheckSet.None)),
    ];

    private SponsorRow UsedBy(ExecutionContext context, AccountId account)
    {
        var day = (int)(context.Time.UnixSeconds / SecondsPerDay);
        return !sponsors.TryGet(new AccountKey(account), out var row) ? new SponsorRow(0, day, 0)
            : row.Day == day ? row
            : new SponsorRow(row.Open, day, 0);
    }

    private static string NameOf(RequestKind kind) => kind switch
    {
        RequestKind.Link => "link",
        RequestKind.Recognition => "recognition",
        RequestKind.Dismissal => "dismissal",
        RequestKind.Certificate => "certificate",
        RequestKind.List => "list",
        RequestKind.Revocation => "revocation",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static string NameOf(Verdict verdict) => verdict switch
    {
        Verdict.Approved => "approved",
        Verdict.Denied => "denied",
        Verdict.Lapsed => "lapsed",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };
}
