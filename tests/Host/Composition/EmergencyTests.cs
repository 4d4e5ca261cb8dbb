using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Host.Composition;
using Counterfoil.Host.Network;
using Counterfoil.Testing;
using static Counterfoil.Host.Tests.Composition.NetworkMembers;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>
/// Five validators: f = 1, a quorum is four. With two of them down nothing becomes final, and votes of two, which are more than f, close connections all the same.
/// </summary>
public sealed class EmergencyTests : IDisposable
{
    private const int Target = 4;
    private const string Request = "000102030405060708090a0b0c0d0e0f";

    private static readonly TimeSpan Window = TimeSpan.FromDays(3);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Votes_OfMoreThanFInNoBlock_CloseConnectionsUntilTheWindowEnds()
    {
        await using var network = await StartAsync();
        await StopTwoAsync(network);
        var height = network[0].Ledger.Tip.Height;
        await network.AdmitApprovalAsync(0, Request);
        await UntilAsync(() => Waiting(network, 0) == 1 && Waiting(network, 1) == 1, "both hold one vote");
        await Task.Delay(200);
        Assert.True(IsConnected(network, 0) && IsConnected(network, 1), "One of five is not more than f.");

        await network.AdmitApprovalAsync(1, Request);
        await UntilAsync(() => !IsConnected(network, 0) && !IsConnected(network, 1), "both are no longer connected with the target");
        Assert.Equal([network.IdentityOf(1).Account], network[0].Peers!.Connected);
        var refused = network[0].Peers!.Counters[PeerEvent.PeerNotAdmitted];
        await UntilAsync(() => network[0].Peers!.Counters[PeerEvent.PeerNotAdmitted] > refused, "the target dials and is refused");
        Assert.Equal((height, (Verdict?)Verdict.Open), (network[0].Ledger.Tip.Height, network.VerdictOf(0, Request)));

        // The window ends where no block can say so.
        Assert.Null(network[0].Clock!.Advance((long)Window.TotalSeconds + 60));
        await UntilAsync(() => IsConnected(network, 0) && IsConnected(network, 1), "they are connected again");
        Assert.Equal(height, network[0].Ledger.Tip.Height);
        await StartTwoAsync(network);
        await UntilAsync(() => network.VerdictOf(0, Request) == Verdict.Lapsed, "the request lapses");
        await UntilAsync(() => Enumerable.Range(0, Target).All(index => IsConnected(network, index)), "all are connected with the target");

        // Its id is spent for ever, also where a node begins from a snapshot.
        network[0].Ledger.WriteSnapshot();
        await network.StopNodeAsync(0);
        await network.StartNodeAsync(0);
        var again = await network.SubmitAsync(0, network.SignRevocation(0, Request, NameOfTarget(network)));
        Assert.Equal("replayed", again.Refusal?.Code ?? again.Outcome?.Code);
    }

    [Fact]
    public async Task Connections_ThatVotesClosed_StayClosedByTheDecision()
    {
        await using var network = await StartAsync();
        await StopTwoAsync(network);
        await network.AdmitApprovalAsync(0, Request);
        await network.AdmitApprovalAsync(1, Request);
        await UntilAsync(() => !IsConnected(network, 0) && !IsConnected(network, 1), "both are no longer connected with the target");
        // Who was down is sent what waits, and holds it too.
        await StartTwoAsync(network);
        await UntilAsync(() => !IsConnected(network, 2) && !IsConnected(network, 3), "nobody is connected with the target");
        await network.AdmitApprovalAsync(2, Request);
        await UntilAsync(() => network.VerdictOf(0, Request) == Verdict.Approved, "the members decide without it");
        await UntilAsync(() => network[0].Contracts.Certificates.Validators.Count == 4, "it is out of the set");
        Assert.All(Enumerable.Range(0, Target), index => Assert.False(IsConnected(network, index)));
    }

    private async Task<SandboxNetwork> StartAsync()
    {
        var network = await SandboxNetwork.StartAsync(new NodeOptions { Home = folder.File("node"), Name = "emergency", Sandbox = true }, validators: 5);
        await UntilAsync(() => Enumerable.Range(0, 5).All(index => network[index].Peers!.Connected.Count == 4), "all are connected");
        var opened = await network.SubmitAsync(0, network.SignRevocation(0, Request, NameOfTarget(network)));
        Assert.Equal("accepted", opened.Outcome?.Status);
        await UntilAsync(() => Enumerable.Range(0, 5).All(index => network[index].Ledger.Tip.Height >= opened.Height), "all know the request");
        return network;
    }

    private static string NameOfTarget(SandboxNetwork network) => network[0].Ledger.Read(() =>
        network[0].Contracts.Certificates.Nodes.TryFindByAccount(network.IdentityOf(Target).Account, out var node, out _) ? node : "");

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

    private static int Waiting(SandboxNetwork network, int index) => network[index].Ledger.Counters.Pool;

    private static bool IsConnected(SandboxNetwork network, int index) => network[index].Peers!.Connected.Contains(network.IdentityOf(Target).Account);
}
