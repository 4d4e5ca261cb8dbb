using System.IO.Compression;
using System.Text;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Exchanges;

/// <summary>The reader against the whole day of 21 June 2025, and against copies of it that somebody
/// spoilt.</summary>
public sealed class OmieDayTests(ITestOutputHelper output) : IDisposable
{
    private const string Folder = "data/electricity/omie-2025-06-21";
    private readonly DirectoryInfo copy = Directory.CreateTempSubdirectory("omie");

    public void Dispose() => copy.Delete(recursive: true);

    [SharedFact(Folder)]
    public void Read_OfThePublishedDay_GivesEveryOffer()
    {
        var day = OmieDay.Read(Shared.Find(Folder)!);
        Assert.Equal((new DateOnly(2025, 6, 21), 24, 60), (day.Date, day.Periods, day.PeriodMinutes));
        Assert.Equal((2_534, 2_004, 530), (day.Offers.Length, Count(MarketSide.Sell), Count(MarketSide.Buy)));
        var steps = day.Offers.SelectMany(offer => offer.Steps).ToList();
        // 66,630 rows, of which 21 of the period 25 are dropped.
        Assert.Equal(66_609, steps.Count);
        Assert.Equal((262, 123, 401),
            (steps.Count(step => step.Block != 0), steps.Count(step => step.Group != 0), steps.Count(step => step.MinimumVolume != 0)));
        Assert.DoesNotContain(steps, step => step.Group != 0 && step.Block == 0);
        Assert.Equal((27, 9), (day.Offers.Count(offer => offer.HasMinimumIncome), day.Offers.Count(offer => offer.HasBlocks)));
        Assert.Equal((-50_000, 300_000), (steps.Min(step => step.Price), steps.Max(step => step.Price)));
        Assert.Equal((-13_000L, 6_426L), (day.Exchanges.Single().Quantities[0], day.Exchanges.Single().Quantities[16]));
        Assert.Equal([12_889, 0, 120], new[] { Published("ES")[0], Published("ES")[11], Published("PT")[11] });

        int Count(MarketSide side) => day.Offers.Count(offer => offer.Side == side);
        IReadOnlyList<long> Published(string zone) => day.Published.Single(item => item.Zone == zone).Prices;
    }

    [SharedFact(Folder)]
    public void Bids_OfThePublishedDay_StayWithinTheStepsOfAnOrder()
    {
        var day = OmieDay.Read(Shared.Find(Folder)!);
        var bids = day.Bids(OrderSelection.All);
        Assert.Equal(2_534, bids.Count(bid => !bid.IsExchange));
        var most = bids.SelectMany(bid => bid.Orders.GroupBy(order => order.Period)).Max(period => period.Sum(order => order.Order.Steps.Length));
        output.WriteLine($"most steps of a unit in a period: {most}");
        Assert.Equal(18, most);
        Assert.All(bids, bid => Assert.Distinct(bid.Orders.Select(order => (order.Period, order.Order.Side))));
    }

    [SharedTheory(Folder)]
    [InlineData(OrderSelection.All, "12.518", 4)]
    [InlineData(OrderSelection.Simple, "1.807", 9)]
    public void Clear_OfThePublishedDay_MeetsTheMeasuredFigures(OrderSelection selection, string meanAbsoluteError, int exact)
    {
        var day = MarketFolder.Read(Shared.Find(Folder)!);
        var spain = PriceComparison.Of(day, "ES", DayClearing.Prices(day, selection))!;
        output.WriteLine($"{spain}");
        Assert.Equal((exact, meanAbsoluteError),
            (spain.Exact, spain.MeanAbsoluteError(day.PriceTick, 3).ToString(System.Globalization.CultureInfo.InvariantCulture)));
    }

    [SharedTheory(Folder)]
    [InlineData("CAB_20250621.1.gz", "CAB_20250621.1")]
    [InlineData("DET_20250621.1.gz", "DET_yyyymmdd.1")]
    [InlineData("marginalpdbc_20250621.1", "marginalpdbc_20250621.1")]
    [InlineData("capacidad_inter_pbc_20250621.1", "capacidad_inter_pbc_20250621.1")]
    [InlineData("participants_bidding_zones.csv", "participants_bidding_zones.csv")]
    public void Read_WithoutAFile_NamesIt(string file, string named)
    {
        Copy();
        File.Delete(Path.Combine(copy.FullName, file));
        var fault = Assert.Throws<MarketDataException>(() => MarketFolder.Read(copy.FullName));
        Assert.Equal((MarketDataException.MissingFile, named), (fault.Code, fault.File));
    }

    [SharedTheory(Folder)]
    [InlineData("CAB_20250621.1.gz")]
    [InlineData("DET_20250621.1.gz")]
    [InlineData("marginalpdbc_20250621.1")]
    [InlineData("capacidad_inter_pbc_20250621.1")]
    [InlineData("participants_bidding_zones.csv")]
    public void Read_WithAFileCutShort_NamesIt(string file)
    {
        Copy();
        var path = Path.Combine(copy.FullName, file);
        var bytes = File.ReadAllBytes(path);
        foreach (var length in new[] { 0, 1, 17, bytes.Length / 3, bytes.Length / 2, bytes.Length - 5, bytes.Length - 1 })
        {
            File.WriteAllBytes(path, bytes[..length]);
            var fault = Assert.Throws<MarketDataException>(() => OmieDay.Read(copy.FullName));
            Assert.Equal((MarketDataException.DamagedFile, file), (fault.Code, fault.File));
        }
    }

    [SharedTheory(Folder)]
    [InlineData("CAB_20250621.1", "11833    0IGNVD72", "11833   00IGNVD72", 0)]
    [InlineData("CAB_20250621.1", "IGNVD46UOF", "IGNVX46UOF", 1)]
    [InlineData("CAB_20250621.1", "   9511825    0IGNVD68", "   9511814    0IGNVD68", 2)]
    [InlineData("CAB_20250621.1", "   49.8 1", "   49.8  1", 2)]
    [InlineData("CAB_20250621.1", "VO            0.000   12.2", "XO            0.000   12.2", 1)]
    [InlineData("DET_20250621.1", "         1000.000    0.1    0.00.000", "         1000.005    0.1    0.00.000", 1)]
    [InlineData("DET_20250621.1", "         1000.000    0.1    0.00.000", "         9000.000    0.1    0.00.000", 1)]
    [InlineData("DET_20250621.1", "         1000.000    0.1    0.00.000", "         1000,000    0.1    0.00.000", 1)]
    [InlineData("DET_20250621.1", "         1000.000    0.1    0.00.000", "         1000.000    0.0    0.00.000", 1)]
    [InlineData("DET_20250621.1", "    0  1 0 1 0         1000.000", "    0 26 0 1 0         1000.000", 1)]
    [InlineData("DET_20250621.1", "    0  2 0 1 0         1000.000", "    0  1 0 1 0         1000.000", 2)]
    [InlineData("DET_20250621.1", "   9511814    0  3", "   1111111    0  3", 3)]
    [InlineData("marginalpdbc_20250621.1", "2025;06;21;10;40;40;", "2025;06;21;10;40;;", 11)]
    [InlineData("marginalpdbc_20250621.1", "2025;06;21;10;40;40;", "2025;06;22;10;40;40;", 11)]
    [InlineData("marginalpdbc_20250621.1", "2025;06;21;10;40;40;\r\n", "", 11)]
    [InlineData("capacidad_inter_pbc_20250621.1", "1;21/06/2025;2;-3.056,0", "1;21/06/2025;2;-30.56,0", 4)]
    [InlineData("capacidad_inter_pbc_20250621.1", "1;21/06/2025;3;", "1;21/06/2025;2;", 28)]
    [InlineData("capacidad_inter_pbc_20250621.1", "1;21/06/2025;2;-3.056,0;0;", "1;21/06/2025;2;-3.056,0;5;", 4)]
    [InlineData("participants_bidding_zones.csv", "AAXRCTI,PT", "AAXRCTI,FR", 2)]
    [InlineData("participants_bidding_zones.csv", "AAXRGDL,PT", "AAXRCTI,PT", 3)]
    [InlineData("participants_bidding_zones.csv", "AAXRGDL,PT", "AAXRGDL,PT\r", 3)]
    public void Read_WithADamagedRow_NamesFileAndLine(string file, string found, string put, int line)
    {
        Copy(unpacked: true);
        var path = Path.Combine(copy.FullName, file);
        var text = File.ReadAllText(path, Encoding.Latin1);
        var place = text.IndexOf(found, StringComparison.Ordinal);
        Assert.True(place >= 0);
        File.WriteAllText(path, string.Concat(text.AsSpan(0, place), put, text.AsSpan(place + found.Length)), Encoding.Latin1);
        var fault = Assert.Throws<MarketDataException>(() => OmieDay.Read(copy.FullName));
        Assert.Equal(MarketDataException.DamagedFile, fault.Code);
        if (line > 0) Assert.Equal((file, line), (fault.File, fault.Line));
    }

    [Fact]
    public void Read_OfAFolderWithNothingKnown_IsAMissingFile()
    {
        Assert.Equal((MarketDataException.MissingFile, "day.csv"), Failure(copy.FullName));
        Assert.Equal((MarketDataException.MissingFile, "absent"), Failure(Path.Combine(copy.FullName, "absent")));

        static (string, string) Failure(string path)
        {
            var fault = Assert.Throws<MarketDataException>(() => MarketFolder.Read(path));
            return (fault.Code, fault.File);
        }
    }

    private void Copy(bool unpacked = false)
    {
        foreach (var path in Directory.EnumerateFiles(Shared.Find(Folder)!))
        {
            var target = Path.Combine(copy.FullName, Path.GetFileName(path));
            using var from = File.OpenRead(path);
            if (unpacked && path.EndsWith(".gz", StringComparison.Ordinal))
            {
                using var to = File.Create(target[..^3]);
                using var unpacking = new GZipStream(from, CompressionMode.Decompress);
                unpacking.CopyTo(to);
            }
            else
            {
                using var to = File.Create(target);
                from.CopyTo(to);
            }
        }
    }
}
