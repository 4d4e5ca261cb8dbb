using System.Text;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>Newcomers become validators, and are put out: by evidence at once, and by votes.</summary>
public sealed partial class ManagementWalkthrough
{
    private const int Turns = 60;

    private OpenRequest before = null!;
    private OpenRequest during = null!;
    private OpenRequest revocation = null!;
    private EquivocationMessage lie = null!;

    private void TellValidators(WalkScript script)
    {
        script.Step("node2", LedgerName, "opens a request before anybody else may vote", async context =>
            before = await OpenByNode2Async(context).ConfigureAwait(false));
        script.Step(Newcomer, Sponsor.RoleName, "asks to validate and proves all three keys: every validator votes", context =>
            AdmitValidatorAsync(context, NewcomerIndex, 2));
        script.Step(Newcomer, LedgerName, "stands in the set two blocks later, found along the change of validators", context =>
            IsInSetAsync(context, NewcomerIndex, true));
        script.Step(Newcomer, LedgerName, "validates: it builds a block that the others certify", BuildAsync);
        script.Step(Liar, Sponsor.RoleName, "becomes a peer", AdmitLiarAsync);
        script.Step(Liar, Sponsor.RoleName, "and a validator, with the newcomer's vote", context => AdmitValidatorAsync(context, LiarIndex, 2));
        script.Step("node2", LedgerName, "opens a request on which both may vote", OpenDuringAsync);
        script.Step("node3", LedgerName, "shows two messages of one round that node6 signed: suspended at once, and disconnected", ReportAsync);
        script.Step("node3", LedgerName, "shows two votes of node2 that contradict each other: kept as evidence", ReportContradictionAsync);
        script.Step("node4", LedgerName, "asks that node5 be revoked; two approve, more than f: every node closes its connections at once", CloseAtOnceAsync);
        script.Step("node3", LedgerName, "approves too, which decides; node5 had no vote", RevokeAsync);
        script.Step("node1", Newcomer, "keeps its connections closed: node5 is out of the set and alone", IsOutAsync);
    }

    private async Task<OpenRequest> OpenByNode2Async(WalkContext context)
    {
        var applicant = Fresh(context);
        var request = applicant.Ask(applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false)));
        var answer = (await SendAsync(context, "node2", request).ConfigureAwait(false)).Required();
        return await OpenedAsync(context, request, answer.Height).ConfigureAwait(false);
    }

    private async Task AdmitValidatorAsync(WalkContext context, int index, int version)
    {
        await InStepAsync(context, index).ConfigureAwait(false);
        var applicant = NodeApplicant(context, index);
        var body = applicant.Body(["validator", "peer"], await LastBlockAsync(context).ConfigureAwait(false), version);
        linking = await LinkAsync(context, applicant.Node, applicant.Ask(body)).ConfigureAwait(false);
        await InStepAsync(context, index).ConfigureAwait(false);
        admission = await ApproveAsync(context, linking).ConfigureAwait(false);
        await ReachAsync(context, admission.Height + 2).ConfigureAwait(false);
    }

    /// <summary>The set of two blocks after the deciding vote, and not the one before it, has or has not the node.</summary>
    private async Task IsInSetAsync(WalkContext context, int index, bool isIn)
    {
        var account = context.Nodes[index].Identity.Account;
        await ReachAsync(context, admission.Height + 2).ConfigureAwait(false);
        var (_, last) = await CertifiedAsync(context, admission.Height + 1).ConfigureAwait(false);
        var (block, set) = await CertifiedAsync(context, admission.Height + 2).ConfigureAwait(false);
        WalkContext.Require(set.Find(account) is not null == isIn && last.Find(account) is not null != isIn, "the set to change two blocks after the decision");
        WalkContext.Require(block.Header.Validators == set.Digest, "the header to say so");
    }

    private async Task BuildAsync(WalkContext context)
    {
        var account = context.Nodes[NewcomerIndex].Identity.Account;
        for (var turn = 0; turn < Turns; turn++)
        {
            var paid = (await PayAsync(context).ConfigureAwait(false)).Required();
            var (block, _) = await CertifiedAsync(context, paid.Height).ConfigureAwait(false);
            if (block.Header.Builder == account)
                return;
        }
        throw new WalkFailedException("the newcomer to build a block");
    }

    private async Task AdmitLiarAsync(WalkContext context)
    {
        await AskForPeerAsync(context, LiarIndex).ConfigureAwait(false);
        admission = await ApproveAsync(context, linking).ConfigureAwait(false);
        await IsConnectedAsync(context, LiarIndex, 5).ConfigureAwait(false);
    }

    private async Task OpenDuringAsync(WalkContext context)
    {
        await IsInSetAsync(context, LiarIndex, true).ConfigureAwait(false);
        // Six of equal weight: a committee of five has at least one of the two.
        var applicant = Fresh(context);
        var body = applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false));
        for (var attempt = 0; attempt < Turns; attempt++)
        {
            var request = applicant.Ask(body with { Request = Applicant.NewRequest(), Node = $"during-{attempt}" });
            var answer = (await SendAsync(context, "node2", request).ConfigureAwait(false)).Required();
            during = await OpenedAsync(context, request, answer.Height).ConfigureAwait(false);
            if (during.Voters.Any(duty => duty.Voter == context.Nodes[LiarIndex].Identity.Account)
                && during.Voters.Any(duty => duty.Voter == context.Nodes[1].Identity.Account))
                return;
            applicant = Fresh(context);
            body = applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false));
        }
        throw new WalkFailedException("a committee with node2 and node6");
    }

    private async Task ReportAsync(WalkContext context)
    {
        using var consensus = context.NodeParty(LiarIndex).Keys.OpenSigning("consensus");
        var height = await HeightAsync(context).ConfigureAwait(false);
        string Prevote(string block) => Jws.SignCompact(
            "cf-prevote+jws",
            Encoding.UTF8.GetBytes(
                $$"""{"net":"{{context.Genesis.Net}}","height":{{height}},"round":7,"block":"{{Digest<Block>.Of(Encoding.UTF8.GetBytes(block))}}"}"""),
            consensus);
        lie = new EquivocationMessage(consensus.PublicKey, Prevote("this"), Prevote("that"));
        admission = await SendAsync(context, "node3", "certificates.report_equivocation", lie, Json.EquivocationMessage).ConfigureAwait(false);
        WalkContext.Require(Event(admission, "certificates.node_suspended")["node"] == Liar, "node6 to be suspended by the report itself");
        await IsInSetAsync(context, LiarIndex, false).ConfigureAwait(false);
        await IsDisconnectedAsync(context, LiarIndex).ConfigureAwait(false);
    }

    private async Task IsDisconnectedAsync(WalkContext context, int index)
    {
        var account = context.Nodes[index].Identity.Account.ToString();
        await UntilAsync(context, async () =>
        {
            for (var at = 0; at < VoterNames.Length; at++)
                if ((await PeersOfAsync(context, at).ConfigureAwait(false)).Contains(account))
                    return false;
            return true;
        }, $"nobody to be connected with {context.Nodes[index].Name}").ConfigureAwait(false);
    }

    private async Task<string> SignVoteAsync(WalkContext context, string decision)
    {
        var party = PartyOf(context, "node2");
        var message = new NodeVoteMessage(during.Id, during.Subject, decision, AllPass, await HeightAsync(context).ConfigureAwait(false));
        return Encoding.UTF8.GetString(party.Sign(party.Draft("certificates.vote", message, Json.NodeVoteMessage)));
    }

    private async Task ReportContradictionAsync(WalkContext context)
    {
        var message = new ContradictionMessage(
            PartyOf(context, "node2").SigningKey.PublicKey, await SignVoteAsync(context, "approve").ConfigureAwait(false),
            await SignVoteAsync(context, "deny").ConfigureAwait(false));
        var answer = await SendAsync(context, "node3", "certificates.report_contradiction", message, Json.ContradictionMessage).ConfigureAwait(false);
        WalkContext.Require(Event(answer, "certificates.contradiction_recorded")["request"] == during.Id, "the contradiction to be recorded");
    }

    private async Task CloseAtOnceAsync(WalkContext context)
    {
        var target = context.Nodes[NewcomerIndex];
        var subject = target.Certificate!.Thumbprint.As<Attachment>();
        var message = new RevokeNodeMessage(Applicant.NewRequest(), "its key was seen elsewhere", subject);
        var answer = (await SendAsync(context, "node4", "certificates.revoke_node", message, Json.RevokeNodeMessage).ConfigureAwait(false)).Required();
        revocation = await OpenedAsync(context, message.Request, subject, answer.Height, forValidators: true, target.Identity.Account).ConfigureAwait(false);
        WalkContext.Require(revocation.Voters.All(duty => duty.Voter != target.Identity.Account), "node5 to have no vote on itself");
        foreach (var voter in (string[])["node1", "node2"])
        {
            var vote = (await VoteAsync(context, voter, revocation, "approve", new VoteChecks()).ConfigureAwait(false)).Required();
            WalkContext.Require(Decided(vote, revocation) is null, "nothing to be decided by two of five");
        }
        await IsDisconnectedAsync(context, NewcomerIndex).ConfigureAwait(false);
    }

    private async Task RevokeAsync(WalkContext context)
    {
        admission = await VoteAsync(context, "node3", revocation, "approve", new VoteChecks()).ConfigureAwait(false);
        WalkContext.Require(Event(admission, "certificates.node_revoked")["node"] == Newcomer, "node5 to be revoked");
    }

    private async Task IsOutAsync(WalkContext context)
    {
        await IsInSetAsync(context, NewcomerIndex, false).ConfigureAwait(false);
        await IsDisconnectedAsync(context, NewcomerIndex).ConfigureAwait(false);
    }
}
