using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>What an authority may not write.</summary>
public sealed partial class ManagementWalkthrough
{
    private WriteCertificateMessage pending = null!;
    private OpenRequest dismissal = null!;

    private void TellAuthorityRefusals(WalkScript script)
    {
        script.Refuse("a certificate that is on a revocation list", "certificate_revoked", WriteRevokedAsync);
        script.Refuse(
            "a certificate for a node that another organisation holds", "node_taken", context => WriteNewAsync(context, AuthorityName, Sponsor.RoleName));
        script.Refuse("a certificate by an authority that is not recognised", "unknown_issuer", context => WriteNewAsync(context, StrangerName, "terminal-3"));
        script.Refuse("a revocation list with the number of the last one", "crl_old", context => WriteListAsync(context, 1, TimeSpan.FromDays(30)));
        script.Refuse("a revocation list with a lower number", "crl_old", context => WriteListAsync(context, 0, TimeSpan.FromDays(30)));
        script.Refuse("a revocation list past its next update", "crl_old", context => WriteListAsync(context, 2, TimeSpan.FromDays(-1)));
        script.Refuse(
            "a pending certificate of an authority that is dismissed", "unknown_issuer", ApproveDismissalAsync, DismissAsync);
        script.Refuse("a certificate by an authority that was dismissed", "unknown_issuer", context => WriteNewAsync(context, AuthorityName, "terminal-4"));
    }

    private async Task<WalkObservation> WriteRevokedAsync(WalkContext context)
    {
        var message = await WrittenAsync(context, terminal, terminalKey, "terminal-2", OwnerName).ConfigureAwait(false);
        return WalkObservation.Of(await WriteAsync(context, AuthorityName, message, terminal).ConfigureAwait(false));
    }

    private async Task<WalkObservation> WriteNewAsync(WalkContext context, string by, string node)
    {
        var key = Keep(EphemeralSigningKey.Create());
        var certificate = Issue(context, key.PublicKey, node);
        return WalkObservation.Of(await WriteAsync(
            context, by, await WrittenAsync(context, certificate, key, node, OwnerName).ConfigureAwait(false), certificate).ConfigureAwait(false));
    }

    private async Task<WalkObservation> WriteListAsync(WalkContext context, long number, TimeSpan until)
    {
        var message = ListOf(context, number, until, terminal, out var der);
        return WalkObservation.Of(await SendAsync(context, AuthorityName, "certificates.write_crl", message, Json.WriteListMessage, der).ConfigureAwait(false));
    }

    private async Task DismissAsync(WalkContext context)
    {
        var key = Keep(EphemeralSigningKey.Create());
        var certificate = Issue(context, key.PublicKey, "pending");
        pending = await WrittenAsync(context, certificate, key, "pending", OwnerName).ConfigureAwait(false);
        (await WriteAsync(context, AuthorityName, pending, certificate).ConfigureAwait(false)).Required();
        var message = new DismissMessage(Applicant.NewRequest(), context.Party(AuthorityName).Account, "its vault was opened");
        var answer = (await SendAsync(context, "node3", "certificates.dismiss", message, Json.DismissMessage).ConfigureAwait(false)).Required();
        dismissal = await OpenedAsync(
            context, message.Request, root.Thumbprint.As<Ledger.Transactions.Attachment>(), answer.Height, forValidators: true).ConfigureAwait(false);
    }

    private async Task<WalkObservation> ApproveDismissalAsync(WalkContext context)
    {
        await ApproveAsync(context, dismissal).ConfigureAwait(false);
        var decided = await FindEventAsync(context, dismissal.Height, "certificates.decided", "request", pending.Node.Request).ConfigureAwait(false);
        WalkContext.Require(decided["verdict"] == "lapsed", "what was pending to lapse");
        return new WalkObservation(decided["reason"], "the authority is dismissed", "its pending certificate lapsed");
    }
}
