using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Counterfoil.Contracts.Exchange;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

/// <summary>
/// Reads a market day in our own format: comma-separated UTF-8 without quoting, lines ended by LF, a heading
/// line each, decimal point. It is described, with an example, in <c>ExampleDay/README.md</c>. <c>day.csv</c>
/// names the number of rows of the other files, so that a cut file is noticed.
/// </summary>
public static class PlainDay
{
    internal const string DayFile = "day.csv";
    private const string UnitsFile = "units.csv";
    private const string OffersFile = "offers.csv";
    private const string ExchangesFile = "exchanges.csv";
    private const string PricesFile = "prices.csv";
    private const string Format = "counterfoil-market-day-1";
    private const int MaximumRows = 10_000_000;
    private const int PriceDecimals = 2;
    private const long WidestPrice = 999_900;
    private const long MaximumQuantity = 99_999_999;

    private static readonly string[] Keys =
    [
        "format", "date", "time_zone", "period_minutes", "periods", "price_tick", "quantity_tick", "price_minimum", "price_maximum",
        "units_rows", "offers_rows", "exchanges_rows", "prices_rows",
    ];

    /// <summary>Reads the day in a folder.</summary>
    /// <exception cref="MarketDataException">A file is missing, or a file or row is damaged.</exception>
    public static MarketDay Read(string folder) => Read(MarketFiles.OfFolder(folder));

    internal static bool Recognises(MarketFiles files) => files.Names.Contains(DayFile);

    internal static MarketDay Read(MarketFiles files)
    {
        var head = Head(files.Lines(DayFile, Encoding.UTF8, "\n"));
        var units = Units(files, head);
        var quantityDecimals = head["quantity_tick"].Value switch
        {
            "0.1" => 1,
            "0.001" => 3,
            _ => throw head["quantity_tick"].Line.Damaged("a quantity tick is 0.1 or 0.001"),
        };
        var periods = Number(head, "periods", 1, 100);
        var zones = units.Values.Select(unit => unit.Zone).Distinct().Order(StringComparer.Ordinal).ToImmutableArray();
        var day = new MarketDay
        {
            Source = Format,
            Date = Date(head["date"]),
            TimeZone = head["time_zone"].Value,
            Periods = periods,
            PeriodMinutes = Number(head, "period_minutes", 15, 60),
            PriceTick = 0.01m,
            QuantityTick = quantityDecimals == 1 ? 0.1m : 0.001m,
            MinimumPrice = Limit(head, "price_minimum"),
            MaximumPrice = Limit(head, "price_maximum"),
            Zones = zones,
            Offers = [],
            Exchanges = [],
            Published = [],
        };
        if (day.PeriodMinutes is not (15 or 60) || periods * day.PeriodMinutes is not (1_380 or 1_440 or 1_500))
            throw head["periods"].Line.Damaged("the periods do not make a day");
        if (head["price_tick"].Value != "0.01") throw head["price_tick"].Line.Damaged("the price tick is 0.01");
        if (day.MinimumPrice >= day.MaximumPrice)
            throw head["price_maximum"].Line.Damaged("the limits of the price are exchanged");
        return day with
        {
            Offers = Offers(Rows(files, head, OffersFile, "unit,side,period,price,quantity"), units, day, quantityDecimals),
            Exchanges = Exchanges(Rows(files, head, ExchangesFile, "border,period,quantity"), periods, quantityDecimals),
            Published = Prices(Rows(files, head, PricesFile, "zone,period,price"), day),
        };
    }

    private static Dictionary<string, (string Value, DataLine Line)> Head(IReadOnlyList<DataLine> lines)
    {
        var head = new Dictionary<string, (string Value, DataLine Line)>(StringComparer.Ordinal);
        if (lines[0].Text != "key,value") throw lines[0].Damaged("the heading is another");
        foreach (var line in lines.Skip(1))
        {
            var fields = line.Fields(',', 2);
            if (!Keys.Contains(fields[0])) throw line.Damaged("an unknown key");
            if (!head.TryAdd(fields[0], (fields[1], line))) throw line.Damaged("the key was there before");
        }
        if (Keys.FirstOrDefault(key => !head.ContainsKey(key)) is { } absent)
            throw MarketFiles.Damaged(DayFile, $"{absent} is missing");
        return head["format"].Value == Format ? head : throw head["format"].Line.Damaged($"the format is not {Format}");
    }

    private static DateOnly Date((string Value, DataLine Line) item) =>
        DateOnly.TryParseExact(item.Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date
            : throw item.Line.Damaged("not a date");

    private static int Number(Dictionary<string, (string Value, DataLine Line)> head, string key, int least, int most) =>
        head[key].Line.Integer(head[key].Value, least, most, key);

    private static long Limit(Dictionary<string, (string Value, DataLine Line)> head, string key) =>
        head[key].Line.Ticks(head[key].Value, PriceDecimals, -WidestPrice, WidestPrice, key);

    private static List<DataLine> Rows(
        MarketFiles files, Dictionary<string, (string Value, DataLine Line)> head, string file, string heading)
    {
        var lines = files.Lines(file, Encoding.UTF8, "\n");
        if (lines[0].Text != heading) throw lines[0].Damaged("the heading is another");
        var expected = Number(head, Path.GetFileNameWithoutExtension(file) + "_rows", 0, MaximumRows);
        return lines.Count - 1 == expected
            ? [.. lines.Skip(1)]
            : throw MarketFiles.Damaged(file, $"{lines.Count - 1} rows instead of {expected}");
    }

    private static Dictionary<string, (string Name, string Zone)> Units(
        MarketFiles files, Dictionary<string, (string Value, DataLine Line)> head)
    {
        var units = new Dictionary<string, (string, string)>(StringComparer.Ordinal);
        foreach (var line in Rows(files, head, UnitsFile, "unit,name,technology,zone"))
        {
            var fields = line.Fields(',', 4);
            if (fields.Any(field => field.Length == 0 || field != field.Trim()))
                throw line.Damaged("a field is empty or has blanks around it");
            if (!units.TryAdd(fields[0], (fields[1], fields[3]))) throw line.Damaged("the unit was there before");
        }
        return units;
    }

    private static ImmutableArray<MarketOffer> Offers(
        List<DataLine> lines, Dictionary<string, (string Name, string Zone)> units, MarketDay day, int quantityDecimals)
    {
        var offers = new Dictionary<(string Unit, MarketSide Side), ImmutableArray<OfferStep>.Builder>();
        foreach (var line in lines)
        {
            var fields = line.Fields(',', 5);
            if (!units.ContainsKey(fields[0])) throw line.Damaged("the unit is not known");
            var side = fields[1] switch
            {
                "buy" => MarketSide.Buy,
                "sell" => MarketSide.Sell,
                _ => throw line.Damaged("neither buy nor sell"),
            };
            if (!offers.TryGetValue((fields[0], side), out var steps))
                offers[(fields[0], side)] = steps = ImmutableArray.CreateBuilder<OfferStep>();
            steps.Add(new OfferStep(
                line.Integer(fields[2], 1, day.Periods, "the period") - 1, 0, 0,
                line.Ticks(fields[3], PriceDecimals, day.MinimumPrice, day.MaximumPrice, "the price"),
                line.Ticks(fields[4], quantityDecimals, 1, MaximumQuantity, "the quantity"), 0, 0));
        }
        return
        [
            .. offers.Select(offer => new MarketOffer
            {
                Unit = offer.Key.Unit,
                Name = units[offer.Key.Unit].Name,
                Side = offer.Key.Side,
                Zone = units[offer.Key.Unit].Zone,
                HasMinimumIncome = false,
                Steps = offer.Value.ToImmutable(),
            }),
        ];
    }

    private static ImmutableArray<FixedExchange> Exchanges(List<DataLine> lines, int periods, int quantityDecimals) =>
    [
        .. Series(lines, periods, (line, text) =>
                line.Ticks(text, quantityDecimals, -MaximumQuantity, MaximumQuantity, "the quantity"))
            .Select(series => new FixedExchange(series.Name, series.Values)),
    ];

    private static ImmutableArray<PublishedPrices> Prices(List<DataLine> lines, MarketDay day) =>
    [
        .. Series(lines, day.Periods, (line, text) =>
                line.Ticks(text, PriceDecimals, day.MinimumPrice, day.MaximumPrice, "the price"))
            .Select(series => day.Zones.Contains(series.Name)
                ? new PublishedPrices(series.Name, series.Values)
                : throw MarketFiles.Damaged(PricesFile, $"no unit is in the zone {series.Name}")),
    ];

    /// <summary>Named rows of a value for each period, all periods in order, one name after the
    /// other.</summary>
    private static IEnumerable<(string Name, ImmutableArray<long> Values)> Series(
        List<DataLine> lines, int periods, Func<DataLine, string, long> value)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (lines.Count % periods != 0) throw lines[^1].Damaged("not a row for each period");
        foreach (var rows in lines.Chunk(periods))
        {
            var name = rows[0].Fields(',', 3)[0];
            if (name.Length == 0 || !names.Add(name)) throw rows[0].Damaged("the name is empty or was there before");
            var values = ImmutableArray.CreateBuilder<long>(periods);
            foreach (var row in rows)
            {
                var fields = row.Fields(',', 3);
                if (fields[0] != name) throw row.Damaged("another name before all periods of the last");
                row.Integer(fields[1], values.Count + 1, values.Count + 1, "the period");
                values.Add(value(row, fields[2]));
            }
            yield return (name, values.MoveToImmutable());
        }
    }
}
