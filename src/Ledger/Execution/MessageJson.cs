using System.Text.Json;
using System.Text.Json.Serialization;

namespace Counterfoil.Ledger.Execution;

/// <summary>
/// The JSON rules for messages: unknown, duplicate and missing members refused, case matters, null only where the type allows it. A contract's
/// <see cref="JsonSerializerContext"/> is built on these options: <c>new MessagesContext(MessageJson.NewOptions())</c>.
/// </summary>
public static class MessageJson
{
    /// <summary>The deepest nesting in a message.</summary>
    public const int MaximumDepth = 24;

    /// <summary>Fresh options with the strict rules; snake_case member names.</summary>
    public static JsonSerializerOptions NewOptions() => new(JsonSerializerOptions.Strict)
    {
        MaxDepth = MaximumDepth,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
