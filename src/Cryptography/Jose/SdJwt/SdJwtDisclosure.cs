using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Jose.SdJwt;

/// <summary>
/// A claim or array element that its holder may show: salt, name and value as JSON, in base64url. <b>Source:</b>
/// RFC 9901 section 4.2.
/// </summary>
public sealed class SdJwtDisclosure
{
    private const int SaltBytes = 16;

    private SdJwtDisclosure(string text, string? name, JsonElement value)
    {
        Text = text;
        Name = name;
        Value = value;
        Digest = DigestOf(Encoding.ASCII.GetBytes(text));
    }

    /// <summary>The disclosure as it travels.</summary>
    public string Text { get; }

    /// <summary>The claim's name; null for an element of an array.</summary>
    public string? Name { get; }

    /// <summary>The value, in which digests of further disclosures may stand.</summary>
    public JsonElement Value { get; }

    /// <summary>SHA-256 of <see cref="Text"/> in base64url, which the issuer signed.</summary>
    public string Digest { get; }

    /// <summary>A digest as tokens have it: SHA-256 in base64url.</summary>
    internal static string DigestOf(ReadOnlySpan<byte> text) => Base64Url.Encode(SHA256.HashData(text));

    /// <summary>
    /// Reads one. Malformed if it is not base64url of a JSON array of salt, name and value or of salt and value, or
    /// the name is one of those that the format keeps for itself.
    /// </summary>
    public static JoseResult<SdJwtDisclosure> Parse(string text)
    {
        if (!Base64Url.TryDecode(text, out var json) || !StrictJson.TryParseElement(json, out var list)
            || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is not (2 or 3)
            || list[0].ValueKind != JsonValueKind.String)
            return JoseRefusal.Malformed;
        if (list.GetArrayLength() == 2)
            return new SdJwtDisclosure(text, null, list[1]);
        return list[1].ValueKind != JsonValueKind.String || SdJwtClaims.IsReserved(list[1].GetString()!)
            ? JoseRefusal.Malformed
            : new SdJwtDisclosure(text, list[1].GetString(), list[2]);
    }

    /// <summary>Makes one with a fresh salt of 128 bits.</summary>
    /// <param name="name">The claim's name; null for an element of an array.</param>
    /// <param name="value">Its value.</param>
    /// <exception cref="ArgumentException">The name is one of those that the format keeps for itself.</exception>
    public static SdJwtDisclosure Create(string? name, JsonElement value)
    {
        if (name is not null && SdJwtClaims.IsReserved(name))
            throw new ArgumentException("The name is reserved.", nameof(name));
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Jws.WriterOptions))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(Base64Url.Encode(RandomNumberGenerator.GetBytes(SaltBytes)));
            if (name is not null)
                writer.WriteStringValue(name);
            value.WriteTo(writer);
            writer.WriteEndArray();
        }
        return Parse(Base64Url.Encode(json.WrittenSpan)).Value;
    }
}
