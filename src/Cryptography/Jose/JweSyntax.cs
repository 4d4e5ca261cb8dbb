using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// Reads the serialisations of a JWE. The ciphertext is decoded once, straight from the text.
/// </summary>
internal static class JweSyntax
{
    private const int CompactParts = 5;
    private const int MaximumKeyText = 8 * 1024;
    private const int MaximumTagText = 128;

    private static readonly int MaximumHeaderText = Base64Url.EncodedLength(JoseHeader.MaximumBytes);

    public static JoseResult<JweDocument> ParseCompact(ReadOnlyMemory<byte> bytes, JweExpectation expectation)
    {
        var text = bytes.Span;
        if (text.Length > expectation.MaximumBytes)
            return JoseRefusal.Malformed;
        Span<Range> parts = stackalloc Range[CompactParts + 1];
        var count = 0;
        foreach (var part in text.Split((byte)'.'))
        {
            if (count == CompactParts)
                return JoseRefusal.Malformed;
            parts[count++] = part;
        }
        if (count != CompactParts || text[parts[0]].Length == 0)
            return JoseRefusal.Malformed;
        var fields = new Fields
        {
            ProtectedText = text[parts[0]].ToArray(),
            Iv = Decode(text[parts[2]], MaximumTagText),
            Ciphertext = Decode(text[parts[3]], int.MaxValue),
            Tag = Decode(text[parts[4]], MaximumTagText),
        };
        return Decode(text[parts[1]], MaximumKeyText) is { } encryptedKey
            ? Build(fields, [(default, encryptedKey)], expectation)
            : JoseRefusal.Malformed;
    }

    public static JoseResult<JweDocument> ParseJson(ReadOnlyMemory<byte> json, JweExpectation expectation)
    {
        if (!StrictJson.IsValid(json.Span, expectation.MaximumBytes))
            return JoseRefusal.Malformed;
        var reader = new Utf8JsonReader(
            json.Span, new JsonReaderOptions { MaxDepth = StrictJson.MaximumDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return JoseRefusal.Malformed;
        var fields = new Fields();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            if (!ReadMember(ref reader, json, fields))
                return JoseRefusal.Malformed;
        // RFC 7516 section 7.2.2: the flattened form has no list of recipients, the general one nothing
        // beside it.
        if (fields.Recipients is null)
            return Build(fields, [(fields.Header, fields.EncryptedKey ?? [])], expectation);
        return fields.Header.IsEmpty && fields.EncryptedKey is null
            ? Build(fields, fields.Recipients, expectation)
            : JoseRefusal.Malformed;
    }

    private static bool ReadMember(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, Fields fields)
    {
        if (reader.ValueTextEquals("protected"u8))
            return (fields.ProtectedText = ReadText(ref reader)) is { Length: > 0 };
        if (reader.ValueTextEquals("unprotected"u8))
            return ReadObject(ref reader, json, out fields.Shared);
        if (reader.ValueTextEquals("header"u8))
            return ReadObject(ref reader, json, out fields.Header);
        if (reader.ValueTextEquals("encrypted_key"u8))
            return (fields.EncryptedKey = ReadBytes(ref reader, MaximumKeyText)) is not null;
        if (reader.ValueTextEquals("recipients"u8))
            return ReadRecipients(ref reader, json, fields.Recipients = []);
        if (reader.ValueTextEquals("aad"u8))
            return (fields.AadText = ReadText(ref reader)) is not null
                && Decode(fields.AadText, int.MaxValue) is not null;
        if (reader.ValueTextEquals("iv"u8))
            return (fields.Iv = ReadBytes(ref reader, MaximumTagText)) is not null;
        if (reader.ValueTextEquals("ciphertext"u8))
            return (fields.Ciphertext = ReadBytes(ref reader, int.MaxValue)) is not null;
        return reader.ValueTextEquals("tag"u8)
            && (fields.Tag = ReadBytes(ref reader, MaximumTagText)) is not null;
    }

    private static bool ReadRecipients(
        ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, List<(ReadOnlyMemory<byte>, byte[])> recipients)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            return false;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            ReadOnlyMemory<byte> header = default;
            byte[]? encryptedKey = [];
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isRead = reader.ValueTextEquals("header"u8)
                    ? ReadObject(ref reader, json, out header)
                    : reader.ValueTextEquals("encrypted_key"u8)
                    && (encryptedKey = ReadBytes(ref reader, MaximumKeyText)) is not null;
                if (!isRead)
                    return false;
            }
            recipients.Add((header, encryptedKey ?? []));
            if (recipients.Count > JweDocument.MaximumRecipients)
                return false;
        }
        return reader.TokenType == JsonTokenType.EndArray && recipients.Count > 0;
    }

    private static JoseResult<JweDocument> Build(
        Fields fields, List<(ReadOnlyMemory<byte> Header, byte[] EncryptedKey)> parts,
        JweExpectation expectation)
    {
        byte[]? protectedJson = [];
        if (fields.Ciphertext is null || fields.Iv is null || fields.Tag is null
            || fields.ProtectedText is not null
                && (protectedJson = Decode(fields.ProtectedText, MaximumHeaderText)) is null)
            return JoseRefusal.Malformed;
        var recipients = new List<JweRecipient>(parts.Count);
        foreach (var (header, encryptedKey) in parts)
        {
            if (JoseHeader.Parse(protectedJson, fields.Shared, header) is not { Algorithm: not "", Encryption: not "" } whole)
                return JoseRefusal.Malformed;
            recipients.Add(new JweRecipient(whole, encryptedKey));
        }
        var encryption = recipients[0].Header.Encryption;
        foreach (var recipient in recipients)
        {
            // RFC 7516 section 7.2.1: enc must be the same for all; a direct key is one recipient's alone.
            if (recipient.Header.Encryption != encryption
                || recipients.Count > 1 && recipient.Header.Algorithm is JoseAlgorithms.Direct or JoseAlgorithms.EcdhEs)
                return JoseRefusal.Malformed;
            if (expectation.Check(recipient.Header) is { } refusal)
                return refusal;
        }
        return new JweDocument(
            recipients, ContentEncryption.Find(encryption)!, AssociatedData(fields), fields.Iv,
            fields.Ciphertext, fields.Tag);
    }

    private static byte[] AssociatedData(Fields fields) =>
        fields.AadText is { } aad
            ? [.. fields.ProtectedText ?? [], (byte)'.', .. aad]
            : fields.ProtectedText ?? [];

    private static byte[]? ReadText(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            return null;
        return reader.ValueIsEscaped
            ? Encoding.UTF8.GetBytes(reader.GetString()!)
            : reader.ValueSpan.ToArray();
    }

    private static byte[]? ReadBytes(ref Utf8JsonReader reader, int maximumText)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            return null;
        return reader.ValueIsEscaped
            ? Decode(Encoding.UTF8.GetBytes(reader.GetString()!), maximumText)
            : Decode(reader.ValueSpan, maximumText);
    }

    private static bool ReadObject(
        ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, out ReadOnlyMemory<byte> value)
    {
        value = default;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return false;
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        value = json[start..(int)reader.BytesConsumed];
        return true;
    }

    private static byte[]? Decode(ReadOnlySpan<byte> text, int maximumText) =>
        text.Length <= maximumText && Base64Url.TryDecode(text, out var bytes) ? bytes : null;

    /// <summary>The members of the JSON serialisations as they are come upon.</summary>
    private sealed class Fields
    {
        public byte[]? ProtectedText;
        public byte[]? AadText;
        public byte[]? Iv;
        public byte[]? Ciphertext;
        public byte[]? Tag;
        public byte[]? EncryptedKey;
        public ReadOnlyMemory<byte> Shared;
        public ReadOnlyMemory<byte> Header;
        public List<(ReadOnlyMemory<byte> Header, byte[] EncryptedKey)>? Recipients;
    }
}
