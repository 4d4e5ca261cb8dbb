using System.Text.Json;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli;

/// <summary>Commands about a node's ledger, while it runs and after it was stopped.</summary>
public sealed class NodeCommandTests
{
    [Fact]
    public async Task Ledger_OfANodeThatRunsAndOfOneThatStopped_IsShownVerifiedAndExported()
    {
        using var folder = new TemporaryFolder();
        var home = folder.File("home");
        using var bank = TransferBank.Create(home, accounts: 4);
        await using (var node = await ServedNode.StartAsync(home))
        {
            var status = await CommandRun.OfAsync("status", "--node", node.Address.ToString(), "--json");
            CommandRun.RequireMembers(
                status.Json, "ok", "address", "net", "name", "height", "block", "time", "clock", "sandbox", "rules", "version", "pool");
            await bank.ConnectAsync(node.Address);
            await bank.SendAsync(bank.Make(25));
            await RequireLedgerAsync(home, bank);
            Assert.Equal("home_in_use", (await CommandRun.OfAsync("serve", "--sandbox", "--home", home)).RequireFailure());
            Assert.Equal(0, await node.StopAsync());
        }
        await RequireLedgerAsync(home, bank);
    }

    [Fact]
    public async Task Verify_AfterOneByteOfABlockChanged_FailsWithTheBlock()
    {
        using var folder = new TemporaryFolder();
        var home = folder.File("home");
        using var bank = TransferBank.Create(home, accounts: 4);
        await using (var node = await ServedNode.StartAsync(home))
        {
            await bank.ConnectAsync(node.Address);
            await bank.SendAsync(bank.Make(10));
            await bank.SendAsync(bank.Make(10));
            Assert.Equal(0, await node.StopAsync());
        }
        var log = Directory.EnumerateFiles(Path.Combine(home, "ledger"), "blocks-*").Single();
        var bytes = await File.ReadAllBytesAsync(log);
        bytes[bytes.Length / 3] ^= 1;
        await File.WriteAllBytesAsync(log, bytes);
        var run = await CommandRun.OfAsync("ledger", "verify", "--home", home, "--json");
        Assert.Equal(1, run.ExitCode);
        Assert.EndsWith("(ledger_damaged)\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(1, (await CommandRun.OfAsync("ledger", "fsck", "--home", home)).ExitCode);
    }

    private static async Task RequireLedgerAsync(string home, TransferBank bank)
    {
        var verified = await CommandRun.OfAsync("ledger", "verify", "--home", home, "--json");
        Assert.Equal(0, verified.ExitCode);
        CommandRun.RequireMembers(verified.Json, "ok", "height", "transactions", "state_digest", "seconds");
        Assert.True(verified.Json.GetProperty("ok").GetBoolean());
        Assert.Equal(64, verified.Json.GetProperty("state_digest").GetString()!.Length);
        // A checkpoint may have made a block of its own, without leaves.
        Assert.Equal(25, verified.Json.GetProperty("transactions").GetInt64());

        var again = await CommandRun.OfAsync("ledger", "fsck", "--home", home, "--json");
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(25, again.Json.GetProperty("transactions").GetInt64());
        Assert.Empty(again.Json.GetProperty("findings").EnumerateArray());

        var last = await CommandRun.OfAsync("ledger", "show", "--home", home, "--json");
        CommandRun.RequireMembers(last.Json, "net", "name", "sandbox", "height", "blocks");
        var answer = bank.Accepted.First();
        var block = await CommandRun.OfAsync("ledger", "show", $"{answer.Height}", "--home", home, "--json");
        CommandRun.RequireMembers(block.Json, "id", "height", "time", "header", "content", "certificate", "certified", "vrf_proof", "leaves");
        Assert.True(block.Json.GetProperty("certified").GetBoolean());
        var transaction = await CommandRun.OfAsync("ledger", "show", answer.Id.ToString(), "--home", home, "--json");
        CommandRun.RequireMembers(transaction.Json, "height", "index", "verified", "receipt");
        Assert.True(transaction.Json.GetProperty("verified").GetBoolean());
        Assert.Equal("unknown_transaction", (await CommandRun.OfAsync("ledger", "show", new string('f', 64), "--home", home)).RequireFailure());
        Assert.Equal("unknown_block", (await CommandRun.OfAsync("ledger", "show", "999999", "--home", home)).RequireFailure());
        Assert.Equal("usage", (await CommandRun.OfAsync("ledger", "show", "yesterday", "--home", home)).RequireFailure());
        foreach (var arguments in (string[][])[["ledger", "show"], ["ledger", "show", $"{answer.Height}"], ["ledger", "show", answer.Id.ToString()], ["ledger", "verify"]])
        {
            var plain = await CommandRun.OfAsync([.. arguments, "--home", home]);
            Assert.Equal(0, plain.ExitCode);
            Assert.NotEmpty(plain.Output);
            Assert.DoesNotContain('\u001b', plain.Output);
        }

        var exported = await CommandRun.OfAsync("ledger", "export", "--home", home);
        Assert.Equal(0, exported.ExitCode);
        var lines = exported.Output.TrimEnd().Split('\n');
        Assert.Equal(1 + 25, lines.Length);
        CommandRun.RequireMembers(JsonSerializer.Deserialize<JsonElement>(lines[0]), "net", "genesis", "content");
        Assert.All(lines[1..], line => Assert.NotNull(Ledger.Blocks.Receipt.Parse(System.Text.Encoding.UTF8.GetBytes(line))));
    }
}
