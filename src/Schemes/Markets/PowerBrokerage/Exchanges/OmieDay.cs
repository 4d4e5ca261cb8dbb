using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>
/// Reads a day of the Iberian day-ahead market as OMIE publishes it, strictly: a row that is not what the
/// format says is named and nothing is read.
/// <para>
/// Files, of one day (yyyymmdd), each with a version after the date, packed by gzip or not: <c>CAB_</c>
/// (headers of the offers, Latin-1, 94 columns), <c>DET_</c> (steps, 60 columns), <c>marginalpdbc_</c>
/// (prices of Portugal and Spain), <c>capacidad_inter_pbc_</c> (borders after the clearing, decimal comma,
/// imports negative); and <c>participants_bidding_zones.csv</c> (unit, ES or PT), which is not OMIE's.
/// </para>
/// <para>
/// Interpretation, by which one pooled zone meets the published Spanish prices of 21 June 2025 with a mean
/// absolute error of 12.518 EUR/MWh and 4 of 24 hours exact (<see cref="OrderSelection.All"/>), or 1.807 and
/// 9 (<see cref="OrderSelection.Simple"/>): both zones are pooled; only the exchange with France (border 3)
/// is fixed, the import as a sale at −500, the export as a purchase at 4,000 EUR/MWh. Exchanges with Andorra
/// and Morocco are left alone: with them fixed too the errors are 11.244 and 2.928, and hours exact 4 and 4.
/// A block row is one whose block number is not 0; every row of an exclusive group is one. "Simple" leaves
/// out block rows, not the simple rows of an offer that also has blocks (leaving these out too gives 2.055),
/// and whole offers whose fixed term of the minimum income condition is not 0. A minimum acceptance volume
/// (401 simple rows) is read and disregarded. Prices are ticks of 0.01 EUR/MWh, quantities of 0.1 MWh; every
/// row is a whole number of both. The price is the rounded midpoint of the call market.
/// </para>
/// </summary>
public static partial class OmieDay
{
    private const int PriceDecimals = 2;
    private const int QuantityDecimals = 1;
    private const long MinimumPrice = -50_000;
    private const long MaximumPrice = 400_000;
    private const long MaximumQuantity = 99_999_999;
    private const int France = 3;
    private const string ZonesFile = "participants_bidding_zones.csv";

    /// <summary>Portugal, France, Andorra, Morocco.</summary>
    private static readonly int[] Borders = [2, 3, 4, 5];

    /// <summary>Reads the day in a folder.</summary>
    /// <exception cref="MarketDataException">A file is missing, or a file or row is damaged.</exception>
    public static MarketDay Read(string folder) => Read(MarketFiles.OfFolder(folder));

    internal static bool Recognises(MarketFiles files) =>
        files.Names.Any(name => OmieName().IsMatch(name) || name == ZonesFile);

    internal static MarketDay Read(MarketFiles files)
    {
        var details = Find(files, "DET", null);
        var day = OmieName().Match(details).Groups["day"].Value;
        if (!DateOnly.TryParseExact(day, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date))
            throw MarketFiles.Damaged(details, "its name has no date");
        var published = Prices(files.Lines(Find(files, "marginalpdbc", day), Encoding.Latin1, "\r\n"), date);
        var periods = published[0].Prices.Length;
        var zones = ZonesOfUnits(files.Lines(ZonesFile, Encoding.UTF8, "\n"));
        var headers = OmieOffers.Headers(files.Lines(Find(files, "CAB", day), Encoding.Latin1, "\r\n"), zones);
        var france = Exchange(files.Lines(Find(files, "capacidad_inter_pbc", day), Encoding.Latin1, "\r\n"), date, periods);
        return new MarketDay
        {
            Source = $"OMIE {date:yyyy-MM-dd}",
            Date = date,
            TimeZone = "Europe/Madrid",
            Periods = periods,
            PeriodMinutes = periods < 92 ? 60 : 15,
            PriceTick = 0.01m,
            QuantityTick = 0.1m,
            MinimumPrice = MinimumPrice,
            MaximumPrice = MaximumPrice,
            Zones = ["ES", "PT"],
            Offers = OmieOffers.Read(headers, files.Lines(details, Encoding.Latin1, "\r\n"), periods),
            Exchanges = [new FixedExchange("FR", france)],
            Published = published,
        };
    }

    internal static long Price(DataLine line, string text) =>
        line.Ticks(text, PriceDecimals, MinimumPrice, MaximumPrice, "the price");

    internal static long Quantity(DataLine line, string text, long least) =>
        line.Ticks(text, QuantityDecimals, least, MaximumQuantity, "the quantity");

    private static string Find(MarketFiles files, string kind, string? day)
    {
        var found = files.Names.Where(name => OmieName().Match(name) is { Success: true } match
            && match.Groups["kind"].Value == kind && (day is null || match.Groups["day"].Value == day)).ToList();
        var wanted = $"{kind}_{day ?? "yyyymmdd"}.1";
        return found.Count switch
        {
            0 => throw MarketFiles.Missing(wanted),
            1 => found[0],
            _ => throw MarketFiles.Damaged(found[1], "there are two files of this kind"),
        };
    }

    private static ImmutableArray<PublishedPrices> Prices(IReadOnlyList<DataLine> lines, DateOnly date)
    {
        if (lines[0].Text != "MARGINALPDBC;") throw lines[0].Damaged("the heading is not MARGINALPDBC");
        if (lines[^1].Text != "*") throw lines[^1].Damaged("the closing line with a star is missing");
        var portugal = ImmutableArray.CreateBuilder<long>();
        var spain = ImmutableArray.CreateBuilder<long>();
        foreach (var line in lines.Skip(1).SkipLast(1))
        {
            var fields = line.Fields(';', 7);
            if ($"{fields[0]}-{fields[1]}-{fields[2]}" != date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))
                throw line.Damaged("the row is of another day");
            line.Integer(fields[3], spain.Count + 1, spain.Count + 1, "the period");
            portugal.Add(Price(line, fields[4]));
            spain.Add(Price(line, fields[5]));
            if (fields[6].Length > 0) throw line.Damaged("something follows the prices");
        }
        if (spain.Count is not (23 or 24 or 25 or 92 or 96 or 100))
            throw lines[^1].Damaged($"a day of {spain.Count} periods");
        return [new PublishedPrices("ES", spain.ToImmutable()), new PublishedPrices("PT", portugal.ToImmutable())];
    }

    private static Dictionary<string, string> ZonesOfUnits(IReadOnlyList<DataLine> lines)
    {
        if (lines[0].Text != "id_unidad,cat_bidding_zone") throw lines[0].Damaged("the heading is another");
        var zones = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Fields(',', 2);
            if (fields[0].Length == 0 || fields[1] is not ("ES" or "PT")) throw line.Damaged("not a unit and ES or PT");
            if (!zones.TryAdd(fields[0], fields[1])) throw line.Damaged("the unit was there before");
        }
        return zones;
    }

    /// <summary>The use of the French border for each period, imports negative.</summary>
    private static ImmutableArray<long> Exchange(IReadOnlyList<DataLine> lines, DateOnly date, int periods)
    {
        if (lines.Count < 4 || !lines[0].Text.StartsWith("OMIE - Mercado de electricidad;", StringComparison.Ordinal))
            throw lines[0].Damaged("the heading is another");
        if (lines[1].Text.Length > 0 || !lines[2].Text.StartsWith("Periodo;Fecha;Frontera;", StringComparison.Ordinal))
            throw lines[2].Damaged("the row of column names is another");
        if (lines[^1].Text.AsSpan().ContainsAnyExcept(';')) throw lines[^1].Damaged("the empty closing row is missing");
        var uses = new Dictionary<(int Period, int Border), long>();
        foreach (var line in lines.Skip(3).SkipLast(1))
        {
            var fields = line.Fields(';', 10);
            var period = line.Integer(fields[0], 1, periods, "the period");
            var border = line.Integer(fields[2], Borders[0], Borders[^1], "the border");
            if (fields[1] != date.ToString("dd/MM/yyyy", CultureInfo.InvariantCulture))
                throw line.Damaged("the row is of another day");
            var numbers = fields[3..9].Select(field =>
                line.CommaTicks(field, QuantityDecimals, -MaximumQuantity, MaximumQuantity, "a quantity")).ToArray();
            var (import, export) = (numbers[1], numbers[4]);
            if (import > 0 || export < 0 || fields[9].Length > 0)
                throw line.Damaged("an import is positive, or an export negative");
            if (!uses.TryAdd((period, border), import + export))
                throw line.Damaged("this period and border were there before");
        }
        if (uses.Count != periods * Borders.Length)
            throw lines[^1].Damaged($"{uses.Count} rows instead of one for each period and border");
        return [.. Enumerable.Range(1, periods).Select(period => uses[(period, France)])];
    }

    [GeneratedRegex(
        @"^(?<kind>CAB|DET|marginalpdbc|capacidad_inter_pbc)_(?<day>[0-9]{8})\.[0-9]{1,2}(\.gz)?$",
        RegexOptions.ExplicitCapture)]
    private static partial Regex OmieName();
}
