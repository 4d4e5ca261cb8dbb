using System.Text;
using Counterfoil.Client;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Roles;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Testing;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage;

/// <summary>
/// Canary prices and names in a sealed bid and a contract; then everything that node, vault, trading server and engine have written is searched for them, as
/// UTF-8, UTF-16 and base64url at its three offsets. <b>Source:</b> D1, measure of done.
/// </summary>
public sealed class LeakHuntTests
{
    private const string CanaryName = "Canaria Solarhof";
    private const long CanaryPrice = 271_829;
    private const long CanaryQuantity = 31_415_926;

    [Fact]
    public async Task Bid_BeforeTheGate_LeavesNoPriceQuantityOrNameInAnythingWritten()
    {
        using var folder = new TemporaryFolder();
        await using (var walk = await SchemeWalk.OpenAsync(
            [new PowerBrokerageScheme(["dotnet", "exec", typeof(TestEntry).Assembly.Location, "opening-wrapper"])], folder.Path))
            await PlantAsync(walk, folder.Path);

        // Stopped, so that every buffer is on disk. What the parties keep of their own lies in their own folder and is not searched.
        var written = Directory.EnumerateFiles(Path.Combine(folder.Path, "node"), "*", SearchOption.AllDirectories).ToList();
        Assert.True(written.Sum(file => new FileInfo(file).Length) > 100_000, "there is something to search");
        // Price and quantity together, as a step is written: six digits alone stand in many a digest.
        foreach (var canary in (string[])[CanaryName, $"[{CanaryPrice},{CanaryQuantity}]"])
            Assert.DoesNotContain(written, file => Holds(File.ReadAllBytes(file), canary));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("xy")]
    public void Hunt_OfACanaryThatIsThere_FindsItInEachEncoding(string before)
    {
        var text = $"{before}{CanaryName} and more";

        Assert.True(Holds(Encoding.UTF8.GetBytes(text), CanaryName));
        Assert.True(Holds(Encoding.Unicode.GetBytes(text), CanaryName));
        Assert.True(Holds(Encoding.ASCII.GetBytes(Base64Url.Encode(Encoding.UTF8.GetBytes(text))), CanaryName));
        Assert.False(Holds(Encoding.UTF8.GetBytes("nothing of the kind"), CanaryName));
    }

    private static async Task PlantAsync(SchemeWalk walk, string folder)
    {
        using var probe = new NodeClient(walk.Address);
        var genesis = await probe.GetGenesisAsync();
        var clock = new NodeClock();
        await clock.SynchroniseAsync(probe);
        using var node = new Party(Options("operator", walk.OpenOperatorKeys()) with { SigningKeyName = walk.OperatorKeyName });
        using var broker = Open("broker");
        using var owner = Open("owner");
        using var auditorParty = Open("auditor");
        (await node.SubmitAsync("accounts.sponsor", $$"""{"accounts":["{{broker.Account}}","{{owner.Account}}","{{auditorParty.Account}}"]}""")).Required();
        foreach (var party in (Party[])[broker, owner, auditorParty])
            (await party.SubmitAsync(party.Sign(party.Draft("accounts.open", "{}"u8), opensAccount: true))).Required();
        var market = await MarketPlace.JoinAsync(Catalogue.Of("D1"), node, genesis, CancellationToken.None);
        using var auditor = new Auditor(auditorParty, genesis);
        using var participant = new Participant(broker, market);
        var (portfolio, mandate) = (Envelopes.NewId<Portfolio>(), Envelopes.NewId<Right>());
        (await participant.RegisterPortfolioAsync(portfolio, [], 1_000_000_000m)).Required();
        (await participant.IssueMandateAsync(
            mandate, portfolio, RecordReader.Of(broker), CanaryQuantity, 1_000_000_000m, clock.Now + TimeSpan.FromDays(1))).Required();
        var item = Envelopes.NewId<Item>();
        (await node.SubmitAsync("registry.register", new RegisterItemMessage(item, "resource", owner.Account), RegistryJson.Instance.RegisterItemMessage)).Required();
        var (offered, _) = await participant.OfferContractAsync(
            RecordReader.Of(owner), [new ResourceTag(node.Account, item)], clock.Now + TimeSpan.FromDays(1), clock.Now + TimeSpan.FromDays(2), exclusive: true,
            clock.Now + TimeSpan.FromHours(1), Encoding.UTF8.GetBytes($$"""{"owner":"{{CanaryName}}"}"""));
        offered.Required();

        var gate = clock.Now + TimeSpan.FromHours(6);
        using var http = node.CreateSignedHttp(market.RoleAddress("trading-server"));
        var session = (await new RoleClient(http).PostAsync("sessions", new SessionPlan
        {
            Zone = "ZONE", DeliveryDay = "2025-06-03", Tz = "Europe/Vienna", Mtu = "PT60M", Periods = 24, Start = (gate + TimeSpan.FromHours(1)).UnixMilliseconds,
            PriceTick = "0.01", QtyTick = "0.1", PMin = -50_000, PMax = 400_000, MaxSteps = 25, MinParties = 1, GateTime = gate.UnixMilliseconds,
            SeedDue = (gate + TimeSpan.FromHours(1)).UnixMilliseconds, ResultDue = (gate + TimeSpan.FromHours(2)).UnixMilliseconds,
            CurvesDue = (gate + TimeSpan.FromHours(3)).UnixMilliseconds, Auditor = auditorParty.Account, AuditorVrfKey = auditor.VrfKey,
            AuditorKey = auditorParty.AgreementKey.PublicKey,
        }, MarketJson.Instance.SessionPlan, MarketJson.Instance.SessionAnswer)).Value.Session;
        var body = new BidBody(portfolio, [new BidOrder(0, new CallMarketOrder(MarketSide.Sell, [new CallMarketStep(CanaryPrice, CanaryQuantity)]))]);
        (await participant.PutBidAsync(participant.SealBid(session, mandate, body))).Required();

        PartyOptions Options(string name, IKeyStore keys) => new() { Name = name, Keys = keys, Node = walk.Address, Net = genesis.Net, Clock = clock };

        Party Open(string name) =>
            new(Options(name, FileKeyStore.OpenOrCreate(Path.Combine(folder, "parties", name), PassphraseSource.UnprotectedByChoice, flush: false)));
    }

    private static bool Holds(byte[] bytes, string canary) => Forms(canary).Any(form => bytes.AsSpan().IndexOf(form) >= 0);

    // Of base64url what does not depend on the neighbours: whole groups after the offset.
    private static IEnumerable<byte[]> Forms(string canary)
    {
        var plain = Encoding.UTF8.GetBytes(canary);
        yield return plain;
        yield return Encoding.Unicode.GetBytes(canary);
        for (var offset = 0; offset < 3; offset++)
        {
            var skipped = (3 - offset) % 3;
            var whole = (plain.Length - skipped) / 3 * 3;
            yield return Encoding.ASCII.GetBytes(Base64Url.Encode(plain.AsSpan(skipped, whole)));
        }
    }
}
