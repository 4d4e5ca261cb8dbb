using System.Text.Json;
using Counterfoil.Cryptography;

namespace Counterfoil.Client;

/// <summary>
/// Reading of answers: what a member must be is demanded, members that a later release adds are left aside.
/// </summary>
internal static class JsonText
{
    public static string? Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static string RequiredText(this JsonElement element, string name) => element.Text(name) ?? throw Missing(name);

    public static long RequiredNumber(this JsonElement element, string name) =>
        element.Number(name) ?? throw Missing(name);

    public static long? Number(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : null;

    public static JsonElement Required(this JsonElement element, string name, JsonValueKind kind) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == kind ? value : throw Missing(name);

    public static Digest<T> RequiredDigest<T>(this JsonElement element, string name) =>
        Digest<T>.TryParse(element.Text(name), out var digest) ? digest : throw Missing(name);

    public static byte[] RequiredBytes(this JsonElement element, string name) =>
        Base64Url.TryDecode(element.RequiredText(name), out var bytes) ? bytes : throw Missing(name);

    public static bool IsScalar(JsonElement value) =>
        value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    public static string OfScalar(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static NodeFaultException Missing(string name) => new($"The answer has no member {name} of the form that was expected.");
}
