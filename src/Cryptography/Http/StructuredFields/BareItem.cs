using System.Globalization;
using System.Text;

namespace Counterfoil.Cryptography.Http;

/// <summary>A structured field's simplest value. <b>Source:</b> RFC 9651 section 3.3.</summary>
public abstract record BareItem
{
    private BareItem()
    {
    }

    /// <summary>The canonical text. <b>Source:</b> RFC 9651 section 4.1.3.1.</summary>
    public sealed override string ToString()
    {
        var text = new StringBuilder();
        WriteTo(text);
        return text.ToString();
    }

    internal abstract void WriteTo(StringBuilder text);

    /// <summary>A whole number of at most 15 digits.</summary>
    /// <param name="Value">−999,999,999,999,999 to 999,999,999,999,999.</param>
    public sealed record Integer(long Value) : BareItem
    {
        internal override void WriteTo(StringBuilder text) => text.Append(CultureInfo.InvariantCulture, $"{Value}");
    }

    /// <summary>A number with a point: at most 12 digits before and 3 after it.</summary>
    /// <param name="Value">The number.</param>
    public sealed record Fraction(decimal Value) : BareItem
    {
        internal override void WriteTo(StringBuilder text) =>
            text.Append(Value.ToString("0.0##", CultureInfo.InvariantCulture));
    }

    /// <summary>Printable ASCII in quotes.</summary>
    /// <param name="Value">The characters without quotes and escapes.</param>
    public sealed record Text(string Value) : BareItem
    {
        internal override void WriteTo(StringBuilder text)
        {
            text.Append('"');
            foreach (var character in Value)
            {
                if (character is '"' or '\\')
                    text.Append('\\');
                text.Append(character);
            }
            text.Append('"');
        }
    }

    /// <summary>A bare word.</summary>
    /// <param name="Value">The word.</param>
    public sealed record Token(string Value) : BareItem
    {
        internal override void WriteTo(StringBuilder text) => text.Append(Value);
    }

    /// <summary>Bytes in base64 between colons; compared by their content.</summary>
    /// <param name="Value">The bytes.</param>
    public sealed record Bytes(byte[] Value) : BareItem
    {
        /// <inheritdoc/>
        public bool Equals(Bytes? other) => other is not null && Value.AsSpan().SequenceEqual(other.Value);

        /// <inheritdoc/>
        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(Value);
            return hash.ToHashCode();
        }

        internal override void WriteTo(StringBuilder text) => text.Append(':').Append(Convert.ToBase64String(Value)).Append(':');
    }

    /// <summary>True or false.</summary>
    /// <param name="Value">Which.</param>
    public sealed record Boolean(bool Value) : BareItem
    {
        internal override void WriteTo(StringBuilder text) => text.Append(Value ? "?1" : "?0");
    }

    /// <summary>A point in time in whole seconds.</summary>
    /// <param name="UnixSeconds">Seconds since 1970-01-01T00:00:00Z, of at most 15 digits.</param>
    public sealed record Date(long UnixSeconds) : BareItem
    {
        internal override void WriteTo(StringBuilder text) => text.Append(CultureInfo.InvariantCulture, $"@{UnixSeconds}");
    }

    /// <summary>Unicode text, percent-encoded on the wire.</summary>
    /// <param name="Value">The text.</param>
    public sealed record DisplayString(string Value) : BareItem
    {
        internal override void WriteTo(StringBuilder text)
        {
            text.Append("%\"");
            foreach (var octet in Encoding.UTF8.GetBytes(Value))
            {
                if (octet is (byte)'%' or (byte)'"' or < 0x20 or >= 0x7F)
                    text.Append(CultureInfo.InvariantCulture, $"%{octet:x2}");
                else
                    text.Append((char)octet);
            }
            text.Append('"');
        }
    }
}
