using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Json;

/// <summary>Digests on the wire: 64 lower-case hexadecimal digits.</summary>
public sealed class DigestJsonConverterFactory : JsonConverterFactory
{
    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Digest<>);

    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(Converter<>).MakeGenericType(typeToConvert.GenericTypeArguments))!;

    private sealed class Converter<T> : JsonConverter<Digest<T>>
    {
        public override Digest<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Digest<T>.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out var digest)
                ? digest
                : throw new JsonException("A digest is 64 lower-case hexadecimal digits.");

        public override void Write(Utf8JsonWriter writer, Digest<T> value, JsonSerializerOptions options)
        {
            if (value.IsUnset)
                throw new JsonException("An unset digest is not written.");
            writer.WriteStringValue(value.ToString());
        }
    }
}

/// <summary>Public keys on the wire: a JWK with exactly the members kty, crv, x, y. <b>Source:</b> RFC 7517, RFC 7518 section 6.2.</summary>
public sealed class PublicKeyJsonConverter : JsonConverter<PublicKey>
{
    /// <inheritdoc/>
    public override PublicKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("A key is a JWK.");
        Span<byte> xy = stackalloc byte[PublicKey.Size];
        var seen = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var bit = reader.ValueTextEquals("kty"u8) ? 1 : reader.ValueTextEquals("crv"u8) ? 2 : reader.ValueTextEquals("x"u8) ? 4 : reader.ValueTextEquals("y"u8) ? 8 : 0;
            if (bit == 0 || (seen & bit) != 0 || !reader.Read() || reader.TokenType != JsonTokenType.String)
                throw new JsonException("A P-256 key has exactly the members kty, crv, x and y.");
            seen |= bit;
            var valid = bit switch
            {
                1 => reader.ValueTextEquals("EC"u8),
                2 => reader.ValueTextEquals("P-256"u8),
                _ => Base64Url.TryDecode(reader.GetString(), out var half) && half.Length == 32 && half.AsSpan().TryCopyTo(bit == 4 ? xy : xy[32..]),
            };
            if (!valid)
                throw new JsonException("A P-256 key has kty EC, crv P-256 and two coordinates of 32 bytes.");
        }
        if (seen != 15 || reader.TokenType != JsonTokenType.EndObject)
            throw new JsonException("A P-256 key has exactly the members kty, crv, x and y.");
        return new PublicKey(xy);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PublicKey value, JsonSerializerOptions options)
    {
        if (value.IsUnset)
            throw new JsonException("An unset key is not written.");
        writer.WriteStartObject();
        writer.WriteString("kty"u8, "EC"u8);
        writer.WriteString("crv"u8, "P-256"u8);
        writer.WriteString("x"u8, value.X);
        writer.WriteString("y"u8, value.Y);
        writer.WriteEndObject();
    }
}

/// <summary>Bytes on the wire: canonical base64url. Put on the property that holds them.</summary>
public sealed class Base64UrlBytesConverter : JsonConverter<byte[]>
{
    /// <inheritdoc/>
    public override byte[] Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Base64Url.TryDecode(reader.GetString(), out var bytes)
            ? bytes
            : throw new JsonException("Bytes are canonical base64url.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options) => writer.WriteStringValue(Base64Url.Encode(value));
}

/// <summary>Amounts on the wire: a JSON string of decimal digits without sign or leading zeros, below 2^128.</summary>
public sealed class UnitsJsonConverter : JsonConverter<UInt128>
{
    /// <inheritdoc/>
    public override UInt128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return text is { Length: > 0 and <= 39 } && !text.AsSpan().ContainsAnyExceptInRange('0', '9') && (text[0] != '0' || text.Length == 1)
            && UInt128.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var units)
            ? units
            : throw new JsonException("An amount is a string of decimal digits without leading zeros.");
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, UInt128 value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString(System.Globalization.CultureInfo.InvariantCulture));
}
