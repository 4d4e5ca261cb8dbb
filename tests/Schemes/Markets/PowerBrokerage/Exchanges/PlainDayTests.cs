using Counterfoil.Contracts.Exchange;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Exchanges;

/// <summary>The example day, read from the assembly and from its folder, and spoilt copies of it.</summary>
public sealed class PlainDayTests(ITestOutputHelper output) : IDisposable
{
    private static readonly string Folder = Path.Combine(Shared.Root, "src/Schemes/Markets/PowerBrokerage/ExampleDay");
    private readonly DirectoryInfo copy = Directory.CreateTempSubdirectory("example-day");

    public void Dispose() => copy.Delete(recursive: true);

    [Fact]
    public void ReadExample_FromAssemblyAndFolder_GivesTheSameBids()
    {
        var built = MarketFolder.ReadExample();
        var read = MarketFolder.Read(Folder);
        Assert.Equal(Text(built), Text(read));
        Assert.Equal(24, read.Periods);

        static List<string> Text(MarketDay day) =>
        [
            .. day.Bids(OrderSelection.All).SelectMany(bid => bid.Orders.Select(order =>
                $"{bid.Participant} {order.Period} {order.Order.Side} {string.Join(' ', order.Order.Steps)}")),
        ];
    }

    [Fact]
    public void Clear_OfTheExampleDay_HasTheShapeOfARealOne()
    {
        var day = MarketFolder.ReadExample();
        var results = DayClearing.Clear(day, OrderSelection.Simple);
        foreach (var result in results) output.WriteLine($"{result.Summary}");
        Assert.All(results, result => Assert.True(result.Summary is { NoTrade: false, OneSided: false, Curtailed: false }));
        var prices = results.Select(result => result.Summary.Price!.Value).ToList();
        Assert.True(prices.Min() < 0, "noon is pressed below zero");
        Assert.InRange(prices[20], 8_000, 25_000);
        Assert.InRange(prices.IndexOf(prices.Min()), 10, 15);
        var pumped = day.Bids(OrderSelection.Simple).Single(bid => bid.Participant == "PST1");
        Assert.Equal([MarketSide.Buy, MarketSide.Sell], pumped.Orders.Select(order => order.Order.Side).Distinct());
    }

    [Theory]
    [InlineData("day.csv", "key,value", "key;value", 1)]
    [InlineData("day.csv", "format,counterfoil-market-day-1", "format,counterfoil-market-day-2", 2)]
    [InlineData("day.csv", "periods,24", "periods,26", 6)]
    [InlineData("day.csv", "price_tick,0.01", "price_tick,0.1", 7)]
    [InlineData("day.csv", "price_tick,0.01", "extra,0.1", 7)]
    [InlineData("day.csv", "date,2026-06-18", "date,2026-06-31", 3)]
    [InlineData("units.csv", "SOL2,Red Barn Solar", "SOL1,Red Barn Solar", 3)]
    [InlineData("units.csv", "SOL2,Red Barn Solar", "SOL2,", 3)]
    [InlineData("offers.csv", "SOL1,sell,7,-2.00", "SOL9,sell,7,-2.00", 2)]
    [InlineData("offers.csv", "SOL1,sell,7,-2.00", "SOL1,hold,7,-2.00", 2)]
    [InlineData("offers.csv", "SOL1,sell,7,-2.00", "SOL1,sell,25,-2.00", 2)]
    [InlineData("offers.csv", "SOL1,sell,7,-2.00", "SOL1,sell,7,-2.001", 2)]
    [InlineData("offers.csv", "SOL1,sell,7,-2.00", "SOL1,sell,7,-500.01", 2)]
    [InlineData("offers.csv", "SOL1,sell,7,-2.00", "SOL1,sell,7,1e3", 2)]
    [InlineData("offers.csv", "SOL1,sell,7,-2.00", "SOL1,sell,7,-2.00,9", 2)]
    [InlineData("exchanges.csv", "HIGHLAND,3,", "HIGHLAND,2,", 4)]
    public void Read_WithADamagedRow_NamesFileAndLine(string file, string found, string put, int line)
    {
        Copy();
        var path = Path.Combine(copy.FullName, file);
        var text = File.ReadAllText(path);
        Assert.Contains(found, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(found, put, StringComparison.Ordinal));
        var fault = Assert.Throws<MarketDataException>(() => MarketFolder.Read(copy.FullName));
        Assert.Equal((MarketDataException.DamagedFile, file, line), (fault.Code, fault.File, fault.Line));
    }

    [Theory]
    [InlineData("units.csv")]
    [InlineData("offers.csv")]
    [InlineData("exchanges.csv")]
    [InlineData("prices.csv")]
    public void Read_WithAFileMissingOrCut_NamesIt(string file)
    {
        Copy();
        var path = Path.Combine(copy.FullName, file);
        var text = File.ReadAllText(path);
        File.WriteAllText(path, text[..^1]);
        Assert.Equal((MarketDataException.DamagedFile, file), Failure());
        File.WriteAllText(path, text[..(text[..^1].LastIndexOf('\n') + 1)]);
        Assert.Equal((MarketDataException.DamagedFile, file), Failure());
        File.WriteAllBytes(path, [0xC3, 0x28, 0x0A]);
        Assert.Equal((MarketDataException.DamagedFile, file), Failure());
        File.Delete(path);
        Assert.Equal((MarketDataException.MissingFile, file), Failure());

        (string, string) Failure()
        {
            var fault = Assert.Throws<MarketDataException>(() => MarketFolder.Read(copy.FullName));
            return (fault.Code, fault.File);
        }
    }

    private void Copy()
    {
        foreach (var path in Directory.EnumerateFiles(Folder, "*.csv")) File.Copy(path, Path.Combine(copy.FullName, Path.GetFileName(path)));
    }
}
