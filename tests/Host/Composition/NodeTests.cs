using System.Text;
using System.Text.Json;
using Counterfoil.Host.Api;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger.Tests.Storage;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Composition;

public sealed class NodeTests
{
    [Fact]
    public async Task Restart_AfterTransfers_KeepsLedgerClockAndReadModel()
    {
        await using var test = await TestNode.StartAsync();
        var transfer = test.Alice.Transfer(test.Bob, test.Alice.Account, 5);
        var first = (await test.SubmitAllAsync(transfer))[0];
        Assert.Null(test.Node.Clock!.Advance(3_600));
        var (net, time) = (test.Node.Ledger.Genesis.Net, test.Node.Clock.GetUtcNow());
        await test.RestartAsync();
        Assert.Equal(net, test.Node.Ledger.Genesis.Net);
        Assert.True(test.Node.Clock!.GetUtcNow() >= time);
        // The first answer is found by the read model, though the replay table has forgotten the
        // transaction by now.
        await test.SubmitAllAsync(test.Bob.Transfer(test.Alice, test.Alice.Account));
        var again = (await test.SubmitAllAsync(transfer))[0];
        Assert.True(again.GetProperty("repeat").GetBoolean(), again.GetRawText());
        Assert.Equal(first.GetProperty("height").GetInt64(), again.GetProperty("height").GetInt64());
    }

    [Fact]
    public async Task Start_InAHomeThatIsUsed_IsRefused()
    {
        await using var test = await TestNode.StartAsync();
        var fault = await Assert.ThrowsAsync<NodeStartException>(() => CounterfoilNode.StartAsync(new NodeOptions { Home = test.Home, Sandbox = true }));
        Assert.Equal("home_in_use", fault.Code);
    }

    [Fact]
    public async Task Start_OfASandboxAsARealLedger_IsRefused()
    {
        await using var test = await TestNode.StartAsync();
        await test.Node.StopAsync();
        var fault = await Assert.ThrowsAsync<NodeStartException>(() => CounterfoilNode.StartAsync(new NodeOptions { Home = test.Home }));
        Assert.Equal("genesis_differs", fault.Code);
    }

    [Theory]
    [InlineData("https://127.0.0.1:0", "address_malformed")]
    [InlineData("http://example.org:80", "address_malformed")]
    [InlineData("127.0.0.1", "address_malformed")]
    [InlineData("http://192.0.2.1:1", "address_unavailable")]
    public async Task Start_AtAnAddressThatIsNone_IsRefused(string url, string code)
    {
        using var folder = new TemporaryFolder();
        var fault = await Assert.ThrowsAsync<NodeStartException>(
            () => CounterfoilNode.StartAsync(new NodeOptions { Home = folder.File("home"), Urls = [url] }));
        Assert.Equal(code, fault.Code);
    }

    [Fact]
    public async Task Clock_OfARealLedger_HasNoRoute()
    {
        using var folder = new TemporaryFolder();
        await using var node = await CounterfoilNode.StartAsync(new NodeOptions { Home = folder.File("home") });
        using var http = new HttpClient { BaseAddress = node.Address };
        using var content = new StringContent("""{"advance_seconds":1}""", Encoding.UTF8, "application/json");
        using var response = await http.PostAsync(new Uri("/sandbox/clock", UriKind.Relative), content);
        Assert.Equal("not_found", await response.ReadProblemAsync(404));
    }

    [Fact]
    public async Task Submit_WithAFullDisk_IsRefusedAndNothingIsLost()
    {
        var disk = new FaultyDisk();
        await using var test = await TestNode.StartAsync(options => options with { Disk = disk });
        await test.SubmitAllAsync(test.Alice.Transfer(test.Bob, test.Alice.Account));
        var (height, root) = (test.Node.Ledger.Tip.Height, StateRoot(test));
        disk.WritesUntilFull = 0;
        var transfer = test.Alice.Transfer(test.Bob, test.Alice.Account, 7);
        using (var response = await test.SubmitAsync(transfer))
            Assert.Equal("storage_unavailable", await response.ReadProblemAsync(503));
        using (var health = await test.GetAsync("/health"))
            Assert.Equal(503, (int)health.StatusCode);
        Assert.Equal(height, test.Node.Ledger.Tip.Height);
        Assert.Equal(root, StateRoot(test));
        disk.WritesUntilFull = null;
        var answer = await RetryAsync(test, transfer);
        Assert.Equal("final", answer.GetProperty("status").GetString());
        Assert.False(answer.TryGetProperty("repeat", out _));
        using var healthy = await test.GetAsync("/health");
        Assert.Equal(200, (int)healthy.StatusCode);
    }

    [Fact]
    public async Task Requests_AboveTheRate_AreRefusedAndServedLater()
    {
        await using var test = await TestNode.StartAsync(options => options with
        {
            RateLimits = new RateLimits { ConnectionPerSecond = 5, ConnectionBurst = 5, AddressPerSecond = 5, AddressBurst = 5 },
        });
        var refused = 0;
        for (var request = 0; request < 10; request++)
        {
            using var response = await test.GetAsync("/status");
            if (response.StatusCode == System.Net.HttpStatusCode.OK)
                continue;
            Assert.Equal("rate_limited", await response.ReadProblemAsync(429));
            Assert.True(response.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
            refused++;
        }
        Assert.InRange(refused, 1, 5);
        await Task.Delay(1_200);
        using var later = await test.GetAsync("/status");
        Assert.Equal(200, (int)later.StatusCode);
    }

    [Fact]
    public async Task Submit_ManyWrongSignatures_CostsMoreThanGoodOnes()
    {
        await using var test = await TestNode.StartAsync(options => options with
        {
            RateLimits = new RateLimits { ConnectionPerSecond = 1, ConnectionBurst = 100, AddressPerSecond = 1, AddressBurst = 100 },
        });
        var wrong = Enumerable.Range(0, 20).Select(_ => Spoil(test.Alice.Transfer(test.Bob, test.Alice.Account))).ToArray();
        var answers = await test.SubmitAllAsync(wrong);
        Assert.All(answers.EnumerateArray(), answer => Assert.Equal("bad_signature", answer.GetProperty("code").GetString()));
        using var response = await test.GetAsync("/status");
        Assert.Equal("rate_limited", await response.ReadProblemAsync(429));
    }

    private static string Spoil(string transaction)
    {
        // The first character of the signature is a whole 6 bits of r.
        var at = transaction.LastIndexOf('.') + 1;
        return $"{transaction[..at]}{(transaction[at] == 'A' ? 'B' : 'A')}{transaction[(at + 1)..]}";
    }

    private static async Task<JsonElement> RetryAsync(TestNode test, string transaction)
    {
        for (var attempt = 0; ; attempt++)
        {
            var answer = (await test.SubmitAllAsync(transaction))[0];
            if (attempt == 20 || !answer.TryGetProperty("transient", out _))
                return answer;
            await Task.Delay(200);
        }
    }

    private static string StateRoot(TestNode test) => test.Node.Ledger.Read(() => test.Node.ContractSet.State.Root().ToString());
}
