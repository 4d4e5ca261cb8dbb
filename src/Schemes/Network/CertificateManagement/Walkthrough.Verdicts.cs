using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>Requests that votes or time decide against, and the quota.</summary>
public sealed partial class ManagementWalkthrough
{
    private const int OpenQuota = 16;

    private OpenRequest judged = null!;

    private void TellVerdicts(WalkScript script)
    {
        script.Refuse(
            "two of three approve, which is not enough messages", "lapsed", context => CloseAsync(context, "participation"),
            context => PartlyAsync(context, 2));
        script.Refuse("a vote after the window", "void_vote", context => VoteVoidAsync(context, NameOf(context, judged.Voters[^1].Voter), judged, "closed"));
        script.Refuse("three voted and one approved", "denied", DenyAsync, async context =>
        {
            judged = await OpenByNode2Async(context).ConfigureAwait(false);
            await ApprovePartAsync(context, 1, covered: true).ConfigureAwait(false);
        });
        script.Refuse(
            "all approve, but nobody looked whether the organisation is entitled", "coverage", context => CloseAsync(context, "coverage"),
            async context =>
            {
                judged = await OpenByNode2Async(context).ConfigureAwait(false);
                await ApprovePartAsync(context, judged.Voters.Count, covered: false).ConfigureAwait(false);
            });
        script.Refuse("more open requests than a sponsor may have", "quota_exceeded", context => AskByAsync(context, "node4"), async context =>
        {
            for (var open = 0; open < OpenQuota; open++)
                WalkContext.Require((await AskByAsync(context, "node4").ConfigureAwait(false)).Code is null, "a request within the quota");
        });
    }

    private async Task PartlyAsync(WalkContext context, int approvals)
    {
        judged = await OpenByNode2Async(context).ConfigureAwait(false);
        WalkContext.Require(judged.Voters.Count == 3, "a committee of three");
        await ApprovePartAsync(context, approvals, covered: true).ConfigureAwait(false);
    }

    private async Task ApprovePartAsync(WalkContext context, int count, bool covered)
    {
        foreach (var duty in judged.Voters.Take(count))
        {
            var checks = covered ? AllPass : AllPass with { C6 = "not_mine" };
            (await VoteAsync(context, NameOf(context, duty.Voter), judged, "approve", checks).ConfigureAwait(false)).Required();
        }
    }

    private async Task<WalkObservation> CloseAsync(WalkContext context, string reason)
    {
        await context.AdvanceAsync(Window + AMinute).ConfigureAwait(false);
        var decided = await FindEventAsync(context, judged.Height, "certificates.decided", "request", judged.Id).ConfigureAwait(false);
        WalkContext.Require(decided["verdict"] == "lapsed" && decided["reason"] == reason, $"the request to lapse by {reason}, not {decided["reason"]}");
        return new WalkObservation(reason == "coverage" ? reason : decided["verdict"], "the window closed", "the node was not admitted");
    }

    private async Task<WalkObservation> DenyAsync(WalkContext context)
    {
        foreach (var duty in judged.Voters.Skip(1))
            (await VoteAsync(context, NameOf(context, duty.Voter), judged, "deny", AllPass with { C6 = "fail" }).ConfigureAwait(false)).Required();
        var decided = await FindEventAsync(context, judged.Height, "certificates.decided", "request", judged.Id).ConfigureAwait(false);
        return new WalkObservation(decided["verdict"], "the votes are kept", "the node was not admitted");
    }

    private async Task<WalkObservation> AskByAsync(WalkContext context, string by)
    {
        var applicant = Fresh(context);
        var request = applicant.Ask(applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false)));
        return WalkObservation.Of(await SendAsync(context, by, request).ConfigureAwait(false));
    }
}
