using System.CommandLine;
using System.Globalization;
using Counterfoil.Host.Composition;
using Counterfoil.Host.Roles;
using Counterfoil.Ledger;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

namespace Counterfoil.Host.Cli;

/// <summary><c>market-day</c>: a whole day of a power exchange, from sealed bids to awards that every bidder checked for itself.</summary>
internal sealed class MarketDayCommand : CliCommand
{
    private const int ShownFailures = 10;

    private readonly Argument<DirectoryInfo?> folder = new("FOLDER")
    {
        Description = "The files of a day (default: an example day of 40 participants)", Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string> orders = new("--orders")
    {
        Description = "all: every order as a simple one; simple: without block orders and offers with a minimum income", DefaultValueFactory = _ => "all",
    };
    private readonly Option<DirectoryInfo?> home = CommonOptions.Home("Keep ledger, vault and keys in this folder, which must be new (default: a temporary one)");
    private readonly Option<bool> exit = new("--exit") { Description = "End afterwards instead of going on serving" };

    public MarketDayCommand()
        : base("market-day", "Take a trading day of a power exchange through the ledger")
    {
        orders.AcceptOnlyFromAmong("all", "simple");
        Arguments.Add(folder);
        Options.Add(orders);
        Options.Add(home);
        Options.Add(exit);
    }

    protected override async Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        var day = parsed.GetValue(folder) is { } files ? MarketFolder.Read(files.FullName) : MarketFolder.ReadExample();
        var given = parsed.GetValue(home)?.FullName;
        if (given is not null && Directory.Exists(given) && Directory.EnumerateFileSystemEntries(given).Any())
            throw new CliException("home_not_empty", $"{given} is not empty; a market day begins with a new ledger.");
        var path = given ?? Directory.CreateTempSubdirectory("counterfoil-day-").FullName;
        try
        {
            return await RunAsync(day, path, parsed, terminal, cancellation).ConfigureAwait(false);
        }
        finally
        {
            terminal.EndProgress();
            if (given is null)
                Directory.Delete(path, recursive: true);
        }
    }

    private async Task<int> RunAsync(MarketDay day, string path, ParseResult parsed, Terminal terminal, CancellationToken cancellation)
    {
        terminal.WriteLine($"{day.Source}, delivery on {day.Date:yyyy-MM-dd}, {day.Periods} periods of {day.PeriodMinutes} minutes");
        var options = new NodeOptions
        {
            Home = path,
            Name = $"market day {day.Date:yyyy-MM-dd}",
            Sandbox = true,
            // Trade is over on the day before delivery.
            SandboxStart = new Timestamp(new DateTimeOffset(day.Date.AddDays(-1).ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).ToUnixTimeMilliseconds()),
            Schemes = BuiltSchemes.Create(),
        };
        await using var walk = await SchemeWalk.OpenAsync(options, path, cancellation).ConfigureAwait(false);
        var selection = parsed.GetValue(orders) == "simple" ? OrderSelection.Simple : OrderSelection.All;
        var result = await MarketDayRunner.RunAsync(
            day, new MarketDayOptions { Orders = selection, Folder = Path.Combine(path, "participants") }, new ProgressLine(terminal), walk, cancellation)
            .ConfigureAwait(false);
        terminal.EndProgress();
        Report(result, terminal);
        if (terminal.IsJson)
            terminal.WriteRaw(result.ToJson());
        foreach (var failure in result.Failures.Take(ShownFailures))
            terminal.WriteNote($"counterfoil: {failure.ReplaceLineEndings(" ")} (market_day_failed)");
        if (!parsed.GetValue(exit))
        {
            ServeCommand.Announce(terminal, walk.Node);
            await ServeCommand.WaitAsync(cancellation).ConfigureAwait(false);
        }
        return result.Ok ? Succeeded : Failed;
    }

    private static void Report(MarketDayResult result, Terminal terminal)
    {
        // A day that never was has no published prices.
        var isCompared = result.Compared > 0;
        terminal.WriteTable(
            [
                ("period", true), ("zone", false), ("price EUR/MWh", true),
                .. isCompared ? ((string, bool)[])[("published EUR/MWh", true), ("difference EUR/MWh", true)] : [],
                ("volume MWh", true),
            ],
            result.Periods.Select(period => (IReadOnlyList<string>)
            [
                period.Period.ToString(CultureInfo.InvariantCulture), period.Zone, Price(period.Price),
                .. isCompared ? (string[])[Price(period.Published), Difference(period)] : [],
                period.Volume.ToString("N1", CultureInfo.InvariantCulture),
            ]));
        if (isCompared)
            terminal.WriteLine(
                $"{result.Exact} of {result.Compared} prices are the published ones, mean absolute error {result.Mae?.ToString("0.000", CultureInfo.InvariantCulture)} EUR/MWh");
        terminal.WriteLine(
            $"{Terminal.Number(result.Participants)} participants, {Terminal.Number(result.Bids)} sealed bids, {Terminal.Number(result.Bytes)} bytes sealed, "
            + $"{Terminal.Number(result.Signatures)} signatures");
        terminal.WriteLine(
            $"{Terminal.Number(result.Verified)} of {Terminal.Number(result.Records)} records verified by their owners, {Terminal.Number(result.Mismatched)} mismatched");
        terminal.WriteLine(
            $"Seconds: seal {Seconds(result.Seconds.Seal)}, clear {Seconds(result.Seconds.Clear)}, verify {Seconds(result.Seconds.Verify)}, total {Seconds(result.Seconds.Total)}");
        terminal.WriteLine(result.Ok ? "Every participant found its records and its execution as they should be." : "Not everything is as it should be.");
    }

    private static string Difference(MarketDayPeriod period) =>
        period is { Price: { } price, Published: { } published } ? (price - published).ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture) : "";

    private static string Price(decimal? price) => price?.ToString("0.00", CultureInfo.InvariantCulture) ?? "";

    private static string Seconds(double seconds) => seconds.ToString("0.0", CultureInfo.InvariantCulture);

    private sealed class ProgressLine(Terminal terminal) : IProgress<MarketDayProgress>
    {
        private readonly Lock gate = new();
        private long shownAt;

        public void Report(MarketDayProgress value)
        {
            lock (gate)
            {
                if (value.Done != 0 && Environment.TickCount64 - shownAt < 100)
                    return;
                shownAt = Environment.TickCount64;
                var what = value.Phase switch
                {
                    "enrol" => "Making keys of participant", "bid" => "Sealing bid", "open" => "Opening and clearing bid", "verify" => "Checking participant", _ => value.Phase,
                };
                terminal.ShowProgress($"{what} {Terminal.Number(value.Done)} of {Terminal.Number(value.Total)}");
            }
        }
    }
}
