using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

// A market that the operator of the sandbox runs by itself, so that it can lie: what the contract takes for a result.
public sealed partial class BrokerageWalkthrough
{
    private readonly Digest<Portfolio> ownPortfolio = Envelopes.NewId<Portfolio>();
    private readonly Digest<Right> ownMandate = Envelopes.NewId<Right>();
    private readonly Dictionary<Digest<Attachment>, AttachmentContent> ownCurves = [];
    private SessionMessage ownSession = null!;
    private ResultMessage ownResult = null!;
    private ResultMessage resultWithoutBid = null!;

    private void TellResultRefusals(WalkScript script)
    {
        void Refuse(string name, Func<ResultMessage> make, Func<WalkContext, Task>? prepare = null) =>
            script.Refuse(
                name, "result_incomplete",
                async context => WalkObservation.Of(await ResultAsync(context, make()).ConfigureAwait(false)),
                prepare);

        Refuse("a result over another input", () =>
            ownResult with { InputRoot = Envelopes.NewId<MerkleNode>() }, OpenOwnSessionAsync);
        Refuse("a result with another seed", () => ownResult with { Seed = Envelopes.NewId<SessionSeed>() });
        Refuse("a result by another engine", () =>
            ownResult with { EngineHash = Envelopes.NewId<Opening.EngineHash>() });
        Refuse("a result in which a bid is missing", () => resultWithoutBid);
        Refuse("a result that counts a bid that was never put", () => ownResult with
        {
            Rejected =
                [new RejectedBid(Envelopes.NewId<AnchoredRecord>(), BrokerageRefusals.MalformedBid.Code)],
        });
        Refuse("a result whose volume does not balance", () =>
            WithFirstHour(period => period with { Volume = period.Volume + 1 }));
        Refuse("a result with another price than its curves give", () =>
            WithFirstHour(period => period with { Price = period.Price + 1 }));
        Refuse("a result under other limits than the session's", () => ownResult with
        {
            Limits = ownResult.Limits with { PMax = ownResult.Limits.PMax - 1 },
        });
        // That the right one is taken now shows that the session stayed closed all the while.
        script.Refuse(
            "a second result after the right one", "session_final",
            async context => WalkObservation.Of(await ResultAsync(context, ownResult).ConfigureAwait(false)),
            async context => EventOf(
                (await ResultAsync(context, ownResult).ConfigureAwait(false)).Required().Outcome!,
                "brokerage.session_cleared"));
    }

    private ResultMessage WithFirstHour(Func<PeriodResult, PeriodResult> change) =>
        ownResult with { Periods = [change(ownResult.Periods[0]), .. ownResult.Periods.Skip(1)] };

    private async Task OpenOwnSessionAsync(WalkContext context)
    {
        using var key = EphemeralAgreementKey.Create();
        await RegisterOwnPortfolioAsync(context).ConfigureAwait(false);
        var gate = context.Clock.Now + TimeSpan.FromHours(1);
        ownSession = second.Session with
        {
            SessionId = Envelopes.NewId<AuctionSession>(),
            SessionKey = key.PublicKey,
            GateTime = gate.UnixMilliseconds,
            SeedDue = (gate + TimeSpan.FromMinutes(1)).UnixMilliseconds,
            ResultDue = (gate + TimeSpan.FromHours(1)).UnixMilliseconds,
            CurvesDue = (gate + TimeSpan.FromDays(1)).UnixMilliseconds,
        };
        (await context.Operator.SubmitAsync(
            "brokerage.session.open", ownSession, BrokerageJson.Instance.SessionMessage,
            cancellation: context.Cancellation)
            .ConfigureAwait(false)).Required();
        var bid = SealOwnBid(context);
        (await PutAsync(context, RivalName, bid.Message, bid.Attachment).ConfigureAwait(false)).Required();

        var root = await CloseAsync(context, ownSession).ConfigureAwait(false);
        // The auditor stays silent: the gate block's randomness fixes the seed alone.
        await context.MoveAsync(new Timestamp(ownSession.SeedDue)).ConfigureAwait(false);
        var due = SessionProofs.DueIdOf("seed", ownSession.SeedDue, ownSession.SessionId);
        var outcome = await WaitAsync(context, due).ConfigureAwait(false);
        var seed = Digest<SessionSeed>.Parse(EventOf(outcome, "brokerage.seed_single")["seed"]);
        ownResult = Clear(root, seed, [Open(context, bid, key)]);
        resultWithoutBid = Clear(root, seed, []);
    }

    private async Task RegisterOwnPortfolioAsync(WalkContext context)
    {
        var rival = context.Party(RivalName);
        AccountId[] issuers = [rival.Account, context.Operator.Account];
        MadeRecord Make(string rtype, byte[] body)
        {
            var original = RecordMaker.Write(rtype, body, issuers, [], context.Clock.Now);
            return RecordMaker.Seal(
                SignedRecord.Sign(original, [rival.SigningKey, context.Operator.SigningKey]),
                [rival.AgreementKey.PublicKey, context.Operator.AgreementKey.PublicKey],
                [rival.SigningKey.PublicKey, context.Operator.SigningKey.PublicKey], RecordPadding.Blocks);
        }
        AnchorMessage AnchorOf(MadeRecord made) => made.ToAnchor(
        [
            RecordMaker.SignAnchor(rival.Net, made.Signed.Original, rival.SigningKey),
            RecordMaker.SignAnchor(rival.Net, made.Signed.Original, context.Operator.SigningKey),
        ]);
        var portfolio = Make(RecordTypes.Portfolio, Utf8($$"""{"contracts":[],"portfolio":"{{ownPortfolio}}"}"""));
        var guarantee = Make(RecordTypes.Guarantee, new GuaranteeBody(ownPortfolio, 10_000m).ToBytes());
        var anchor = AnchorOf(portfolio);
        var message = new PortfolioMessage
        {
            Rid = anchor.Rid,
            Rtype = anchor.Rtype,
            Ver = anchor.Ver,
            Digest = anchor.Digest,
            Sig = anchor.Sig,
            CtDigest = anchor.CtDigest,
            CtLen = anchor.CtLen,
            Portfolio = ownPortfolio,
            Operator = context.Operator.Account,
            Guarantee = AnchorOf(guarantee),
        };
        (await rival.SubmitAsync(
            "brokerage.portfolio.register", message, BrokerageJson.Instance.PortfolioMessage,
            [portfolio.Attachment, guarantee.Attachment],
            context.Cancellation).ConfigureAwait(false)).Required();
        await MandateAsync(
            context, RivalName, RivalName, ownPortfolio, ownMandate, context.Clock.Now + MandateLength)
                .ConfigureAwait(false);
    }

    private ForgedBid SealOwnBid(WalkContext context)
    {
        var rival = context.Party(RivalName);
        var body =
            Bid(ownPortfolio, (0, MarketSide.Sell, [(2_000, 300)]), (0, MarketSide.Buy, [(3_000, 300)]));
        var original = RecordMaker.Write(
            RecordTypes.Bid, body.ToBytes(), [rival.Account], [context.Operator.Account], context.Clock.Now,
            ownSession.SessionId);
        var record = RecordMaker.Seal(
            SignedRecord.Sign(original, rival.SigningKey),
            [ownSession.SessionKey, rival.AgreementKey.PublicKey],
            [rival.SigningKey.PublicKey], RecordPadding.ToSize((int)ownSession.BidSize));
        var message =
            MessageOf(rival, ownSession, ownMandate, record.Rid, record.Digest, record.Attachment.Digest);
        return new ForgedBid(message, record.Attachment, record.Salt);
    }

    private CheckedBid Open(WalkContext context, ForgedBid bid, IAgreementKey key)
    {
        var rival = context.Party(RivalName);
        var limits = new MarketLimits(
            new Dictionary<Digest<Right>, MandateBody>
            {
                [ownMandate] =
                    new(ownPortfolio, rival.Account, rival.AgreementKey.PublicKey, 2_000, 400_000m),
            },
            new Dictionary<Digest<Portfolio>, GuaranteeBody> { [ownPortfolio] = new(ownPortfolio, 10_000m) });
        var content = RecordOpener.UnwrapContentKey(bid.Attachment.Content, key).Value;
        var opened = ClearingEngine.Open(
            new EngineBid(rival.Account, ownMandate, bid.Message, bid.Attachment.Content, content),
            ownSession, context.Operator.Account, limits);
        WalkContext.Require(
            opened.Rejection is null, $"the operator's own market takes the bid ({opened.Rejection?.Code})");
        return opened;
    }

    private ResultMessage Clear(
        Digest<MerkleNode> root, Digest<SessionSeed> seed, IReadOnlyList<CheckedBid> bids)
    {
        var made = ClearingEngine.Clear(ownSession, root, seed, bids, 1);
        foreach (var bytes in made.Curves.Concat(made.Withheld.Values))
            ownCurves[Digest<Attachment>.Of(bytes)] =
                new AttachmentContent(Digest<Attachment>.Of(bytes), bytes, []);
        return made.Result;
    }

    private async Task<SubmissionAnswer> ResultAsync(WalkContext context, ResultMessage result)
    {
        var attachments =
            result.Periods.Select(period => period.WithheldDigest ?? period.CurvesDigest).Distinct()
            .Select(digest => ownCurves[digest]).ToList();
        return await context.Operator.SubmitAsync(
            "brokerage.session.result", result, BrokerageJson.Instance.ResultMessage, attachments,
            context.Cancellation).ConfigureAwait(false);
    }
}
