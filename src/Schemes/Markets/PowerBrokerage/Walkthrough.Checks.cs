using Counterfoil.Contracts.Exchange;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

public sealed partial class BrokerageWalkthrough
{
    private static readonly string[] Sweepers = [OwnerName, BrokerName, DeskName, RivalName];

    private SessionOutcome outcome = null!;

    private void TellChecks(WalkScript script)
    {
        script.Step(
            DeskName, TradingServer.RoleName, "fetches its bid and compares server, vault and ledger: match",
            CompareAsync);
        script.Step(
            OwnerName, TradingServer.RoleName,
            "sweeps all its records, as broker, desk and rival do: every one matches", SweepAsync);
        script.Step(
            DeskName, TradingServer.RoleName,
            "recomputes price and volume of each hour from the public curves",
            RecomputeAsync);
        script.Step(
            DeskName, TradingServer.RoleName, "checks its own execution without seeing others' bids",
            CheckDeskAsync);
        script.Step(RivalName, TradingServer.RoleName, "checks its own execution too", CheckRivalAsync);
        script.Step(
            AuditorName, LedgerName,
            "finds the contract active, the session cleared, every bid used or rejected",
            CheckStatesAsync);
    }

    private async Task CompareAsync(WalkContext context)
    {
        // A block past the interval of checkpoints, so that the last one proves the versions of all records.
        await context.AdvanceAsync(
            TimeSpan.FromSeconds(2 * context.Genesis.Document.Parameters.CheckpointIntervalSeconds))
            .ConfigureAwait(false);
        (await context.Operator.SubmitAsync("accounts.open", "{}", cancellation: context.Cancellation)
            .ConfigureAwait(false)).Required();
        var finding = await Of(DeskName).Checker.CheckAsync(
            deskBid.Record.Signed.Original.Rid, cancellation: context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(
            finding is { Code: "match", Ver: 2 },
            $"the desk's bid in its second version matches, not {finding.Code}");
    }

    private async Task SweepAsync(WalkContext context)
    {
        foreach (var name in Sweepers)
        {
            await Of(name).LearnAsync(context.Cancellation).ConfigureAwait(false);
            var report = await new Sweep(Of(name).Checker).RunAsync(context.Cancellation)
                .ConfigureAwait(false);
            var mismatches =
                string.Join(", ", report.Mismatches.Select(finding => $"{finding.Rtype} {finding.Code}"));
            WalkContext.Require(
                report.Findings.Count > 0 && report.IsClean,
                $"every record of {name} matches ({mismatches})");
        }
    }

    private async Task RecomputeAsync(WalkContext context)
    {
        outcome = await Of(DeskName).ReadResultAsync(session.Session, context.Cancellation)
            .ConfigureAwait(false)
            ?? throw new WalkFailedException("the result is on the ledger and follows from its curves");
        var periods = outcome.Message.Periods;
        WalkContext.Require(
            periods[0] is { Price: 3_500, Volume: 1_100, Side: "sell" },
            "hour 1 clears 110.0 MW at 35.00, offers rationed");
        WalkContext.Require(
            periods[1] is { Price: 3_500, Volume: 300, Lo: 3_000, Hi: 4_000 },
            "hour 2 clears 30.0 MW at 35.00, of 30.00 to 40.00");
        WalkContext.Require(
            periods.Skip(2).All(period => period.Volume == 0),
            "no rejected or cancelled bid is in the others");
    }

    private Task CheckDeskAsync(WalkContext context) => CheckExecutionAsync(context, DeskName, deskBid, new()
    {
        [(0, MarketSide.Sell)] = [300, 356],
        [(1, MarketSide.Sell)] = [300],
    });

    private Task CheckRivalAsync(WalkContext context) =>
        CheckExecutionAsync(context, RivalName, rivalBid, new()
    {
        [(0, MarketSide.Sell)] = [444, 0],
        [(0, MarketSide.Buy)] = [500, 600, 0],
        [(1, MarketSide.Buy)] = [300, 0],
    });

    private async Task CheckExecutionAsync(
        WalkContext context, string name, SealedBidRecord bid,
        Dictionary<(int Mtu, MarketSide Side), long[]> expected)
    {
        var participant = Of(name);
        AwardBody? award = null;
        foreach (var entry in participant.Book.Current.Where(entry => entry.Rtype == RecordTypes.Award))
        {
            var finding = await participant.Checker.CheckAsync(entry.Rid, cancellation: context.Cancellation)
                .ConfigureAwait(false);
            if (participant.ReadAnswer(finding) is { } original && AwardBody.Parse(original.Body) is { } body
                && body.Bid == bid.Message.Rid)
                award = body;
        }
        WalkContext.Require(
            award is not null && award.Orders.Length == expected.Count
                && award.Orders.All(order => expected.TryGetValue((order.Mtu, order.Side), out var quantities)
                    && order.Quantities.SequenceEqual(quantities)),
            $"the award of {name} is what D1's test cases say");
        var own = participant.Book.Find(bid.Record.Signed.Original.Rid)!;
        var execution =
            await participant.CheckExecutionAsync(session.Session, own, award, outcome, context.Cancellation)
                .ConfigureAwait(false);
        WalkContext.Require(
            execution.Failures.Count == 0,
            $"{name} was served as published ({string.Join("; ", execution.Failures)})");
    }

    private async Task CheckStatesAsync(WalkContext context)
    {
        var begin = SessionProofs.DueIdOf("begin", offer.Message.From, offer.Message.Rid.As<AuctionSession>());
        var begun = EventOf(
            await OutcomeAsync(context, begin).ConfigureAwait(false), "brokerage.contract_active");
        WalkContext.Require(
            begun["rid"] == offer.Message.Rid.ToString(),
            "the contract is active since its first hour");
        var result = EventOf(
            await OutcomeAsync(context, cleared.Result).ConfigureAwait(false), "brokerage.session_cleared");
        WalkContext.Require(
            result["session"] == session.Session.SessionId.ToString(), "the session is cleared");
        WalkContext.Require(
            outcome.Message.Rejected.SequenceEqual(cleared.Rejected)
            && outcome.Message.Rejected.Select(rejected => rejected.Rid).ToHashSet().SetEquals(
                brokenBids.Values),
            "exactly the bids that break the rules are rejected");
    }
}
