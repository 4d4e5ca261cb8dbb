using System.Diagnostics;
using Counterfoil.Client;
using Counterfoil.Testing;
using Counterfoil.Tools;
using Xunit.Abstractions;

namespace Counterfoil.Host.Tests.Cli;

/// <summary>
/// <c>kill -9</c> of a serving node at random moments under load: nothing acknowledged is lost, nothing is executed twice, no unit comes or goes.
/// </summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Accounts = 12;
    private const int Connections = 6;
    private const int LargestBatch = 20;
    private const int ResentAtOnce = 500;

    // From before the first answer of a fresh node to some time into steady work.
    private static readonly TimeSpan LatestKill = TimeSpan.FromMilliseconds(900);

    private static int Rounds => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1" ? 200 : 20;

    [Fact]
    public async Task Node_KilledAtRandomMomentsUnderLoad_LosesNothingAndRepeatsNothing()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("COUNTERFOIL_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"COUNTERFOIL_SEED={seed}, {Rounds} rounds");
        Console.WriteLine($"KillTests: COUNTERFOIL_SEED={seed}, {Rounds} rounds");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var home = folder.File("home");
        using var bank = TransferBank.Create(home, Accounts, seed);
        var confirmed = 0;
        for (var round = 1; round <= Rounds; round++)
        {
            await using var node = await ServedNode.StartAsync(home);
            await bank.ConnectAsync(node.Address);
            confirmed = await ConfirmAsync(bank, confirmed);
            await bank.RequireBalancesAsync();
            var after = random.NextDouble() * LatestKill;
            var loads = Enumerable.Range(0, Connections).Select(index => LoadAsync(bank, new Random(random.Next()), isAsync: index % 3 == 2)).ToList();
            await Task.Delay(after);
            await node.KillAsync();
            await Task.WhenAll(loads);
            output.WriteLine(
                $"round {round}: killed after {after.TotalMilliseconds:0} ms; {bank.Sent.Count} sent, {bank.Accepted.Count()} final, "
                + $"{bank.Sent.Count(transfer => transfer.IsAcknowledged && transfer.Answer is null)} acknowledged only");
        }
        await using (var last = await ServedNode.StartAsync(home))
        {
            await bank.ConnectAsync(last.Address);
            await ConfirmAsync(bank, 0);
            await bank.RequireBalancesAsync();
            Assert.Equal(0, await last.StopAsync());
        }
        Assert.True(bank.Sent.Count > Rounds, "There was no load.");
        var verified = await CommandRun.OfAsync("ledger", "verify", "--home", home, "--json");
        Assert.Equal(0, verified.ExitCode);
        Assert.Equal(bank.Sent.Count, verified.Json.GetProperty("transactions").GetInt64());
        var checkedAgain = Fsck.Run(Path.Combine(home, "ledger"), await File.ReadAllBytesAsync(Path.Combine(home, "genesis.json")));
        Assert.Empty(checkedAgain.Findings);
        Assert.Equal(verified.Json.GetProperty("height").GetInt64(), checkedAgain.Height);
    }

    /// <summary>Sends until the node is gone. What got no answer stays without one.</summary>
    private static async Task LoadAsync(TransferBank bank, Random random, bool isAsync)
    {
        try
        {
            while (true)
            {
                var transfers = bank.Make(random.Next(1, LargestBatch));
                await (isAsync ? bank.AdmitAsync(transfers) : bank.SendAsync(transfers));
            }
        }
        catch (NodeFaultException)
        {
            // The node was killed.
        }
    }

    /// <summary>
    /// What was acknowledged must become final without being sent again; then the same bytes of all since a place are sent: what was final says so again with its place, what got no
    /// answer is executed now or was already.
    /// </summary>
    private static async Task<int> ConfirmAsync(TransferBank bank, int from)
    {
        var transfers = bank.Sent.Skip(from).ToList();
        var patience = Stopwatch.StartNew();
        foreach (var transfer in transfers.Where(transfer => transfer.IsAcknowledged && transfer.Answer is null))
        {
            SubmissionAnswer? found;
            NodeRefusal? refusal;
            while (!(await bank.Node.GetTransactionAsync(transfer.Id)).TryGet(out found, out refusal))
            {
                Assert.True(patience.Elapsed < TimeSpan.FromSeconds(30), $"{transfer.Id} was acknowledged and is lost: {refusal.Code}");
                await Task.Delay(20);
            }
            Assert.True(found.IsAccepted, $"{transfer.Id}: {found.Code}");
            transfer.Answer = found;
        }
        foreach (var portion in transfers.Chunk(ResentAtOnce))
            await bank.SendAsync(portion);
        return from + transfers.Count;
    }
}
