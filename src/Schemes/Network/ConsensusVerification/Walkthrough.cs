using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>
/// The story of a payment on four validators: verified where it arrives, verified again by the other three, pre-processed by one, agreed on by all and final
/// on each, also while one of them is away; then every refusal that a client can provoke, and every forged certificate.
/// </summary>
public sealed partial class ConsensusWalkthrough : Walkthrough, IDisposable
{
    private const string ClientName = "client";
    private const string ReceiverName = "receiver";
    private const string AuditorName = "auditor";
    private const string OperatorName = "operator";
    private const string LedgerName = "ledger";
    private const int Funds = 1_000_000;

    private static readonly string[] NodeNames = ["node1", "node2", "node3", "node4"];
    private static readonly AccountsJson Json = AccountsJson.Instance;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), Pause = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<(string Party, int Node), NodeClient> clients = [];
    private byte[] payment = [];
    private Digest<Transaction> paymentId;
    private Receipt receipt = null!;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Participants => [ClientName, ReceiverName, .. NodeNames, AuditorName, OperatorName];

    /// <inheritdoc/>
    public override void Tell(WalkScript script)
    {
        TellStory(script);
        TellDoorRefusals(script);
        TellLaterRefusals(script);
        TellForgeries(script);
        TellFrozen(script);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var client in clients.Values)
            client.Dispose();
        foreach (var key in stolen)
            key.Dispose();
    }

    /// <summary>A party's connection to one of the nodes.</summary>
    private NodeClient At(WalkContext context, int node, string party = ClientName)
    {
        if (!clients.TryGetValue((party, node), out var client))
            clients.Add((party, node), client = new NodeClient(context.Party(party).CreateHttp(context.Nodes[node].Address), ownsHttp: true));
        return client;
    }

    private IReadOnlyList<NodeClient> AtAll(WalkContext context, string party = ClientName) =>
        [.. Enumerable.Range(0, context.Nodes.Count).Select(node => At(context, node, party))];

    private static Amount Money(WalkContext context, UInt128 units) => new(Asset.IdOf(context.Operator.Account, "PAY"), units);

    private static byte[] PayArgument(WalkContext context, UInt128 units) => JsonSerializer.SerializeToUtf8Bytes(
        new TransferMessage(context.Party(ReceiverName).Account, Money(context, units)), Json.TransferMessage);

    /// <summary>A payment of the client to the receiver, drafted as asked.</summary>
    private static TransactionDraft Draft(WalkContext context, PaymentTerms? terms = null)
    {
        terms ??= new PaymentTerms();
        return TransactionDraft.Create(
            terms.Net ?? context.Genesis.Net, context.Party(terms.By).Account, "accounts.transfer", PayArgument(context, terms.Units),
            context.Clock.Now + terms.IssuedAfter, terms.Validity, terms.CoSigners, terms.Jti);
    }

    private static byte[] Sign(WalkContext context, PaymentTerms? terms = null) => context.Party((terms ?? new PaymentTerms()).By).Sign(Draft(context, terms));

    private static Digest<Transaction> IdOf(byte[] transaction) =>
        TransactionParser.Parse(transaction, out var parsed) is { } refused ? throw new WalkFailedException($"a transaction, not {refused.Code}") : parsed!.Id;

    private static async Task<SubmissionAnswer> SendAsync(WalkContext context, NodeClient node, byte[] transaction) =>
        (await node.SubmitAsync([Submission.Of(transaction)], context.Cancellation).ConfigureAwait(false))[0];

    private static async Task UntilAsync(WalkContext context, Func<Task<bool>> holds, string expectation)
    {
        for (var waited = TimeSpan.Zero; !await holds().ConfigureAwait(false); waited += Pause)
        {
            WalkContext.Require(waited < Patience, expectation);
            await Task.Delay(Pause, context.Cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The receipt that each of some nodes gives, once it has one.</summary>
    private static async Task<IReadOnlyList<Receipt>> ReceiptsAsync(WalkContext context, IEnumerable<NodeClient> nodes, Digest<Transaction> id)
    {
        var receipts = new List<Receipt>();
        foreach (var node in nodes)
        {
            Receipt? found = null;
            await UntilAsync(
                context, async () => (await node.GetReceiptAsync(id, context.Cancellation).ConfigureAwait(false)).TryGet(out found, out _),
                $"{node.Address} to have the receipt").ConfigureAwait(false);
            receipts.Add(found!);
        }
        return receipts;
    }

    private static VerifiedReceipt Verified(WalkContext context, Receipt given, Digest<Transaction> id)
    {
        var refusal = new ReceiptVerifier(context.Genesis).Verify(given, id, out var verified);
        return verified ?? throw new WalkFailedException($"the receipt to be in order, not {refusal?.Code}");
    }
}
