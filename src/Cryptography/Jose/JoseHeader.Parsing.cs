using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Jose;

/// <content>Reading a header from its parts.</content>
public sealed partial class JoseHeader
{
    private const int MaximumCritical = 16;

    // RFC 7515 section 4.1.11: crit must not name what the specifications themselves define.
    private static readonly HashSet<string> Registered = new(StringComparer.Ordinal)
    {
        "alg", "enc", "zip", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit",
        "epk", "apu", "apv", "iv", "tag", "p2s", "p2c",
    };

    /// <summary>Reads a header.</summary>
    /// <param name="protectedJson">The protected part's JSON; empty for none.</param>
    /// <param name="shared">The unprotected part common to all recipients of a JWE; empty for none.</param>
    /// <param name="own">The unprotected part of this signature or recipient; empty for none.</param>
    internal static JoseHeader? Parse(
        ReadOnlyMemory<byte> protectedJson, ReadOnlyMemory<byte> shared = default,
        ReadOnlyMemory<byte> own = default)
    {
        var header = new JoseHeader();
        if (!protectedJson.IsEmpty)
        {
            if (!header.Add(protectedJson, isProtected: true))
                return null;
            header.protectedParts = 1;
        }
        if (!shared.IsEmpty && !header.Add(shared, isProtected: false)
            || !own.IsEmpty && !header.Add(own, isProtected: false))
            return null;
        return header.partBytes.Count > 0 && header.PartsAreDisjoint() && header.CriticalIsInOrder()
            ? header : null;
    }

    private bool Add(ReadOnlyMemory<byte> json, bool isProtected)
    {
        if (!StrictJson.IsValid(json.Span, MaximumBytes))
            return false;
        var reader = new Utf8JsonReader(json.Span);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            if (!ReadMember(ref reader, json, isProtected))
                return false;
        parts.Add(null);
        partBytes.Add(json);
        return true;
    }

    private bool ReadMember(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, bool isProtected)
    {
        if (reader.ValueTextEquals("alg"u8))
            return ReadText(ref reader, out var text) && (Algorithm = text).Length > 0;
        if (reader.ValueTextEquals("enc"u8))
            return ReadText(ref reader, out var text) && (Encryption = text).Length > 0;
        if (reader.ValueTextEquals("typ"u8))
            return ReadText(ref reader, out var text) && (Type = text) is not null;
        if (reader.ValueTextEquals("cty"u8))
            return ReadText(ref reader, out var text) && (ContentType = text) is not null;
        if (reader.ValueTextEquals("kid"u8))
            return ReadText(ref reader, out var text) && (KeyId = text) is not null;
        if (reader.ValueTextEquals("apu"u8))
            return ReadText(ref reader, out var text) && (PartyUInfo = text) is not null;
        if (reader.ValueTextEquals("apv"u8))
            return ReadText(ref reader, out var text) && (PartyVInfo = text) is not null;
        if (reader.ValueTextEquals("iv"u8))
            return ReadText(ref reader, out var text) && (KeyInitializationVector = text) is not null;
        if (reader.ValueTextEquals("tag"u8))
            return ReadText(ref reader, out var text) && (KeyTag = text) is not null;
        if (reader.ValueTextEquals("jwk"u8))
            return ReadObject(ref reader, json, out key);
        if (reader.ValueTextEquals("epk"u8))
        {
            var isObject = ReadObject(ref reader, json, out var value);
            EphemeralKey = value;
            return isObject;
        }
        if (reader.ValueTextEquals("zip"u8))
            return IsCompressed = ReadText(ref reader, out _);
        if (reader.ValueTextEquals("crit"u8))
            return isProtected && ReadCritical(ref reader);
        if (reader.ValueTextEquals("b64"u8))
        {
            reader.Read();
            IsPayloadEncoded = reader.TokenType != JsonTokenType.False;
            return isProtected && reader.TokenType is JsonTokenType.True or JsonTokenType.False;
        }
        reader.Skip();
        return true;
    }

    private static bool ReadText(ref Utf8JsonReader reader, out string text)
    {
        reader.Read();
        text = reader.TokenType == JsonTokenType.String ? Known(ref reader) : "";
        return reader.TokenType == JsonTokenType.String;
    }

    // The values that nearly every header has need no string of their own.
    private static string Known(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("ES256"u8) ? JoseAlgorithms.Es256
        : reader.ValueTextEquals("cf+jws"u8) ? "cf+jws"
        : reader.ValueTextEquals("A256GCM"u8) ? JoseAlgorithms.A256Gcm
        : reader.ValueTextEquals("ECDH-ES+A256KW"u8) ? JoseAlgorithms.EcdhEsA256Kw
        : reader.GetString()!;

    private static bool ReadObject(
        ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, out ReadOnlyMemory<byte> value)
    {
        value = default;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        value = json[start..(int)reader.BytesConsumed];
        return true;
    }

    private bool ReadCritical(ref Utf8JsonReader reader)
    {
        var names = new List<string>();
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.String && names.Count < MaximumCritical)
            names.Add(reader.GetString()!);
        Critical = names;
        return reader.TokenType == JsonTokenType.EndArray && names.Count > 0;
    }

    private bool PartsAreDisjoint()
    {
        if (partBytes.Count == 1)
            return true;
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var part = 0; part < partBytes.Count; part++)
            foreach (var member in Part(part).EnumerateObject())
                if (!names.Add(member.Name))
                    return false;
        return true;
    }

    private bool CriticalIsInOrder()
    {
        for (var i = 0; i < Critical.Count; i++)
            if (Registered.Contains(Critical[i]) || Member(Critical[i]) is null
                || Critical.Take(i).Contains(Critical[i]))
                return false;
        return IsPayloadEncoded || Critical.Contains("b64");
    }

    /// <summary>True if every name in <c>crit</c> is one of these.</summary>
    internal bool CriticalIsUnderstood(ReadOnlySpan<string> understood)
    {
        foreach (var name in Critical)
        {
            var known = false;
            foreach (var candidate in understood)
                known |= candidate == name;
            if (!known)
                return false;
        }
        return true;
    }
}
