using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Tools;

/// <summary>An event in an outcome: its type and its facts in order.</summary>
internal sealed record StoredEvent(string Type, IReadOnlyList<(string Name, string Value)> Facts)
{
    public string? Find(string name) => Facts.FirstOrDefault(fact => fact.Name == name).Value;
}

/// <summary>What became of a leaf.</summary>
internal sealed record StoredOutcome(
    string Status, string? Code, IReadOnlyList<(string Name, string Value)> Facts,
    IReadOnlyList<StoredEvent> Events)
{
    private const int LargestOutcome = 64 << 20;
    private static readonly string[] Order = ["status", "code", "facts", "events"];

    /// <summary>True for accepted transactions and finished due work.</summary>
    public bool IsSuccess => Status is "accepted" or "done";

    /// <summary>Reads an outcome; null if it has not the form of one.</summary>
    public static StoredOutcome? Read(byte[] bytes, bool isDueWork)
    {
        if (!StrictJson.TryParseObject(bytes, out var document, LargestOutcome) || !IsOrdered(document))
            return null;
        var members = new StrictMembers(document);
        var status = members.Text("status");
        var code = members.Optional("code");
        var facts = members.Optional("facts");
        var events = members.Array("events", isOptional: true);
        var isFailure = status is "refused" or "failed";
        var isWhole = members.AreExact
            && (isDueWork ? status is "done" or "failed" : status is "accepted" or "refused")
            && isFailure == code.HasValue && (code is null || code.Value.ValueKind == JsonValueKind.String)
            && (facts is null || status == "refused" && TextsOf(facts.Value) is { Count: > 0 })
            && (events.Count == 0 || status != "refused");
        if (!isWhole)
            return null;
        var happened = events.Select(ReadEvent).ToArray();
        return Array.Exists(happened, read => read is null)
            ? null
            : new StoredOutcome(status, code?.GetString(), facts is { } named ? TextsOf(named)!
            : [], happened!);
    }

    private static bool IsOrdered(JsonElement document)
    {
        var at = -1;
        foreach (var member in document.EnumerateObject())
        {
            var place = Array.IndexOf(Order, member.Name);
            if (place <= at)
                return false;
            at = place;
        }
        return true;
    }

    private static StoredEvent? ReadEvent(JsonElement element) =>
        TextsOf(element) is [("type", var type), .. var facts] ? new StoredEvent(type, facts) : null;

    private static List<(string Name, string Value)>? TextsOf(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            return null;
        var texts = new List<(string, string)>();
        foreach (var member in element.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.String)
                return null;
            texts.Add((member.Name, member.Value.GetString()!));
        }
        return texts;
    }
}
