using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Counterfoil.Cryptography.Json;

/// <summary>
/// The JSON Canonicalization Scheme: one text for all JSON texts of the same data. Members are ordered by the
/// UTF-16 units of their names, numbers are IEEE 754 doubles as ECMAScript writes them. <b>Source:</b> RFC
/// 8785 sections 3.1 to 3.2.4.
/// </summary>
public static class Jcs
{
    /// <summary>Canonicalises a JSON value that keeps the rules of <see cref="StrictJson"/>.</summary>
    /// <param name="utf8Json">The text.</param>
    /// <param name="maximumBytes">The largest size in bytes that is read.</param>
    /// <returns>
    /// The canonical UTF-8, or null if the text breaks a rule or a number is too large for a double.
    /// </returns>
    public static byte[]? Canonicalize(
        ReadOnlySpan<byte> utf8Json, int maximumBytes = StrictJson.DefaultMaximumBytes)
    {
        if (!StrictJson.TryParseElement(utf8Json, out var element, maximumBytes))
            return null;
        var output = new ArrayBufferWriter<byte>(utf8Json.Length + 16);
        return Write(element, output) ? output.WrittenSpan.ToArray() : null;
    }

    private static bool Write(JsonElement element, ArrayBufferWriter<byte> output)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                return WriteObject(element, output);
            case JsonValueKind.Array:
                return WriteArray(element, output);
            case JsonValueKind.String:
                WriteText(element.GetString()!, output);
                return true;
            case JsonValueKind.Number:
                // Beyond the range of a double, .NET parses to infinity, which JSON cannot write.
                var number = element.GetDouble();
                if (!double.IsFinite(number))
                    return false;
                output.Write(Encoding.ASCII.GetBytes(EcmaScriptNumber.Format(number)));
                return true;
            default:
                output.Write(element.ValueKind switch
                {
                    JsonValueKind.True => "true"u8,
                    JsonValueKind.False => "false"u8,
                    _ => "null"u8,
                });
                return true;
        }
    }

    private static bool WriteObject(JsonElement element, ArrayBufferWriter<byte> output)
    {
        var members = element.EnumerateObject().Select(member => (member.Name, member.Value)).ToArray();
        Array.Sort(members, (a, b) => string.CompareOrdinal(a.Name, b.Name));
        output.Write("{"u8);
        for (var i = 0; i < members.Length; i++)
        {
            if (i > 0)
                output.Write(","u8);
            WriteText(members[i].Name, output);
            output.Write(":"u8);
            if (!Write(members[i].Value, output))
                return false;
        }
        output.Write("}"u8);
        return true;
    }

    private static bool WriteArray(JsonElement element, ArrayBufferWriter<byte> output)
    {
        var isFirst = true;
        output.Write("["u8);
        foreach (var value in element.EnumerateArray())
        {
            if (!isFirst)
                output.Write(","u8);
            isFirst = false;
            if (!Write(value, output))
                return false;
        }
        output.Write("]"u8);
        return true;
    }

    // Section 3.2.2.2: only what JSON must escape is escaped, the short form where there is one, hexadecimal
    // digits in lower case.
    private static void WriteText(string text, ArrayBufferWriter<byte> output)
    {
        var escaped = new StringBuilder(text.Length + 2).Append('"');
        foreach (var unit in text)
            _ = unit switch
            {
                '"' => escaped.Append("\\\""),
                '\\' => escaped.Append("\\\\"),
                '\b' => escaped.Append("\\b"),
                '\t' => escaped.Append("\\t"),
                '\n' => escaped.Append("\\n"),
                '\f' => escaped.Append("\\f"),
                '\r' => escaped.Append("\\r"),
                < ' ' => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"),
                _ => escaped.Append(unit),
            };
        output.Write(Encoding.UTF8.GetBytes(escaped.Append('"').ToString()));
    }
}
