using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using Counterfoil.Client;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Host.Tests.Cli.Networks;

/// <summary>
/// Four real processes on an otherwise idle ledger, killed at random around the times at which a vote is counted and its action is done.
/// <b>Source:</b> the specification of community governance, measure of done.
/// </summary>
public sealed class GovernanceKillTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static int Rounds => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1" ? 20 : 2;

    [Fact]
    public async Task Decisions_OfFourProcessesKilledWhenTheyAreDue_AreCountedAndExecutedOnceEverywhere()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("COUNTERFOIL_SEED"), out var given) ? given : Random.Shared.Next();
        output.WriteLine($"COUNTERFOIL_SEED={seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var home = folder.File("network");
        using var members = new GovernedNetwork();
        members.Configure(home);
        await using var network = await ProcessNetwork.UpAsync(home, "--validators", "4");
        var proposals = new List<SentProposal>();
        for (var round = 0; round < Rounds; round++)
        {
            var proposal = await members.DecideAsync(network, 500 + round, passes: round % 3 != 2, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(8));
            proposals.Add(proposal);
            await KillAroundAsync(network, random, proposal.Stop);
            await KillAroundAsync(network, random, proposal.Trigger);
            await WaitAsync(network, proposal);
        }
        var top = await RequireOnceAsync(network, proposals);
        await RequireProvedAsync(network, members, proposals, top);
        await network.DownAsync();
        await RequireSameStateAsync(network);
    }

    /// <summary>One or two nodes die within half a second of the time, and come back.</summary>
    private async Task KillAroundAsync(ProcessNetwork network, Random random, Timestamp due)
    {
        var victims = Enumerable.Range(0, network.Count).OrderBy(_ => random.Next()).Take(random.Next(1, 3)).ToList();
        foreach (var victim in victims)
        {
            var wait = due.ToDateTimeOffset() - DateTimeOffset.UtcNow + TimeSpan.FromMilliseconds(random.Next(-500, 300));
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            await network.KillAsync(victim);
            output.WriteLine($"node {victim + 1} killed {(DateTimeOffset.UtcNow - due.ToDateTimeOffset()).TotalMilliseconds:0} ms after the time");
        }
        // Its ports are free a moment after a process ended.
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(700, 1_500)));
        foreach (var victim in victims)
            await network.RestartAsync(victim);
    }

    private static async Task WaitAsync(ProcessNetwork network, SentProposal proposal)
    {
        using var node = new NodeClient(network.AddressOf(0));
        var watch = Stopwatch.StartNew();
        var last = ReceiptId(proposal.Passes ? "execute" : "count", proposal.Passes ? proposal.Trigger : proposal.Stop, proposal.Id);
        while (!(await node.GetTransactionAsync(last)).TryGet(out _, out _))
        {
            Assert.True(watch.Elapsed < Patience, $"{proposal.Id} is not done.");
            await Task.Delay(50);
        }
    }

    /// <summary>Every node has the same blocks, in which each count and each execution stands once, in the first block of its time.</summary>
    private async Task<long> RequireOnceAsync(ProcessNetwork network, List<SentProposal> proposals)
    {
        var top = await network.HeightAsync();
        var clients = Enumerable.Range(0, network.Count).Select(node => new NodeClient(network.AddressOf(node))).ToList();
        var watch = Stopwatch.StartNew();
        foreach (var client in clients)
            while ((await client.GetStatusAsync()).Height < top)
            {
                Assert.True(watch.Elapsed < Patience, "A node does not catch up.");
                await Task.Delay(50);
            }
        var places = new Dictionary<string, long>(StringComparer.Ordinal);
        var times = new Dictionary<long, Timestamp> { [0] = default };
        for (var height = 1L; height <= top; height++)
        {
            var blocks = await Task.WhenAll(clients.Select(async client => (await client.GetBlockAsync(height)).Value));
            Assert.Single(blocks.Select(block => block.Id).Distinct());
            times[height] = new Timestamp(blocks[0].Header.Time);
            foreach (var leaf in blocks[0].Json.GetProperty("leaves").EnumerateArray())
                Assert.True(places.TryAdd(leaf.GetProperty("id").GetString()!, height), $"Executed twice: {leaf}");
        }
        foreach (var proposal in proposals)
        {
            foreach (var (timer, due) in Due(proposal))
            {
                var id = ReceiptId(timer, due, proposal.Id);
                var height = places[id.ToString()];
                Assert.True(times[height] >= due && times[height - 1] < due, $"{timer} of {proposal.Id} was due at {due} and is in block {height} of {times[height]}");
                foreach (var client in clients)
                    Assert.Equal("done", (await client.GetTransactionAsync(id)).Value.Outcome!.Status);
                output.WriteLine($"{timer} in block {height}, {(times[height] - due).TotalMilliseconds:0} ms after its time");
            }
        }
        foreach (var client in clients)
            client.Dispose();
        return top;
    }

    /// <summary>Each node proves, against the next checkpoint root, how the votes ended and that no lock of theirs is left.</summary>
    private static async Task RequireProvedAsync(ProcessNetwork network, GovernedNetwork members, List<SentProposal> proposals, long top)
    {
        for (var index = 0; index < network.Count; index++)
        {
            using var node = new NodeClient(network.AddressOf(index));
            var validators = (await node.GetGenesisAsync()).Validators;
            var watch = Stopwatch.StartNew();
            // An idle ledger makes the block of the next checkpoint by itself; its root is of the state before it.
            while ((await node.GetBucketAsync("governance.ballots", 0)).Value.Checkpoint.Header.Height <= top)
            {
                Assert.True(watch.Elapsed < Patience, "There is no checkpoint.");
                await Task.Delay(100);
            }
            foreach (var proposal in proposals)
            {
                var units = (UInt128)(GovernedNetwork.LargeShare - GovernedNetwork.Deposit);
                var row = new BallotRow(
                    proposal.Passes ? ProposalState.Executed : ProposalState.Rejected, proposal.Passes ? units : 0, proposal.Passes ? 0 : units, 0, 0,
                    GovernedNetwork.Deposit, 1, proposal.Trigger, default, IsRequeued: false, "");
                var bucket = await node.GetBucketAsync("governance.ballots", StateProofs.BucketOf("governance.ballots", proposal.Id));
                Assert.Null(StateProofs.VerifyValue(bucket.Value, validators, "governance.ballots", proposal.Id, row));
                foreach (var key in members.LocksOf(proposal))
                {
                    var locks = await node.GetBucketAsync("governance.locks", StateProofs.BucketOf("governance.locks", key));
                    Assert.Null(StateProofs.VerifyAbsence(locks.Value, validators, "governance.locks", key));
                }
            }
        }
    }

    private static async Task RequireSameStateAsync(ProcessNetwork network)
    {
        var states = new HashSet<(long Height, string Digest)>();
        for (var node = 0; node < network.Count; node++)
        {
            var verified = await CommandRun.OfAsync("ledger", "verify", "--home", network.HomeOf(node), "--json");
            Assert.True(verified.ExitCode == 0, verified.Error);
            states.Add((verified.Json.GetProperty("height").GetInt64(), verified.Json.GetProperty("state_digest").GetString()!));
        }
        Assert.All(states.GroupBy(state => state.Height), same => Assert.Single(same));
    }

    private static IEnumerable<(string Timer, Timestamp Due)> Due(SentProposal proposal)
    {
        yield return ("count", proposal.Stop);
        if (proposal.Passes)
            yield return ("execute", proposal.Trigger);
    }

    // kernel.md section 2.
    private static Digest<Transaction> ReceiptId(string timer, Timestamp due, ProposalId proposal)
    {
        var bytes = new byte[24];
        BinaryPrimitives.WriteInt64BigEndian(bytes, due.UnixMilliseconds);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(8), proposal.Value);
        return Digest<Transaction>.Of("cf-due\0"u8, [.. Encoding.ASCII.GetBytes($"governance.{timer}\0"), .. bytes]);
    }
}
