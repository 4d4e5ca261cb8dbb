using Counterfoil.Client;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>Votes that do not count, evidence that is none, and connections that are refused.</summary>
public sealed partial class ManagementWalkthrough
{
    private void TellVoteRefusals(WalkScript script)
    {
        script.Refuse("a vote by an account that is no member", "void_vote", context => VoteVoidAsync(context, StrangerName, before, "not_member"));
        script.Refuse("a vote by the validator whom the draw left out", "void_vote", context =>
            VoteVoidAsync(context, LeftOut(context), before, "not_member"));
        script.Refuse("a vote by a validator that was admitted after the request", "void_vote", context => VoteVoidAsync(context, Liar, before, "not_member"));
        script.Refuse("a vote by a validator that was suspended meanwhile", "void_vote", context => VoteVoidAsync(context, Liar, during, "not_active"));
        script.Refuse("a vote by a validator that was revoked meanwhile", "certificate_revoked", async context =>
            WalkObservation.Of(await VoteAsync(context, Newcomer, during, "approve", AllPass).ConfigureAwait(false)));
        script.Refuse("a vote on another certificate", "void_vote", async context => Void(
            await VoteAsync(context, FirstVoter(context), before, "approve", AllPass, Digest<Attachment>.Of("another"u8)).ConfigureAwait(false),
            "other_certificate"));
        script.Refuse("an approval without a check that is everybody's", "void_vote", async context => Void(
            await VoteAsync(context, FirstVoter(context), before, "approve", AllPass with { C2 = null }).ConfigureAwait(false), "checks"));
        script.Refuse("an approval in spite of a failed check", "void_vote", async context => Void(
            await VoteAsync(context, FirstVoter(context), before, "approve", AllPass with { C6 = "fail" }).ConfigureAwait(false), "checks"));
        script.Refuse("a second vote of the same voter", "void_vote", context => VoteVoidAsync(context, FirstVoter(context), before, "second"), async context =>
            (await VoteAsync(context, FirstVoter(context), before, "approve", AllPass).ConfigureAwait(false)).Required());
        script.Refuse("a vote on a request that does not exist", "unknown_request", async context => WalkObservation.Of(
            await VoteAsync(context, "node1", before with { Id = Applicant.NewRequest() }, "approve", AllPass).ConfigureAwait(false)));
        script.Refuse("evidence of two messages that are the same", "not_equivocation", context => ReportAsync(context, lie with { Second = lie.First }));
        script.Refuse("evidence that is known", "evidence_known", context => ReportAsync(context, lie));
        script.Refuse("a handshake with a certificate under a member's name but of another key", "peer_not_admitted", context => HandshakeAsync(context, 0));
        script.Refuse("the same at a node that is out", "peer_not_admitted", context => HandshakeAsync(context, NewcomerIndex));
    }

    private async Task<WalkObservation> VoteVoidAsync(WalkContext context, string voter, OpenRequest request, string reason) =>
        Void(await VoteAsync(context, voter, request, "approve", AllPass).ConfigureAwait(false), reason);

    private static WalkObservation Void(SubmissionAnswer answer, string reason)
    {
        var given = answer.Refusal?.Facts.GetValueOrDefault("reason") ?? answer.Outcome?.Facts.FirstOrDefault(fact => fact.Name == "reason").Value;
        WalkContext.Require(given == reason, $"the vote to be void as {reason}, not {given}");
        return WalkObservation.Of(answer);
    }

    private string FirstVoter(WalkContext context) => NameOf(context, before.Voters[0].Voter);

    private string LeftOut(WalkContext context) =>
        VoterNames.Single(name => before.Voters.All(duty => duty.Voter != PartyOf(context, name).Account));

    private async Task<WalkObservation> ReportAsync(WalkContext context, EquivocationMessage message) => WalkObservation.Of(
        await SendAsync(context, StrangerName, "certificates.report_equivocation", message, Json.EquivocationMessage).ConfigureAwait(false));

    // The handshake's end says only that nothing is let in; why, the node counts.
    private static async Task<WalkObservation> HandshakeAsync(WalkContext context, int index)
    {
        var node = context.Nodes[index];
        var now = context.Clock.GetUtcNow();
        using var shown = PeerProbe.NewStranger("node2", now - TimeSpan.FromDays(1), now + TimeSpan.FromDays(1));
        var before = await RefusedPeersOfAsync(context, node).ConfigureAwait(false);
        var isRefused = await PeerProbe.IsRefusedAsync(node.PeerEndpoint, node.Certificate!.Thumbprint, shown, context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(isRefused, "the connection to end before anything was let in");
        await UntilAsync(context, async () => await RefusedPeersOfAsync(context, node).ConfigureAwait(false) > before, "the node to count it")
            .ConfigureAwait(false);
        return WalkObservation.Of(ManagementRefusals.PeerNotAdmitted.Code);
    }

    private static async Task<long> RefusedPeersOfAsync(WalkContext context, WalkedNode node)
    {
        var line = $"counterfoil_peer_events_total{{event=\"{ManagementRefusals.PeerNotAdmitted.Code}\"}} ";
        using var http = PartyOf(context, node.Name).CreateHttp(node.Address);
        var metrics = await http.GetStringAsync(new Uri("metrics", UriKind.Relative), context.Cancellation).ConfigureAwait(false);
        var count = metrics.Split('\n').Single(each => each.StartsWith(line, StringComparison.Ordinal))[line.Length..];
        return long.Parse(count, System.Globalization.CultureInfo.InvariantCulture);
    }
}
