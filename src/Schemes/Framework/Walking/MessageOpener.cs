using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Counterfoil.Cryptography;

namespace Counterfoil.Schemes.Walking;

/// <summary>
/// Opens what travels for showing: signed documents down to their payloads, encrypted ones down to their headers. It has no keys, so nothing that is
/// encrypted on the line is shown in the clear.
/// </summary>
internal static class MessageOpener
{
    /// <summary>The largest content that is shown, in bytes; of larger ones kind and size are kept.</summary>
    public const int MaximumShownBytes = 64 * 1024;

    private const int MaximumDepth = 8;
    private const string Withheld = "(not recorded)";

    // Names under which roles and the kernel carry what must not be kept, even where the line is local.
    private static readonly HashSet<string> SecretNames =
        ["pin", "passphrase", "password", "secret", "private_key", "access_token", "refresh_token", "token", "salt", "d", "k"];

    public static RecordedContent? Open(ReadOnlySpan<byte> content, string? mediaType)
    {
        if (content.IsEmpty)
            return null;
        var isText = IsText(content);
        var text = isText ? Encoding.UTF8.GetString(content) : "";
        var kind = !isText ? "bytes" : KindOf(text, mediaType);
        var decoded = content.Length > MaximumShownBytes || !isText ? null : Decode(text, kind);
        return new RecordedContent(kind, content.Length, decoded);
    }

    private static string KindOf(string text, string? mediaType) =>
        IsCompact(text, 3) ? "jws"
        : IsCompact(text, 5) ? "jwe"
        : text.StartsWith('{') && text.Contains("\"ciphertext\"", StringComparison.Ordinal) && mediaType != "application/json" ? "jwe"
        : text.StartsWith('{') || text.StartsWith('[') ? "json" : "text";

    private static JsonNode? Decode(string text, string kind) =>
        kind == "text" ? text : TryParse(text) is { } json ? OpenNode(json, 0) : OpenText(text, 0);

    private static JsonNode? OpenNode(JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject json:
                var opened = new JsonObject();
                foreach (var (name, value) in json)
                    opened[name] = SecretNames.Contains(name) ? Withheld
                        : name is "protected" or "payload" && value is JsonValue coded && coded.TryGetValue<string>(out var text) && depth < MaximumDepth
                            ? Part(text, depth) : OpenNode(value, depth);
                return opened;
            case JsonArray array:
                return new JsonArray([.. array.Select(item => OpenNode(item, depth))]);
            case JsonValue value when value.TryGetValue<string>(out var text):
                return OpenText(text, depth);
            default:
                return node?.DeepClone();
        }
    }

    private static JsonNode? OpenText(string text, int depth)
    {
        if (depth >= MaximumDepth)
            return text;
        if (IsCompact(text, 3))
        {
            var parts = text.Split('.');
            return new JsonObject { ["header"] = Part(parts[0], depth), ["payload"] = Part(parts[1], depth), ["signature"] = parts[2] };
        }
        if (IsCompact(text, 5))
            return new JsonObject { ["header"] = Part(text[..text.IndexOf('.', StringComparison.Ordinal)], depth), ["size"] = text.Length };
        return text;
    }

    /// <summary>A part in base64url: JSON where it is JSON, else its text.</summary>
    private static JsonNode? Part(string text, int depth) =>
        Base64Url.TryDecode(text, out var bytes) && IsText(bytes) && TryParse(Encoding.UTF8.GetString(bytes)) is { } json
            ? OpenNode(json, depth + 1) : text;

    // A header begins with {" and therefore with eyJ in base64url.
    private static bool IsCompact(string text, int parts) =>
        text.StartsWith("eyJ", StringComparison.Ordinal) && text.Count(letter => letter == '.') == parts - 1
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    private static bool IsText(ReadOnlySpan<byte> bytes) => System.Text.Unicode.Utf8.IsValid(bytes) && !bytes.Contains((byte)0);

    private static JsonNode? TryParse(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
