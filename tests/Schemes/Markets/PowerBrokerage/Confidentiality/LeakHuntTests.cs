using System.Globalization;
using System.Text;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;

/// <summary>
/// Planted prices, quantities, limits and names are looked for in all that the operator's machines keep, and before the gate in the memory of the process
/// that is node, trading server and engine of a sandbox. After the opening that process has seen the bids: its engine opened them.
/// </summary>
public sealed class LeakHuntTests(ITestOutputHelper output)
{
    private const string Zone = "10YXX-CANARY-ZON";
    private const string Owner = "Zephyrine Quillfeather-Ovington";
    private const string Plant = "Haldenmoos Solarpark Nordost";
    private const string MeteringPoint = "CH9017204538100000000000000774431";
    private const string ConnectionDocument = "connection agreement Quillfeather 4471-B";
    private const string Stranger = "Peregrine Wrenfield & Daughters";
    private const long MandateTicks = 1_987_654_321;
    private const decimal Guarantee = 777_123_456_789.31m;
    private const int Steps = 25;
    private const int BuySteps = 8;

    private static long SellPrice(int step) => 301_117 + 977 * step;

    private static long BuyPrice(int step) => 391_843 - 1_013 * step;

    private static long SellQuantity(int step) => 41_870_263 + 1_093_817 * step;

    private static long BuyQuantity(int step) => 73_915_127 + 1_370_911 * step;

    // The others' quantities at the same prices: what the curves show is the sum.
    private static long Cover(int step) => 11_204_657 + 402_751 * step;

    [Fact]
    public async Task MarketDay_WithPlantedNamesAndBids_LeavesNoneOfThemWithTheOperator()
    {
        await using var market = await LiveMarket.OpenAsync();
        var seller = await market.JoinAsync("seller", Guarantee, MandateTicks);
        var buyer = await market.JoinAsync("buyer", Guarantee, MandateTicks);
        var otherSeller = await market.JoinAsync("other-seller", 1m, 99_999_999_999);
        var otherBuyer = await market.JoinAsync("other-buyer", 999_000_000_000m, 99_999_999_999);
        await AgreeOnContractAsync(market, seller);
        var session = (await market.OpenSessionAsync(Zone)).Session;
        var sold = await PutAsync(seller, session, Order(MarketSide.Sell, Steps, SellPrice, SellQuantity));
        var bought = await PutAsync(buyer, session, Order(MarketSide.Buy, BuySteps, BuyPrice, BuyQuantity));
        await PutAsync(otherSeller, session, Order(MarketSide.Sell, Steps, SellPrice, Cover));
        await PutAsync(otherBuyer, session, Order(MarketSide.Buy, BuySteps, BuyPrice, Cover));
        // A bid that the engine rejects is confidential too.
        var named = buyer.Participant.SealBid(
            session, buyer.Mandate, Encoding.UTF8.GetBytes($$"""{"name":"{{Stranger}}","orders":[],"portfolio":"{{buyer.Portfolio}}"}"""));
        (await buyer.Participant.PutBidAsync(named)).Required();

        var prices = Enumerable.Range(0, Steps).Select(SellPrice).Concat(Enumerable.Range(0, BuySteps).Select(BuyPrice))
            .Select(price => price.ToString(CultureInfo.InvariantCulture)).ToArray();
        var secrets = Secrets();
        var sealedHunt = new LeakHunt([.. Names, .. prices, .. secrets.Texts], secrets.Numbers);
        var resultHunt = new LeakHunt([.. Names, .. secrets.Texts], secrets.Numbers);
        AssertHuntFinds(sealedHunt, sold, bought, named);

        var before = await FindEverywhereAsync(market, sealedHunt);
        Assert.Empty(before);

        await market.PassGateAsync(session);
        var seed = await market.FixSeedAsync(session);
        var cleared = (await market.ClearAsync(session, seed.Id)).Value;
        Assert.Equal(["malformed_bid"], cleared.Rejected.Select(rejected => rejected.Code));
        Assert.Equal(4, cleared.Awards);
        await CheckOwnAsync(seller, sold, session);
        await CheckOwnAsync(buyer, bought, session);

        Assert.Empty(await FindEverywhereAsync(market, resultHunt));
        // Prices are public by then: that they are found shows that the files that were searched are those in which a leak would be.
        Assert.Contains(new LeakHunt(prices, []).SearchFolder(market.Home), found => found.StartsWith("ledger", StringComparison.Ordinal) || found.StartsWith("vault", StringComparison.Ordinal)
            || found.StartsWith("roles/trading-server", StringComparison.Ordinal));
        await market.StopAsync();
        Assert.Empty(await FindEverywhereAsync(market, resultHunt, isStopped: true));
        output.WriteLine(
            $"{sealedHunt.Canaries.Count} canaries in {sealedHunt.Forms.Count} forms; {Directory.GetFiles(market.Home, "*", SearchOption.AllDirectories).Length} files, "
            + $"{Directory.GetFiles(market.Home, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length)} bytes, {market.Log.Count} log lines");
    }

    [Fact]
    public async Task MemoryOfNodeServerAndEngine_BeforeTheGate_HoldsNoStepAndNoNameOfABid()
    {
        if (Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") != "1")
        {
            output.WriteLine("The search of a process's memory needs the right to trace it: COUNTERFOIL_FULL=1 runs it.");
            return;
        }
        await using var market = await LiveMarket.OpenAsync(apart: true);
        var seller = await market.JoinAsync("seller", Guarantee, MandateTicks);
        var buyer = await market.JoinAsync("buyer", Guarantee, MandateTicks);
        var session = (await market.OpenSessionAsync(Zone)).Session;
        await PutAsync(seller, session, Order(MarketSide.Sell, Steps, SellPrice, SellQuantity));
        await PutAsync(buyer, session, Order(MarketSide.Buy, BuySteps, BuyPrice, BuyQuantity));
        (await buyer.Participant.PutBidAsync(buyer.Participant.SealBid(
            session, buyer.Mandate, Encoding.UTF8.GetBytes($$"""{"name":"{{Stranger}}","orders":[],"portfolio":"{{buyer.Portfolio}}"}""")))).Required();
        var hunt = new LeakHunt(
            [Stranger], [],
            [.. Enumerable.Range(0, Steps).Select(step => (SellPrice(step), SellQuantity(step))), .. Enumerable.Range(0, BuySteps).Select(step => (BuyPrice(step), BuyQuantity(step)))]);

        var before = hunt.SearchMemory(market.ProcessId, out var bytes);
        output.WriteLine($"{bytes} bytes before the gate: {string.Join("; ", before)}");
        Assert.Empty(before);
        Assert.NotEmpty(new LeakHunt([Zone], []).SearchMemory(market.ProcessId, out _));

        await market.PassGateAsync(session);
        Assert.Equal(2, (await market.ClearAsync(session, (await market.FixSeedAsync(session)).Id)).Value.Awards);
        // The engine has opened them in this process: the hunt sees what is there.
        var after = hunt.SearchMemory(market.ProcessId, out _);
        output.WriteLine($"after the opening {after.Count} finds");
        Assert.Contains(after, found => found.EndsWith("two int64", StringComparison.Ordinal));
    }

    [Fact]
    public void Hunt_OverEachFormOfACanary_FindsIt()
    {
        var hunt = new LeakHunt([Owner, "777123456789.31"], [41_870_263], [(301_117, 41_870_263)]);
        foreach (var (canary, form, bytes) in hunt.Forms)
        {
            byte[] content = [.. Encoding.ASCII.GetBytes("before: "), .. bytes, .. Encoding.ASCII.GetBytes(" after")];
            Assert.Contains($"x: {canary} as {form}", hunt.Search("x", content));
        }
        Assert.Empty(hunt.Search("x", "a41870263f 4187026 Zephyrine Quillfeather"u8));
    }

    [Fact]
    public void Hunt_ForDigitsInsideALongerNumber_FindsThemOnlyWhereTheyStandAlone()
    {
        var hunt = new LeakHunt([], [320_657]);
        for (var offset = 0; offset < 3; offset++)
        {
            // A time in seconds holds the same six digits.
            Assert.Empty(hunt.Search("x", Encoded(offset, "{\"iat\":1795320657,\"exp\":1795320777}")));
            Assert.Empty(hunt.Search("x", Encoded(offset, "1795320657")));
            Assert.Equal(["x: 320657 as base64url"], hunt.Search("x", Encoded(offset, "{\"price\":320657}")));
            Assert.Equal(["x: 320657 as base64url"], hunt.Search("x", Encoded(offset, "[320657,1]")));
            Assert.Equal(["x: 320657 as base64url"], hunt.Search("x", Encoded(offset, " 320657")));
        }

        static byte[] Encoded(int offset, string text) => Encoding.ASCII.GetBytes($"\"{Base64Url.Encode([.. new byte[offset], .. Encoding.ASCII.GetBytes(text)])}\"");
    }

    private static string[] Names => [Owner, Plant, MeteringPoint, ConnectionDocument, Stranger];

    private static (string[] Texts, long[] Numbers) Secrets() => (
        [Guarantee.ToString(CultureInfo.InvariantCulture)],
        [.. Enumerable.Range(0, Steps).Select(SellQuantity), .. Enumerable.Range(0, BuySteps).Select(BuyQuantity), MandateTicks]);

    private static BidOrder Order(MarketSide side, int steps, Func<int, long> price, Func<int, long> quantity) => new(
        3, new CallMarketOrder(side, [.. Enumerable.Range(0, steps).Select(step => new CallMarketStep(price(step), quantity(step)))]));

    private static async Task<SealedBidRecord> PutAsync(Bidder bidder, SessionMessage session, BidOrder order)
    {
        var bid = bidder.Participant.SealBid(session, bidder.Mandate, new BidBody(bidder.Portfolio, [order]));
        (await bidder.Participant.PutBidAsync(bid)).Required();
        return bid;
    }

    /// <summary>The owner registers a plant and signs a contract with the broker, both with names in them.</summary>
    private static async Task AgreeOnContractAsync(LiveMarket market, Bidder broker)
    {
        var owner = await market.OpenPartyAsync("owner");
        using var participant = new Participant(owner, market.Place);
        using var registration = owner.CreateSignedHttp(market.Place.RoleAddress(SystemOperator.RoleName));
        var resource = (await new RoleClient(registration).PostAsync(
            "resources", new ResourceRequest(MeteringPoint, "PVS", 4_321, ConnectionDocument), MarketJson.Instance.ResourceRequest, MarketJson.Instance.ResourceAnswer)).Value;
        var body = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["owner"] = Owner, ["plant"] = Plant, ["metering_point"] = MeteringPoint });
        var now = market.Clock.Now;
        var (answer, offer) = await broker.Participant.OfferContractAsync(
            RecordReader.Of(owner), [new ResourceTag(resource.Registrar, resource.Item)], now + TimeSpan.FromDays(1), now + TimeSpan.FromDays(200), true,
            now + TimeSpan.FromHours(1), body);
        answer.Required();
        (await participant.AcceptContractAsync(offer)).Required();
        Assert.Equal("match", (await participant.Checker.CheckAsync(offer.Signed.Original.Rid)).Code);
    }

    private static async Task CheckOwnAsync(Bidder bidder, SealedBidRecord bid, SessionMessage session)
    {
        await bidder.Participant.LearnAsync();
        foreach (var rid in bidder.Participant.Book.Rids.Where(rid => bidder.Participant.Book.Find(rid)!.Rtype is RecordTypes.Bid or RecordTypes.Award))
            Assert.Equal("match", (await bidder.Participant.Checker.CheckAsync(rid)).Code);
        Assert.NotNull(await bidder.Participant.ReadResultAsync(session));
        Assert.NotNull(bidder.Participant.Book.Find(bid.Record.Signed.Original.Rid));
    }

    private async Task<List<string>> FindEverywhereAsync(LiveMarket market, LeakHunt hunt, bool isStopped = false)
    {
        // What a file still lacks comes with the read model's next round.
        if (!isStopped)
            await market.Node.ReadModel.WaitForHeightAsync(market.Node.Ledger.Tip.Height);
        var files = Directory.GetFiles(market.Home, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(market.Home, file)).ToList();
        foreach (var expected in new[] { "genesis.json", "vault.db", "read-model.db", "roles/trading-server/role.db", "roles/clearing-engine/opening-wrapper", "ledger/" })
            Assert.Contains(files, file => file.StartsWith(expected, StringComparison.Ordinal));
        // The session's zone is public: the ledger's files and the server's database are readable to the hunt, not compressed.
        var visible = new LeakHunt([Zone], []).SearchFolder(market.Home);
        Assert.Contains(visible, found => found.StartsWith("ledger/", StringComparison.Ordinal));
        Assert.Contains(visible, found => found.StartsWith("roles/trading-server/role.db", StringComparison.Ordinal));
        Assert.True(files.Where(file => file.StartsWith("vault.db", StringComparison.Ordinal)).Sum(file => new FileInfo(Path.Combine(market.Home, file)).Length) > 5 * 24_576);
        Assert.NotEqual(0, market.Log.Count);
        var found = hunt.SearchFolder(market.Home).Concat(hunt.Search("log", market.Log.ToBytes())).ToList();
        foreach (var leak in found)
            output.WriteLine(leak);
        return found;
    }

    // The hunt finds the canaries where they are: in the originals that the parties keep, signed and plain.
    private static void AssertHuntFinds(LeakHunt hunt, SealedBidRecord sold, SealedBidRecord bought, SealedBidRecord named)
    {
        foreach (var bid in new[] { sold, bought, named })
            foreach (var form in new[]
            {
                bid.Record.Signed.Bytes.ToArray(), bid.Record.Signed.Original.Bytes.ToArray(),
                Encoding.ASCII.GetBytes(Base64Url.Encode(bid.Record.Signed.Bytes.Span)), Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(bid.Record.Signed.Original.Bytes.Span)),
            })
                Assert.NotEmpty(hunt.Search("original", form));
        var found = hunt.Search("sold", sold.Record.Signed.Bytes.Span);
        for (var step = 0; step < Steps; step++)
        {
            Assert.Contains($"sold: {SellQuantity(step)} as base64url", found);
            Assert.Contains($"sold: {SellPrice(step)} as base64url", found);
        }
        Assert.Contains($"named: {Stranger} as UTF-8", hunt.Search("named", named.Record.Signed.Original.Bytes.Span));
    }
}
