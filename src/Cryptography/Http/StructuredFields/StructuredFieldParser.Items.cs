using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Counterfoil.Cryptography.Http;

internal ref partial struct StructuredFieldParser
{
    private const int MaximumIntegerDigits = 15;
    private const int MaximumWholeDigits = 12;
    private const int MaximumFractionDigits = 3;

    private static readonly SearchValues<char> TokenAlphabet = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~:/");

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    // Section 4.2.3.1
    private bool TryBareItem([NotNullWhen(true)] out BareItem? value)
    {
        value = Current switch
        {
            '-' or (>= '0' and <= '9') => ParseNumber(),
            '"' => ParseText(),
            ':' => ParseBytes(),
            '?' => ParseBoolean(),
            '@' => ParseDate(),
            '%' => ParseDisplayString(),
            '*' or (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') => ParseToken(),
            _ => null,
        };
        return value is not null;
    }

    // Section 4.2.4
    private BareItem? ParseNumber()
    {
        var start = position;
        if (Current == '-')
            position++;
        var whole = SkipDigits();
        if (whole == 0 || whole > MaximumIntegerDigits)
            return null;
        if (Current != '.')
            return new BareItem.Integer(long.Parse(input[start..position], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
        position++;
        var fraction = SkipDigits();
        return whole > MaximumWholeDigits || fraction is 0 or > MaximumFractionDigits
            ? null
            : new BareItem.Fraction(decimal.Parse(
                input[start..position], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture));
    }

    private int SkipDigits()
    {
        var start = position;
        while (char.IsAsciiDigit(Current))
            position++;
        return position - start;
    }

    // Section 4.2.5
    private BareItem.Text? ParseText()
    {
        position++;
        var text = new StringBuilder();
        while (!IsAtEnd)
        {
            var character = input[position++];
            switch (character)
            {
                case '"':
                    return new BareItem.Text(text.ToString());
                case '\\':
                    if (Current is not ('"' or '\\'))
                        return null;
                    text.Append(input[position++]);
                    break;
                case < ' ' or >= '\x7F':
                    return null;
                default:
                    text.Append(character);
                    break;
            }
        }
        return null;
    }

    // Section 4.2.6
    private BareItem.Token ParseToken()
    {
        var rest = input[position..];
        var length = rest.IndexOfAnyExcept(TokenAlphabet);
        var token = length < 0 ? rest : rest[..length];
        position += token.Length;
        return new BareItem.Token(token.ToString());
    }

    // Section 4.2.7; stricter than its leave: padding is required and no other character is skipped.
    private BareItem.Bytes? ParseBytes()
    {
        position++;
        var length = input[position..].IndexOf(':');
        if (length < 0)
            return null;
        var text = input.Slice(position, length);
        position += length + 1;
        var bytes = new byte[text.Length / 4 * 3];
        if (text.ContainsAny(" \t\r\n") || !Convert.TryFromBase64Chars(text, bytes, out var written))
            return null;
        Array.Resize(ref bytes, written);
        // Unused bits must be zero: one text for some bytes.
        return text.SequenceEqual(Convert.ToBase64String(bytes)) ? new BareItem.Bytes(bytes) : null;
    }

    // Section 4.2.8
    private BareItem.Boolean? ParseBoolean()
    {
        position++;
        var character = Current;
        position++;
        return character switch
        {
            '1' => new BareItem.Boolean(true),
            '0' => new BareItem.Boolean(false),
            _ => null,
        };
    }

    // Section 4.2.9
    private BareItem.Date? ParseDate()
    {
        position++;
        return Current is '-' or (>= '0' and <= '9') && ParseNumber() is BareItem.Integer seconds
            ? new BareItem.Date(seconds.Value)
            : null;
    }

    // Section 4.2.10
    private BareItem.DisplayString? ParseDisplayString()
    {
        if (!input[position..].StartsWith("%\""))
            return null;
        position += 2;
        var octets = new List<byte>();
        while (!IsAtEnd)
        {
            var character = input[position++];
            switch (character)
            {
                case '"':
                    return Decode([.. octets]);
                case '%':
                    if (position + 2 > input.Length || !IsLowerHex(input[position]) || !IsLowerHex(input[position + 1]))
                        return null;
                    octets.Add(byte.Parse(input.Slice(position, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                    position += 2;
                    break;
                case < ' ' or >= '\x7F':
                    return null;
                default:
                    octets.Add((byte)character);
                    break;
            }
        }
        return null;
    }

    private static BareItem.DisplayString? Decode(byte[] octets)
    {
        try
        {
            return new BareItem.DisplayString(StrictUtf8.GetString(octets));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static bool IsLowerHex(char character) => character is (>= '0' and <= '9') or (>= 'a' and <= 'f');
}
