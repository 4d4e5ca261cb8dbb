using System.Text;
using Counterfoil.Client;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>
/// The story of one auction: an owner's plant, its broker and the broker's desk, a rival, somebody who copies,
/// an auditor, the market's roles. Steps 1 to 10, 16 and 17 of D1's core, then every line of its "Must refuse".
/// The files are in the order of the story: enrolment, auction, checks, refusals.
/// </summary>
/// <param name="hasToken">False where no token is to be had, so that the story says where the session key lies.</param>
public sealed partial class BrokerageWalkthrough(bool hasToken) : Walkthrough, IDisposable
{
    private const string OwnerName = "owner";
    private const string BrokerName = "broker";
    private const string DeskName = "desk";
    private const string RivalName = "rival";

    /// <summary>Has a mandate of the rival's portfolio, and puts bids whose inside is not what it anchors.</summary>
    private const string CopierName = "copier";
    private const string AuditorName = "auditor";
    private const string OperatorName = "operator";
    private const string LedgerName = "ledger";

    private const int ReceiptAttempts = 600;

    private static readonly string[] Enrolled =
        [OwnerName, BrokerName, DeskName, RivalName, CopierName, AuditorName];

    private static readonly TimeSpan GateAfter = TimeSpan.FromHours(6);
    private static readonly TimeSpan ReceiptPause = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<string, Participant> participants = [];
    private readonly Digest<Portfolio> brokerPortfolio = Envelopes.NewId<Portfolio>();
    private readonly Digest<Portfolio> rivalPortfolio = Envelopes.NewId<Portfolio>();
    private readonly Digest<Right> deskMandate = Envelopes.NewId<Right>();
    private readonly Digest<Right> rivalMandate = Envelopes.NewId<Right>();
    private readonly Digest<Right> copierMandate = Envelopes.NewId<Right>();
    private Auditor auditor = null!;
    private MarketPlace market = null!;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Participants =>
    [
        .. Enrolled, OperatorName, TradingServer.RoleName, ClearingEngineRole.RoleName,
        SystemOperator.RoleName,
    ];

    /// <inheritdoc/>
    public override void Tell(WalkScript script)
    {
        TellEnrolment(script);
        TellAuction(script);
        TellChecks(script);
        TellRefusals(script);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var participant in participants.Values)
            participant.Dispose();
        auditor?.Dispose();
    }

    private Participant Of(string name) => participants[name];

    private RecordReader ReaderOf(string name) => RecordReader.Of(participants[name].Party);

    private static BidBody Bid(
        Digest<Portfolio> portfolio,
        params (int Mtu, MarketSide Side, (long Price, long Quantity)[] Steps)[] orders) =>
        new(portfolio, [.. orders.Select(order => new BidOrder(order.Mtu, new CallMarketOrder(
            order.Side, [.. order.Steps.Select(step => new CallMarketStep(step.Price, step.Quantity))])))]);

    /// <summary>Waits until due work is in a block, as a node does it on its own.</summary>
    private static async Task<Outcome> WaitAsync(WalkContext context, Digest<Transaction> id)
    {
        for (var attempt = 0; attempt < ReceiptAttempts; attempt++)
        {
            var found = await context.Operator.Node.GetReceiptAsync(id, context.Cancellation)
                .ConfigureAwait(false);
            if (found.TryGet(out var receipt, out _))
                return await VerifiedAsync(context, receipt).ConfigureAwait(false);
            await Task.Delay(ReceiptPause, context.Cancellation).ConfigureAwait(false);
        }
        throw new WalkFailedException("due work is done");
    }

    private static async Task<Outcome> OutcomeAsync(WalkContext context, Digest<Transaction> id) =>
        await VerifiedAsync(
            context,
            (await context.Operator.Node.GetReceiptAsync(id, context.Cancellation)
                .ConfigureAwait(false)).Value).ConfigureAwait(false);

    private static async Task<Outcome> VerifiedAsync(WalkContext context, Ledger.Blocks.Receipt receipt)
    {
        var (verified, _) = await new ReceiptVerifier(context.Genesis)
            .VerifyAsync(context.Operator.Node, receipt, context.Cancellation).ConfigureAwait(false);
        return verified?.Outcome
            ?? throw new WalkFailedException("a receipt is certified by this ledger's validators");
    }

    private static LedgerEvent EventOf(Outcome outcome, string type) =>
        outcome.Events.FirstOrDefault(happened => happened.Type == type)
            ?? throw new WalkFailedException($"the ledger tells {type}");

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
