using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// JWE under a key that two sides share: dir, A128KW, A256KW, A128GCMKW, A256GCMKW. Apart from
/// <see cref="Jwe"/>; the algorithm is the caller's choice, never the message's. <b>Source:</b> RFC 7518
/// sections 4.4, 4.5, 4.7.
/// </summary>
public static class SymmetricJwe
{
    /// <summary>Encrypts in the compact serialisation.</summary>
    /// <param name="algorithm">dir, A128KW or A256KW.</param>
    /// <param name="plaintext">The content.</param>
    /// <param name="key">The shared key, of exactly the algorithm's length.</param>
    /// <param name="encryption">The content encryption; null for A256GCM.</param>
    /// <param name="extraHeader">Writes further members of the protected header; null for none.</param>
    /// <exception cref="ArgumentException">
    /// The algorithm is another one, or the key has another length.
    /// </exception>
    public static string EncryptCompact(
        string algorithm, ReadOnlySpan<byte> plaintext, SymmetricKey key,
        ContentEncryption? encryption = null, Action<Utf8JsonWriter>? extraHeader = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        encryption ??= ContentEncryption.A256Gcm;
        if (algorithm is JoseAlgorithms.A128GcmKw or JoseAlgorithms.A256GcmKw
            || KeySize(algorithm, encryption) != key.Size)
            throw new ArgumentException("The key does not fit the algorithm.", nameof(algorithm));
        var isDirect = algorithm == JoseAlgorithms.Direct;
        var contentKey = isDirect ? key.Span.ToArray() : RandomNumberGenerator.GetBytes(encryption.KeySize);
        try
        {
            var header = JweWriter.ProtectedHeader(
                new JweOptions { Encryption = encryption, ExtraHeader = extraHeader },
                writer => writer.WriteString("alg"u8, algorithm));
            var encryptedKey = isDirect ? [] : AesKeyWrap.Wrap(key.Span, contentKey);
            return Encoding.ASCII.GetString(
                JweWriter.WriteCompact(plaintext, contentKey, encryption, header, encryptedKey));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    /// <summary>
    /// Opens a document with the shared key, for the first recipient of that algorithm whose key it is.
    /// </summary>
    /// <param name="algorithm">The only algorithm taken: dir, A128KW, A256KW, A128GCMKW or A256GCMKW.</param>
    /// <param name="document">The document.</param>
    /// <param name="key">The shared key.</param>
    /// <returns>
    /// The content; unsupported algorithm (the caller's is not offered, or the document's are none of those
    /// offered here); unexpected algorithm (offered, but not the caller's); decryption failed.
    /// </returns>
    public static JoseResult<byte[]> Decrypt(string algorithm, JweDocument document, SymmetricKey key)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(key);
        if (KeySize(algorithm, document.Encryption) is not { } keySize)
            return JoseRefusal.UnsupportedAlgorithm;
        var refusal = JoseRefusal.UnsupportedAlgorithm;
        foreach (var recipient in document.Recipients)
        {
            if (recipient.Header.Algorithm != algorithm)
            {
                if (KeySize(recipient.Header.Algorithm, document.Encryption) is not null
                    && refusal == JoseRefusal.UnsupportedAlgorithm)
                    refusal = JoseRefusal.UnexpectedAlgorithm;
                continue;
            }
            refusal = JoseRefusal.DecryptionFailed;
            if (key.Size != keySize
                || !Unwrap(recipient, document.Encryption, key).TryGet(out var contentKey))
                continue;
            using (contentKey)
                if (Jwe.DecryptWithContentKey(document, contentKey).TryGet(out var content))
                    return content;
        }
        return refusal;
    }

    private static JoseResult<SymmetricKey> Unwrap(
        JweRecipient recipient, ContentEncryption encryption, SymmetricKey key) =>
        recipient.Header.Algorithm switch
        {
            // RFC 7516 section 5.2 step 10: with a direct key there is no encrypted one.
            JoseAlgorithms.Direct => recipient.EncryptedKey.IsEmpty
                ? new SymmetricKey(key.Span)
                : JoseRefusal.DecryptionFailed,
            JoseAlgorithms.A128Kw or JoseAlgorithms.A256Kw => JweKeyAgreement.Take(
                AesKeyWrap.Unwrap(key.Span, recipient.EncryptedKey.Span), encryption),
            _ => UnwrapGcm(recipient, encryption, key),
        };

    private static JoseResult<SymmetricKey> UnwrapGcm(
        JweRecipient recipient, ContentEncryption encryption, SymmetricKey key)
    {
        if (!Base64Url.TryDecode(recipient.Header.KeyInitializationVector, out var iv)
            || !Base64Url.TryDecode(recipient.Header.KeyTag, out var tag))
            return JoseRefusal.DecryptionFailed;
        var wrapping = key.Size == ContentEncryption.A128Gcm.KeySize
            ? ContentEncryption.A128Gcm
            : ContentEncryption.A256Gcm;
        return JweKeyAgreement.Take(
            wrapping.Decrypt(key.Span, iv, default, recipient.EncryptedKey.Span, tag), encryption);
    }

    private static int? KeySize(string algorithm, ContentEncryption encryption) => algorithm switch
    {
        JoseAlgorithms.Direct => encryption.KeySize,
        JoseAlgorithms.A128Kw or JoseAlgorithms.A128GcmKw => 16,
        JoseAlgorithms.A256Kw or JoseAlgorithms.A256GcmKw => 32,
        _ => null,
    };
}
