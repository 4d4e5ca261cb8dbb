using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>Route A: a linking request, decided by the members.</summary>
public sealed partial class ManagementWalkthrough
{
    private const int Supply = 1_000_000;

    private OpenRequest linking = null!;
    private SubmissionAnswer admission = null!;

    private void TellLinking(WalkScript script)
    {
        script.Step(OperatorName, LedgerName, "opens accounts and defines the money", OpenAccountsAsync);
        script.Step("node1", Sponsor.RoleName, "brings the sponsor's own request: a client, and the members approve", LinkSponsorAsync);
        script.Step(Newcomer, "node1", "is a stranger: no node lets it in", IsStrangerAsync);
        script.Step(Newcomer, Sponsor.RoleName, "asks to be linked as a peer and proves its TLS key", context => AskForPeerAsync(context, NewcomerIndex));
        script.Step("node1", LedgerName, "the voters find their parts themselves, look at the endpoint, and approve", ApprovePeerAsync);
        script.Step(Newcomer, LedgerName, "verifies the admission proof from genesis on", VerifyAdmissionAsync);
        script.Step(Newcomer, "node1", "is connected with all four and follows", context => IsConnectedAsync(context, NewcomerIndex, 4));
        script.Step("node1", LedgerName, "sends a request's same bytes again and has the first receipt", RepeatAsync);
    }

    private async Task OpenAccountsAsync(WalkContext context)
    {
        foreach (var name in new[] { MeterName, TerminalName, AuthorityName, OwnerName, StrangerName })
            (await context.Party(name).OpenAccountAsync(context.Operator, context.Cancellation).ConfigureAwait(false)).Required();
        var json = AccountsJson.Instance;
        var money = new DefineAssetMessage("PAY", "Money of the sandbox", 2, Supply, Transferable: true, Shieldable: false);
        (await SendAsync(context, OperatorName, "accounts.define_asset", money, json.DefineAssetMessage).ConfigureAwait(false)).Required();
        foreach (var (name, units) in new[] { (OperatorName, 10_000), (AuthorityName, 1_000) })
        {
            var mint = new MintMessage(PartyOf(context, name).Account, new Amount(Money(context), (UInt128)units));
            (await SendAsync(context, OperatorName, "accounts.mint", mint, json.MintMessage).ConfigureAwait(false)).Required();
        }
    }

    private async Task LinkSponsorAsync(WalkContext context)
    {
        var request = (await Desk(context, "node1").GetAsync("link-request", ManagementJson.Instance.LinkRequest, context.Cancellation)
            .ConfigureAwait(false)).Value;
        WalkContext.Require(LinkForm.FaultOf(request, context.Genesis.Net) is null, "the sponsor's request to be in order");
        var answer = (await SendAsync(context, "node1", request).ConfigureAwait(false)).Required();
        await ApproveAsync(context, await OpenedAsync(context, request, answer.Height).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task IsStrangerAsync(WalkContext context)
    {
        var account = context.Nodes[NewcomerIndex].Identity.Account.ToString();
        for (var index = 0; index < VoterNames.Length; index++)
            WalkContext.Require(!(await PeersOfAsync(context, index).ConfigureAwait(false)).Contains(account), $"node{index + 1} not to know the newcomer");
        var its = await context.NodeParty(NewcomerIndex).Node.GetStatusAsync(context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(its.Height == 0, "the newcomer to have no block");
    }

    private async Task AskForPeerAsync(WalkContext context, int index)
    {
        var applicant = NodeApplicant(context, index);
        var body = applicant.Body(["peer"], await LastBlockAsync(context).ConfigureAwait(false));
        linking = await LinkAsync(context, applicant.Node, applicant.Ask(body)).ConfigureAwait(false);
    }

    private async Task ApprovePeerAsync(WalkContext context)
    {
        WalkContext.Require(linking.Voters.Count == 3, "a committee of three of the four, drawn by the block's randomness");
        WalkContext.Require(linking.Voters.All(duty => duty.Checks.Count > 0), "a part for each of them");
        admission = await ApproveAsync(context, linking).ConfigureAwait(false);
        WalkContext.Require(Event(admission, "certificates.node_admitted")["node"] == Newcomer, "the newcomer to be admitted by the deciding vote");
    }

    private async Task VerifyAdmissionAsync(WalkContext context)
    {
        var node = At(context, Newcomer);
        var receipt = (await node.GetReceiptAsync(admission.Id, context.Cancellation).ConfigureAwait(false)).Value;
        var (verified, refusal) = await new ReceiptVerifier(context.Genesis).VerifyAsync(node, receipt, context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(verified is not null && verified.Id == admission.Id, $"the admission proof to hold, not {refusal?.Code}");
        var admitted = FindEvent(verified!.Outcome, "certificates.node_admitted");
        WalkContext.Require(
            admitted is not null && admitted["certificate"] == context.Nodes[NewcomerIndex].Certificate!.Thumbprint.ToString(),
            "the proof to name the certificate");
    }

    private async Task IsConnectedAsync(WalkContext context, int index, int others)
    {
        var account = context.Nodes[index].Identity.Account.ToString();
        await UntilAsync(context, async () =>
        {
            for (var at = 0; at < VoterNames.Length; at++)
                if (!(await PeersOfAsync(context, at).ConfigureAwait(false)).Contains(account))
                    return false;
            return (await PeersOfAsync(context, index).ConfigureAwait(false)).Count == others;
        }, "the newcomer to be connected").ConfigureAwait(false);
        await InStepAsync(context, index).ConfigureAwait(false);
    }

    private static Task InStepAsync(WalkContext context, int index) =>
        UntilAsync(context, () => IsInStepAsync(context, context.Nodes[index].Identity.Account), $"{context.Nodes[index].Name} to be in step");

    private async Task RepeatAsync(WalkContext context)
    {
        var applicant = Fresh(context);
        var request = applicant.Ask(applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false)));
        var party = PartyOf(context, "node4");
        var signed = party.Sign(party.Draft(
            "certificates.request", new NodeRequestMessage(request.Node, request.Possession), Json.NodeRequestMessage));
        var submission = new Submission(signed, [new AttachmentContent(request.Node.Certificate, request.Certificate, [])]);
        var first = (await At(context, "node4").SubmitAsync([submission], context.Cancellation).ConfigureAwait(false))[0].Required();
        var again = (await At(context, "node4").SubmitAsync([submission], context.Cancellation).ConfigureAwait(false))[0].Required();
        WalkContext.Require(!first.Repeat && again.Repeat && again.Height == first.Height, "the first receipt again");
    }
}
