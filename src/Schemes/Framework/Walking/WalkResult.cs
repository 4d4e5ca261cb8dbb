using System.Text.Json;
using System.Text.Json.Serialization;

namespace Counterfoil.Schemes.Walking;

/// <summary>What became of a walk. Its JSON is an interface: names and order of the members are fixed.</summary>
/// <param name="Id">The scheme's id.</param>
/// <param name="Slug">The scheme's slug.</param>
/// <param name="Ok">True if every step and every refusal is.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Steps">The steps, those after a failed one not ok.</param>
/// <param name="Refusals">The refusals.</param>
/// <param name="Ledger">How far the ledger came.</param>
public sealed record WalkResult(
    string Id, string Slug, bool Ok, double Seconds, IReadOnlyList<WalkStepResult> Steps, IReadOnlyList<WalkRefusalResult> Refusals, WalkLedger Ledger)
{
    /// <summary>Why steps or refusals failed, for people.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Failures { get; init; } = [];

    /// <summary>The messages that went to and fro.</summary>
    [JsonIgnore]
    public IReadOnlyList<RecordedMessage> Messages { get; init; } = [];

    /// <summary>One line of JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, WalkJson.Default.WalkResult);

    /// <summary>Several walks as one line of JSON, an array.</summary>
    public static string ToJson(IReadOnlyList<WalkResult> results) => JsonSerializer.Serialize(results, WalkJson.Default.IReadOnlyListWalkResult);
}

/// <summary>What became of a step.</summary>
/// <param name="N">Its number, from 1.</param>
/// <param name="From">Who acted.</param>
/// <param name="To">Who was acted upon.</param>
/// <param name="Name">What happened.</param>
/// <param name="Ok">True if it did.</param>
public sealed record WalkStepResult(int N, string From, string To, string Name, bool Ok);

/// <summary>What became of an attempt that must be refused.</summary>
/// <param name="Name">What was tried.</param>
/// <param name="Expected">The code that must come back.</param>
/// <param name="Got">The code that came back; null where nothing was refused.</param>
/// <param name="StateUnchanged">True if no table but those of replay and randomness differs.</param>
/// <param name="Effects">The accepted side effects.</param>
/// <param name="Ok">True if the code is the expected one and the state unchanged but for the effects.</param>
public sealed record WalkRefusalResult(string Name, string Expected, string? Got, bool StateUnchanged, IReadOnlyList<string> Effects, bool Ok);

/// <summary>How far the ledger came.</summary>
/// <param name="Height">The last height.</param>
/// <param name="Transactions">Leaves in all blocks.</param>
public sealed record WalkLedger(long Height, long Transactions);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WalkResult))]
[JsonSerializable(typeof(IReadOnlyList<WalkResult>))]
[JsonSerializable(typeof(IReadOnlyList<RecordedMessage>))]
internal sealed partial class WalkJson : JsonSerializerContext;
