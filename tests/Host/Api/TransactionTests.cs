using System.Net.Http.Headers;
using System.Text.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Host.Tests.Api;

public sealed class TransactionTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private readonly TestNode test = fixture.Test;

    [Fact]
    public async Task Submit_OneTransfer_IsFinalWithItsOutcome()
    {
        using var response = await test.SubmitAsync(test.Alice.Transfer(test.Bob, test.Alice.Account, 250));
        var answer = await response.ReadJsonAsync();
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("final", answer.GetProperty("status").GetString());
        Assert.Equal("accepted", answer.GetProperty("outcome").GetProperty("status").GetString());
        Assert.Equal(test.Node.Ledger.Tip.Height, answer.GetProperty("height").GetInt64());
        Assert.Equal(0, answer.GetProperty("index").GetInt32());
    }

    [Fact]
    public async Task Submit_TheSameBytesAgain_GivesTheFirstAnswerAsRepeat()
    {
        var transfer = test.Alice.Transfer(test.Bob, test.Alice.Account);
        var first = (await test.SubmitAllAsync(transfer))[0];
        var again = (await test.SubmitAllAsync(transfer))[0];
        Assert.True(again.GetProperty("repeat").GetBoolean());
        Assert.Equal(first.GetProperty("height").GetInt64(), again.GetProperty("height").GetInt64());
        Assert.Equal(first.GetProperty("id").GetString(), again.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Submit_AnArray_IsAnsweredItemByItemInOrder()
    {
        var answers = await test.SubmitAllAsync(
            test.Alice.Transfer(test.Bob, test.Alice.Account, 1), "no transaction", test.Alice.Transfer(test.Bob, test.Alice.Account, 99_000_000_000), test.Bob.Transfer(test.Alice, test.Alice.Account, 2));
        Assert.Equal(4, answers.GetArrayLength());
        Assert.Equal("final", answers[0].GetProperty("status").GetString());
        Assert.Equal("refused", answers[1].GetProperty("status").GetString());
        Assert.Equal("malformed", answers[1].GetProperty("code").GetString());
        Assert.Equal("insufficient_funds", CodeOf(answers[2]));
        Assert.Equal("final", answers[3].GetProperty("status").GetString());
    }

    [Fact]
    public async Task Submit_AThousandItems_AreAllFinal()
    {
        var transfers = Enumerable.Range(0, 1_000).Select(index => test.Alice.Transfer(test.Bob, test.Alice.Account, index + 1)).ToArray();
        var answers = await test.SubmitAllAsync(transfers);
        Assert.All(answers.EnumerateArray(), answer => Assert.Equal("accepted", answer.GetProperty("outcome").GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Submit_RespondAsync_IsAcknowledgedByTheNodesKeyAndFinalLater()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/transactions");
        request.Content = new StringContent(test.Alice.Transfer(test.Bob, test.Alice.Account), new MediaTypeHeaderValue("application/jose"));
        request.Headers.TryAddWithoutValidation("Prefer", "respond-async, wait=5");
        using var response = await test.Http.SendAsync(request);
        var answer = await response.ReadJsonAsync();
        Assert.Equal(202, (int)response.StatusCode);
        Assert.Equal("admitted", answer.GetProperty("status").GetString());
        var node = await KeyOfNodeAsync();
        var acknowledgement = Acknowledgement.Verify(answer.GetProperty("acknowledgement").GetString()!, node);
        Assert.NotNull(acknowledgement);
        Assert.Equal(answer.GetProperty("id").GetString(), acknowledgement.Id.ToString());
        var found = await FindAsync(answer.GetProperty("id").GetString()!);
        Assert.Equal("accepted", found.GetProperty("outcome").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Receipt_OfAFinalTransfer_VerifiesOffline()
    {
        var answer = (await test.SubmitAllAsync(test.Alice.Transfer(test.Bob, test.Alice.Account), test.Bob.Transfer(test.Alice, test.Alice.Account)))[1];
        using var response = await test.GetAsync($"/transactions/{answer.GetProperty("id").GetString()}/receipt");
        var receipt = Receipt.Parse(await response.Content.ReadAsByteArrayAsync());
        Assert.NotNull(receipt);
        Assert.Null(receipt.Verify(test.Node.Ledger.Genesis.Validators, out var verified));
        Assert.Equal(answer.GetProperty("id").GetString(), verified!.Id.ToString());
        Assert.True(verified.Outcome.IsSuccess);
    }

    [Theory]
    [InlineData("/transactions/0000000000000000000000000000000000000000000000000000000000000001", 404, "unknown_transaction")]
    [InlineData("/transactions/0000000000000000000000000000000000000000000000000000000000000001/receipt", 404, "unknown_transaction")]
    [InlineData("/transactions/xyz", 400, "malformed")]
    [InlineData("/transactions/ABCDEF0000000000000000000000000000000000000000000000000000000001/receipt", 400, "malformed")]
    public async Task Find_WhatIsNotThere_IsRefused(string path, int status, string code)
    {
        using var response = await test.GetAsync(path);
        Assert.Equal(code, await response.ReadProblemAsync(status));
    }

    private static string? CodeOf(JsonElement answer) =>
        answer.TryGetProperty("code", out var code) ? code.GetString() : answer.GetProperty("outcome").GetProperty("code").GetString();

    private Task<PublicKey> KeyOfNodeAsync()
    {
        var account = test.Node.Ledger.Genesis.Document.Validators[0].Account;
        var key = test.Node.Ledger.Read(() => test.Node.Contracts.Accounts.TryGetActiveKey(account, account.Thumbprint, out var found) ? found : default);
        Assert.False(key.IsUnset);
        return Task.FromResult(key);
    }

    private async Task<JsonElement> FindAsync(string id)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var response = await test.GetAsync($"/transactions/{id}");
            if (response.IsSuccessStatusCode || attempt == 100)
                return await response.ReadJsonAsync();
            await Task.Delay(50);
        }
    }
}
