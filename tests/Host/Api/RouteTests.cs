using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Host.Tests.Api;

/// <summary>
/// Each route as a client uses it: by the product's own client where it has a method for it, by plain HTTP
/// elsewhere.
/// </summary>
public sealed class RouteTests(NodeFixture fixture) : IClassFixture<NodeFixture>, IDisposable
{
    private readonly TestNode test = fixture.Test;
    private readonly NodeClient client = new(fixture.Test.Node.Address);

    public void Dispose() => client.Dispose();

    [Fact]
    public async Task Status_OfASandbox_NamesNetHeightAndClock()
    {
        await SendAsync();
        var status = await client.GetStatusAsync();
        Assert.Equal(test.Node.Ledger.Genesis.Net, status.Net);
        Assert.Equal(test.Node.Ledger.Tip.Height, status.Height);
        Assert.Equal(test.Node.Ledger.Tip.Block, status.Block);
        Assert.True(status.IsSandbox);
        Assert.Equal(1, status.Rules);
        Assert.InRange(status.Clock.UnixMilliseconds, 1_750_000_000_000, 1_800_000_000_000);
        Assert.NotEmpty(status.Version);
    }

    [Fact]
    public async Task Genesis_AsServed_HashesToNet()
    {
        var bytes = await test.Http.GetByteArrayAsync(new Uri("/genesis", UriKind.Relative));
        Assert.Equal(test.Node.Ledger.Genesis.Net.ToString(), Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    [Fact]
    public async Task Health_OfAWorkingNode_IsOk()
    {
        using var response = await test.GetAsync("/health");
        Assert.Equal(200, (int)response.StatusCode);
        Assert.True((await response.ReadJsonAsync()).GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task Metrics_AfterATransfer_CountIt()
    {
        await SendAsync();
        var text = await test.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
        var value = text.Split('\n').Single(line => line.StartsWith("counterfoil_transactions_submitted_total ", StringComparison.Ordinal)).Split(' ')[1];
        Assert.True(long.Parse(value, System.Globalization.CultureInfo.InvariantCulture) >= 1);
        Assert.Contains("# TYPE counterfoil_http_responses_total counter", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Block_AsServed_IsCertifiedAndHoldsItsLeaves()
    {
        var sent = await SendAsync();
        var block = (await client.GetBlockAsync(sent.GetProperty("height").GetInt64())).Value;
        Assert.True(block.IsCertifiedBy(test.Node.Ledger.Genesis.Validators));
        var leaf = block.Json.GetProperty("leaves")[sent.GetProperty("index").GetInt32()];
        Assert.Equal(sent.GetProperty("id").GetString(), leaf.GetProperty("id").GetString());
        Assert.Equal("accepted", leaf.GetProperty("outcome").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Blocks_ListedInPortions_GiveEachHeightOnce()
    {
        for (var block = 0; block < 3; block++)
            await SendAsync();
        var heights = new List<long>();
        for (long? after = 0; after is { } from;)
        {
            using var response = await test.GetAsync($"/blocks?after={from}&limit=2");
            var list = await response.ReadJsonAsync();
            heights.AddRange(list.GetProperty("blocks").EnumerateArray().Select(block => block.GetProperty("height").GetInt64()));
            after = list.TryGetProperty("next", out var next) ? next.GetInt64() : null;
        }
        Assert.True(heights.Count >= 3);
        Assert.Equal(Enumerable.Range(1, heights.Count).Select(height => (long)height), heights);
    }

    [Fact]
    public async Task Proof_OfABalanceAndOfAnAbsence_VerifiesAgainstACertifiedCheckpoint()
    {
        await SendAsync();
        // The first block after the interval carries a checkpoint root over the state before it.
        Assert.Null(test.Node.Clock!.Advance(60));
        await SendAsync();
        Assert.Null(test.Node.Clock!.Advance(60));
        await SendAsync();
        var key = new BalanceKey(test.Bob.Account, Asset.IdOf(test.Alice.Account, "EUR"));
        var validators = test.Node.Ledger.Genesis.Validators;
        var bucket = (await client.GetBucketAsync("accounts.balances", StateProofs.BucketOf("accounts.balances", key))).Value;
        var before = test.Node.Ledger.TryReadBlock(bucket.Checkpoint.Header.Height, out _);
        Assert.True(before);
        Assert.Equal("not_proved", StateProofs.VerifyAbsence(bucket, validators, "accounts.balances", key)?.Code);
        var unknown = new AccountKey(AccountId.Parse("BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        var other = (await client.GetBucketAsync("accounts.accounts", StateProofs.BucketOf("accounts.accounts", unknown))).Value;
        Assert.Null(StateProofs.VerifyAbsence(other, validators, "accounts.accounts", unknown));
        var row = test.Node.Ledger.Read(() => test.Node.Contracts.Accounts.TryGetAccount(test.Bob.Account, out var found) ? found : default);
        var ofBob = new AccountKey(test.Bob.Account);
        var third = (await client.GetBucketAsync("accounts.accounts", StateProofs.BucketOf("accounts.accounts", ofBob))).Value;
        Assert.Null(StateProofs.VerifyValue(third, validators, "accounts.accounts", ofBob, row));
        Assert.Equal("not_proved", StateProofs.VerifyValue(third, validators, "accounts.accounts", ofBob, row with { Sponsored = 7 })?.Code);
    }

    [Fact]
    public async Task Account_WithKeyAndBalance_IsShownAndItsHistoryFollows()
    {
        var sent = await SendAsync();
        var account = (await client.GetAccountAsync(test.Alice.Account)).Value;
        Assert.Equal("open", account.Standing);
        Assert.Equal([test.Alice.Key.PublicKey], account.Keys);
        var asset = TestWallet.Euro(test.Alice.Account);
        Assert.Equal(test.Node.Ledger.Read(() => test.Node.Contracts.Accounts.BalanceOf(test.Alice.Account, Asset.IdOf(test.Alice.Account, "EUR")).Units), account.Balances[asset]);
        await test.Node.ReadModel.WaitForHeightAsync(sent.GetProperty("height").GetInt64());
        using var response = await test.GetAsync($"/accounts/{test.Alice.Account}/transactions?limit=1");
        var history = await response.ReadJsonAsync();
        Assert.Equal(sent.GetProperty("id").GetString(), history.GetProperty("transactions")[0].GetProperty("id").GetString());
        Assert.Equal("accounts.transfer", history.GetProperty("transactions")[0].GetProperty("act").GetString());
    }

    [Theory]
    [InlineData("anchors", "unknown_anchor")]
    [InlineData("rights", "unknown_item")]
    [InlineData("items", "unknown_item")]
    public async Task State_OfWhatIsNotThere_IsRefused(string route, string code)
    {
        using var absent = await test.GetAsync($"/{route}/{test.Alice.Account}.{new string('a', 64)}");
        Assert.Equal(code, await absent.ReadProblemAsync(404));
        using var malformed = await test.GetAsync($"/{route}/{test.Alice.Account}");
        Assert.Equal("malformed", await malformed.ReadProblemAsync(400));
    }

    [Fact]
    public async Task Item_OnceRegistered_IsShown()
    {
        var id = new string('c', 64);
        var answer = (await test.SubmitAllAsync(test.Alice.Sign("registry.register", $$"""{"item":"{{id}}","kind":"meter","owner":"{{test.Bob.Account}}"}""")))[0];
        Assert.True(answer.TryGetProperty("outcome", out var outcome), answer.GetRawText());
        Assert.Equal("accepted", outcome.GetProperty("status").GetString());
        using var response = await test.GetAsync($"/items/{test.Alice.Account}.{id}");
        var item = await response.ReadJsonAsync();
        Assert.Equal("meter", item.GetProperty("kind").GetString());
        Assert.Equal(test.Bob.Account.ToString(), item.GetProperty("owner").GetString());
    }

    [Fact]
    public async Task Certificates_OfAnAccountWithout_AreAnEmptyList()
    {
        using var response = await test.GetAsync($"/certificates/{test.Alice.Account}");
        Assert.Equal(0, (await response.ReadJsonAsync()).GetProperty("certificates").GetArrayLength());
    }

    [Fact]
    public async Task Schemes_AsServed_AreAll46()
    {
        using var response = await test.GetAsync("/schemes");
        var schemes = await response.ReadJsonAsync();
        Assert.Equal(46, schemes.GetArrayLength());
        Assert.All(schemes.EnumerateArray(), scheme => Assert.Contains(scheme.GetProperty("status").GetString(), (string[])["built", "planned"]));
    }

    [Fact]
    public async Task Events_WithLastEventId_ResumeWithoutAGap()
    {
        for (var block = 0; block < 3; block++)
            await SendAsync();
        var tip = test.Node.Ledger.Tip.Height;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var heights = new List<long>();
        await foreach (var news in client.ReadEventsAsync(afterHeight: 1, patience.Token))
        {
            heights.Add(news.Height);
            if (news.Height == tip)
                await SendAsync();
            if (news.Height > tip)
                break;
        }
        Assert.Equal(Enumerable.Range(2, (int)tip).Select(height => (long)height), heights);
    }

    [Fact]
    public async Task Clock_MovedForward_IsBlockTimeOfTheNextBlock()
    {
        var before = (await client.GetStatusAsync()).Clock;
        Assert.True((await client.AdvanceClockAsync(TimeSpan.FromDays(3))).IsAccepted);
        await SendAsync();
        Assert.True(test.Node.Ledger.Tip.Time - before >= TimeSpan.FromDays(3));
        Assert.Equal("clock_backwards", (await client.MoveClockAsync(before)).Refusal?.Code);
    }

    private async Task<JsonElement> SendAsync()
    {
        var answer = (await test.SubmitAllAsync(test.Alice.Transfer(test.Bob, test.Alice.Account)))[0];
        Assert.Equal("final", answer.GetProperty("status").GetString());
        return answer;
    }
}
