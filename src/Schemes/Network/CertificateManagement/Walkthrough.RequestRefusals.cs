using System.Text;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>Requests that are refused before any vote.</summary>
public sealed partial class ManagementWalkthrough
{
    private LinkRequest aged = null!;
    private EphemeralSigningKey pendingKey = null!;

    private void TellRequestRefusals(WalkScript script)
    {
        script.Refuse("the sponsor is sent something that is no request", "malformed_request", SendGarbageAsync);
        script.Refuse("the sponsor is sent a request without the proof of its key", "possession_failed", context => AskSponsorAsync(context, request =>
            request with { Possession = new NodeProofs() }));
        script.Refuse("a coming validator does not prove its VRF key", "possession_failed", context => AskAsync(context, ["validator"], request =>
            request with { Possession = request.Possession with { Vrf = null } }));
        script.Refuse("the consensus key's proof stands in the TLS key's place", "possession_failed", context => AskAsync(context, ["validator"], request =>
            request with { Possession = request.Possession with { Tls = request.Possession.Consensus } }));
        script.Refuse("proofs of another key", "possession_failed", context => AskAsync(context, ["client"], request =>
            request with { Possession = Fresh(context).Prove(request.Node) }));
        script.Refuse("proofs for another request", "possession_failed", context => AskAsync(context, ["client"], request =>
            request with { Node = request.Node with { Request = Applicant.NewRequest() } }));
        script.Refuse("a request for another ledger", "possession_failed", AskElsewhereAsync);
        script.Refuse("a request over a block that is too old", "possession_failed", async context => WalkObservation.Of(
            await SendAsync(context, "node1", aged).ConfigureAwait(false)), AgeAsync);
        script.Refuse("a new request under a spent id", "replayed", context =>
            AskChangedAsync(context, Fresh(context), body => body with { Request = before.Id }));
        script.Refuse("a key that stands in another node's entry", "key_reused", AskWithKeyOfNode2Async);
        script.Refuse("a key that waits in another request", "key_reused", context =>
            AskChangedAsync(context, Fresh(context, tls: pendingKey), body => body), AskForPendingKeyAsync);
        script.Refuse("one key for two purposes", "key_shared", AskWithOneKeyAsync);
        script.Refuse("a certificate that is expired", "certificate_policy", context =>
            AskChangedAsync(context, Fresh(context, TimeSpan.FromDays(-2), TimeSpan.FromDays(-1)), body => body));
        script.Refuse("a certificate that is not valid yet", "certificate_policy", context =>
            AskChangedAsync(context, Fresh(context, TimeSpan.FromDays(1), TimeSpan.FromDays(2)), body => body));
        script.Refuse("a certificate that is valid for too long", "certificate_policy", context =>
            AskChangedAsync(context, Fresh(context, to: TimeSpan.FromDays(731)), body => body));
        script.Refuse("a version that is not the next", "certificate_policy", context =>
            AskChangedAsync(context, Fresh(context), body => body with { Version = 2 }));
        script.Refuse("an algorithm that is not on the list", "certificate_policy", context =>
            AskChangedAsync(context, Fresh(context), body => body with { Algorithm = "RS256" }));
        script.Refuse("a name that another organisation holds", "node_taken", context =>
            AskChangedAsync(context, Fresh(context), body => body with { Node = Sponsor.RoleName }));
        script.Refuse("a request by an account that is no node's", "not_linked", AskAsStrangerAsync);
        script.Refuse("a renewal that the old key does not sign for", "possession_failed", RenewWithoutOldKeyAsync);
        script.Refuse("a transaction of a suspended node", "account_frozen", context => PayFromAsync(context, Liar));
        script.Refuse("a transaction of a revoked node", "certificate_revoked", PayAsRevokedAsync);
        script.Refuse("a transaction of a terminal whose certificate a list revoked", "certificate_revoked", context => PayFromAsync(context, TerminalName));
        script.Refuse("a payment to a revoked node", "certificate_revoked", async context =>
            WalkObservation.Of(await PayAsync(context, Newcomer).ConfigureAwait(false)));
    }

    private async Task<WalkObservation> SendGarbageAsync(WalkContext context)
    {
        var answer = await Desk(context, StrangerName).PostAsync(
            "link-requests", Encoding.UTF8.GetBytes("""{"node":null}"""), "application/json", ManagementJson.Instance.LinkAnswer, context.Cancellation)
            .ConfigureAwait(false);
        return WalkObservation.Of(answer);
    }

    private async Task<WalkObservation> AskSponsorAsync(WalkContext context, Func<LinkRequest, LinkRequest> change)
    {
        var applicant = Fresh(context);
        var request = change(applicant.Ask(applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false))));
        return WalkObservation.Of(await Desk(context, StrangerName).PostAsync(
            "link-requests", request, ManagementJson.Instance.LinkRequest, ManagementJson.Instance.LinkAnswer, context.Cancellation).ConfigureAwait(false));
    }

    /// <summary>A request with whole proofs, changed afterwards.</summary>
    private async Task<WalkObservation> AskAsync(WalkContext context, IReadOnlyList<string> roles, Func<LinkRequest, LinkRequest> change)
    {
        var applicant = Whole(context);
        var request = change(applicant.Ask(applicant.Body(roles, await LastBlockAsync(context).ConfigureAwait(false))));
        return WalkObservation.Of(await SendAsync(context, "node1", request).ConfigureAwait(false));
    }

    /// <summary>A request of a changed body, with whole proofs.</summary>
    private async Task<WalkObservation> AskChangedAsync(WalkContext context, Applicant applicant, Func<NodeBody, NodeBody> change)
    {
        var body = change(applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false)));
        return WalkObservation.Of(await SendAsync(context, "node1", applicant.Ask(body)).ConfigureAwait(false));
    }

    /// <summary>Somebody new who could validate.</summary>
    private Applicant Whole(WalkContext context) => Fresh(context) with
    {
        Endpoint = "node.example:7000", Consensus = Keep(EphemeralSigningKey.Create()), Vrf = Keep(Cryptography.Vrf.VrfKey.Create()),
    };

    private Task<WalkObservation> AskElsewhereAsync(WalkContext context) =>
        AskChangedAsync(context, Fresh(context), body => body with { Net = Digest<Ledger.Transactions.Net>.Of("another ledger"u8) });

    private async Task AgeAsync(WalkContext context)
    {
        var applicant = Fresh(context);
        aged = applicant.Ask(applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false)));
        (await PayAsync(context).ConfigureAwait(false)).Required();
        await context.AdvanceAsync(TimeSpan.FromMinutes(11)).ConfigureAwait(false);
    }

    private Task<WalkObservation> AskWithKeyOfNode2Async(WalkContext context) =>
        AskChangedAsync(context, Fresh(context, tls: Keep(context.NodeParty(1).Keys.OpenSigning("tls"))), body => body);

    private async Task AskForPendingKeyAsync(WalkContext context)
    {
        pendingKey = Keep(EphemeralSigningKey.Create());
        var first = Fresh(context, tls: pendingKey);
        var body = first.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false));
        (await SendAsync(context, "node3", first.Ask(body)).ConfigureAwait(false)).Required();
    }

    private async Task<WalkObservation> AskWithOneKeyAsync(WalkContext context)
    {
        var applicant = Whole(context);
        applicant = applicant with { Consensus = applicant.Tls };
        var request = applicant.Ask(applicant.Body(["validator"], await LastBlockAsync(context).ConfigureAwait(false)));
        return WalkObservation.Of(await SendAsync(context, "node1", request).ConfigureAwait(false));
    }

    private async Task<WalkObservation> AskAsStrangerAsync(WalkContext context)
    {
        var applicant = Fresh(context);
        var request = applicant.Ask(applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false)));
        return WalkObservation.Of(await SendAsync(context, StrangerName, request).ConfigureAwait(false));
    }

    private async Task<WalkObservation> RenewWithoutOldKeyAsync(WalkContext context)
    {
        var renewed = DeviceApplicant(context, MeterName, "tls-3", TimeSpan.FromDays(20));
        var body = renewed.Body(["device"], await LastBlockAsync(context).ConfigureAwait(false), version: 3);
        return WalkObservation.Of(await SendAsync(context, "node1", renewed.Ask(body)).ConfigureAwait(false));
    }

    private Task<WalkObservation> PayAsRevokedAsync(WalkContext context) => PayFromAsync(context, Newcomer);

    private async Task<WalkObservation> PayFromAsync(WalkContext context, string name) => WalkObservation.Of(await SendAsync(
        context, name, "accounts.transfer", new TransferMessage(context.Party(OwnerName).Account, new Amount(Money(context), 1)),
        AccountsJson.Instance.TransferMessage).ConfigureAwait(false));
}
