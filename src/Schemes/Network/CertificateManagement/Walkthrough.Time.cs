using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>Renewal, requests that nobody decides, and the end of validity.</summary>
public sealed partial class ManagementWalkthrough
{
    private static readonly TimeSpan Window = TimeSpan.FromDays(3), AMinute = TimeSpan.FromMinutes(1);

    private long meterSince;

    private void TellTime(WalkScript script)
    {
        script.Step(MeterName, Sponsor.RoleName, "asks to be linked as a device for 32 days; the members approve", LinkMeterAsync);
        script.Step(OwnerName, Sponsor.RoleName, "asks too, but nobody votes: lapsed when the window closes", LapseAsync);
        script.Step(OperatorName, MeterName, "lets time go by: the ledger warns of the end of its certificate 30 days before", WarnAsync);
        script.Step(MeterName, Sponsor.RoleName, "renews with another key, version 2, which the old key signs for", RenewAsync);
        script.Step(OperatorName, MeterName, "lets more go by: the ledger lets the entry expire at its block time", ExpireAsync);
    }

    private async Task LinkMeterAsync(WalkContext context)
    {
        meterSince = await HeightAsync(context).ConfigureAwait(false);
        var applicant = DeviceApplicant(context, MeterName, "tls", TimeSpan.FromDays(32));
        var body = applicant.Body(["device"], await LastBlockAsync(context).ConfigureAwait(false));
        await ApproveAsync(context, await LinkAsync(context, MeterName, applicant.Ask(body)).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private async Task LapseAsync(WalkContext context)
    {
        var applicant = DeviceApplicant(context, OwnerName, "tls", TimeSpan.FromDays(32));
        var body = applicant.Body(["client"], await LastBlockAsync(context).ConfigureAwait(false));
        var request = await LinkAsync(context, OwnerName, applicant.Ask(body)).ConfigureAwait(false);
        await context.AdvanceAsync(Window + AMinute).ConfigureAwait(false);
        var decided = await FindEventAsync(context, request.Height, "certificates.decided", "request", request.Id).ConfigureAwait(false);
        WalkContext.Require(decided["verdict"] == "lapsed" && decided["reason"] == "participation", "the request to lapse");
    }

    private Task WarnAsync(WalkContext context) => FindEventAsync(context, meterSince, "certificates.node_expiring", "node", MeterName);

    private async Task RenewAsync(WalkContext context)
    {
        var old = DeviceApplicant(context, MeterName, "tls", TimeSpan.FromDays(32));
        var renewed = DeviceApplicant(context, MeterName, "tls-2", TimeSpan.FromDays(20));
        var body = renewed.Body(["device"], await LastBlockAsync(context).ConfigureAwait(false), version: 2);
        var proofs = NodePossession.ProveRenewal(NodePossession.DigestOf(body), old.Tls);
        var deciding = await ApproveAsync(context, await LinkAsync(context, MeterName, renewed.Ask(body, proofs)).ConfigureAwait(false)).ConfigureAwait(false);
        WalkContext.Require(Event(deciding, "certificates.node_renewed")["version"] == "2", "version 2");
    }

    private async Task ExpireAsync(WalkContext context)
    {
        var from = await HeightAsync(context).ConfigureAwait(false);
        await context.AdvanceAsync(TimeSpan.FromDays(20) + AMinute).ConfigureAwait(false);
        await FindEventAsync(context, from, "certificates.node_expired", "node", MeterName).ConfigureAwait(false);
    }

    /// <summary>Somebody new with a key of its own, for the owner's account.</summary>
    private Applicant Fresh(WalkContext context, TimeSpan? from = null, TimeSpan? to = null, ISigningKey? tls = null) => Device(
        context, $"fresh-{Applicant.NewRequest()[..8]}", context.Party(OwnerName).Account, tls ?? Keep(EphemeralSigningKey.Create()),
        from ?? TimeSpan.FromHours(-1), to ?? TimeSpan.FromDays(300));
}
