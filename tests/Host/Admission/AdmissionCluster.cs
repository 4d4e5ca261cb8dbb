using System.Text;
using Counterfoil.Client;
using Counterfoil.Host.Admission;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Admission;

/// <summary>A validator and two admission servers on a real PostgreSQL, called over HTTP.</summary>
internal sealed class AdmissionCluster : IAsyncDisposable
{
    private readonly TemporaryFolder folder;

    private AdmissionCluster(TemporaryFolder folder, string pool, TestNode validator)
    {
        this.folder = folder;
        Pool = pool;
        Validator = validator;
    }

    public string Pool { get; }

    public TestNode Validator { get; }

    public TestWallet Alice => Validator.Alice;

    public TestWallet Bob => Validator.Bob;

    public List<AdmissionNode> Servers { get; } = [];

    public List<NodeClient> Clients { get; } = [];

    public AccountId Account => Validator.Node.Ledger.Genesis.Validators.Validators[0].Account;

    /// <summary>Starts all; the validator takes from the shared pool only once it is told to.</summary>
    public static async Task<AdmissionCluster> StartAsync(bool isTaking)
    {
        var folder = new TemporaryFolder();
        var cluster = new AdmissionCluster(folder, PostgreSqlServer.CreateDatabase(), await TestNode.StartAsync(options => options with { Sandbox = false }));
        for (var number = 0; number < 2; number++)
        {
            var server = await cluster.StartServerAsync(number);
            cluster.Servers.Add(server);
            cluster.Clients.Add(new NodeClient(server.Address));
        }
        await cluster.RestartValidatorAsync(isTaking);
        await Task.WhenAll(cluster.Servers.Select(server => server.Opened)).WaitAsync(TimeSpan.FromSeconds(20));
        return cluster;
    }

    public Task<AdmissionNode> StartServerAsync(int number) => AdmissionNode.StartAsync(new AdmissionOptions
    {
        Home = folder.File($"server-{number}"), Node = Validator.Node.Address, Pool = Pool, Threads = 1,
    });

    /// <summary>The validator again at its address, with the servers' keys in its account.</summary>
    public Task RestartValidatorAsync(bool isTaking)
    {
        var address = Validator.Node.Address.ToString();
        return Validator.RestartAsync(options => options with
        {
            Sandbox = false,
            Urls = [address],
            AdmissionKeys = [.. Servers.Select(server => server.Key)],
            AdmissionPool = isTaking ? Pool : null,
        });
    }

    /// <summary>A transfer from Alice to Bob.</summary>
    public byte[] Transfer(long units = 1) => Encoding.ASCII.GetBytes(Alice.Transfer(Bob, Alice.Account, units));

    /// <summary>Sends one transaction to a server and gives what it answers at once.</summary>
    public async Task<SubmissionAnswer> AdmitAsync(int server, ReadOnlyMemory<byte> transaction) =>
        (await Clients[server].AdmitAsync([Submission.Of(transaction)]))[0];

    /// <summary>The final outcome of a transaction, as the validator tells it.</summary>
    public async Task<SubmissionAnswer> FinalAsync(SubmissionAnswer admitted)
    {
        using var node = new NodeClient(Validator.Node.Address);
        for (var attempt = 0; attempt < 300; attempt++)
        {
            var found = await node.GetTransactionAsync(admitted.Id);
            if (found.IsAccepted)
                return found.Value;
            await Task.Delay(50);
        }
        throw new TimeoutException($"{admitted.Id} did not become final.");
    }

    /// <summary>How often a transaction stands in the validator's blocks.</summary>
    public int CountLeaves(SubmissionAnswer admitted)
    {
        var count = 0;
        for (var height = 1L; Validator.Node.Ledger.TryReadBlock(height, out var block); height++)
            count += block.Leaves.Count(leaf => leaf.Id == admitted.Id);
        return count;
    }

    /// <summary>Waits until nothing waits in the shared pool.</summary>
    public async Task WaitUntilEmptyAsync()
    {
        await using var pool = OpenPool();
        for (var attempt = 0; (await pool.ReadAsync(0, 1, default)).Entries.Count > 0; attempt++)
        {
            Assert.True(attempt < 300, "The shared pool is not emptied.");
            await Task.Delay(50);
        }
    }

    public PostgresPool OpenPool() => PostgresPool.Create(Pool, Validator.Node.Ledger.Genesis.Net, Account);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients)
            client.Dispose();
        foreach (var server in Servers)
            await server.DisposeAsync();
        await Validator.DisposeAsync();
        folder.Dispose();
    }
}
