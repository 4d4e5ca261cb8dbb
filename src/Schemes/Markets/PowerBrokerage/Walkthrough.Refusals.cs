using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

// What D1 says must be refused, on a second session whose gate is two hours away.
public sealed partial class BrokerageWalkthrough
{
    private static readonly TimeSpan SecondGateAfter = TimeSpan.FromHours(2);
    private static readonly TimeSpan ShortMandate = TimeSpan.FromMinutes(30);

    private readonly Digest<Right> expiringMandate = Envelopes.NewId<Right>();
    private readonly Digest<Right> suspendedMandate = Envelopes.NewId<Right>();
    private readonly Digest<Right> revokedMandate = Envelopes.NewId<Right>();
    private SessionAnswer second = null!;
    private SealedBidRecord liveBid = null!;
    private SealedBidRecord replacingBid = null!;

    private void TellRefusals(WalkScript script)
    {
        script.Refuse(
            "a bid for a session that has its result", "session_final",
            context => PutAsync(context, DeskName, Fresh(DeskName, session.Session, deskMandate)));
        script.Refuse(
            "a new transaction with a bid's version and digest", "replayed",
            context => PutAsync(context, DeskName, liveBid), OpenSecondSessionAsync);
        script.Refuse(
            "the same version with another digest", "version_conflict",
            context => PutAsync(context, DeskName, Again(liveBid)), ReplaceBidAsync);
        TellMandateRefusals(script);
        TellEnvelopeRefusals(script);
        script.Refuse("an exclusive mandate over a time that is taken, offered", "double_mandate",
            OfferAgainAsync);
        script.Refuse(
            "the same, offered before it was taken and accepted after", "double_mandate",
            async context =>
                WalkObservation.Of(
                    await Of(OwnerName).AcceptContractAsync(rivalOffer, context.Cancellation)
                        .ConfigureAwait(false)));
        TellRecordRefusals(script);
        TellSealedRefusals(script);
        script.Refuse(
            "a bid on the mandate of a broker whose certificate is revoked", "not_mandated",
            context => PutAsync(context, DeskName, Fresh(DeskName, second.Session, deskMandate)),
            RevokeCertificateAsync);
        script.Refuse(
            "a bid in a block past the gate", "gate_closed",
            context => PutAsync(context, RivalName, Fresh(RivalName, second.Session, rivalMandate)),
            context => CloseAsync(context, second.Session));
        TellRootRefusal(script);
        TellResultRefusals(script);
    }

    private void TellMandateRefusals(WalkScript script)
    {
        script.Refuse(
            "a bid by an account that holds no mandate", "not_mandated",
            context => PutAsync(context, OwnerName, Fresh(OwnerName, second.Session, deskMandate)));
        script.Refuse(
            "a bid on a mandate that was never issued", "not_mandated",
            context =>
                PutAsync(context, DeskName, Fresh(DeskName, second.Session, Envelopes.NewId<Right>())));
        script.Refuse(
            "a bid on an expired mandate", "not_mandated",
            context => PutAsync(context, DeskName, Fresh(DeskName, second.Session, expiringMandate)),
            context => context.AdvanceAsync(ShortMandate));
        script.Refuse(
            "a bid on a suspended mandate", "not_mandated",
            context => PutAsync(context, DeskName, Fresh(DeskName, second.Session, suspendedMandate)),
            context => RuleAsync(context, "suspend", suspendedMandate));
        script.Refuse(
            "a bid on a revoked mandate", "not_mandated",
            context => PutAsync(context, DeskName, Fresh(DeskName, second.Session, revokedMandate)),
            context => RuleAsync(context, "revoke", revokedMandate));
    }

    private void TellEnvelopeRefusals(WalkScript script)
    {
        script.Refuse(
            "a bid of another size than the session's", "malformed_bid",
            context =>
                PutAsync(
                    context, DeskName,
                    Fresh(DeskName, second.Session with { BidSize = 4_096 }, deskMandate)));
        script.Refuse("a ciphertext that is not the one of ct_digest", "envelope_mismatch",
            PutWithOtherCiphertextAsync);
        script.Refuse("a rival's ciphertext as it is, under an own record id", "envelope_mismatch",
            PutOthersCiphertextAsync);
        foreach (var broken in BrokenBids())
            script.Refuse(
                $"rejected by the engine: {broken.Name}", broken.Code.Code, _ => RejectedAs(broken.Name));
    }

    private async Task OpenSecondSessionAsync(WalkContext context)
    {
        second = await OpenSessionAsync(context, SecondGateAfter).ConfigureAwait(false);
        var now = context.Clock.Now;
        await MandateAsync(
            context, BrokerName, DeskName, brokerPortfolio, expiringMandate, now + ShortMandate)
                .ConfigureAwait(false);
        await MandateAsync(
            context, BrokerName, DeskName, brokerPortfolio, suspendedMandate, now + MandateLength)
                .ConfigureAwait(false);
        await MandateAsync(
            context, BrokerName, DeskName, brokerPortfolio, revokedMandate, now + MandateLength)
                .ConfigureAwait(false);
        // All three are good for a bid before anything happens to them.
        foreach (var mandate in (Digest<Right>[])[expiringMandate, suspendedMandate, revokedMandate])
            (await Of(DeskName).PutBidAsync(Fresh(DeskName, second.Session, mandate), context.Cancellation)
                .ConfigureAwait(false)).Required();
        liveBid = Fresh(DeskName, second.Session, deskMandate);
        (await Of(DeskName).PutBidAsync(liveBid, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private async Task ReplaceBidAsync(WalkContext context)
    {
        replacingBid = Replacing(liveBid);
        (await Of(DeskName).PutBidAsync(replacingBid, context.Cancellation).ConfigureAwait(false)).Required();
    }

    private SealedBidRecord Fresh(string name, SessionMessage terms, Digest<Right> mandate) =>
        Of(name).SealBid(
            terms, mandate,
            Bid(name == RivalName ? rivalPortfolio : brokerPortfolio, (0, MarketSide.Sell, [(1_000, 10)])));

    private SealedBidRecord Replacing(SealedBidRecord bid) => Of(DeskName).SealBid(
        second.Session, deskMandate, Bid(brokerPortfolio, (0, MarketSide.Sell, [(1_000, 15)])),
        bid.Record.Signed.Original);

    // Sealed once more with the same content: another salt, so another digest of the version that is anchored already.
    private SealedBidRecord Again(SealedBidRecord bid) => Replacing(bid);

    private static async Task<WalkObservation> PutAsync(
        WalkContext context, string name, SealedBidRecord bid) =>
        WalkObservation.Of(
            await PutAsync(context, name, bid.Message, bid.Record.Attachment).ConfigureAwait(false));

    private static async Task RuleAsync(WalkContext context, string verb, Digest<Right> right) =>
        (await context.Party(BrokerName).SubmitAsync(
            $"rights.{verb}", new RightMessage(context.Party(BrokerName).Account, right),
            RightsJson.Instance.RightMessage,
            cancellation: context.Cancellation).ConfigureAwait(false)).Required();

    private static async Task RevokeCertificateAsync(WalkContext context) =>
        (await context.Party(BrokerName).SubmitAsync(
            "certificates.revoke", new RevokeCertificateMessage(context.Party(BrokerName).Account, "sign"),
            CertificatesJson.Instance.RevokeCertificateMessage, cancellation: context.Cancellation)
                .ConfigureAwait(false)).Required();

    private async Task<WalkObservation> PutWithOtherCiphertextAsync(WalkContext context)
    {
        var bid = Fresh(DeskName, second.Session, deskMandate);
        var other = Fresh(DeskName, second.Session, deskMandate);
        return WalkObservation.Of(
            await PutAsync(context, DeskName, bid.Message, other.Record.Attachment).ConfigureAwait(false));
    }

    private async Task<WalkObservation> PutOthersCiphertextAsync(WalkContext context)
    {
        var message = MessageOf(
            context.Party(RivalName), second.Session, rivalMandate, Envelopes.NewId<AnchoredRecord>(),
            liveBid.Message.Digest,
            liveBid.Message.CtDigest);
        return WalkObservation.Of(
            await PutAsync(context, RivalName, message, liveBid.Record.Attachment).ConfigureAwait(false));
    }

    private async Task<WalkObservation> OfferAgainAsync(WalkContext context)
    {
        var from = context.Clock.Now + TimeSpan.FromDays(100);
        var (answer, _) = await Of(RivalName).OfferContractAsync(
            ReaderOf(OwnerName), [resource], from, from + ContractLength, exclusive: true,
            context.Clock.Now + OfferLength, ContractBody(),
            context.Cancellation).ConfigureAwait(false);
        return WalkObservation.Of(answer);
    }
}
