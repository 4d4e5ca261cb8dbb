using Counterfoil.Client;
using Counterfoil.Contracts;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Api;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Admission;

/// <summary>
/// An admission server behind a web server of its own: follows a node's chain, verifies what comes in, and shares it with the node's other servers through
/// PostgreSQL. It may be killed and thrown away at any time: what it acknowledged lies in the pool.
/// </summary>
public sealed partial class AdmissionNode : IAsyncDisposable
{
    private const string KeyName = "admission";

    // What was opened, in order; closed in the opposite one.
    private readonly Stack<Func<ValueTask>> closing = new();
    private readonly AdmissionOptions options;

    private AdmissionNode(AdmissionOptions options) => this.options = options;

    /// <summary>Where it answers: the first of its addresses, with the port that was taken.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The ledger that it follows.</summary>
    public Ledger.Ledger Ledger { get; private set; } = null!;

    /// <summary>Its key, which the node has to take into its account (<see cref="NodeOptions.AdmissionKeys"/>).</summary>
    public AdmissionKey Key { get; private set; } = null!;

    /// <summary>Completes once its key is active and it admits.</summary>
    public Task Opened => opened.Task;

    private readonly TaskCompletionSource opened = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts a server; when it returns it answers, with <c>busy</c> as long as its key is not active.</summary>
    /// <exception cref="NodeStartException">It cannot start as it is configured.</exception>
    public static async Task<AdmissionNode> StartAsync(AdmissionOptions options, CancellationToken cancellation = default)
    {
        var server = new AdmissionNode(options);
        try
        {
            await server.OpenAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        while (closing.TryPop(out var close))
            await close();
    }

    private async Task OpenAsync(CancellationToken cancellation)
    {
        var home = Own(NodeHome.Claim(options.Home));
        var store = Own(FileKeyStore.OpenOrCreate(home.Keys, options.Passphrase));
        if (store.List().All(info => info.Name != KeyName))
            store.Create(KeyName, KeyUsage.Sign);
        var key = Own(store.OpenSigning(KeyName));
        var sockets = Own(ListeningSockets.Bind(options.Urls));
        Address = sockets.Address;
        var node = Own(new NodeClient(options.Node));
        var genesis = await OpenGenesisAsync(home, node, cancellation);
        var account = options.Account ?? OnlyValidator(genesis);
        Key = new AdmissionKey(key.PublicKey, KeyPossession.Prove(genesis.Net, account, key));

        var contracts = new KernelContracts();
        var set = new ContractSet(contracts.Accounts, [.. contracts.All, .. options.Schemes.SelectMany(scheme => scheme.CreateContracts(contracts.All))]);
        var index = new RecentBlocks();
        Ledger = Own(await OpenLedgerAsync(genesis, set, new LedgerEnvironment
        {
            Clock = options.Clock,
            Disk = new FileDisk(home.Ledger),
            NodeKey = key,
            Attachments = new NoAttachments(),
            Index = index,
        }, cancellation));
        var pool = Own(PostgresPool.Create(options.Pool, genesis.Net, account, options.PoolCapacity));
        var door = new AdmissionDoor(Own(new AdmissionServer(Ledger, pool, key, options.Threads)), node);

        var web = new NodeOptions { Home = options.Home, HostNames = options.HostNames, Log = options.Log, LogLevel = options.LogLevel };
        var limiter = new RateLimiter(options.RateLimits, TimeProvider.System);
        var counters = new ApiCounters();
        var app = Own(NodeWeb.Build(web, sockets));
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        var log = loggers.CreateLogger("Counterfoil.Admission");
        NodeWeb.UseGuards(
            app,
            new RequestGuard(new HostNames(options.HostNames), limiter, counters, loggers.CreateLogger<RequestGuard>()),
            new PolicyGuard(genesis.IsSandbox, new SignedRequests(Ledger, contracts.Accounts, options.Clock)));
        new TransactionEndpoints(door, Ledger, limiter, counters).MapSubmission(app);
        new StatusEndpoints(Ledger, null, index, options.Clock, counters, limiter, () => door.Fault).Map(app);
        await app.StartAsync(cancellation);
        closing.Push(async () => await app.StopAsync());
        Own(new ChainFollower(options.Node, Ledger, () => Reconsider(door, contracts.Accounts, account), fault => LogFollowFault(log, fault.Message)));
    }

    private void Reconsider(AdmissionDoor door, AccountsContract accounts, AccountId account)
    {
        door.IsOpen = Ledger.Read(() => accounts.TryGetActiveKey(account, Key.Key.Thumbprint, out _));
        if (door.IsOpen)
            opened.TrySetResult();
    }

    private static async Task<Genesis> OpenGenesisAsync(NodeHome home, NodeClient node, CancellationToken cancellation)
    {
        try
        {
            if (!File.Exists(home.Genesis))
            {
                var fetched = await node.GetGenesisAsync(cancellation);
                var unfinished = home.Genesis + ".new";
                await File.WriteAllBytesAsync(unfinished, fetched.Bytes, cancellation);
                File.Move(unfinished, home.Genesis);
            }
            var genesis = Genesis.Parse(await File.ReadAllBytesAsync(home.Genesis, cancellation));
            return genesis.IsSandbox
                ? throw new NodeStartException("sandbox_unsupported", "A sandbox's clock is its node's alone; its node admits by itself.")
                : genesis;
        }
        catch (GenesisException fault)
        {
            throw new NodeStartException("genesis_malformed", fault.Message, fault);
        }
    }

    private static AccountId OnlyValidator(Genesis genesis) => genesis.Validators.Validators is [var only]
        ? only.Account
        : throw new NodeStartException("node_account_missing", "The ledger has several validators; name the account of the node whose server this is.");

    private static async Task<Ledger.Ledger> OpenLedgerAsync(Genesis genesis, ContractSet contracts, LedgerEnvironment environment, CancellationToken cancellation)
    {
        try
        {
            return await Counterfoil.Ledger.Ledger.OpenAsync(genesis, contracts, environment, cancellation);
        }
        catch (LedgerDamagedException fault)
        {
            throw new NodeStartException("ledger_damaged", $"The blocks that were followed contradict themselves at {fault.Height}: {fault.Message}", fault);
        }
    }

    private T Own<T>(T opened)
    {
        closing.Push(() => opened switch
        {
            IAsyncDisposable asynchronous => asynchronous.DisposeAsync(),
            IDisposable disposable => Dispose(disposable),
            _ => ValueTask.CompletedTask,
        });
        return opened;
    }

    private static ValueTask Dispose(IDisposable disposable)
    {
        disposable.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Knows no transaction: the ledger searches its last blocks, and says <c>busy</c> of what is older.</summary>
    private sealed class RecentBlocks : ITransactionIndex
    {
        public long Height => 0;

        public TransactionPosition? Find(Cryptography.Digest<Transaction> id) => null;
    }

    private sealed class NoAttachments : IAttachmentStore
    {
        public Task PutAsync(IReadOnlyList<AttachmentContent> attachments, CancellationToken cancellation) =>
            throw new InvalidOperationException("Transactions with attachments go to the node.");
    }

    [LoggerMessage(30, LogLevel.Warning, "The node cannot be followed at present; it is tried again: {Fault}")]
    private static partial void LogFollowFault(ILogger logger, string fault);
}
