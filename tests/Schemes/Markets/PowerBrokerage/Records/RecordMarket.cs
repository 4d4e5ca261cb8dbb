using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Schemes.Walking;
using Counterfoil.Testing;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;
using Counterfoil.Vault.Storage;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Records;

/// <summary>
/// A real node with the brokerage's contract and the real trading server, a broker with records of every kind that needs no clearing, and a stranger.
/// The broker's book is what it keeps; the two databases are what a dishonest operator changes.
/// </summary>
internal sealed class RecordMarket : IAsyncDisposable
{
    private const long Hour = 3_600_000;

    private readonly TemporaryFolder folder = new();
    private readonly string? database;
    private readonly List<IDisposable> owned = [];
    private RoleScheme scheme = null!;
    private RecordOriginal? lastBid;
    private CounterfoilNode? fork;

    private RecordMarket(string? database) => this.database = database;

    public CounterfoilNode Node { get; private set; } = null!;

    public Party Broker { get; private set; } = null!;

    public Party Stranger { get; private set; } = null!;

    public Party Server => scheme.Role.Context!.Party;

    public Participant Participant { get; private set; } = null!;

    public RecordBook Book => Participant.Book;

    public AnchorEvidence Evidence { get; private set; } = null!;

    public RecordChecker Checker { get; private set; } = null!;

    public SessionMessage Session { get; private set; } = null!;

    public Digest<Right> Right { get; } = Envelopes.NewId<Right>();

    public Digest<Portfolio> Portfolio { get; } = Envelopes.NewId<Portfolio>();

    /// <summary>Made in version 1 and 2, both of which the server holds as the broker's second ciphertext.</summary>
    public BookEntry Bid => Book.Current.Single(entry => entry.Rtype == RecordTypes.Bid);

    /// <summary>Signed by broker and operator; the server holds the original.</summary>
    public BookEntry Guarantee => Book.Current.Single(entry => entry.Rtype == RecordTypes.Guarantee);

    public string Home => folder.File("home");

    public static async Task<RecordMarket> StartAsync(string? database = null)
    {
        var market = new RecordMarket(database);
        try
        {
            await market.OpenAsync();
            return market;
        }
        catch
        {
            await market.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets time pass and blocks be made until a checkpoint covers all that is anchored.</summary>
    public async Task PassCheckpointAsync()
    {
        var anchored = Node.Ledger.Tip.Height;
        for (var tries = 0; tries < 20; tries++)
        {
            Node.Clock!.Advance(11);
            await TouchAsync();
            var bucket = await Broker.Node.GetBucketAsync("anchors.current", 0);
            if (bucket.TryGet(out var found, out _) && found.Checkpoint.Header.Height > anchored)
                return;
        }
        throw new InvalidOperationException("No checkpoint was made.");
    }

    /// <summary>The next version of the bid, anchored and delivered.</summary>
    public async Task PutNextBidAsync()
    {
        var bid = Participant.SealBid(Session, Right, new BidBody(Portfolio, []), lastBid);
        (await Participant.PutBidAsync(bid)).Required();
        lastBid = bid.Record.Signed.Original;
    }

    /// <summary>A second ledger by the same validator from here on: what a dishonest operator shows to somebody else.</summary>
    public async Task<CounterfoilNode> ForkAsync()
    {
        var copy = folder.File("fork");
        foreach (var file in Directory.GetFiles(Home, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "lock"))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(Home, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            // Without a lock: the node keeps its own.
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var written = new FileStream(target, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = File.GetUnixFileMode(file),
            });
            source.CopyTo(written);
        }
        fork = await CounterfoilNode.StartAsync(new NodeOptions { Home = copy, Sandbox = true, Schemes = [new RoleScheme()] });
        return fork;
    }

    /// <summary>A block with nothing of interest.</summary>
    public async Task TouchAsync(Uri? node = null)
    {
        using var client = new NodeClient(node ?? Node.Address);
        var draft = Broker.Draft("accounts.transfer", System.Text.Encoding.UTF8.GetBytes(Touch()));
        (await client.SubmitAsync(Broker.Sign(draft))).Required();
    }

    /// <summary>A session with the trading server's database, and its originals as the operator itself opens them.</summary>
    public (Database Database, OriginalStore Store) OpenOriginals()
    {
        var opened = Own(Database.Open(scheme.Role.Context!.Database));
        var master = Own(new VaultMasterKey(File.ReadAllBytes(Path.Combine(scheme.Role.Context!.Folder, "originals.key"))));
        return (opened, OriginalStore.Open(opened, master, TimeProvider.System));
    }

    public Database OpenVault() => Own(Database.Open(database ?? "sqlite:" + Directory.GetFiles(Home, "vault.db", SearchOption.AllDirectories).Single()));

    public TradingServerClient ClientOf(Party party) => Own(new TradingServerClient(
        party, SchemeAddress.Of(Node.Address, scheme.Card, TradingServer.RoleName), Server.SigningKey.PublicKey));

    public T Own<T>(T opened)
        where T : IDisposable
    {
        owned.Add(opened);
        return opened;
    }

    public async ValueTask DisposeAsync()
    {
        for (var index = owned.Count - 1; index >= 0; index--)
            owned[index].Dispose();
        if (fork is not null)
            await fork.StopAsync();
        if (Node is not null)
            await Node.StopAsync();
        folder.Dispose();
    }

    private async Task OpenAsync()
    {
        var (brokerKeys, strangerKeys) = (NewStore("broker"), NewStore("stranger"));
        scheme = new RoleScheme();
        Node = await CounterfoilNode.StartAsync(new NodeOptions
        {
            Home = Home,
            Sandbox = true,
            SandboxStart = new Timestamp(1_750_000_000_000),
            Database = database,
            Schemes = [scheme],
            GenesisSections = new Dictionary<string, JsonElement>
            {
                ["accounts"] = JsonSerializer.SerializeToElement(new
                {
                    accounts = new[] { new { key = KeyOf(brokerKeys) }, new { key = KeyOf(strangerKeys) } },
                    assets = new[] { new { issuer = AccountId.Of(KeyOf(brokerKeys)), code = "EUR", name = "Euro", decimals = 2, cap = "1000000", transferable = true, shieldable = false } },
                    balances = new[] { new { account = AccountId.Of(KeyOf(brokerKeys)), asset = "EUR", units = "1000" } },
                }),
            },
        });
        Broker = NewParty("broker", brokerKeys);
        Stranger = NewParty("stranger", strangerKeys);
        var genesis = await Broker.Node.GetGenesisAsync();
        var (engine, engineEncryption) = (Own(EphemeralSigningKey.Create()), Own(EphemeralAgreementKey.Create()));
        Participant = Own(new Participant(Broker, new MarketPlace(scheme.Card, Node.Address, genesis, new MarketInfo(
            Server.Account, Server.SigningKey.PublicKey, Server.AgreementKey.PublicKey, AccountId.Of(engine.PublicKey), engine.PublicKey,
            engineEncryption.PublicKey, Envelopes.NewId<Schemes.Markets.PowerBrokerage.Opening.EngineHash>(), "file"))));
        Evidence = new AnchorEvidence(Broker.Node, genesis, [Own(new NodeClient(Node.Address))]);
        Checker = Own(new RecordChecker(Broker, ClientOf(Broker), Evidence, Book));
        await MakeRecordsAsync();
    }

    private async Task MakeRecordsAsync()
    {
        var now = Node.Clock!.GetUtcNow().ToUnixTimeMilliseconds();
        (await Participant.RegisterPortfolioAsync(Portfolio, [], 10_000m)).Required();
        (await Participant.IssueMandateAsync(Right, Portfolio, RecordReader.Of(Broker), 1_000, 100_000m, new Timestamp(now + 24 * Hour))).Required();
        Session = new SessionMessage
        {
            SessionId = Envelopes.NewId<AuctionSession>(), Zone = "10YES-REE------0", DeliveryDay = "2025-06-16", Tz = "Europe/Madrid", Mtu = "PT60M", Periods = 24,
            Start = now + 12 * Hour, PriceTick = "0.01", QtyTick = "0.1", PMin = -50_000, PMax = 400_000, MaxSteps = 25, BidSize = BidSize.Of(24, 25), MinParties = 1,
            GateTime = now + Hour, SeedDue = now + 2 * Hour, ResultDue = now + 3 * Hour, CurvesDue = now + 4 * Hour,
            SessionKey = Own(EphemeralAgreementKey.Create()).PublicKey, EngineKid = KeyOf(Broker.Keys).Thumbprint,
            EngineHash = Envelopes.NewId<Schemes.Markets.PowerBrokerage.Opening.EngineHash>(), Auditor = Stranger.Account, AuditorVrfKey = KeyOf(Stranger.Keys),
            AuditorKey = Stranger.AgreementKey.PublicKey, Seal = SessionMessage.SealHsm,
        };
        (await Server.SubmitAsync("brokerage.session.open", Session, BrokerageJson.Instance.SessionMessage)).Required();
        await PutNextBidAsync();
        await PutNextBidAsync();
    }

    private string Touch() =>
        $$"""{"to":"{{Stranger.Account}}","amount":{"asset":"{{Contracts.Accounts.Asset.IdOf(Broker.Account, "EUR")}}","units":"1"} }""";

    private FileKeyStore NewStore(string name)
    {
        var store = FileKeyStore.OpenOrCreate(folder.File(name), PassphraseSource.UnprotectedByChoice);
        store.Create("sign", KeyUsage.Sign);
        return store;
    }

    private static PublicKey KeyOf(IKeyStore store) => store.List().Single(key => key.Name == "sign").PublicKey;

    private Party NewParty(string name, IKeyStore keys) => Own(new Party(new PartyOptions
    {
        Name = name, Keys = keys, Node = Node.Address, Net = Node.Ledger.Genesis.Net, Clock = Node.Clock!,
    }));

    /// <summary>The brokerage with its trading server and no other role: nothing here is cleared.</summary>
    private sealed class RoleScheme : IScheme
    {
        public SeenRole Role { get; } = new(new TradingServer(new MarketOrganisation([])));

        public SchemeCard Card => Catalogue.Of("D1");

        public IReadOnlyList<RefusalCode> Refusals => [];

        public IReadOnlyList<SchemeRole> Roles => [Role];

        public IReadOnlyList<Contract> CreateContracts(IReadOnlyList<Contract> kernel) =>
        [
            new BrokerageContract(kernel.Get<AnchorsContract>(), kernel.Get<RegistryContract>(), kernel.Get<RightsContract>(), kernel.Get<CertificatesContract>()),
        ];

        public Walkthrough CreateWalkthrough() => throw new NotSupportedException("Nothing is walked here.");
    }

    /// <summary>The trading server, which lets the test see what it was given.</summary>
    private sealed class SeenRole(SchemeRole role) : SchemeRole
    {
        public RoleContext? Context { get; private set; }

        public override string Name => role.Name;

        public override string Title => role.Title;

        public override void Map(IEndpointRouteBuilder routes, RoleContext context)
        {
            Context = context;
            role.Map(routes, context);
        }

        public override Task RunAsync(RoleContext context, CancellationToken cancellation) => role.RunAsync(context, cancellation);
    }
}
