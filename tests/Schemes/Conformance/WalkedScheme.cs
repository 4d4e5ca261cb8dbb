using Counterfoil.Client;
using Counterfoil.Host.Roles;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Schemes.Walking;
using Counterfoil.Testing;
using Microsoft.AspNetCore.Http;

namespace Counterfoil.Schemes.Conformance;

/// <summary>A scheme walked once on a sandbox node of its own; the tests of a class look at what the walk left behind.</summary>
/// <typeparam name="TScheme">The scheme.</typeparam>
public sealed class WalkedScheme<TScheme> : IAsyncLifetime, IDisposable
    where TScheme : IScheme, new()
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder folder = new();

    public TScheme Scheme { get; } = new();

    public WalkResult Result { get; private set; } = null!;

    /// <summary>The node's endpoints.</summary>
    public IReadOnlyList<Endpoint> Endpoints { get; private set; } = [];

    /// <summary>What became of every signed transaction of the walk when its same bytes were sent once more, beside what stands in the block.</summary>
    public IReadOnlyList<(long Height, int Index, byte[] Outcome, SubmissionAnswer Again)> Repeats { get; private set; } = [];

    /// <summary>The state before and after those were sent again.</summary>
    public (string Before, string After) StateAroundRepeats { get; private set; }

    /// <summary>The whole state when the node stopped.</summary>
    public byte[] Snapshot { get; private set; } = [];

    /// <summary>The state's digest when the node stopped, and what executing the stored blocks again from genesis gives.</summary>
    public string StateAtTheEnd { get; private set; } = "";

    public string StateReplayed { get; private set; } = "";

    public LedgerVerification Verification { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        Genesis genesis;
        ContractSet last;
        await using (var walk = await SchemeWalk.OpenAsync([Scheme], folder.Path, patience.Token))
        {
            Result = await walk.WalkAsync(Scheme, cancellation: patience.Token);
            Endpoints = walk.Node.Endpoints;
            genesis = walk.Node.Ledger.Genesis;
            await SendAgainAsync(walk, patience.Token);
            last = walk.Node.ContractSet;
        }
        // Stopped: no block can come in between.
        StateAtTheEnd = last.ContentDigest().ToString();
        using var snapshot = new MemoryStream();
        last.State.WriteSnapshot(snapshot);
        Snapshot = snapshot.ToArray();
        Replay(genesis);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => folder.Dispose();

    private async Task SendAgainAsync(SchemeWalk walk, CancellationToken cancellation)
    {
        var before = walk.StateDigest().ToString();
        using var client = new NodeClient(walk.Address);
        var repeats = new List<(long, int, byte[], SubmissionAnswer)>();
        var height = walk.Node.Ledger.Tip.Height;
        for (var each = 1L; each <= height && walk.Node.Ledger.TryReadBlock(each, out var block); each++)
        {
            for (var index = 0; index < block.Leaves.Count; index++)
            {
                if (block.Leaves[index] is not { Due: null } leaf)
                    continue;
                // Its attachments were taken when it executed: a repeat needs none.
                var again = (await client.SubmitAsync([Submission.Of(leaf.Transaction)], cancellation))[0];
                repeats.Add((each, index, leaf.Outcome.ToArray(), again));
            }
        }
        Repeats = repeats;
        StateAroundRepeats = (before, walk.StateDigest().ToString());
    }

    private void Replay(Genesis genesis)
    {
        var scheme = new TScheme();
        var kernel = new Contracts.KernelContracts();
        var contracts = new ContractSet(kernel.Accounts, [.. kernel.All, .. scheme.CreateContracts(kernel.All)]);
        Verification = LedgerVerification.Run(genesis, contracts, new FileDisk(Path.Combine(folder.Path, "node", "ledger")), null);
        StateReplayed = contracts.ContentDigest().ToString();
    }
}
