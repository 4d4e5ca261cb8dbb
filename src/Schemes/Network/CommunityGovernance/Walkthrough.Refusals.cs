using Counterfoil.Client;
using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

public sealed partial class CommunityWalkthrough
{
    private ProposalId open;
    private ProposalId untouched;
    private Outcome lost = null!;

    private void TellRefusals(WalkScript script)
    {
        TellTokenRefusals(script);
        TellProposalRefusals(script);
        TellVoteRefusals(script);
        TellExecutionRefusals(script);
        TellElectionRefusals(script);
        TellMemberRefusals(script);
        script.Refuse("to pause governance itself", "cannot_pause", context => OfAsync(
            SendAsync(context, HolderName, "pause", new PauseMessage("governance", "incident 2"), Json.PauseMessage)));
        script.Refuse("a call for a pause by one who is not of the committee", "no_governance_permission", context => OfAsync(
            SendAsync(context, NewcomerName, "pause", new PauseMessage("accounts", "incident 2"), Json.PauseMessage)));
        script.Refuse("a payment while the accounts are paused", "paused",
            context => OfAsync(PayAsync(context)), context => CallPauseAsync(context, "incident 2"));
    }

    private void TellTokenRefusals(WalkScript script)
    {
        script.Refuse("to create the token again", "already_initialised", context => OfAsync(SendAsync(
            context, OperatorName, "init", new InitMessage(1, [new GovernanceShare(context.Operator.Account, 1)]), Json.InitMessage)));
        script.Refuse("to make more tokens", "no_mint", context => OfAsync(SendAsync(
            context, OperatorName, "mint", new GovernanceMintMessage(context.Operator.Account, 1), Json.GovernanceMintMessage)));
        script.Refuse("tokens that vote, given to another to vote again", "locked", context => OfAsync(SendAsync(
            context, HolderName, "transfer", new GovernanceTransferMessage(context.Party(NewcomerName).Account, 100_001), Json.GovernanceTransferMessage)),
            async context =>
            {
                untouched = await ProposeAsync(context, DelegateName, Terms.Resolution()).ConfigureAwait(false);
                open = await ProposeAsync(context, ProposerName, Terms.Resolution()).ConfigureAwait(false);
                await VoteAsync(context, HolderName, open, 200_000).ConfigureAwait(false);
            });
    }

    private void TellProposalRefusals(WalkScript script)
    {
        script.Refuse("a proposal by one who holds nothing", "no_governance_permission",
            context => OfAsync(TryProposeAsync(context, NewcomerName, Terms.Resolution())));
        script.Refuse("a new proposal under a spent id", "replayed",
            context => OfAsync(TryProposeAsync(context, ProposerName, Terms.Resolution() with { Id = open })));
        foreach (var (what, terms) in new (string, Terms)[]
        {
            ("that half of the supply would pass", Terms.Resolution() with { Percent = 50 }),
            ("that more than the supply would have to pass", Terms.Resolution() with { Percent = 101 }),
            ("with too little time to vote", Terms.Resolution() with { VoteFor = TimeSpan.FromDays(2) }),
            ("that takes effect before the delay", Terms.Parameter("sponsor_quota", 5) with { Delay = TimeSpan.FromHours(1) }),
        })
            script.Refuse($"a proposal {what}", "bad_proposal", context => OfAsync(TryProposeAsync(context, ProposerName, terms)));
        foreach (var (what, inner, terms) in new (string, string, Terms)[]
        {
            ("that does not name what it changes", "incomplete_reads", Terms.Parameter("sponsor_quota", 5) with { Reads = [] }),
            ("for a parameter outside its range", "invariant_broken", Terms.Parameter("maximum_validity_seconds", 0)),
            ("for another quorum of the validators", "invariant_broken", Terms.Parameter("quorum", 1)),
            ("for a quota of no votes", "invariant_broken", Terms.Parameter("vote_quota", 0)),
            ("for rules that the software does not know", "unknown_rules",
                new Terms(SceneNames.ContractUpgrade, "governance.activate_rules", """{"version":1000,"height":1000000}""")
                {
                    Reads = [RowName.Of("governance.rules", new TextKey(""))],
                }),
        })
            script.Refuse($"a proposal {what}, as bad_proposal", inner, context => InnerOfAsync(TryProposeAsync(context, ProposerName, terms)));
        script.Refuse("to reclaim the tokens of an account that took part lately, as bad_proposal", "not_dormant",
            context => InnerOfAsync(TryProposeAsync(
                context, ProposerName,
                new Terms(SceneNames.Reclaim, "governance.reclaim", $$"""{"account":"{{context.Party(HolderName).Account}}"}""")
                {
                    Reads = [RowName.Of("governance.reclaims", new AccountKey(context.Party(HolderName).Account))],
                })));
        script.Refuse("to cancel another's proposal", "cannot_cancel",
            context => OfAsync(SendAsync(context, HolderName, "cancel", new CancelMessage(untouched), Json.CancelMessage)));
        script.Refuse("to cancel after a vote", "cannot_cancel",
            context => OfAsync(SendAsync(context, ProposerName, "cancel", new CancelMessage(open), Json.CancelMessage)));
    }

    private void TellVoteRefusals(WalkScript script)
    {
        script.Refuse("a vote of more than is there", "no_governance_permission",
            context => OfAsync(TryVoteAsync(context, DelegateName, open, "no", 100_001)));
        script.Refuse("a vote of nothing", "bad_amount", context => OfAsync(TryVoteAsync(context, DelegateName, open, "no", 0)));
        script.Refuse("a vote for an owner who did not delegate in this scene", "no_governance_permission",
            context => OfAsync(TryVoteAsync(context, DelegateName, open, "no", null, (ProposerName, 1))));
        script.Refuse("a delegation in a loop", "delegation_depth", context => OfAsync(SendAsync(
            context, DelegateName, "delegate",
            new DelegateMessage(SceneNames.Parameter, context.Party(HolderName).Account, (context.Clock.Now + TimeSpan.FromDays(1)).UnixSeconds),
            Json.DelegateMessage)));
        script.Refuse("to count by a transaction", "caller_denied",
            context => OfAsync(SendAsync(context, OperatorName, "count", new DueOnlyMessage(open), Json.DueOnlyMessage)));
        script.Refuse("to execute by a transaction", "caller_denied",
            context => OfAsync(SendAsync(context, OperatorName, "execute", new DueOnlyMessage(blockSize), Json.DueOnlyMessage)));
        script.Refuse("a vote on what was cancelled", "voting_closed",
            context => OfAsync(TryVoteAsync(context, HolderName, untouched, "yes", 1)),
            async context => (await SendAsync(context, DelegateName, "cancel", new CancelMessage(untouched), Json.CancelMessage).ConfigureAwait(false)).Required());
        script.Refuse("a vote in a block past the end", "voting_closed",
            context => OfAsync(TryVoteAsync(context, DelegateName, open, "no", 1)),
            async context =>
            {
                await CountAsync(context, open).ConfigureAwait(false);
                // The votes are cleared in the block after, which this makes.
                (await PayAsync(context).ConfigureAwait(false)).Required();
            });
    }

    private void TellExecutionRefusals(WalkScript script)
    {
        script.Refuse("to set again what succeeded", "already_executed",
            context => OfAsync(SendAsync(context, NewcomerName, "requeue", new RequeueMessage(secondPayment), Json.RequeueMessage)));
        script.Refuse("to set again what did not fail", "cannot_requeue",
            context => OfAsync(SendAsync(context, NewcomerName, "requeue", new RequeueMessage(open), Json.RequeueMessage)));
        script.Refuse("the second of two passed proposals that change one value at one time", "execution_failed",
            _ => Task.FromResult(new WalkObservation(lost.Code)), PassTwoOfOneValueAsync);
        script.Refuse("the reason in its receipt: what it rests on has changed", "precondition_failed",
            _ => Task.FromResult(new WalkObservation(Event(lost, "governance.execution_failed")["inner_code"])));
    }

    private async Task PassTwoOfOneValueAsync(WalkContext context)
    {
        // Ids in the order in which they run; votes one after the other, since the same tokens vote once at a time in a scene.
        var ids = new[] { NewId(), NewId() }.Order().ToArray();
        var (week, day) = (TimeSpan.FromDays(7), TimeSpan.FromDays(1));
        var start = context.Clock.Now;
        var first = Terms.Parameter("sponsor_quota", 500) with { Id = ids[0], VoteFor = week + day, Delay = week + week };
        await ProposeAsync(context, ProposerName, first).ConfigureAwait(false);
        var trigger = (await ViewAsync(context, ids[0]).ConfigureAwait(false)).TriggerTime;
        var stop = Timestamp.FromSeconds(start.UnixSeconds) + week + week;
        var voteFor = stop - Timestamp.FromSeconds(context.Clock.Now.UnixSeconds);
        var second = Terms.Parameter("sponsor_quota", 900) with { Id = ids[1], VoteFor = voteFor };
        var laterOne = await ProposeUntilAsync(context, second, trigger).ConfigureAwait(false);
        await PassAsync(context, ids[0]).ConfigureAwait(false);
        await PassAsync(context, laterOne).ConfigureAwait(false);
        WalkContext.Require((await ExecuteAsync(context, ids[0]).ConfigureAwait(false)).Status == "done", "the first to run");
        lost = await ExecuteAsync(context, laterOne).ConfigureAwait(false);
        WalkContext.Require(await ParameterAsync(context, "sponsor_quota").ConfigureAwait(false) == 500, "the value as the first left it");
    }

    /// <summary>Proposes with a trigger at that very second.</summary>
    private static async Task<ProposalId> ProposeUntilAsync(WalkContext context, Terms terms, long trigger)
    {
        var message = terms.At(context.Clock.Now, out var text);
        message = message with { Trigger = message.Trigger with { Time = trigger } };
        (await context.Party(ProposerName).SubmitAsync(
            "governance.propose", message, Json.ProposeMessage, [new AttachmentContent(message.TextDigest, text, [])], context.Cancellation)
            .ConfigureAwait(false)).Required();
        return terms.Id;
    }

    private static async Task<WalkObservation> OfAsync(Task<SubmissionAnswer> answer) => WalkObservation.Of(await answer.ConfigureAwait(false));

    /// <summary>The code inside a <c>bad_proposal</c>.</summary>
    private static async Task<WalkObservation> InnerOfAsync(Task<SubmissionAnswer> answer)
    {
        var given = await answer.ConfigureAwait(false);
        WalkContext.Require(given.Code == "bad_proposal", "bad_proposal");
        return new WalkObservation(given.Outcome?.Facts.FirstOrDefault(fact => fact.Name == "inner_code").Value);
    }
}
