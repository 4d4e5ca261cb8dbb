using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Counterfoil.Ledger.Execution;

/// <summary>A fact in the past tense that a handler recorded.</summary>
/// <param name="Type"><c>contract.happened</c>.</param>
/// <param name="Facts">Names and values, as the contract documents them.</param>
public sealed record LedgerEvent(string Type, IReadOnlyList<(string Name, string Value)> Facts)
{
    /// <summary>The value of a fact.</summary>
    /// <exception cref="KeyNotFoundException">The event has no such fact.</exception>
    public string this[string name]
    {
        get
        {
            foreach (var fact in Facts)
                if (fact.Name == name)
                    return fact.Value;
            throw new KeyNotFoundException($"{Type} has no fact {name}.");
        }
    }
}

/// <summary>
/// What became of a transaction or of due work, as the block commits to it. Its bytes are compact JSON with members in this order:
/// <c>status</c> (accepted, refused, done or failed), <c>code</c>, <c>facts</c>, <c>events</c>; empty ones are left out.
/// </summary>
public sealed class Outcome
{
    internal Outcome(string status, string? code, IReadOnlyList<(string Name, string Value)> facts, IReadOnlyList<LedgerEvent> events, byte[] bytes)
    {
        Status = status;
        Code = code;
        Facts = facts;
        Events = events;
        Bytes = bytes;
    }

    /// <summary><c>accepted</c> or <c>refused</c> for a transaction, <c>done</c> or <c>failed</c> for due work.</summary>
    public string Status { get; }

    /// <summary>True for <c>accepted</c> and <c>done</c>.</summary>
    public bool IsSuccess => Status is "accepted" or "done";

    /// <summary>The stable code of a refusal or failure; null otherwise.</summary>
    public string? Code { get; }

    /// <summary>The facts of a refusal.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; }

    /// <summary>What happened, in order; none where it was refused.</summary>
    public IReadOnlyList<LedgerEvent> Events { get; }

    /// <summary>The exact bytes under the block's root.</summary>
    public byte[] Bytes { get; }

    private static readonly byte[] PlainAccepted = """{"status":"accepted"}"""u8.ToArray();

    internal static Outcome Accepted(IReadOnlyList<LedgerEvent> events) => events.Count == 0
        ? new Outcome("accepted", null, [], [], PlainAccepted)
        : Build("accepted", null, [], events);

    internal static Outcome Refused(Refusal refusal) => Build("refused", refusal.Code, refusal.Facts, []);

    internal static Outcome Done(IReadOnlyList<LedgerEvent> events) => Build("done", null, [], events);

    internal static Outcome Failed(string code, IReadOnlyList<LedgerEvent> events) => Build("failed", code, [], events);

    private static Outcome Build(string status, string? code, IReadOnlyList<(string Name, string Value)> facts, IReadOnlyList<LedgerEvent> events)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteString("status"u8, status);
            if (code is not null)
                writer.WriteString("code"u8, code);
            if (facts.Count > 0)
            {
                writer.WriteStartObject("facts"u8);
                foreach (var (name, value) in facts)
                    writer.WriteString(name, value);
                writer.WriteEndObject();
            }
            if (events.Count > 0)
            {
                writer.WriteStartArray("events"u8);
                foreach (var happened in events)
                {
                    writer.WriteStartObject();
                    writer.WriteString("type"u8, happened.Type);
                    foreach (var (name, value) in happened.Facts)
                        writer.WriteString(name, value);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            writer.WriteEndObject();
        }
        return new Outcome(status, code, facts, events, buffer.WrittenSpan.ToArray());
    }

    /// <summary>Reads the bytes of an outcome back.</summary>
    /// <returns>False if they are not an outcome.</returns>
    public static bool TryParse(byte[] bytes, [NotNullWhen(true)] out Outcome? outcome)
    {
        outcome = null;
        try
        {
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 4, AllowDuplicateProperties = false });
            var root = document.RootElement;
            var status = root.GetProperty("status").GetString();
            if (status is not ("accepted" or "refused" or "done" or "failed"))
                return false;
            outcome = new Outcome(
                status,
                root.TryGetProperty("code", out var code) ? code.GetString() : null,
                root.TryGetProperty("facts", out var facts) ? [.. facts.EnumerateObject().Select(Fact)] : [],
                root.TryGetProperty("events", out var events) ? [.. events.EnumerateArray().Select(Event)] : [],
                bytes);
            return true;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return false;
        }
    }

    private static (string, string) Fact(JsonProperty property) => (property.Name, property.Value.GetString()!);

    private static LedgerEvent Event(JsonElement element) =>
        new(element.GetProperty("type").GetString()!, [.. element.EnumerateObject().Where(property => property.Name != "type").Select(Fact)]);
}
