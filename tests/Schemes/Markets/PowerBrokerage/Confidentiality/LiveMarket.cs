using System.Diagnostics;
using Counterfoil.Client;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Composition;
using Counterfoil.Host.Roles;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Testing;
using Microsoft.Extensions.Logging;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;

/// <summary>A broker who is its own desk, with a portfolio and a mandate.</summary>
internal sealed record Bidder(Party Party, Participant Participant, Digest<Portfolio> Portfolio, Digest<Right> Mandate)
{
    public MandateBody MandateBody { get; init; } = null!;
}

/// <summary>
/// A real sandbox node with all roles and the opening wrapper as a process of its own, its operator, an auditor and bidders, over HTTP. The bidders' keys
/// lie beside the node's home, so that everything inside the home is what the operator's machines keep.
/// </summary>
internal sealed class LiveMarket : IAsyncDisposable
{
    private static readonly TimeSpan GateAfter = TimeSpan.FromHours(2);
    private static readonly TimeSpan AfterGate = TimeSpan.FromMinutes(10);

    private readonly TemporaryFolder folder = new();
    private readonly List<IDisposable> owned = [];
    private readonly NodeClock clock = new();
    private Auditor auditor = null!;
    private CounterfoilNode? node;
    private Process? process;
    private Uri address = null!;

    private LiveMarket() { }

    public CapturedLog Log { get; } = new();

    /// <summary>The node of this process.</summary>
    public CounterfoilNode Node => node ?? throw new InvalidOperationException("The node is a process of its own.");

    /// <summary>The node's process where it is one of its own.</summary>
    public int ProcessId => process?.Id ?? throw new InvalidOperationException("The node is in this process.");

    public Genesis Genesis { get; private set; } = null!;

    public Party Operator { get; private set; } = null!;

    public Party AuditorParty { get; private set; } = null!;

    public MarketPlace Place { get; private set; } = null!;

    public NodeClock Clock => clock;

    /// <summary>All that the operator's machines keep.</summary>
    public string Home => folder.File("node");

    /// <summary>A folder of the test, outside the home.</summary>
    public string Scratch(string name) => Directory.CreateDirectory(folder.File(name)).FullName;

    /// <summary>Starts a market.</summary>
    /// <param name="apart">True for a node that is a process of its own, apart from bidders and wrapper.</param>
    public static async Task<LiveMarket> OpenAsync(bool apart = false)
    {
        var market = new LiveMarket();
        try
        {
            await market.StartAsync(apart);
            return market;
        }
        catch
        {
            await market.DisposeAsync();
            throw;
        }
    }

    public async Task<Bidder> JoinAsync(string name, decimal guaranteeEur, long maximumQuantity, Func<HttpMessageHandler, HttpMessageHandler>? wrap = null)
    {
        var party = await OpenPartyAsync(name, wrap);
        var participant = Own(new Participant(party, Place));
        var portfolio = Envelopes.NewId<Portfolio>();
        var mandate = Envelopes.NewId<Right>();
        (await participant.RegisterPortfolioAsync(portfolio, [], guaranteeEur)).Required();
        (await participant.IssueMandateAsync(
            mandate, portfolio, RecordReader.Of(party), maximumQuantity, guaranteeEur, clock.Now + TimeSpan.FromDays(300))).Required();
        return new Bidder(party, participant, portfolio, mandate)
        {
            MandateBody = new MandateBody(portfolio, party.Account, party.AgreementKey.PublicKey, maximumQuantity, guaranteeEur),
        };
    }

    /// <summary>A party with an account, and nothing else yet.</summary>
    public async Task<Party> OpenPartyAsync(string name, Func<HttpMessageHandler, HttpMessageHandler>? wrap = null)
    {
        var keys = FileKeyStore.OpenOrCreate(Path.Combine(Scratch("parties"), name), PassphraseSource.UnprotectedByChoice, flush: false);
        var party = Own(new Party(OptionsOf(name, keys) with { Wrap = wrap }));
        (await party.OpenAccountAsync(Operator)).Required();
        return party;
    }

    /// <summary>A role's keys in the hands of whoever operates its machine.</summary>
    public Party ActAs(string role) => Own(new Party(OptionsOf(
        role, FileKeyStore.Open(Path.Combine(Home, "roles", role, "keys"), PassphraseSource.UnprotectedByChoice))));

    public async Task<SessionAnswer> OpenSessionAsync(string zone = "10YXX-1001A0000X", int maximumSteps = 25)
    {
        var gate = clock.Now + GateAfter;
        using var http = Operator.CreateSignedHttp(Place.RoleAddress(TradingServer.RoleName));
        return (await new RoleClient(http).PostAsync("sessions", new SessionPlan
        {
            Zone = zone, DeliveryDay = "2025-06-03", Tz = "Europe/Zurich", Mtu = "PT60M", Periods = 24, Start = (gate + GateAfter).UnixMilliseconds,
            PriceTick = "0.01", QtyTick = "0.1", PMin = -50_000, PMax = 400_000, MaxSteps = maximumSteps, MinParties = 1,
            GateTime = gate.UnixMilliseconds, SeedDue = (gate + AfterGate).UnixMilliseconds, ResultDue = (gate + GateAfter).UnixMilliseconds,
            CurvesDue = (gate + TimeSpan.FromDays(30)).UnixMilliseconds, Auditor = AuditorParty.Account, AuditorVrfKey = auditor.VrfKey,
            AuditorKey = AuditorParty.AgreementKey.PublicKey,
        }, MarketJson.Instance.SessionPlan, MarketJson.Instance.SessionAnswer)).Value;
    }

    /// <summary>Lets the gate pass; returns what the certified closing says.</summary>
    public async Task<VerifiedReceipt> PassGateAsync(SessionMessage session)
    {
        await clock.MoveAsync(Operator.Node, new Timestamp(session.GateTime));
        for (var attempt = 0; attempt < 1_200; attempt++)
        {
            if ((await Operator.Node.GetReceiptAsync(SessionProofs.ClosingIdOf(session))).TryGet(out var receipt, out _))
            {
                Assert.Null(receipt.Verify(Genesis.Validators, out var verified));
                return verified!;
            }
            await Task.Delay(50);
        }
        throw new InvalidOperationException("The gate did not close.");
    }

    /// <summary>The auditor's part of the seed, which fixes it.</summary>
    public async Task<SubmissionAnswer> FixSeedAsync(SessionMessage session) => (await auditor.AddRandomnessAsync(session)).Required();

    public async Task<NodeResult<ClearingAnswer>> ClearAsync(SessionMessage session, Digest<Transaction>? seed = null)
    {
        using var http = Operator.CreateSignedHttp(Place.RoleAddress(TradingServer.RoleName));
        http.Timeout = TimeSpan.FromMinutes(5);
        return await new RoleClient(http).PostAsync(
            $"sessions/{session.SessionId}/clearing", new ClearingRequest(seed), MarketJson.Instance.ClearingRequest, MarketJson.Instance.ClearingAnswer);
    }

    /// <summary>Stops the node, so that nothing is left in its memory only.</summary>
    public Task StopAsync() => Node.StopAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var disposable in Enumerable.Reverse(owned))
            disposable.Dispose();
        if (node is not null)
            await node.DisposeAsync();
        if (process is not null)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        folder.Dispose();
    }

    /// <summary>The node's part where it is a process of its own: says where it answers, and ends with its input.</summary>
    public static async Task<int> ServeAsync(string home)
    {
        await using var node = await CounterfoilNode.StartAsync(OptionsOf(home));
        await Console.Out.WriteLineAsync(node.Address.ToString());
        await Console.In.ReadToEndAsync();
        return 0;
    }

    private static NodeOptions OptionsOf(string home) => new()
    {
        Home = home, Name = "sandbox", Sandbox = true, SandboxStart = SchemeWalk.Start,
        Schemes = [new PowerBrokerageScheme(["dotnet", "exec", typeof(TestEntry).Assembly.Location, "opening-wrapper"])],
    };

    private async Task StartAsync(bool apart)
    {
        if (apart)
        {
            process = Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(TestEntry).Assembly.Location, "serve-market", Home])
            {
                RedirectStandardInput = true, RedirectStandardOutput = true,
            })!;
            address = new Uri(await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The node did not start."));
        }
        else
        {
            node = await CounterfoilNode.StartAsync(OptionsOf(Home) with { Log = Log, LogLevel = LogLevel.Trace });
            address = node.Address;
        }
        using (var probe = new NodeClient(address))
        {
            Genesis = await probe.GetGenesisAsync();
            await clock.SynchroniseAsync(probe);
        }
        var keys = FileKeyStore.Open(Path.Combine(Home, "keys"), PassphraseSource.UnprotectedByChoice);
        Operator = Own(new Party(OptionsOf("operator", keys) with { SigningKeyName = "node" }));
        Place = await MarketPlace.JoinAsync(Catalogue.Of("D1"), Operator, Genesis, default);
        AuditorParty = await OpenPartyAsync("auditor");
        auditor = Own(new Auditor(AuditorParty, Genesis));
    }

    private PartyOptions OptionsOf(string name, IKeyStore keys) => new() { Name = name, Keys = keys, Node = address, Net = Genesis.Net, Clock = clock };

    private T Own<T>(T disposable)
        where T : IDisposable
    {
        owned.Add(disposable);
        return disposable;
    }
}
