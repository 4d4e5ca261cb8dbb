using System.Text.Json;
using System.Text.Json.Serialization;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>A period of a market day. Prices in EUR/MWh, volume in MW (with hours, also MWh).</summary>
/// <param name="Period">From 1.</param>
/// <param name="Zone">The zone whose published price it is compared with.</param>
/// <param name="Price">The price of the call; null where there is none.</param>
/// <param name="Published">The published price; null where the folder has none.</param>
/// <param name="Volume">What changed hands.</param>
public sealed record MarketDayPeriod(int Period, string Zone, decimal? Price, decimal? Published, decimal Volume);

/// <summary>How long the phases took, in seconds.</summary>
/// <param name="Seal">Enrolment, sealing, anchoring and delivery of all bids.</param>
/// <param name="Clear">Clearing of all periods by the engine, bids opened.</param>
/// <param name="Verify">Every participant's comparison of its records and check of its execution.</param>
/// <param name="Total">All of it, from the first key to the last comparison.</param>
public sealed record MarketDaySeconds(double Seal, double Clear, double Verify, double Total);

/// <summary>What became of a market day. Its JSON is an interface: names and order of the members are fixed.</summary>
/// <param name="Ok">True if every bid was taken and used, every record of every participant matches, and every execution is as the result says.</param>
/// <param name="Periods">The periods.</param>
/// <param name="Exact">In how many the price is the published one to the tick.</param>
/// <param name="Compared">How many have a published price.</param>
/// <param name="Mae">The mean absolute error in EUR/MWh, three decimals; null where nothing is compared.</param>
/// <param name="Participants">How many took part.</param>
/// <param name="Bids">How many bids were cleared.</param>
/// <param name="Records">The records that participants compared: bids and awards, and for each participant the result.</param>
/// <param name="Verified">How many of them match.</param>
/// <param name="Mismatched">How many do not.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record MarketDayResult(
    bool Ok, IReadOnlyList<MarketDayPeriod> Periods, int Exact, int Compared, decimal? Mae, int Participants, int Bids, int Records, int Verified, int Mismatched,
    MarketDaySeconds Seconds)
{
    /// <summary>Bytes of ciphertext and copies that went to vault and trading server.</summary>
    [JsonIgnore]
    public long Bytes { get; init; }

    /// <summary>Signatures that participants and operator made under records, anchors and transactions.</summary>
    [JsonIgnore]
    public long Signatures { get; init; }

    /// <summary>What did not hold, in a few words each, at most 100.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, MarketDayJson.Default.MarketDayResult);
}

/// <summary>How far a market day is.</summary>
/// <param name="Phase"><c>enrol</c>, <c>bid</c>, <c>open</c>, <c>verify</c>.</param>
/// <param name="Done">How many are done.</param>
/// <param name="Total">Of how many.</param>
public readonly record struct MarketDayProgress(string Phase, int Done, int Total);

/// <summary>How a market day is run.</summary>
public sealed record MarketDayOptions
{
    /// <summary>Which of the day's steps take part.</summary>
    public Exchanges.OrderSelection Orders { get; init; } = Exchanges.OrderSelection.All;

    /// <summary>Where the participants' key stores are kept.</summary>
    public required string Folder { get; init; }

    /// <summary>How many participants act at one time, 1 to 256.</summary>
    public int Concurrency { get; init; } = 24;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MarketDayResult))]
internal sealed partial class MarketDayJson : JsonSerializerContext;
