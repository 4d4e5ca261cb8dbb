using System.Globalization;
using Counterfoil.Contracts;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// The rules of the brokerage on the ledger: contracts, portfolios and mandates, sealed bids, the gate, the seed, the result. It sees no price and no
/// quantity of anybody; it checks who, when, which version and whether everything is there.
/// </summary>
public sealed partial class BrokerageContract(
    AnchorsContract anchors, RegistryContract registry, RightsContract rights, CertificatesContract certificates) : Contract
{
    /// <summary>The contract's name, the first half of each <c>act</c>.</summary>
    public const string ContractName = "brokerage";

    /// <summary>The id under which its records are anchored.</summary>
    public static readonly AccountId Author = Authority.OfContract(ContractName);

    private Table<DigestKey<AnchoredRecord>, ContractRow> contracts = null!;
    private Table<DigestKey<AnchoredRecord>, RecordRow> records = null!;
    private Table<ItemMandateKey, ItemMandateRow> itemMandates = null!;
    private Table<DigestKey<Portfolio>, PortfolioRow> portfolios = null!;
    private Table<DigestKey<Right>, MandateRow> mandates = null!;
    private Table<DigestKey<AuctionSession>, SessionRow> sessions = null!;
    private Table<BidKey, BidRow> bids = null!;
    private Table<PartKey, PartRow> parts = null!;
    private Table<PeriodKey, PeriodRow> results = null!;

    /// <inheritdoc/>
    public override string Name => ContractName;

    /// <inheritdoc/>
    public override void Register(ContractRegistration registration)
    {
        contracts = registration.Table<DigestKey<AnchoredRecord>, ContractRow>("contracts");
        records = registration.Table<DigestKey<AnchoredRecord>, RecordRow>("records");
        itemMandates = registration.Table<ItemMandateKey, ItemMandateRow>("item_mandates", ordered: true);
        portfolios = registration.Table<DigestKey<Portfolio>, PortfolioRow>("portfolios");
        mandates = registration.Table<DigestKey<Right>, MandateRow>("mandates");
        sessions = registration.Table<DigestKey<AuctionSession>, SessionRow>("sessions");
        bids = registration.Table<BidKey, BidRow>("bids", ordered: true);
        parts = registration.Table<PartKey, PartRow>("parts");
        results = registration.Table<PeriodKey, PeriodRow>("results");

        var json = BrokerageJson.Instance;
        registration.Action("contract.offer", json.OfferMessage, Offer, CheckOffer, attachments: message => [message.CtDigest]);
        registration.Action("contract.accept", json.AcceptMessage, Accept, CheckAccept, attachments: message => [message.CtDigest]);
        registration.Action("contract.terminate", json.TerminateMessage, Terminate);
        registration.Action(
            "portfolio.register", json.PortfolioMessage, RegisterPortfolio, CheckPortfolio, attachments: message => [message.CtDigest, message.Guarantee.CtDigest]);
        registration.Action("mandate.issue", json.MandateMessage, IssueMandate, CheckMandate, attachments: message => [message.CtDigest]);
        registration.Action("session.open", json.SessionMessage, OpenSession, CheckSession);
        registration.Action(
            "bid.put", json.BidMessage, PutBid, CheckBid, attachments: message => [message.CtDigest], attachmentMismatch: BrokerageRefusals.EnvelopeMismatch);
        registration.Action("session.randomness", json.RandomnessMessage, AddRandomness, CheckRandomness);
        registration.Action("session.result", json.ResultMessage, PutResult, CheckResult, attachments: message => CurvesOf(message.Periods));
        registration.Action("session.curves", json.CurvesMessage, PutCurves, CheckCurves, attachments: message => message.Periods.Select(period => period.Result.CurvesDigest));
        registration.Action("session.annul", json.AnnulMessage, Annul);
        registration.Action("award.put", json.AwardMessage, PutAward, CheckAward, attachments: message => [message.CtDigest]);
        registration.Timer("offer", LapseOffer);
        registration.Timer("begin", BeginContract);
        registration.Timer("end", EndContract);
        registration.Timer(GateTimer, CloseGate);
        registration.Timer("seed", FixSeedAlone);
        registration.Timer("result", FindOverdue);
        registration.Timer("curves", FindWithheld);
    }

    /// <summary>The contract as it stands.</summary>
    public ContractRow? FindContract(Digest<AnchoredRecord> rid) => contracts.TryGet(new DigestKey<AnchoredRecord>(rid), out var row) ? row : null;

    /// <summary>The session as it stands.</summary>
    public SessionRow? FindSession(Digest<AuctionSession> id) => sessions.TryGet(new DigestKey<AuctionSession>(id), out var row) ? row : null;

    /// <summary>The live version of a bid.</summary>
    public BidRow? FindBid(Digest<AuctionSession> session, Digest<AnchoredRecord> rid) => bids.TryGet(new BidKey(session, rid), out var row) ? row : null;

    /// <summary>The stateless half of every anchor: its signatures, and that the attachment is a ciphertext of this record and length.</summary>
    private static Refusal? CheckAnchor(CheckContext context, AnchorMessage message, string rtype, int signers)
    {
        if (message.Rtype != rtype || message.Ver is < 1 or > uint.MaxValue || (message.Prev is null) != (message.Ver == 1) || message.Sig.Count != signers || message.CtLen == 0
            || (rtype is RecordTypes.Bid or RecordTypes.Award) != (message.Session is not null))
            return AnchorsRefusals.MalformedAnchor;
        if (!InnerSignature.Verify(message.Sig, context.Net, message.Rid, message.Ver, message.Digest))
            return AnchorsRefusals.SignatureInvalid;
        return IsCiphertext(context.Attachment(message.CtDigest), message.Rid, rtype, message.Ver, message.CtLen) ? null : (Refusal)BrokerageRefusals.EnvelopeMismatch;
    }

    private static bool IsCiphertext(ReadOnlyMemory<byte> bytes, Digest<AnchoredRecord> rid, string rtype, long version, uint length) =>
        RecordEnvelope.Parse(bytes).TryGet(out var envelope)
        && envelope.Rid == rid.As<Vault.Documents.VaultRecord>() && envelope.Rtype == rtype && envelope.Ver == version
        && (uint)envelope.CiphertextLength == length;

    /// <summary>Anchors under the contract's own id, so that a record has one chain; whoever began it goes on with it, as the same kind, in the same session.</summary>
    private Refusal? Anchor(ExecutionContext context, AnchorMessage message, params ReadOnlySpan<AccountId> signers)
    {
        var keyIds = InnerSignature.KeyIdsOf(message.Sig);
        var entry = new AnchorSigner[signers.Length];
        for (var index = 0; index < signers.Length; index++)
            entry[index] = new AnchorSigner(signers[index], keyIds[index]);
        return Anchor(context, new RecordRow(context.Issuer, message.Rtype, message.Session ?? default), new AnchorEntry
        {
            Rid = message.Rid,
            Version = message.Ver,
            Digest = message.Digest,
            Previous = message.Prev ?? default,
            Signers = entry,
            CiphertextDigest = message.CtDigest,
            CiphertextBytes = message.CtLen,
        });
    }

    private Refusal? Anchor(ExecutionContext context, RecordRow record, AnchorEntry entry)
    {
        var key = new DigestKey<AnchoredRecord>(entry.Rid);
        if (!records.TryGet(key, out var known))
            records.Set(key, record);
        else if (known != record)
            return AnchorsRefusals.VersionConflict;
        return context.Call(inner => anchors.Put(inner, entry));
    }

    private static string TextOf(long number) => number.ToString(CultureInfo.InvariantCulture);
}
