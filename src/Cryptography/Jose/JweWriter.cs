using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// Writes a JWE: the small parts into a buffer, the ciphertext from a pooled buffer straight into the result
/// of the exact size.
/// </summary>
internal static class JweWriter
{
    /// <summary>What one recipient's agreement gave: its ephemeral key and the wrapped content key.</summary>
    public readonly record struct WrappedKey(
        RecipientKey Recipient, PublicKey Ephemeral, byte[] EncryptedKey);

    public static byte[] ProtectedHeader(JweOptions options, Action<Utf8JsonWriter>? keyMembers)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(json, Jws.WriterOptions);
        writer.WriteStartObject();
        keyMembers?.Invoke(writer);
        writer.WriteString("enc"u8, options.Encryption.Name);
        options.ExtraHeader?.Invoke(writer);
        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    public static void WriteKeyMembers(
        Utf8JsonWriter writer, JweOptions options, RecipientKey recipient, PublicKey ephemeral)
    {
        writer.WriteString("alg"u8, options.Algorithm);
        if (recipient.KeyId is { } keyId)
            writer.WriteString("kid"u8, keyId);
        if (!options.PartyUInfo.IsEmpty)
            writer.WriteString("apu"u8, Base64Url.Encode(options.PartyUInfo.Span));
        if (!options.PartyVInfo.IsEmpty)
            writer.WriteString("apv"u8, Base64Url.Encode(options.PartyVInfo.Span));
        writer.WritePropertyName("epk"u8);
        Jwk.Write(writer, ephemeral);
    }

    /// <summary>The general or flattened JSON serialisation.</summary>
    public static byte[] WriteJson(
        ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> contentKey, JweOptions options,
        ReadOnlySpan<WrappedKey> keys, bool flattened)
    {
        var protectedText = ToBase64Url(ProtectedHeader(options, null));
        var aadText = ToBase64Url(options.AssociatedData.Span);
        byte[] associatedData = aadText.Length > 0
            ? [.. protectedText, (byte)'.', .. aadText]
            : protectedText;
        var iv = RandomNumberGenerator.GetBytes(options.Encryption.IvSize);

        var head = new ArrayBufferWriter<byte>(512 + 384 * keys.Length);
        using (var writer = new Utf8JsonWriter(head, Jws.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("protected"u8, protectedText);
            if (flattened)
            {
                WriteRecipient(writer, options, keys[0]);
            }
            else
            {
                writer.WriteStartArray("recipients"u8);
                foreach (var key in keys)
                {
                    writer.WriteStartObject();
                    WriteRecipient(writer, options, key);
                    writer.WriteEndObject();
                }
                writer.WriteEndArray();
            }
            if (aadText.Length > 0)
                writer.WriteString("aad"u8, aadText);
            writer.WriteString("iv"u8, ToBase64Url(iv));
            writer.Flush();
        }
        return Assemble(
            head.WrittenSpan, ",\"ciphertext\":\""u8, "\",\"tag\":\""u8, "\"}"u8,
            plaintext, contentKey, options.Encryption, iv, associatedData);
    }

    /// <summary>The compact serialisation; <paramref name="protectedJson"/> holds the whole header.</summary>
    public static byte[] WriteCompact(
        ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> contentKey, ContentEncryption encryption,
        byte[] protectedJson, byte[] encryptedKey)
    {
        var protectedText = ToBase64Url(protectedJson);
        var iv = RandomNumberGenerator.GetBytes(encryption.IvSize);
        byte[] head =
            [.. protectedText, (byte)'.', .. ToBase64Url(encryptedKey), (byte)'.', .. ToBase64Url(iv)];
        return Assemble(head, "."u8, "."u8, default, plaintext, contentKey, encryption, iv, protectedText);
    }

    private static byte[] Assemble(
        ReadOnlySpan<byte> head, ReadOnlySpan<byte> beforeCiphertext, ReadOnlySpan<byte> beforeTag,
        ReadOnlySpan<byte> end, ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> contentKey,
        ContentEncryption encryption, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData)
    {
        var size = encryption.CiphertextSize(plaintext.Length);
        var rented = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var ciphertext = rented.AsSpan(0, size);
            Span<byte> tag = stackalloc byte[encryption.TagSize];
            encryption.Encrypt(contentKey, iv, associatedData, plaintext, ciphertext, tag);

            var result = GC.AllocateUninitializedArray<byte>(
                head.Length + beforeCiphertext.Length + Base64Url.EncodedLength(size) + beforeTag.Length + Base64Url.EncodedLength(tag.Length) + end.Length);
            var rest = Append(result, head);
            rest = Append(rest, beforeCiphertext);
            rest = rest[System.Buffers.Text.Base64Url.EncodeToUtf8(ciphertext, rest)..];
            rest = Append(rest, beforeTag);
            rest = rest[System.Buffers.Text.Base64Url.EncodeToUtf8(tag, rest)..];
            Append(rest, end);
            return result;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void WriteRecipient(Utf8JsonWriter writer, JweOptions options, WrappedKey key)
    {
        writer.WriteStartObject("header"u8);
        WriteKeyMembers(writer, options, key.Recipient, key.Ephemeral);
        writer.WriteEndObject();
        if (key.EncryptedKey.Length > 0)
            writer.WriteString("encrypted_key"u8, ToBase64Url(key.EncryptedKey));
    }

    private static Span<byte> Append(Span<byte> destination, ReadOnlySpan<byte> part)
    {
        part.CopyTo(destination);
        return destination[part.Length..];
    }

    private static byte[] ToBase64Url(ReadOnlySpan<byte> bytes) =>
        System.Buffers.Text.Base64Url.EncodeToUtf8(bytes);
}
