using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// Encrypted documents by key agreement on P-256: making, reading and opening them in the compact, flattened
/// and general serialisations. Every recipient has an ephemeral key of its own. Keys that two sides share go
/// through <see cref="SymmetricJwe"/>. Whatever goes wrong with a key or tag is one refusal,
/// <c>decryption_failed</c>. <c>zip</c> is refused: compression before encryption tells the content's length
/// apart. <b>Source:</b> RFC 7516, RFC 7518 sections 4.6 and 5. Differs: unknown members of the JSON
/// serialisations are refused, and base64url must be canonical.
/// </summary>
public static class Jwe
{
    /// <summary>Encrypts for several recipients, in the general serialisation.</summary>
    /// <param name="plaintext">The content.</param>
    /// <param name="recipients">1 to 256 recipients; written in this order.</param>
    /// <param name="options">How; null for ECDH-ES+A256KW and A256GCM.</param>
    /// <exception cref="ArgumentException">
    /// No or too many recipients, or an algorithm that does not fit them.
    /// </exception>
    /// <exception cref="CryptographicException">A recipient's key is not a point of the curve.</exception>
    public static byte[] Encrypt(
        ReadOnlySpan<byte> plaintext, ReadOnlySpan<RecipientKey> recipients, JweOptions? options = null) =>
        EncryptJson(plaintext, recipients, options ?? JweOptions.Default, flattened: false);

    /// <summary>Encrypts for one recipient, in the flattened serialisation.</summary>
    /// <param name="plaintext">The content.</param>
    /// <param name="recipient">The recipient.</param>
    /// <param name="options">How; null for ECDH-ES+A256KW and A256GCM.</param>
    /// <exception cref="ArgumentException">The algorithm is not offered.</exception>
    /// <exception cref="CryptographicException">The recipient's key is not a point of the curve.</exception>
    public static byte[] EncryptFlattened(
        ReadOnlySpan<byte> plaintext, RecipientKey recipient, JweOptions? options = null) =>
        EncryptJson(plaintext, [recipient], options ?? JweOptions.Default, flattened: true);

    /// <summary>
    /// Encrypts for one recipient, in the compact serialisation: the whole header is protected.
    /// </summary>
    /// <param name="plaintext">The content.</param>
    /// <param name="recipient">The recipient.</param>
    /// <param name="options">How; null for ECDH-ES+A256KW and A256GCM.</param>
    /// <exception cref="ArgumentException">
    /// The algorithm is not offered, or there is data beside the content, for which this form has no place.
    /// </exception>
    /// <exception cref="CryptographicException">The recipient's key is not a point of the curve.</exception>
    public static string EncryptCompact(
        ReadOnlySpan<byte> plaintext, RecipientKey recipient, JweOptions? options = null)
    {
        options ??= JweOptions.Default;
        if (!options.AssociatedData.IsEmpty)
            throw new ArgumentException("The compact serialisation has no aad.", nameof(options));
        using var contentKey = MakeContentKey([recipient], options, out var keys);
        var header = JweWriter.ProtectedHeader(
            options, writer => JweWriter.WriteKeyMembers(writer, options, recipient, keys[0].Ephemeral));
        return Encoding.ASCII.GetString(JweWriter.WriteCompact(
            plaintext, contentKey.Span, options.Encryption, header, keys[0].EncryptedKey));
    }

    /// <summary>
    /// Reads the general or flattened serialisation. Refusals in order: malformed; for the first recipient
    /// that is not as expected: unsupported algorithm (<c>enc</c> or <c>zip</c>), unknown critical header,
    /// unexpected type.
    /// </summary>
    /// <param name="json">The JWE.</param>
    /// <param name="expectation">What the caller expects; null for anything offered.</param>
    public static JoseResult<JweDocument> ParseJson(
        ReadOnlyMemory<byte> json, JweExpectation? expectation = null) =>
        JweSyntax.ParseJson(json, expectation ?? JweExpectation.Default);

    /// <summary>Reads the compact serialisation. Refusals as for JSON.</summary>
    /// <param name="bytes">The JWE.</param>
    /// <param name="expectation">What the caller expects; null for anything offered.</param>
    public static JoseResult<JweDocument> ParseCompact(
        ReadOnlyMemory<byte> bytes, JweExpectation? expectation = null) =>
        JweSyntax.ParseCompact(bytes, expectation ?? JweExpectation.Default);

    /// <summary>The same of a text.</summary>
    /// <param name="text">The JWE.</param>
    /// <param name="expectation">What the caller expects; null for anything offered.</param>
    public static JoseResult<JweDocument> ParseCompact(string text, JweExpectation? expectation = null) =>
        ParseCompact(Encoding.UTF8.GetBytes(text), expectation);

    /// <summary>
    /// Opens a document for one of its recipients: the key is tried on each. The caller clears the content if
    /// it is secret.
    /// </summary>
    /// <returns>
    /// The content; decryption failed; for a document with one recipient also unsupported algorithm
    /// (<c>alg</c>, or the curve of <c>epk</c>) and malformed (its <c>epk</c>, <c>apu</c>, <c>apv</c>).
    /// </returns>
    public static JoseResult<byte[]> Decrypt(JweDocument document, IAgreementKey key)
    {
        var opened = Open(document, key, out var content);
        if (!opened.TryGet(out var contentKey))
            return opened.As<byte[]>();
        contentKey.Dispose();
        return content!;
    }

    /// <summary>
    /// The content key of a document, for handing on to somebody who may read this document only. It is given
    /// out only if it opens the content. Refusals as for <see cref="Decrypt"/>.
    /// </summary>
    public static JoseResult<SymmetricKey> UnwrapContentKey(JweDocument document, IAgreementKey key)
    {
        var opened = Open(document, key, out var content);
        CryptographicOperations.ZeroMemory(content);
        return opened;
    }

    /// <summary>Opens a document with its content key. The only refusal is decryption failed.</summary>
    public static JoseResult<byte[]> DecryptWithContentKey(JweDocument document, SymmetricKey contentKey)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(contentKey);
        var content = document.Encryption.Decrypt(
            contentKey.Span, document.Iv.Span, document.AssociatedData.Span, document.Ciphertext.Span,
            document.Tag.Span);
        return content is null ? JoseRefusal.DecryptionFailed : content;
    }

    private static JoseResult<SymmetricKey> Open(JweDocument document, IAgreementKey key, out byte[]? content)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(key);
        content = null;
        var refusal = JoseRefusal.UnsupportedAlgorithm.Code;
        foreach (var recipient in InOrderOfPromise(document, key.PublicKey))
        {
            var unwrapped = JweKeyAgreement.Unwrap(recipient, document.Encryption, key);
            if (unwrapped.TryGet(out var contentKey))
            {
                var opened = DecryptWithContentKey(document, contentKey);
                if (opened.TryGet(out content))
                    return unwrapped;
                contentKey.Dispose();
                refusal = JoseRefusal.DecryptionFailed.Code;
            }
            else
            {
                var isTheOnlyCode = document.Recipients.Count == 1 || refusal == unwrapped.Refusal;
                refusal = isTheOnlyCode ? unwrapped.Refusal : JoseRefusal.DecryptionFailed.Code;
            }
        }
        return new JoseRefusal(refusal!);
    }

    // A recipient that names this key by its thumbprint comes first: each other try costs an agreement.
    private static IEnumerable<JweRecipient> InOrderOfPromise(JweDocument document, PublicKey key)
    {
        if (document.Recipients.Count == 1)
            return document.Recipients;
        var name = key.ToString();
        return document.Recipients.OrderBy(recipient => recipient.Header.KeyId == name ? 0 : 1);
    }

    private static byte[] EncryptJson(
        ReadOnlySpan<byte> plaintext, ReadOnlySpan<RecipientKey> recipients, JweOptions options,
        bool flattened)
    {
        using var contentKey = MakeContentKey(recipients, options, out var keys);
        return JweWriter.WriteJson(plaintext, contentKey.Span, options, keys, flattened);
    }

    private static SymmetricKey MakeContentKey(
        ReadOnlySpan<RecipientKey> recipients, JweOptions options, out JweWriter.WrappedKey[] keys)
    {
        if (recipients.Length is 0 or > JweDocument.MaximumRecipients
            || !JweKeyAgreement.Offers(options.Algorithm)
            || options.Algorithm == JoseAlgorithms.EcdhEs && recipients.Length > 1)
            throw new ArgumentException("The algorithm does not fit the recipients.", nameof(recipients));
        keys = new JweWriter.WrappedKey[recipients.Length];
        var contentKey = RandomNumberGenerator.GetBytes(options.Encryption.KeySize);
        for (var i = 0; i < keys.Length; i++)
        {
            var derived = JweKeyAgreement.DeriveEphemeral(recipients[i].Key, options, out var ephemeral);
            var isDirect = options.Algorithm == JoseAlgorithms.EcdhEs;
            if (isDirect)
                derived.CopyTo(contentKey, 0);
            var encryptedKey = isDirect ? [] : AesKeyWrap.Wrap(derived, contentKey);
            keys[i] = new JweWriter.WrappedKey(recipients[i], ephemeral, encryptedKey);
            CryptographicOperations.ZeroMemory(derived);
        }
        var result = new SymmetricKey(contentKey);
        CryptographicOperations.ZeroMemory(contentKey);
        return result;
    }
}
