using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>
/// Four validators decide who is a node: a sponsor, two newcomers that nobody is connected with, a meter, and what an authority writes; then they put
/// nodes out again, and every line of E1's "Must refuse" is tried.
/// </summary>
public sealed partial class ManagementWalkthrough : Walkthrough, IDisposable
{
    private const string OperatorName = "operator";
    private const string AuthorityName = "authority";
    private const string OwnerName = "owner";
    private const string MeterName = "meter";
    private const string TerminalName = "terminal";
    private const string StrangerName = "stranger";
    private const string LedgerName = "ledger";
    private const string Newcomer = "node5";
    private const string Liar = "node6";
    private const int NewcomerIndex = 4;
    private const int LiarIndex = 5;

    private static readonly string[] VoterNames = ["node1", "node2", "node3", "node4"];
    private static readonly NodesJson Json = NodesJson.Instance;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromMilliseconds(25);

    private readonly List<IDisposable> opened = [];
    private readonly Dictionary<string, NodeClient> clients = [];
    private readonly Dictionary<string, HttpClient> desks = [];
    private ReceiptVerifier light = null!;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Participants =>
        [.. VoterNames, Sponsor.RoleName, Newcomer, Liar, MeterName, TerminalName, AuthorityName, OwnerName, StrangerName, OperatorName];

    /// <inheritdoc/>
    public override void Tell(WalkScript script)
    {
        TellLinking(script);
        TellAuthority(script);
        TellTime(script);
        TellValidators(script);
        TellRequestRefusals(script);
        TellVoteRefusals(script);
        TellAuthorityRefusals(script);
        TellVerdicts(script);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var each in opened)
            each.Dispose();
    }

    private T Keep<T>(T disposable)
        where T : IDisposable
    {
        opened.Add(disposable);
        return disposable;
    }

    private static Party PartyOf(WalkContext context, string name) =>
        name == OperatorName ? context.Operator
        : name.StartsWith("node", StringComparison.Ordinal) && name.Length == 5 ? context.NodeParty(name[4] - '1')
        : context.Party(name);

    /// <summary>Everybody speaks to the first node: those that are put out have no other.</summary>
    private NodeClient At(WalkContext context, string name)
    {
        if (!clients.TryGetValue(name, out var client))
            clients.Add(name, client = Keep(new NodeClient(PartyOf(context, name).CreateHttp(context.Node), ownsHttp: true)));
        return client;
    }

    private RoleClient Desk(WalkContext context, string name)
    {
        if (!desks.TryGetValue(name, out var http))
            desks.Add(name, http = Keep(PartyOf(context, name).CreateHttp(context.RoleAddress(Sponsor.RoleName))));
        return new RoleClient(http);
    }

    private async Task<SubmissionAnswer> SendAsync<TMessage>(
        WalkContext context, string by, string action, TMessage message, JsonTypeInfo<TMessage> format, params IReadOnlyList<byte[]> attachments)
        where TMessage : class
    {
        var party = PartyOf(context, by);
        var signed = party.Sign(party.Draft(action, message, format));
        return (await At(context, by).SubmitAsync(
            [new Submission(signed, [.. attachments.Select(content => new AttachmentContent(Digest<Attachment>.Of(content), content, []))])],
            context.Cancellation).ConfigureAwait(false))[0];
    }

    private Task<SubmissionAnswer> SendAsync(WalkContext context, string by, LinkRequest request) => SendAsync(
        context, by, "certificates.request", new NodeRequestMessage(request.Node, request.Possession, request.Renewal), Json.NodeRequestMessage,
        request.Certificate);

    private async Task<BlockReference> LastBlockAsync(WalkContext context) =>
        await Applicant.LastBlockAsync(At(context, OperatorName), context.Cancellation).ConfigureAwait(false)
            ?? throw new WalkFailedException("a block");

    private static async Task UntilAsync(WalkContext context, Func<Task<bool>> holds, string expectation)
    {
        for (var waited = TimeSpan.Zero; !await holds().ConfigureAwait(false); waited += Pause)
        {
            WalkContext.Require(waited < Patience, expectation);
            await Task.Delay(Pause, context.Cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A newcomer's node: the keys are those that its process runs with.</summary>
    private Applicant NodeApplicant(WalkContext context, int index)
    {
        var node = context.Nodes[index];
        var keys = context.NodeParty(index).Keys;
        return new Applicant(
            node.Name, node.Identity.Account, context.Genesis.Net, Keep(keys.OpenSigning("tls")), node.Certificate!, node.PeerEndpoint,
            Keep(keys.OpenSigning("consensus")), Keep(keys.OpenVrf("vrf")));
    }

    /// <summary>A party without a node of its own: a device with a key that lies in its store.</summary>
    private Applicant DeviceApplicant(WalkContext context, string name, string keyName, TimeSpan validity, string node = "")
    {
        var party = context.Party(name);
        if (party.Keys.List().All(key => key.Name != keyName))
            party.Keys.Create(keyName, KeyUsage.Sign);
        return Device(context, node.Length == 0 ? name : node, party.Account, Keep(party.Keys.OpenSigning(keyName)), TimeSpan.FromHours(-1), validity);
    }

    private static Applicant Device(WalkContext context, string node, AccountId account, ISigningKey tls, TimeSpan from, TimeSpan to)
    {
        var now = context.Clock.GetUtcNow();
        var subject = new CertificateSubject("Meters Ltd", node, now + from, now + to);
        return new Applicant(node, account, context.Genesis.Net, tls, OrganisationCertificates.CreateSelfSignedTls(tls, subject));
    }

    private static LedgerEvent? FindEvent(Outcome? outcome, string type) => outcome?.Events.FirstOrDefault(happened => happened.Type == type);

    private static LedgerEvent Event(SubmissionAnswer answer, string type) =>
        FindEvent(answer.Required().Outcome, type) ?? throw new WalkFailedException($"the ledger tells {type}");

    /// <summary>The event of this kind about this request or node, in a block from that height on, once it is there.</summary>
    private async Task<LedgerEvent> FindEventAsync(WalkContext context, long from, string type, string fact, string value)
    {
        LedgerEvent? found = null;
        var next = from;
        var node = At(context, OperatorName);
        await UntilAsync(context, async () =>
        {
            var status = await node.GetStatusAsync(context.Cancellation).ConfigureAwait(false);
            for (; found is null && next <= status.Height; next++)
            {
                var block = (await node.GetBlockAsync(next, context.Cancellation).ConfigureAwait(false)).Value;
                found = EventsOf(block).FirstOrDefault(happened => happened.Type == type && happened[fact] == value);
            }
            return found is not null;
        }, $"{type} of {value}").ConfigureAwait(false);
        return found!;
    }

    private static IEnumerable<LedgerEvent> EventsOf(NodeBlock block) => block.Json.GetProperty("leaves").EnumerateArray().SelectMany(leaf =>
        Outcome.TryParse(JsonSerializer.SerializeToUtf8Bytes(leaf.GetProperty("outcome")), out var outcome) ? outcome.Events : []);

    private async Task<long> HeightAsync(WalkContext context) =>
        (await At(context, OperatorName).GetStatusAsync(context.Cancellation).ConfigureAwait(false)).Height;

    private static Digest<Asset> Money(WalkContext context) => Asset.IdOf(context.Operator.Account, "PAY");

    /// <summary>A block, so that there is one: a payment of one unit.</summary>
    private async Task<SubmissionAnswer> PayAsync(WalkContext context, string to = OwnerName) => await SendAsync(
        context, OperatorName, "accounts.transfer", new TransferMessage(PartyOf(context, to).Account, new Amount(Money(context), 1)),
        AccountsJson.Instance.TransferMessage).ConfigureAwait(false);

    private async Task<UInt128> BalanceAsync(WalkContext context, string name)
    {
        var account = (await At(context, OperatorName).GetAccountAsync(PartyOf(context, name).Account, context.Cancellation).ConfigureAwait(false)).Value;
        return account.Balances.GetValueOrDefault(Money(context).ToString());
    }

    /// <summary>Whom a node is connected with, as it says itself.</summary>
    private async Task<IReadOnlyList<string>> PeersOfAsync(WalkContext context, int index)
    {
        using var http = PartyOf(context, context.Nodes[index].Name).CreateHttp(context.Nodes[index].Address);
        using var status = JsonDocument.Parse(await http.GetStringAsync(new Uri("status", UriKind.Relative), context.Cancellation).ConfigureAwait(false));
        return [.. status.RootElement.GetProperty("peers").EnumerateArray().Select(peer => peer.GetString()!)];
    }
}
