using Counterfoil.Contracts;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Admission;
using Counterfoil.Host.Api;
using Counterfoil.Host.ReadModel;
using Counterfoil.Host.Roles;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Storage;

namespace Counterfoil.Host.Composition;

/// <summary>
/// A node: ledger, vault, read model and roles behind one web server. Started by <c>serve</c>, and
/// in-process by walks, market days and tests; several live in one process.
/// </summary>
public sealed partial class CounterfoilNode : IAsyncDisposable
{
    // What was opened, in order; closed in the opposite one.
    private readonly Stack<Func<ValueTask>> closing = new();
    private readonly NodeOptions options;
    private bool isStopped;

    private CounterfoilNode(NodeOptions options) => this.options = options;

    /// <summary>Where it answers: the first of its addresses, with the port that was taken.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The ledger.</summary>
    public Ledger.Ledger Ledger { get; private set; } = null!;

    /// <summary>
    /// The kernel's contracts of the ledger; read them through <see cref="Ledger.Ledger.Read{TResult}"/>.
    /// </summary>
    public KernelContracts Contracts { get; private set; } = null!;

    /// <summary>All contracts with their state.</summary>
    public ContractSet ContractSet { get; private set; } = null!;

    /// <summary>The sandbox's clock; null on any other ledger.</summary>
    public SandboxClock? Clock { get; private set; }

    /// <summary>The read model.</summary>
    public LedgerReadModel ReadModel { get; private set; } = null!;

    /// <summary>The documents.</summary>
    public DocumentVault Vault { get; private set; } = null!;

    /// <summary>All endpoints, for tests of what they promise.</summary>
    public IReadOnlyList<Endpoint> Endpoints { get; private set; } = [];

    /// <summary>Starts a node; when it returns it answers.</summary>
    /// <exception cref="NodeStartException">It cannot start as it is configured.</exception>
    public static async Task<CounterfoilNode> StartAsync(NodeOptions options, CancellationToken cancellation = default)
    {
        var node = new CounterfoilNode(options);
        try
        {
            await node.OpenAsync(cancellation);
            return node;
        }
        catch
        {
            await node.StopAsync();
            throw;
        }
    }

    /// <summary>Stops it: no new requests, those that run come to their end, everything is on disk.</summary>
    public async Task StopAsync()
    {
        if (isStopped)
            return;
        isStopped = true;
        List<Exception>? faults = null;
        while (closing.TryPop(out var close))
        {
            try
            {
                await close();
            }
            catch (Exception fault)
            {
                // What is still open must be closed all the same.
                (faults ??= []).Add(fault);
            }
        }
        if (faults is not null)
            throw new AggregateException(faults);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task OpenAsync(CancellationToken cancellation)
    {
        var home = Own(NodeHome.Claim(options.Home));
        var keys = Own(NodeKeys.OpenOrCreate(home.Keys, options.Passphrase));
        var sockets = Own(ListeningSockets.Bind(options.Urls));
        Address = sockets.Address;
        TimeProvider clock = options.Clock;
        if (options.Sandbox)
            clock = Clock = options.SandboxClock ?? new SandboxClock(home.SandboxClock, options.SandboxStart ?? Timestamp.From(options.Clock.GetUtcNow()));

        var roles = Own(SchemeRoles.Open(home, options.Schemes, options.Passphrase));
        var genesis = GenesisMaker.OpenOrCreate(home, options, keys, roles.AccountKeys, Timestamp.From(clock.GetUtcNow()));
        Contracts = new KernelContracts();
        ContractSet = new ContractSet(Contracts.Accounts, [.. Contracts.All, .. options.Schemes.SelectMany(scheme => scheme.CreateContracts(Contracts.All))]);

        var limiter = new RateLimiter(options.RateLimits, TimeProvider.System);
        var counters = new ApiCounters();
        var app = Own(NodeWeb.Build(options, sockets));
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        var log = loggers.CreateLogger("Counterfoil.Node");

        var attachments = OpenVault(home, keys, clock);
        var readModelDatabase = Own(Open(options.Database ?? home.ReadModelDatabase, Durability.Rebuildable));
        ReadModel = new LedgerReadModel(readModelDatabase, fault => LogReadModelFault(log, fault.GetType().Name));
        Peers = OpenPeers(home, keys, clock, loggers.CreateLogger("Counterfoil.Peers"));
        Ledger = await OpenLedgerAsync(genesis, new LedgerEnvironment
        {
            Clock = clock,
            Network = Peers,
            Timeouts = options.Peers?.Timeouts ?? new(),
            Evidence = evidence =>
            {
                KeepEvidence(home, evidence, log);
                _ = ReportAsync(evidence, keys.Node, clock, log);
            },
            Waiting = Peers is null ? null : NoteVote,
            Disk = options.Disk ?? new FileDisk(home.Ledger),
            ConsensusKey = keys.Consensus,
            VrfKey = keys.Vrf,
            NodeKey = keys.Node,
            Attachments = attachments,
            Index = ReadModel,
        }, cancellation);
        Own(Ledger);
        // Once more, so that it is closed before the ledger to which it delivers.
        if (Peers is not null)
            Own(Peers);
        if (Clock is not null)
        {
            Clock.Moved += Ledger.Wake;
            closing.Push(() =>
            {
                Clock.Moved -= Ledger.Wake;
                return ValueTask.CompletedTask;
            });
        }
        Own(ReadModel);
        ReadModel.Follow(Ledger);
        FollowRegistry(clock, log);

        var broadcast = Own(new BlockBroadcast(Ledger));
        var signedRequests = new SignedRequests(Ledger, Contracts.Accounts, clock);
        NodeWeb.UseGuards(
            app,
            new RequestGuard(new HostNames(options.HostNames), limiter, counters, loggers.CreateLogger<RequestGuard>()),
            new PolicyGuard(genesis.IsSandbox, signedRequests));
        new TransactionEndpoints(Ledger, Ledger, limiter, counters).Map(app);
        new BlockEndpoints(Ledger).Map(app);
        new ValidatorEndpoints(Ledger).Map(app);
        new StatusEndpoints(Ledger, Peers, ReadModel, clock, counters, limiter).Map(app);
        new ProofEndpoints(Ledger, ContractSet).Map(app);
        new EventEndpoints(Ledger, broadcast, app.Lifetime).Map(app);
        new AccountEndpoints(Ledger, Contracts.Accounts, ReadModel).Map(app);
        new StateEndpoints(Ledger, Contracts).Map(app);
        new GovernanceEndpoints(Ledger, Contracts.Governance).Map(app);
        new VaultEndpoints(Vault, keys.Node, clock).Map(app);
        new SchemeEndpoints(options.Schemes, roles, Address).Map(app);
        if (Clock is not null)
            new SandboxEndpoints(Clock).Map(app);
        roles.Map(app, this, options, clock, loggers);
        OpenApiDescription.Map(app);

        await app.StartAsync(cancellation);
        closing.Push(async () => await app.StopAsync());
        closing.Push(async () => await roles.StopAsync());
        await roles.StartAsync(this, keys.Node, clock, log, cancellation);
        await OpenAdmissionAsync(keys.Node, clock, log, cancellation);
        Endpoints = [.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)];
        LogStarted(log, Address, genesis.Net.ToString(), Ledger.Tip.Height);
    }

    /// <summary>Takes the keys of the admission servers into the node's account, and what they share into the pool.</summary>
    private async Task OpenAdmissionAsync(ISigningKey nodeKey, TimeProvider clock, ILogger log, CancellationToken cancellation)
    {
        var account = AccountId.Of(nodeKey.PublicKey);
        foreach (var key in options.AdmissionKeys)
            await AdmissionKey.ActivateAsync(Ledger, Contracts.Accounts, account, nodeKey, key, clock, cancellation);
        if (options.AdmissionPool is { } line)
        {
            var pool = Own(PostgresPool.Create(line, Ledger.Genesis.Net, account));
            Own(new SharedPoolIntake(Ledger, pool, account, fault => LogPoolFault(log, fault.Message)));
        }
    }

    private VaultAttachments OpenVault(NodeHome home, NodeKeys keys, TimeProvider clock)
    {
        var database = Own(Open(options.Database ?? home.VaultDatabase, Durability.Full));
        var master = Own(keys.OpenVaultMaster());
        Vault = DocumentVault.Open(database, master, clock);
        return Own(new VaultAttachments(Vault, clock, options.VaultRetention));
    }

    // The indices of some ten million transactions.
    private const int ReadModelCacheMebibytes = 128;

    private static Database Open(string line, Durability durability)
    {
        try
        {
            return Database.Open(line, new DatabaseOptions { Durability = durability, CacheMebibytes = durability == Durability.Rebuildable ? ReadModelCacheMebibytes : 2 });
        }
        catch (Exception fault) when (fault is ArgumentException or System.Data.Common.DbException or IOException)
        {
            // The line may hold a password, so it is not repeated.
            throw new NodeStartException("database_unavailable", $"The database cannot be opened: {fault.Message}", fault);
        }
    }

    private async Task<Ledger.Ledger> OpenLedgerAsync(Genesis genesis, LedgerEnvironment environment, CancellationToken cancellation)
    {
        try
        {
            return await Counterfoil.Ledger.Ledger.OpenAsync(genesis, ContractSet, environment, cancellation);
        }
        catch (LedgerDamagedException fault)
        {
            throw new NodeStartException("ledger_damaged", $"The stored ledger contradicts itself at block {fault.Height}: {fault.Message}", fault);
        }
        catch (GenesisException fault)
        {
            throw new NodeStartException("genesis_malformed", fault.Message, fault);
        }
    }

    private T Own<T>(T opened)
    {
        switch (opened)
        {
            case IAsyncDisposable asynchronous:
                closing.Push(asynchronous.DisposeAsync);
                break;
            case IDisposable disposable:
                closing.Push(() =>
                {
                    disposable.Dispose();
                    return ValueTask.CompletedTask;
                });
                break;
        }
        return opened;
    }

    [LoggerMessage(10, LogLevel.Information, "The node answers at {Address}; ledger {Net}, height {Height}")]
    private static partial void LogStarted(ILogger logger, Uri address, string net, long height);

    [LoggerMessage(12, LogLevel.Warning, "The pool of the admission servers cannot be read at present; it is tried again: {Fault}")]
    private static partial void LogPoolFault(ILogger logger, string fault);

    [LoggerMessage(11, LogLevel.Warning, "The read model cannot be written at present ({Fault}); it is tried again")]
    private static partial void LogReadModelFault(ILogger logger, string fault);
}
