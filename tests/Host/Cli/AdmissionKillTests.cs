using System.Text.Json.Nodes;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli;

/// <summary><c>kill -9</c> of an admission server and of its node: what was acknowledged becomes final all the same, once.</summary>
[NeedsPostgreSql]
public sealed class AdmissionKillTests
{
    private const int Accounts = 8;

    [DatabaseFact]
    public async Task ServerAndNode_KilledAfterAcknowledgements_LoseNothingAndRepeatNothing()
    {
        using var folder = new TemporaryFolder();
        var (home, pool) = (folder.File("home"), PostgreSqlServer.CreateDatabase());
        using var bank = TransferBank.Create(home, Accounts);
        ServedNode server;
        Uri address;
        await using (var first = await ServeAsync(home, "http://127.0.0.1:0"))
        {
            address = first.Address;
            server = await AdmitAsync(folder.File("server"), address, pool);
            await first.StopAsync();
        }
        await using var served = server;
        Configure(home, configuration => configuration["admission_keys"] = new JsonArray(JsonNode.Parse(server.Announced.GetProperty("admission_key").GetRawText())));
        // The node takes the server's key, but nothing from the pool yet.
        await using (var second = await ServeAsync(home, address.ToString()))
        {
            await bank.ConnectAsync(server.Address);
            await WaitUntilOpenAsync(server.Address);
            await bank.AdmitAsync(bank.Make(200));
            await second.KillAsync();
        }
        // Without its node the server goes on.
        await bank.AdmitAsync(bank.Make(50));
        await server.KillAsync();
        Assert.Equal(250, bank.Sent.Count(transfer => transfer.IsAcknowledged));

        Configure(home, configuration => configuration["admission_pool"] = pool);
        await using (var third = await ServeAsync(home, address.ToString()))
        {
            await bank.ConnectAsync(third.Address);
            await WaitForHalfAsync(bank);
            await third.KillAsync();
        }
        await using (var last = await ServeAsync(home, address.ToString()))
        {
            await bank.ConnectAsync(last.Address);
            // The same bytes again are answered with the first outcome.
            for (var begin = 0; begin < bank.Sent.Count; begin += 50)
                await bank.SendAsync([.. bank.Sent.Skip(begin).Take(50)]);
            await bank.RequireBalancesAsync();
            Assert.Equal(0, await last.StopAsync());
        }
        var verified = await CommandRun.OfAsync("ledger", "verify", "--home", home, "--json");
        Assert.True(verified.Json.GetProperty("ok").GetBoolean());
    }

    private static Task<ServedNode> ServeAsync(string home, string url) => ServedNode.RunAsync("serve", "--home", home, "--urls", url, "--unprotected", "--json");

    private static Task<ServedNode> AdmitAsync(string home, Uri node, string pool)
    {
        Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The line holds a password, so it is not given as an argument.
        File.WriteAllText(Path.Combine(home, "config.json"), new JsonObject { ["admission_pool"] = pool }.ToJsonString());
        return ServedNode.RunAsync("admit", "--home", home, "--node", node.ToString(), "--urls", "http://127.0.0.1:0", "--unprotected", "--json");
    }

    private static void Configure(string home, Action<JsonObject> change)
    {
        var path = Path.Combine(home, "config.json");
        var configuration = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(configuration);
        File.WriteAllText(path, configuration.ToJsonString());
    }

    private static async Task WaitUntilOpenAsync(Uri server)
    {
        using var http = new HttpClient();
        // It admits once it has followed its node to the block with its key.
        for (var attempt = 0; ; attempt++)
        {
            using var response = await http.GetAsync(new Uri(server, "health"));
            if (response.IsSuccessStatusCode)
                return;
            Assert.True(attempt < 600, "The server does not follow its node.");
            await Task.Delay(100);
        }
    }

    private static async Task WaitForHalfAsync(TransferBank bank)
    {
        var middle = bank.Sent[bank.Sent.Count / 2];
        for (var attempt = 0; !(await bank.Node.GetTransactionAsync(middle.Id)).IsAccepted; attempt++)
        {
            Assert.True(attempt < 600, "Nothing comes out of the pool.");
            await Task.Delay(20);
        }
    }
}
