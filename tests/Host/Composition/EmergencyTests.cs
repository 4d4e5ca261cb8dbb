using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Composition;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>
/// Five validators: f = 1, a quorum is four. With two of them down nothing becomes final, and votes of two, which are more than f, close connections all the same.
/// </summary>
public sealed class EmergencyTests : IDisposable
{
    private const int Target = 4;
    private const string Request = "000102030405060708090a0b0c0d0e0f";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Window = TimeSpan.FromDays(3);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Votes_OfMoreThanFInNoBlock_CloseConnectionsUntilTheWindowEnds()
    {
        await using var network = await StartAsync();
        await StopTwoAsync(network);
        var height = network[0].Ledger.Tip.Height;
        await VoteAsync(network, 0);
        await UntilAsync(() => Waiting(network, 0) == 1 && Waiting(network, 1) == 1, "both hold one vote");
        await Task.Delay(200);
        Assert.True(IsConnected(network, 0) && IsConnected(network, 1), "One of five is not more than f.");

        await VoteAsync(network, 1);
        await UntilAsync(() => !IsConnected(network, 0) && !IsConnected(network, 1), "both are no longer connected with the target");
        Assert.Equal([network.IdentityOf(1).Account], network[0].Peers!.Connected);
        var refused = network[0].Peers!.Counters[PeerEvent.PeerNotAdmitted];
        await UntilAsync(() => network[0].Peers!.Counters[PeerEvent.PeerNotAdmitted] > refused, "the target dials and is refused");
        Assert.Equal((height, Verdict.Open), (network[0].Ledger.Tip.Height, VerdictAt(network, 0)));

        // The window ends where no block can say so.
        Assert.Null(network[0].Clock!.Advance((long)Window.TotalSeconds + 60));
        await UntilAsync(() => IsConnected(network, 0) && IsConnected(network, 1), "they are connected again");
        Assert.Equal(height, network[0].Ledger.Tip.Height);
        await StartTwoAsync(network);
        await UntilAsync(() => VerdictAt(network, 0) == Verdict.Lapsed, "the request lapses");
        await UntilAsync(() => Enumerable.Range(0, Target).All(index => IsConnected(network, index)), "all are connected with the target");
    }

    [Fact]
    public async Task Connections_ThatVotesClosed_StayClosedByTheDecision()
    {
        await using var network = await StartAsync();
        await StopTwoAsync(network);
        await VoteAsync(network, 0);
        await VoteAsync(network, 1);
        await UntilAsync(() => !IsConnected(network, 0) && !IsConnected(network, 1), "both are no longer connected with the target");
        // Who was down is sent what waits, and holds it too.
        await StartTwoAsync(network);
        await UntilAsync(() => !IsConnected(network, 2) && !IsConnected(network, 3), "nobody is connected with the target");
        await VoteAsync(network, 2);
        await UntilAsync(() => VerdictAt(network, 0) == Verdict.Approved, "the members decide without it");
        await UntilAsync(() => network[0].Contracts.Certificates.Validators.Count == 4, "it is out of the set");
        Assert.All(Enumerable.Range(0, Target), index => Assert.False(IsConnected(network, index)));
    }

    private async Task<SandboxNetwork> StartAsync()
    {
        var network = await SandboxNetwork.StartAsync(new NodeOptions { Home = folder.File("node"), Name = "emergency", Sandbox = true }, validators: 5);
        await UntilAsync(() => Enumerable.Range(0, 5).All(index => network[index].Peers!.Connected.Count == 4), "all are connected");
        var node = network[0].Ledger.Read(() =>
            network[0].Contracts.Certificates.Nodes.TryFindByAccount(network.IdentityOf(Target).Account, out var found, out _) ? found : null);
        var message = new RevokeNodeMessage(Request, "its key was seen elsewhere", Node: node);
        var opened = (await network[0].Ledger.SubmitAsync([Sign(network, 0, "certificates.revoke_node", message, NodesJson.Instance.RevokeNodeMessage)])
            .WaitAsync(Patience))[0];
        Assert.Equal("accepted", opened.Outcome?.Status);
        await UntilAsync(() => Enumerable.Range(0, 5).All(index => network[index].Ledger.Tip.Height >= opened.Height), "all know the request");
        return network;
    }

    private static async Task StopTwoAsync(SandboxNetwork network)
    {
        await network.StopNodeAsync(2);
        await network.StopNodeAsync(3);
    }

    private static async Task StartTwoAsync(SandboxNetwork network)
    {
        await network.StartNodeAsync(2);
        await network.StartNodeAsync(3);
    }

    /// <summary>Admitted and acknowledged, which is no finality.</summary>
    private static async Task VoteAsync(SandboxNetwork network, int voter)
    {
        var ledger = network[voter].Ledger;
        var subject = ledger.Read(() => network[voter].Contracts.Certificates.Ballots.TryGet(Request, out var row) ? row.Subject : default);
        var message = new NodeVoteMessage(Request, subject, "approve", new VoteChecks(), ledger.Tip.Height);
        var answer = (await ledger.AdmitAsync([Sign(network, voter, "certificates.vote", message, NodesJson.Instance.NodeVoteMessage)]))[0];
        Assert.Null(answer.Refusal);
    }

    private static Submission Sign<TMessage>(SandboxNetwork network, int by, string action, TMessage message, JsonTypeInfo<TMessage> format)
    {
        using var keys = FileKeyStore.Open(Path.Combine(network.HomeOf(by), "keys"), PassphraseSource.UnprotectedByChoice);
        using var node = keys.OpenSigning("node");
        var draft = TransactionDraft.Create(
            network[by].Ledger.Genesis.Net, AccountId.Of(node.PublicKey), action, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(message, format)),
            Timestamp.From(network[by].Clock!.GetUtcNow()), TimeSpan.FromSeconds(120));
        return Submission.Of(TransactionSigner.Sign(draft, node));
    }

    private static int Waiting(SandboxNetwork network, int index) => network[index].Ledger.Counters.Pool;

    private static bool IsConnected(SandboxNetwork network, int index) => network[index].Peers!.Connected.Contains(network.IdentityOf(Target).Account);

    private static Verdict VerdictAt(SandboxNetwork network, int index) =>
        network[index].Ledger.Read(() => network[index].Contracts.Certificates.Ballots.TryGet(Request, out var row) ? row.Verdict : default);

    private static async Task UntilAsync(Func<bool> holds, string what)
    {
        var patience = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(patience.Elapsed < Patience, $"Not within {Patience.TotalSeconds} s: {what}");
            await Task.Delay(20);
        }
    }
}
