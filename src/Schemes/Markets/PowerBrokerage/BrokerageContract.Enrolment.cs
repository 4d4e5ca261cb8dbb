using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

public sealed partial class BrokerageContract
{
    /// <summary>The most resources of a contract.</summary>
    public const int MaximumResources = 256;

    /// <summary>The latest time that a contract may name, milliseconds: the end of the year 9999.</summary>
    private const long LatestMilliseconds = 253_402_300_799_999;

    private static Refusal? CheckOffer(CheckContext context, OfferMessage message)
    {
        if (message.ResTags.Count is 0 or > MaximumResources || message.ResTags.Distinct().Count() != message.ResTags.Count
            || message.From < 0 || message.From >= message.To || message.To > LatestMilliseconds || message.OfferUntil < 0 || message.OfferUntil > message.To
            || message.Owner == context.Payload.Issuer)
            return BrokerageRefusals.MalformedContract;
        return CheckAnchor(context, message, RecordTypes.Contract, signers: 1);
    }

    private Refusal? Offer(ExecutionContext context, OfferMessage message)
    {
        var key = new DigestKey<AnchoredRecord>(message.Rid);
        contracts.TryGet(key, out var last);
        if (last is not null && last.Broker != context.Issuer)
            return BrokerageRefusals.NotParty;
        // The chain is checked against what was agreed: an offer that lapsed leaves its version free.
        var agreed = last?.AgreedVersion ?? 0;
        if (message.Ver <= agreed)
            return message.Ver == agreed && message.Digest == last!.AgreedDigest ? (Refusal)AnchorsRefusals.Replayed : AnchorsRefusals.VersionConflict;
        if (message.Ver != agreed + 1 || (message.Prev ?? default) != (last?.AgreedDigest ?? default))
            return AnchorsRefusals.VersionConflict;
        if (last is { Offer: { } open } && open.Digest != message.Digest && open.Until > context.Time)
            return AnchorsRefusals.VersionConflict;
        if (last is { Offer: { } same } && same.Digest == message.Digest)
            return AnchorsRefusals.Replayed;
        if (last is not null && (last.Owner != message.Owner || last.State is ContractState.Ended or ContractState.Terminating))
            return BrokerageRefusals.NotParty;
        if (new Timestamp(message.OfferUntil) <= context.Time)
            return BrokerageRefusals.OfferLapsed;
        if (Find(message.Owner, message.ResTags, message.From, message.To, message.Rid) is { } refusal)
            return refusal;
        if (last?.Offer is { } before)
            context.Cancel("offer", before.Until, message.Rid.ToArray());
        var offer = new OfferRow(
            message.Ver, message.Digest, InnerSignature.KeyIdsOf(message.Sig)[0], message.ResTags, message.From, message.To, message.Exclusive,
            new Timestamp(message.OfferUntil));
        contracts.Set(key, last is null
            ? new ContractRow(context.Issuer, message.Owner, ContractState.Draft, 0, default, [], 0, 0, false, offer)
            : last with { Offer = offer, State = last.AgreedVersion == 0 ? ContractState.Draft : last.State });
        context.Schedule("offer", offer.Until, message.Rid.ToArray());
        context.Emit("brokerage.contract_offered", ("rid", message.Rid.ToString()), ("ver", TextOf(message.Ver)), ("broker", context.Issuer.ToString()));
        return null;
    }

    private static Refusal? CheckAccept(CheckContext context, AcceptMessage message)
    {
        if (message.Ver < 1 || message.CtLen == 0)
            return AnchorsRefusals.MalformedAnchor;
        if (!InnerSignature.Verify([message.Sig], context.Net, message.Rid, message.Ver, message.Digest))
            return AnchorsRefusals.SignatureInvalid;
        return IsCiphertext(context.Attachment(message.CtDigest), message.Rid, RecordTypes.Contract, message.Ver, message.CtLen)
            ? null : (Refusal)BrokerageRefusals.EnvelopeMismatch;
    }

    private Refusal? Accept(ExecutionContext context, AcceptMessage message)
    {
        var key = new DigestKey<AnchoredRecord>(message.Rid);
        if (!contracts.TryGet(key, out var contract))
            return BrokerageRefusals.UnknownContract;
        if (contract.Owner != context.Issuer)
            return BrokerageRefusals.NotParty;
        if (contract.AgreedVersion == message.Ver)
            return contract.AgreedDigest == message.Digest ? (Refusal)AnchorsRefusals.Replayed : AnchorsRefusals.VersionConflict;
        if (contract.Offer is not { } offer)
            return BrokerageRefusals.OfferLapsed;
        if (offer.Version != message.Ver || offer.Digest != message.Digest)
            return BrokerageRefusals.UnknownContract;
        if (offer.Until <= context.Time || contract.State is ContractState.Ended or ContractState.Terminating)
            return BrokerageRefusals.OfferLapsed;
        if (Find(contract.Owner, offer.ResTags, offer.From, offer.To, message.Rid) is { } refusal)
            return refusal;
        var ownerKey = InnerSignature.KeyIdsOf([message.Sig])[0];
        var anchored = Anchor(context, new RecordRow(contract.Broker, RecordTypes.Contract, default), new AnchorEntry
        {
            Rid = message.Rid,
            Version = message.Ver,
            Digest = message.Digest,
            Previous = contract.AgreedDigest,
            Signers = [new AnchorSigner(contract.Broker, offer.BrokerKeyId), new AnchorSigner(contract.Owner, ownerKey)],
            CiphertextDigest = message.CtDigest,
            CiphertextBytes = message.CtLen,
        });
        if (anchored is not null)
            return anchored;

        var id = message.Rid.ToArray();
        context.Cancel("offer", offer.Until, id);
        Free(contract, message.Rid);
        if (contract.AgreedVersion > 0)
        {
            context.Cancel("begin", new Timestamp(contract.From), id);
            context.Cancel("end", new Timestamp(contract.To), id);
        }
        if (offer.Exclusive)
            foreach (var tag in offer.ResTags)
                itemMandates.Set(new ItemMandateKey(tag.Registrar, tag.Item, offer.From, message.Rid), new ItemMandateRow(offer.To));
        var begins = new Timestamp(offer.From);
        contracts.Set(key, contract with
        {
            State = begins <= context.Time ? ContractState.Active : ContractState.Agreed,
            AgreedVersion = offer.Version, AgreedDigest = offer.Digest, ResTags = offer.ResTags, From = offer.From, To = offer.To, Exclusive = offer.Exclusive, Offer = null,
        });
        if (begins > context.Time)
            context.Schedule("begin", begins, id);
        context.Schedule("end", new Timestamp(offer.To), id);
        context.Emit("brokerage.contract_accepted", ("rid", message.Rid.ToString()), ("ver", TextOf(message.Ver)), ("owner", context.Issuer.ToString()));
        return null;
    }

    private Refusal? Terminate(ExecutionContext context, TerminateMessage message)
    {
        var key = new DigestKey<AnchoredRecord>(message.Rid);
        if (!contracts.TryGet(key, out var contract) || contract.AgreedVersion == 0)
            return BrokerageRefusals.UnknownContract;
        if (context.Issuer != contract.Broker && context.Issuer != contract.Owner)
            return BrokerageRefusals.NotParty;
        var to = new Timestamp(message.To);
        if (contract.State is ContractState.Ended or ContractState.Terminating || to <= context.Time || message.To > contract.To || message.To <= contract.From)
            return BrokerageRefusals.MalformedContract;
        context.Cancel("end", new Timestamp(contract.To), message.Rid.ToArray());
        if (contract.Exclusive)
            foreach (var tag in contract.ResTags)
                itemMandates.Set(new ItemMandateKey(tag.Registrar, tag.Item, contract.From, message.Rid), new ItemMandateRow(message.To));
        contracts.Set(key, contract with { State = ContractState.Terminating, To = message.To });
        context.Schedule("end", to, message.Rid.ToArray());
        context.Emit("brokerage.contract_terminated", ("rid", message.Rid.ToString()), ("to", TextOf(message.To)));
        return null;
    }

    private DueOutcome LapseOffer(ExecutionContext context, DueWork work)
    {
        var key = new DigestKey<AnchoredRecord>(new Digest<AnchoredRecord>(work.Id.Span));
        if (contracts.TryGet(key, out var contract) && contract.Offer is { } offer && offer.Until <= context.Time)
        {
            contracts.Set(key, contract with { Offer = null, State = contract.AgreedVersion == 0 ? ContractState.Lapsed : contract.State });
            context.Emit("brokerage.offer_lapsed", ("rid", key.Digest.ToString()));
        }
        return DueOutcome.Done;
    }

    private DueOutcome BeginContract(ExecutionContext context, DueWork work)
    {
        var key = new DigestKey<AnchoredRecord>(new Digest<AnchoredRecord>(work.Id.Span));
        if (contracts.TryGet(key, out var contract) && contract.State == ContractState.Agreed)
        {
            contracts.Set(key, contract with { State = ContractState.Active });
            context.Emit("brokerage.contract_active", ("rid", key.Digest.ToString()));
        }
        return DueOutcome.Done;
    }

    private DueOutcome EndContract(ExecutionContext context, DueWork work)
    {
        var key = new DigestKey<AnchoredRecord>(new Digest<AnchoredRecord>(work.Id.Span));
        if (contracts.TryGet(key, out var contract) && new Timestamp(contract.To) <= context.Time)
        {
            Free(contract, key.Digest);
            contracts.Set(key, contract with { State = ContractState.Ended });
            context.Emit("brokerage.contract_ended", ("rid", key.Digest.ToString()));
        }
        return DueOutcome.Done;
    }

    /// <summary>Whether the owner holds every resource and none is under another's exclusive mandate in the interval.</summary>
    private Refusal? Find(AccountId owner, IReadOnlyList<ResourceTag> tags, long from, long to, Digest<AnchoredRecord> own)
    {
        foreach (var tag in tags)
            if (registry.OwnerOf(tag.ToKey()) != owner)
                return BrokerageRefusals.NotHolder.With(("item", tag.Item.ToString()));
        foreach (var tag in tags)
            if (Overlaps(tag, from, to, own))
                return BrokerageRefusals.DoubleMandate.With(("item", tag.Item.ToString()));
        return null;
    }

    // Intervals of one item do not overlap, so of those that begin before `to` only the last few can reach into it; ended ones are gone.
    private bool Overlaps(ResourceTag tag, long from, long to, Digest<AnchoredRecord> own)
    {
        const int portion = 64;
        var start = new ItemMandateKey(tag.Registrar, tag.Item, 0, default);
        while (true)
        {
            var rows = itemMandates.From(start, portion);
            foreach (var (key, row) in rows)
            {
                if (key.Registrar != tag.Registrar || key.Item != tag.Item || key.From >= to)
                    return false;
                if (row.To > from && key.Rid != own)
                    return true;
            }
            if (rows.Count < portion)
                return false;
            start = rows[^1].Key with { From = rows[^1].Key.From + 1, Rid = default };
        }
    }

    private void Free(ContractRow contract, Digest<AnchoredRecord> rid)
    {
        if (!contract.Exclusive)
            return;
        foreach (var tag in contract.ResTags)
            itemMandates.Remove(new ItemMandateKey(tag.Registrar, tag.Item, contract.From, rid));
    }

    private static Refusal? CheckPortfolio(CheckContext context, PortfolioMessage message) =>
        message.Guarantee.Rid == message.Rid
            ? AnchorsRefusals.MalformedAnchor
            : CheckAnchor(context, message, RecordTypes.Portfolio, signers: 2) ?? CheckAnchor(context, message.Guarantee, RecordTypes.Guarantee, signers: 2);

    private Refusal? RegisterPortfolio(ExecutionContext context, PortfolioMessage message)
    {
        var key = new DigestKey<Portfolio>(message.Portfolio);
        portfolios.TryGet(key, out var last);
        if (last is not null && last.Broker != context.Issuer)
            return BrokerageRefusals.Exists;
        if (last is not null && (last.Rid != message.Rid || last.GuaranteeRid != message.Guarantee.Rid || last.Operator != message.Operator))
            return AnchorsRefusals.VersionConflict;
        if (last is null && (message.Ver != 1 || message.Guarantee.Ver != 1))
            return AnchorsRefusals.VersionConflict;
        if (Anchor(context, message, context.Issuer, message.Operator) is { } refusal)
            return refusal;
        if (Anchor(context, message.Guarantee, context.Issuer, message.Operator) is { } unguaranteed)
            return unguaranteed;
        portfolios.Set(key, new PortfolioRow(context.Issuer, message.Operator, message.Rid, message.Guarantee.Rid));
        context.Emit("brokerage.portfolio_registered", ("portfolio", message.Portfolio.ToString()), ("broker", context.Issuer.ToString()));
        return null;
    }

    private static Refusal? CheckMandate(CheckContext context, MandateMessage message) => CheckAnchor(context, message, RecordTypes.Mandate, signers: 1);

    private Refusal? IssueMandate(ExecutionContext context, MandateMessage message)
    {
        if (!portfolios.TryGet(new DigestKey<Portfolio>(message.Portfolio), out var portfolio) || portfolio.Broker != context.Issuer)
            return BrokerageRefusals.UnknownPortfolio;
        var key = new DigestKey<Right>(message.Right);
        if (mandates.Contains(key))
            return BrokerageRefusals.Exists;
        if (message.Ver != 1)
            return AnchorsRefusals.VersionConflict;
        if (Anchor(context, message, context.Issuer) is { } refusal)
            return refusal;
        // With the signers' authority: the broker is the right's issuer and suspends or revokes it without asking this contract.
        if (rights.Issue(context, new IssueRightMessage(
            message.Right, Holder: message.Desk, Uses: 1, ExpiresSeconds: message.ExpiresSeconds, Terms: message.Digest.As<RightTerms>())) is { } notIssued)
            return notIssued;
        mandates.Set(key, new MandateRow(context.Issuer, message.Portfolio, message.Desk, message.Rid));
        context.Emit("brokerage.mandate_issued", ("right", message.Right.ToString()), ("portfolio", message.Portfolio.ToString()), ("desk", message.Desk.ToString()));
        return null;
    }
}
