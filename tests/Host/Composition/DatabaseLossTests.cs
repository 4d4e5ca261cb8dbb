using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>A database server that restarts under a working node.</summary>
[NeedsPostgreSql]
public sealed class DatabaseLossTests
{
    [DatabaseFact]
    public async Task Node_WhoseDatabaseDropsAllConnections_PromisesNothingFalseAndGoesOn()
    {
        var line = PostgreSqlServer.CreateDatabase();
        await using var test = await TestNode.StartAsync(options => options with { Database = line });
        var first = await SubmitAsync(test, 'a');
        Assert.Equal("final", StatusOf(first));
        PostgreSqlServer.EndConnections(line);
        for (var attempt = 0; attempt < 20; attempt++)
        {
            var answer = await SubmitAsync(test, (char)('b' + attempt % 4), version: 1 + attempt / 4);
            if (StatusOf(answer) == "final")
            {
                await test.Node.ReadModel.WaitForHeightAsync(test.Node.Ledger.Tip.Height).WaitAsync(TimeSpan.FromSeconds(30));
                using var found = await test.GetAsync($"/transactions/{answer[0]!["id"]}");
                Assert.Equal(200, (int)found.StatusCode);
                return;
            }
            Assert.Equal("storage_unavailable", answer["code"]!.GetValue<string>());
            await Task.Delay(100);
        }
        Assert.Fail("The node did not find its database again.");
    }

    private static string? StatusOf(JsonNode answer) => answer is JsonArray items ? items[0]!["status"]!.GetValue<string>() : null;

    /// <summary>
    /// An anchor with an envelope: its document must be in the vault before the transaction is admitted.
    /// </summary>
    private static async Task<JsonNode> SubmitAsync(TestNode test, char record, int version = 1)
    {
        var envelope = Encoding.UTF8.GetBytes($$"""{"ciphertext":"AAAA","iv":"{{record}}{{version}}","tag":"AA"}""");
        var argument = new JsonObject
        {
            ["rid"] = new string(record, 64),
            ["ver"] = version,
            ["digest"] = Digest<JsonNode>.Of(envelope).ToString(),
            ["ct_digest"] = Digest<JsonNode>.Of(envelope).ToString(),
            ["ct_len"] = 3,
        };
        var body = new JsonArray(new JsonObject
        {
            ["transaction"] = test.Alice.Sign("anchors.put", argument.ToJsonString()),
            ["attachments"] = new JsonArray(new JsonObject { ["content"] = Base64Url.Encode(envelope), ["readers"] = new JsonArray() }),
        });
        using var response = await test.PostAsync("/transactions", Encoding.UTF8.GetBytes(body.ToJsonString()), "application/json");
        if (!response.IsSuccessStatusCode)
            Assert.Equal("storage_unavailable", await response.ReadProblemAsync(503));
        var text = await response.Content.ReadAsStringAsync();
        return JsonNode.Parse(text) ?? throw new JsonException(text);
    }
}
