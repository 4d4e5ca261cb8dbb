using System.Globalization;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Tools;

/// <summary>
/// Reads a JSON object of which every member must be asked for. What is missing, of another form, or left
/// over shows in <see cref="AreExact"/>. Duplicates were refused when the document was parsed.
/// </summary>
internal sealed class StrictMembers(JsonElement element)
{
    private readonly int present = element.ValueKind == JsonValueKind.Object ? element.GetPropertyCount()
        : -1;
    private int read;
    private bool failed;

    public bool AreExact => !failed && read == present;

    public JsonElement? Optional(string name)
    {
        if (present < 0 || !element.TryGetProperty(name, out var value))
            return null;
        read++;
        return value;
    }

    public JsonElement Element(string name) => Optional(name) ?? Fail<JsonElement>(default);

    /// <summary>A string without escapes, so that it is read the same by everybody.</summary>
    public string Text(string name) => TextOf(Element(name), mayEscape: false);

    public string AnyText(string name) => TextOf(Element(name), mayEscape: true);

    public long Integer(
        string name, long minimum, long maximum) => IntegerOf(Element(name), minimum, maximum);

    public long Integer(string name, long minimum, long maximum, long absent) =>
        Optional(name) is { } value ? IntegerOf(value, minimum, maximum) : absent;

    public bool Flag(string name, bool? absent = null)
    {
        if (Optional(name) is not { } value)
            return absent ?? Fail(false);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.ValueKind == JsonValueKind.True : Fail(false);
    }

    public Hash Hash(
        string name) => Digest<Stored>.TryParse(AnyText(name), out var hash) ? hash : Fail<Hash>(default);

    public Hash? OptionalHash(string name)
    {
        if (Optional(name) is not { } value)
            return null;
        return Digest<Stored>.TryParse(TextOf(value, mayEscape: true), out var hash) ? hash
            : Fail<Hash?>(null);
    }

    public Hash Account(
        string name) => TryAccount(AnyText(name), out var account) ? account : Fail<Hash>(default);

    public UInt128 Units(string name) => TryUnits(AnyText(name), out var units) ? units : Fail<UInt128>(0);

    public PublicKey Key(string name) => TryKey(Element(name), out var key) ? key : Fail<PublicKey>(default);

    public IReadOnlyList<JsonElement> Array(string name, bool isOptional = false)
    {
        var value = Optional(name);
        if (value is null && isOptional)
            return [];
        return value is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray()]
            : Fail<IReadOnlyList<JsonElement>>([]);
    }

    public static bool TryAccount(string? text, out Hash account)
    {
        account = default;
        if (text is not { Length: 43 } || !Base64Url.TryDecode(text, out var bytes))
            return false;
        account = new Hash(bytes);
        return !account.IsUnset;
    }

    public static bool TryUnits(string? text, out UInt128 units)
    {
        units = 0;
        return text is { Length: > 0 and <= 39 } && text.All(char.IsAsciiDigit) && (text[0] != '0'
            || text.Length == 1)
            && UInt128.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out units);
    }

    public static bool TryKey(JsonElement jwk, out PublicKey key)
    {
        key = default;
        var members = new StrictMembers(jwk);
        var (type, curve, x, y) = (members.AnyText("kty"), members.AnyText("crv"), members.AnyText("x"), members.AnyText("y"));
        if (!members.AreExact || type != "EC" || curve != "P-256"
            || !Base64Url.TryDecode(x, out var left) || !Base64Url.TryDecode(y, out var right)
            || left.Length != 32 || right.Length != 32)
            return false;
        key = new PublicKey([.. left, .. right]);
        return !key.IsUnset;
    }

    private string TextOf(JsonElement value, bool mayEscape)
    {
        if (value.ValueKind != JsonValueKind.String
            || !mayEscape && value.GetRawText().Contains('\\', StringComparison.Ordinal))
            return Fail("");
        return value.GetString()!;
    }

    private long IntegerOf(JsonElement value, long minimum, long maximum) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= minimum
            && number <= maximum ? number : Fail(0L);

    private T Fail<T>(T value)
    {
        failed = true;
        return value;
    }
}
