using System.Diagnostics;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Composition;
using Counterfoil.Host.Tests.Network;
using Counterfoil.Ledger;
using Counterfoil.Testing;
using Counterfoil.Tools;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>Several nodes of one ledger in this process, each with a home, keys and a store of its own.</summary>
public sealed class SandboxNetworkTests
{
    [Fact]
    public async Task Network_OfFourAndAFollower_AgreesFollowsAndTurnsOneClock()
    {
        using var folder = new TemporaryFolder();
        var (alice, bob) = (new TestWallet(), new TestWallet());
        await using var network = await SandboxNetwork.StartAsync(Options(folder, alice, bob), validators: 4, followers: 1);
        alice.Node = bob.Node = network[0];
        for (var index = 0; index < network.Count; index++)
            await AcceptAsync(network[index], alice.Transfer(bob, alice.Account, 5));

        using (var second = new NodeClient(network[1].Address))
            await second.AdvanceClockAsync(TimeSpan.FromHours(3));
        Assert.True(Enumerable.Range(0, network.Count).Select(index => network[index].Clock).Distinct().Count() == 1);
        await AcceptAsync(network[2], bob.Transfer(alice, alice.Account, 1));
        var status = await StatusAsync(network[3]);
        Assert.Equal(4, status.GetProperty("consensus").GetProperty("validators").GetInt32());
        Assert.Equal(3, status.GetProperty("consensus").GetProperty("quorum").GetInt64());
        Assert.True(status.GetProperty("consensus").GetProperty("validating").GetBoolean());
        Assert.Equal(4, status.GetProperty("peers").GetArrayLength());
        Assert.False((await StatusAsync(network[4])).GetProperty("consensus").GetProperty("validating").GetBoolean());
        await RequireAgreementAsync(network);

        for (var index = 0; index < network.Count; index++)
        {
            var home = network.HomeOf(index);
            await network.StopNodeAsync(index);
            Assert.Empty(Fsck.Run(Path.Combine(home, "ledger"), await File.ReadAllBytesAsync(Path.Combine(home, "genesis.json"))).Findings);
        }
    }

    [Fact]
    public async Task Network_WithoutAQuorum_DecidesNothingAndSaysSoUntilOneIsBack()
    {
        using var folder = new TemporaryFolder();
        var (alice, bob) = (new TestWallet(), new TestWallet());
        await using var network = await SandboxNetwork.StartAsync(Options(folder, alice, bob), validators: 4);
        alice.Node = bob.Node = network[0];
        await AcceptAsync(network[0], alice.Transfer(bob, alice.Account, 5));
        await network.StopNodeAsync(2);
        await AcceptAsync(network[0], alice.Transfer(bob, alice.Account, 6));
        await network.StopNodeAsync(3);
        await UntilAsync(async () => await HealthAsync(network[0]) == "no_quorum", "the missing quorum is noticed");
        var height = network[0].Ledger.Tip.Height;
        using var client = new NodeClient(network[0].Address);
        var waiting = client.SubmitAsync([Submission(alice.Transfer(bob, alice.Account, 7))]);
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.False(waiting.IsCompleted);
        Assert.Equal(height, network[0].Ledger.Tip.Height);

        await network.StartNodeAsync(3);
        Assert.True((await waiting.WaitAsync(TimeSpan.FromSeconds(30)))[0].IsAccepted);
        await UntilAsync(async () => await HealthAsync(network[0]) is null, "the quorum is noticed");
        await network.StartNodeAsync(2);
        await RequireAgreementAsync(network);
    }

    [Fact]
    public async Task Network_Parted_GoesOnOnlyWhereAQuorumIsAndAgreesOnceHealed()
    {
        using var folder = new TemporaryFolder();
        var (alice, bob) = (new TestWallet(), new TestWallet());
        var faults = Enumerable.Range(0, 4).Select(_ => new SwitchedFaults()).ToArray();
        await using var network = await SandboxNetwork.StartAsync(
            Options(folder, alice, bob), validators: 4, configure: (index, options) => options with { Peers = options.Peers! with { Faults = faults[index] } });
        alice.Node = bob.Node = network[0];
        await AcceptAsync(network[0], alice.Transfer(bob, alice.Account, 5));

        Part(network, faults, [0, 1], [2, 3]);
        await UntilAsync(async () => await HealthAsync(network[0]) == "no_quorum", "the first half notices");
        await UntilAsync(async () => await HealthAsync(network[3]) == "no_quorum", "the second half notices");
        var height = await SameHeightAsync(network);
        using var client = new NodeClient(network[0].Address);
        var waiting = client.SubmitAsync([Submission(alice.Transfer(bob, alice.Account, 6))]);
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.Equal(height, Enumerable.Range(0, 4).Max(index => network[index].Ledger.Tip.Height));

        Array.ForEach(faults, fault => fault.Heal());
        Part(network, faults, [0, 1, 2], [3]);
        Assert.True((await waiting.WaitAsync(TimeSpan.FromSeconds(30)))[0].IsAccepted);
        await AcceptAsync(network[1], bob.Transfer(alice, alice.Account, 2));
        Assert.Equal(height, network[3].Ledger.Tip.Height);

        Array.ForEach(faults, fault => fault.Heal());
        await RequireAgreementAsync(network);
        await AcceptAsync(network[3], bob.Transfer(alice, alice.Account, 3));
    }

    private static void Part(SandboxNetwork network, SwitchedFaults[] faults, int[] ones, int[] others)
    {
        foreach (var one in ones)
            foreach (var other in others)
            {
                faults[one].Part(network.IdentityOf(other).Account);
                faults[other].Part(network.IdentityOf(one).Account);
            }
    }

    private static async Task<long> SameHeightAsync(SandboxNetwork network)
    {
        // What was decided before the cut may still have been on its way.
        await Task.Delay(TimeSpan.FromSeconds(1));
        return Enumerable.Range(0, 4).Max(index => network[index].Ledger.Tip.Height);
    }

    private static NodeOptions Options(TemporaryFolder folder, TestWallet alice, TestWallet bob) => new()
    {
        Home = folder.File("node"),
        Name = "network",
        Sandbox = true,
        SandboxStart = new Timestamp(1_750_000_000_000),
        Passphrase = PassphraseSource.UnprotectedByChoice,
        GenesisSections = new Dictionary<string, JsonElement> { ["accounts"] = TestNode.Accounts(alice, bob) },
    };

    private static Counterfoil.Ledger.Admission.Submission Submission(string transaction) =>
        Counterfoil.Ledger.Admission.Submission.Of(System.Text.Encoding.UTF8.GetBytes(transaction));

    private static async Task AcceptAsync(CounterfoilNode node, string transaction)
    {
        using var client = new NodeClient(node.Address);
        var answer = (await client.SubmitAsync([Submission(transaction)]))[0];
        Assert.True(answer.IsAccepted, answer.Code);
    }

    private static async Task RequireAgreementAsync(SandboxNetwork network)
    {
        var top = Enumerable.Range(0, network.Count).Max(index => network[index].Ledger.Tip.Height);
        for (var index = 0; index < network.Count; index++)
        {
            var ledger = network[index].Ledger;
            await UntilAsync(() => Task.FromResult(ledger.Tip.Height >= top), $"node {index} stands at {top}");
            for (var height = 1L; height <= top; height++)
            {
                Assert.True(network[0].Ledger.TryReadBlock(height, out var expected));
                Assert.True(ledger.TryReadBlock(height, out var block));
                Assert.Equal(expected.Id, block.Id);
            }
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var patience = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), $"Not within 30 s: {what}");
            await Task.Delay(20);
        }
    }

    private static async Task<string?> HealthAsync(CounterfoilNode node)
    {
        using var http = new HttpClient { BaseAddress = node.Address };
        using var response = await http.GetAsync(new Uri("/health", UriKind.Relative));
        var health = await response.ReadJsonAsync();
        Assert.Equal(health.GetProperty("ok").GetBoolean() ? 200 : 503, (int)response.StatusCode);
        return health.TryGetProperty("code", out var code) ? code.GetString() : null;
    }

    private static async Task<JsonElement> StatusAsync(CounterfoilNode node)
    {
        using var http = new HttpClient { BaseAddress = node.Address };
        using var response = await http.GetAsync(new Uri("/status", UriKind.Relative));
        return await response.ReadJsonAsync();
    }
}
