using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Unicode;

namespace Counterfoil.Cryptography.Json;

/// <summary>
/// JSON with one reading only: valid UTF-8 without a byte order mark, no comments or trailing commas, nothing
/// after the value, no member twice in one object at any depth (names compared after unescaping), no lone
/// surrogate, depth at most <see cref="MaximumDepth"/>. <b>Source:</b> RFC 8259, RFC 7493 (I-JSON) sections
/// 2.1 and 2.3.
/// </summary>
public static class StrictJson
{
    /// <summary>The deepest nesting of objects and arrays that is read.</summary>
    public const int MaximumDepth = 32;

    /// <summary>
    /// The size in bytes above which nothing is read unless the caller names another maximum: 1 MiB.
    /// </summary>
    public const int DefaultMaximumBytes = 1024 * 1024;

    private const int PairwiseMembers = 16;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaximumDepth };
    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = MaximumDepth };

    /// <summary>True if the bytes are one JSON value that keeps all the rules.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="maximumBytes">The largest size in bytes that is read.</param>
    public static bool IsValid(ReadOnlySpan<byte> utf8, int maximumBytes = DefaultMaximumBytes)
    {
        if (utf8.Length > maximumBytes || !Utf8.IsValid(utf8))
            return false;
        var names = new MemberNames();
        try
        {
            var reader = new Utf8JsonReader(utf8, ReaderOptions);
            while (reader.Read())
                if (!Accept(utf8, ref reader, ref names))
                    return false;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
        finally
        {
            names.Return();
        }
    }

    /// <summary>Parses a JSON value that keeps all the rules. The caller disposes of the document.</summary>
    /// <returns>False, and null, for anything else.</returns>
    public static bool TryParse(
        ReadOnlyMemory<byte> utf8, [NotNullWhen(true)] out JsonDocument? document,
        int maximumBytes = DefaultMaximumBytes)
    {
        document = IsValid(utf8.Span, maximumBytes) ? JsonDocument.Parse(utf8, DocumentOptions) : null;
        return document is not null;
    }

    /// <summary>
    /// Parses a JSON object that keeps all the rules into an element of its own memory, that nobody needs to
    /// dispose of.
    /// </summary>
    /// <returns>False for anything else.</returns>
    public static bool TryParseObject(
        ReadOnlySpan<byte> utf8, out JsonElement element, int maximumBytes = DefaultMaximumBytes) =>
        TryParseElement(utf8, out element, maximumBytes) && element.ValueKind == JsonValueKind.Object;

    /// <summary>
    /// Parses a JSON value that keeps all the rules into an element of its own memory, that nobody needs to
    /// dispose of.
    /// </summary>
    /// <returns>False for anything else.</returns>
    public static bool TryParseElement(
        ReadOnlySpan<byte> utf8, out JsonElement element, int maximumBytes = DefaultMaximumBytes)
    {
        element = default;
        if (!IsValid(utf8, maximumBytes))
            return false;
        var reader = new Utf8JsonReader(utf8, ReaderOptions);
        element = JsonElement.ParseValue(ref reader);
        return true;
    }

    private static bool Accept(ReadOnlySpan<byte> utf8, ref Utf8JsonReader reader, ref MemberNames names)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                names.Open();
                return true;
            case JsonTokenType.PropertyName:
                if (reader.ValueIsEscaped && HasLoneSurrogate(reader.ValueSpan))
                    return false;
                // The token starts at its opening quotation mark.
                names.Add((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length, reader.ValueIsEscaped);
                return true;
            case JsonTokenType.EndObject:
                return names.CloseWithoutDuplicate(utf8);
            case JsonTokenType.String:
                return !reader.ValueIsEscaped || !HasLoneSurrogate(reader.ValueSpan);
            default:
                return true;
        }
    }

    /// <summary>
    /// True if an escaped string holds half of a surrogate pair; its escapes are already known to be well
    /// formed.
    /// </summary>
    internal static bool HasLoneSurrogate(ReadOnlySpan<byte> escaped)
    {
        for (var at = escaped.IndexOf((byte)'\\'); at >= 0 && at < escaped.Length;)
        {
            if (escaped[at + 1] == (byte)'u')
            {
                var unit = HexUnit(escaped[(at + 2)..]);
                at += 6;
                if (char.IsLowSurrogate(unit))
                    return true;
                if (char.IsHighSurrogate(unit))
                {
                    var rest = escaped[at..];
                    if (rest.Length < 6 || rest[0] != (byte)'\\' || rest[1] != (byte)'u'
                        || !char.IsLowSurrogate(HexUnit(rest[2..])))
                        return true;
                    at += 6;
                }
            }
            else
            {
                at += 2;
            }
            var next = escaped[at..].IndexOf((byte)'\\');
            if (next < 0)
                return false;
            at += next;
        }
        return false;
    }

    private static char HexUnit(ReadOnlySpan<byte> digits)
    {
        var unit = 0;
        foreach (var digit in digits[..4])
            unit = (unit << 4) | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        return (char)unit;
    }

    /// <summary>The names of the objects that are open, on one stack: where each lies in the text.</summary>
    private ref struct MemberNames
    {
        private (int Start, int Length, bool Escaped)[]? entries;
        private int count;
        private int depth;
        private Offsets firstOfDepth;

        [System.Runtime.CompilerServices.InlineArray(MaximumDepth + 1)]
        private struct Offsets
        {
            private int first;
        }

        public void Open() => firstOfDepth[depth++] = count;

        public void Add(int start, int length, bool escaped)
        {
            entries ??= ArrayPool<(int, int, bool)>.Shared.Rent(16);
            if (count == entries.Length)
            {
                var larger = ArrayPool<(int, int, bool)>.Shared.Rent(2 * count);
                entries.CopyTo(larger, 0);
                ArrayPool<(int, int, bool)>.Shared.Return(entries);
                entries = larger;
            }
            entries[count++] = (start, length, escaped);
        }

        public bool CloseWithoutDuplicate(ReadOnlySpan<byte> utf8)
        {
            var first = firstOfDepth[--depth];
            var members = entries.AsSpan(first, count - first);
            count = first;
            if (members.Length > PairwiseMembers)
            {
                var seen = new HashSet<string>(members.Length, StringComparer.Ordinal);
                foreach (var member in members)
                    if (!seen.Add(Unescape(utf8, member)))
                        return false;
                return true;
            }
            for (var i = 1; i < members.Length; i++)
                for (var j = 0; j < i; j++)
                    if (Same(utf8, members[i], members[j]))
                        return false;
            return true;
        }

        public void Return()
        {
            if (entries is not null)
                ArrayPool<(int, int, bool)>.Shared.Return(entries);
            entries = null;
        }

        private static bool Same(
            ReadOnlySpan<byte> utf8, (int Start, int Length, bool Escaped) a,
            (int Start, int Length, bool Escaped) b) =>
            a.Escaped || b.Escaped
                ? Unescape(utf8, a) == Unescape(utf8, b)
                : a.Length == b.Length
                && utf8.Slice(a.Start, a.Length).SequenceEqual(utf8.Slice(b.Start, b.Length));

        private static string Unescape(ReadOnlySpan<byte> utf8, (int Start, int Length, bool Escaped) name)
        {
            if (!name.Escaped)
                return System.Text.Encoding.UTF8.GetString(utf8.Slice(name.Start, name.Length));
            var reader = new Utf8JsonReader(utf8.Slice(name.Start - 1, name.Length + 2));
            reader.Read();
            return reader.GetString()!;
        }
    }
}
