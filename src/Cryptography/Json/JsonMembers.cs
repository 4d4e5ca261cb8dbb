using System.Text.Json;

namespace Counterfoil.Cryptography.Json;

/// <summary>
/// Reads an object that may have exactly the members that are asked for. Every reading notes what was wrong;
/// when all have been read, <see cref="AreExact"/> says whether none was missing, of another kind, or left
/// over. Made for the edge: read everything into locals, ask once, then build the value.
/// </summary>
/// <param name="element">
/// An object of a document that <see cref="StrictJson"/> accepted (so no member is there twice).
/// </param>
public sealed class JsonMembers(JsonElement element)
{
    private readonly int present = element.ValueKind == JsonValueKind.Object ? element.GetPropertyCount() : 0;
    private bool failed = element.ValueKind != JsonValueKind.Object;
    private int read;

    /// <summary>
    /// True if every member asked for was there in its kind and range, and the object has no other.
    /// </summary>
    public bool AreExact => !failed && read == present;

    /// <summary>True if every member asked for was there; others may be there too.</summary>
    public bool AreComplete => !failed;

    /// <summary>A member that must be there, of any kind.</summary>
    public JsonElement Element(string name)
    {
        if (OptionalElement(name) is { } value)
            return value;
        failed = true;
        return default;
    }

    /// <summary>A member that may be absent; null if it is.</summary>
    public JsonElement? OptionalElement(string name)
    {
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value))
            return null;
        read++;
        return value;
    }

    /// <summary>A string that must be there; empty where it is not.</summary>
    /// <param name="name">The member.</param>
    /// <param name="maximumLength">The longest text taken, in UTF-16 units.</param>
    public string Text(string name, int maximumLength = int.MaxValue) =>
        TextOf(Element(name), maximumLength) ?? "";

    /// <summary>A string that may be absent; null if it is.</summary>
    /// <param name="name">The member.</param>
    /// <param name="maximumLength">The longest text taken, in UTF-16 units.</param>
    public string? OptionalText(string name, int maximumLength = int.MaxValue) =>
        OptionalElement(name) is { } value ? TextOf(value, maximumLength) : null;

    /// <summary>An integer that must be there, written without fraction or exponent.</summary>
    /// <param name="name">The member.</param>
    /// <param name="minimum">The smallest value taken.</param>
    /// <param name="maximum">
    /// The largest value taken; by default 2^53 - 1, the largest that every JSON reader keeps.
    /// </param>
    public long Integer(
        string name, long minimum = 0, long maximum = (1L << 53) - 1) =>
        IntegerOf(Element(name), minimum, maximum);

    /// <summary>An integer that may be absent; null if it is.</summary>
    /// <param name="name">The member.</param>
    /// <param name="minimum">The smallest value taken.</param>
    /// <param name="maximum">The largest value taken; by default 2^53 - 1.</param>
    public long? OptionalInteger(string name, long minimum = 0, long maximum = (1L << 53) - 1) =>
        OptionalElement(name) is { } value ? IntegerOf(value, minimum, maximum) : null;

    /// <summary>True or false, which must be there.</summary>
    public bool Boolean(string name)
    {
        var kind = Element(name).ValueKind;
        failed |= kind is not (JsonValueKind.True or JsonValueKind.False);
        return kind == JsonValueKind.True;
    }

    /// <summary>Canonical base64url that must be there; empty where it is not.</summary>
    /// <param name="name">The member.</param>
    /// <param name="maximumBytes">The largest number of decoded bytes taken.</param>
    public byte[] Bytes(string name, int maximumBytes = int.MaxValue)
    {
        if (Base64Url.TryDecode(Text(name), out var bytes) && bytes.Length <= maximumBytes)
            return bytes;
        failed = true;
        return [];
    }

    private string? TextOf(JsonElement value, int maximumLength)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (text is not null && text.Length <= maximumLength)
            return text;
        failed = true;
        return null;
    }

    private long IntegerOf(JsonElement value, long minimum, long maximum)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= minimum
            && number <= maximum && IsPlain(value))
            return number;
        failed = true;
        return 0;
    }

    // "-0" and "1e2" are other spellings of an integer.
    private static bool IsPlain(JsonElement value)
    {
        var text = value.GetRawText();
        return text != "-0" && text.AsSpan().IndexOfAny('.', 'e', 'E') < 0;
    }
}
