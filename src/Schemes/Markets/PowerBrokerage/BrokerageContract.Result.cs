using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

public sealed partial class BrokerageContract
{
    private const int BidsAtOnce = 1_024;

    /// <summary>The attachments of a result: the curves, or where they are withheld their JWE to the auditor; the same digest once.</summary>
    private static IEnumerable<Digest<Attachment>> CurvesOf(IReadOnlyList<PeriodResult> periods) =>
        periods.Select(period => period.WithheldDigest ?? period.CurvesDigest).Distinct();

    private static Refusal? CheckResult(CheckContext context, ResultMessage message)
    {
        if (!AreLimits(message.Limits) || message.Periods.Count is 0 or > 100)
            return BrokerageRefusals.ResultIncomplete;
        var limits = message.Limits.ToLimits();
        foreach (var period in message.Periods)
            if (!IsPeriodRight(context, period, limits))
                return BrokerageRefusals.ResultIncomplete;
        for (var index = 1; index < message.Rejected.Count; index++)
            if (message.Rejected[index - 1].Rid.CompareTo(message.Rejected[index].Rid) >= 0)
                return BrokerageRefusals.ResultIncomplete;
        return message.Rejected.All(rejected => BrokerageRefusals.OfRejectedBids.Any(code => code.Code == rejected.Code))
            ? null : (Refusal)BrokerageRefusals.ResultIncomplete;
    }

    private static bool AreLimits(ResultLimits limits) =>
        limits.PMin >= -BidSize.WidestPrice && limits.PMax <= BidSize.WidestPrice && limits.PMin < limits.PMax && limits.MaxSteps is >= 1 and <= 256;

    private static bool IsPeriodRight(CheckContext context, PeriodResult period, CallMarketLimits limits)
    {
        if (period.WithheldDigest is not null)
            return period.Flags.Contains("curves_withheld");
        return CurvesDocument.TryParse(context.Attachment(period.CurvesDigest).Span, limits, out var buys, out var sells)
            && PeriodResult.Of(CallMarket.ClearCurves(buys, sells, limits), period.CurvesDigest, null) == period;
    }

    private Refusal? PutResult(ExecutionContext context, ResultMessage message)
    {
        var key = new DigestKey<AuctionSession>(message.SessionId);
        if (!sessions.TryGet(key, out var session))
            return BrokerageRefusals.UnknownSession;
        if (context.Issuer != session.Operator)
            return BrokerageRefusals.NotParty;
        if (session.State is SessionState.Cleared or SessionState.Annulled)
            return BrokerageRefusals.SessionFinal;
        if (session.State is not (SessionState.Closed or SessionState.Overdue) || session.Seed.IsUnset)
            return BrokerageRefusals.NotClosed;
        if (message.InputRoot != session.InputRoot || message.Seed != session.Seed || message.EngineHash != session.Terms.EngineHash
            || message.Limits != ResultLimits.Of(session.Terms) || message.Periods.Count != session.Terms.Periods
            || !IsEveryBidCounted(message, session))
            return BrokerageRefusals.ResultIncomplete;
        for (var mtu = 0; mtu < message.Periods.Count; mtu++)
            results.Set(new PeriodKey(message.SessionId, (uint)mtu), new PeriodRow(message.Periods[mtu], !message.Periods[mtu].IsWithheld));
        sessions.Set(key, session with { State = SessionState.Cleared });
        context.Emit("brokerage.session_cleared", ("session", message.SessionId.ToString()), ("rejected", TextOf(message.Rejected.Count)));
        return null;
    }

    /// <summary>Every live bid is used, which the root over the used ones shows, or rejected with a code.</summary>
    private bool IsEveryBidCounted(ResultMessage message, SessionRow session)
    {
        var rejected = 0;
        var used = new MerkleFrontier();
        var after = new BidKey(message.SessionId, default);
        var seen = 0L;
        while (true)
        {
            var portion = bids.From(after, BidsAtOnce);
            var fresh = 0;
            foreach (var (key, _) in portion)
            {
                if (key.Session != message.SessionId)
                    break;
                if (key == after)
                    continue;
                fresh++;
                if (rejected < message.Rejected.Count && message.Rejected[rejected].Rid == key.Rid)
                    rejected++;
                else
                    used.Append(UsedLeaf(key.Rid));
                after = key;
            }
            seen += fresh;
            if (fresh == 0)
                return rejected == message.Rejected.Count && seen == session.BidCount && used.Root() == message.UsedRidsRoot;
        }
    }

    /// <summary>The leaf of a used bid.</summary>
    public static Digest<MerkleNode> UsedLeaf(Digest<AnchoredRecord> rid) => MerkleHash.Leaf(rid.ToArray());

    private static Refusal? CheckCurves(CheckContext context, CurvesMessage message)
    {
        if (!AreLimits(message.Limits) || message.Periods.Count is 0 or > 100)
            return BrokerageRefusals.ResultIncomplete;
        var limits = message.Limits.ToLimits();
        foreach (var period in message.Periods)
            if (!CurvesDocument.TryParse(context.Attachment(period.Result.CurvesDigest).Span, limits, out var buys, out var sells)
                || PeriodResult.Of(CallMarket.ClearCurves(buys, sells, limits), period.Result.CurvesDigest, period.Result.WithheldDigest) != period.Result)
                return BrokerageRefusals.ResultIncomplete;
        return null;
    }

    private Refusal? PutCurves(ExecutionContext context, CurvesMessage message)
    {
        if (!sessions.TryGet(new DigestKey<AuctionSession>(message.SessionId), out var session))
            return BrokerageRefusals.UnknownSession;
        if (context.Issuer != session.Operator)
            return BrokerageRefusals.NotParty;
        if (session.State != SessionState.Cleared)
            return BrokerageRefusals.NotClosed;
        if (message.Limits != ResultLimits.Of(session.Terms))
            return BrokerageRefusals.ResultIncomplete;
        foreach (var period in message.Periods)
        {
            if (period.Mtu < 0 || !results.TryGet(new PeriodKey(message.SessionId, (uint)period.Mtu), out var row) || row.Result != period.Result)
                return BrokerageRefusals.ResultIncomplete;
            results.Set(new PeriodKey(message.SessionId, (uint)period.Mtu), row with { ArePublished = true });
        }
        context.Emit("brokerage.curves_published", ("session", message.SessionId.ToString()), ("periods", TextOf(message.Periods.Count)));
        return null;
    }

    private DueOutcome FindWithheld(ExecutionContext context, DueWork work)
    {
        var key = new DigestKey<AuctionSession>(new Digest<AuctionSession>(work.Id.Span));
        if (!sessions.TryGet(key, out var session) || session.State != SessionState.Cleared)
            return DueOutcome.Done;
        for (var mtu = 0u; mtu < session.Terms.Periods; mtu++)
        {
            if (!results.TryGet(new PeriodKey(key.Digest, mtu), out var row) || row.ArePublished)
                continue;
            sessions.Set(key, session with { AreCurvesOverdue = true });
            context.Emit("brokerage.curves_overdue", ("session", key.Digest.ToString()));
            break;
        }
        return DueOutcome.Done;
    }

    private static Refusal? CheckAward(CheckContext context, AwardMessage message) => CheckAnchor(context, message, RecordTypes.Award, signers: 1);

    private Refusal? PutAward(ExecutionContext context, AwardMessage message)
    {
        if (!sessions.TryGet(new DigestKey<AuctionSession>(message.Session!.Value), out var session))
            return BrokerageRefusals.UnknownSession;
        if (context.Issuer != session.Operator)
            return BrokerageRefusals.NotParty;
        if (session.State != SessionState.Cleared)
            return BrokerageRefusals.NotClosed;
        return Anchor(context, message, context.Issuer);
    }
}
