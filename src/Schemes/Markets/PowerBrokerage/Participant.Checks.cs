using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>What a participant found of its own execution in a session.</summary>
/// <param name="Failures">What does not hold, in a few words each; none where all does.</param>
public sealed record ExecutionFinding(IReadOnlyList<string> Failures);

public sealed partial class Participant
{
    /// <summary>The original in the server's answer to a comparison; null where there is none that can be read.</summary>
    public RecordOriginal? ReadAnswer(RecordFinding finding)
    {
        RecordAnswer? record = null;
        try
        {
            record = finding.Answer is { IsSuccess: true } answer ? JsonSerializer.Deserialize(answer.Content.Span, MarketJson.Instance.RecordAnswer) : null;
        }
        catch (JsonException)
        {
            // The comparison has said what it is: altered.
        }
        return record is { Form: DeliveryMessage.FormSigned } && Envelopes.Open(record.Content, party.AgreementKey) is { } bytes
            && SignedRecord.Parse(bytes).TryGet(out var signed) ? signed.Original : null;
    }

    /// <summary>Checks, without seeing others' bids, that this participant's bid was counted and served as the result says. <b>Source:</b> D1 step 17.</summary>
    /// <param name="session">The session.</param>
    /// <param name="bid">Its bid, as it signed it.</param>
    /// <param name="award">Its award's body.</param>
    /// <param name="result">The session's result, checked by <see cref="ReadResultAsync"/>.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<ExecutionFinding> CheckExecutionAsync(
        SessionMessage session, BookEntry bid, AwardBody? award, SessionOutcome result, CancellationToken cancellation = default)
    {
        var failures = new List<string>();
        var receipt = await party.Node.GetReceiptAsync(bid.Transaction, cancellation).ConfigureAwait(false);
        if (!receipt.TryGet(out var anchoring, out _)
            || AnchorProofs.Read(anchoring, null, market.Genesis).FirstOrDefault(proof => proof.Anchor.Rid == bid.Rid.As<AnchoredRecord>()) is not { } anchor
            || !await IsInInputAsync(session, anchor.Anchor, result.Message.InputRoot, cancellation).ConfigureAwait(false))
            failures.Add("the bid is not under the input's root");
        if (result.Message.Rejected.Any(rejected => rejected.Rid == bid.Rid.As<AnchoredRecord>()))
            return new ExecutionFinding([.. failures, "the bid was rejected"]);
        if (award is null || award.Bid != bid.Rid.As<AnchoredRecord>() || award.Version != bid.Ver)
            return new ExecutionFinding([.. failures, "the award is not of this bid"]);
        if (SignedRecord.Parse(bid.Signed).TryGet(out var signed) && BidBody.Parse(signed.Original.Body, session.Periods, session.Limits) is { } body)
            failures.AddRange(ExecutionCheck.Check(body, award, result));
        return new ExecutionFinding(failures);
    }

    /// <summary>Fetches a session's result and curves from the trading server and checks them against the ledger; null where they do not fit it.</summary>
    public async Task<SessionOutcome?> ReadResultAsync(SessionMessage session, CancellationToken cancellation = default)
    {
        var fetched = await new RoleClient(tradingHttp).GetAsync(
            $"sessions/{session.SessionId}/result", MarketJson.Instance.SessionResultAnswer, cancellation).ConfigureAwait(false);
        if (!fetched.TryGet(out var answer, out _)
            || !(await party.Node.GetReceiptAsync(answer.Transaction, cancellation).ConfigureAwait(false)).TryGet(out var receipt, out _)
            || AnchorProofs.Verify(receipt, market.Genesis) is null || SessionProofs.ResultOf(receipt) is not { } message
            || message.SessionId != session.SessionId)
            return null;
        return SessionOutcome.TryCreate(session, message, answer.Curves);
    }

    private async Task<bool> IsInInputAsync(SessionMessage session, AnchorMessage anchor, Digest<MerkleNode> root, CancellationToken cancellation)
    {
        var answer = await new RoleClient(tradingHttp).GetAsync(
            $"sessions/{session.SessionId}/proofs/{anchor.Rid}", MarketJson.Instance.InputProof, cancellation).ConfigureAwait(false);
        return answer.TryGet(out var proof, out _) && proof.Index >= 0 && proof.Index < proof.Size
            && MerkleTree.VerifyInclusion(
                BrokerageContract.InputLeaf(anchor.Rid, anchor.Ver, anchor.Digest, anchor.CtDigest), (ulong)proof.Index, (ulong)proof.Size, [.. proof.Path], root);
    }
}

/// <summary>A session's result with curves that anybody recomputed it from.</summary>
/// <param name="Message">What stands on the ledger.</param>
/// <param name="Calls">For each period what its curves give; null where they are withheld.</param>
public sealed record SessionOutcome(ResultMessage Message, IReadOnlyList<PublishedCall?> Calls)
{
    /// <summary>Checks the curves by their digests, and recomputes each period from them; null where something does not fit.</summary>
    public static SessionOutcome? TryCreate(SessionMessage session, ResultMessage message, IReadOnlyList<string> curves)
    {
        if (curves.Count != message.Periods.Count || message.Limits != ResultLimits.Of(session))
            return null;
        var calls = new PublishedCall?[curves.Count];
        for (var mtu = 0; mtu < calls.Length; mtu++)
        {
            var period = message.Periods[mtu];
            if (period.IsWithheld)
                continue;
            if (!Base64Url.TryDecode(curves[mtu], out var bytes) || CurvesDocument.DigestOf(bytes) != period.CurvesDigest
                || !CurvesDocument.TryParse(bytes, session.Limits, out var buys, out var sells))
                return null;
            var summary = CallMarket.ClearCurves(buys, sells, session.Limits);
            if (PeriodResult.Of(summary, period.CurvesDigest, null) != period)
                return null;
            calls[mtu] = new PublishedCall(summary, buys, sells);
        }
        return new SessionOutcome(message, calls);
    }
}

/// <summary>One period as its curves give it.</summary>
public sealed record PublishedCall(CallMarketSummary Summary, AggregatedCurve Buys, AggregatedCurve Sells);

/// <summary>A bid and its award against the public curves. <b>Source:</b> D1 step 17.</summary>
public static class ExecutionCheck
{
    /// <summary>What does not hold, in a few words each.</summary>
    public static IReadOnlyList<string> Check(BidBody bid, AwardBody award, SessionOutcome result)
    {
        var failures = new List<string>();
        foreach (var (mtu, order) in bid.Orders)
        {
            if (result.Calls[mtu] is not { } call)
                continue;
            var curve = order.Side == MarketSide.Buy ? call.Buys : call.Sells;
            var awarded = award.Orders.FirstOrDefault(candidate => candidate.Mtu == mtu && candidate.Side == order.Side);
            if (awarded is not null && awarded.Quantities.Length != order.Steps.Length)
            {
                failures.Add($"period {mtu}: the award has other steps");
                continue;
            }
            var standing = 0L;
            for (var step = 0; step < order.Steps.Length; step++)
            {
                standing += order.Steps[step].Quantity;
                if (curve.QuantityAt(order.Steps[step].Price) < standing)
                    failures.Add($"period {mtu}: the curve holds less than this bid");
                if (!call.Summary.Fits(order.Side, order.Steps[step], awarded?.Quantities[step] ?? 0))
                    failures.Add($"period {mtu}: step {step} was not served as the result says");
            }
        }
        return failures;
    }
}
