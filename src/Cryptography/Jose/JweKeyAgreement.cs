using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// ECDH-ES on P-256, direct or with AES key wrap: from the agreed secret to the content key and back.
/// <b>Source:</b> RFC 7518 section 4.6.
/// </summary>
internal static class JweKeyAgreement
{
    private const int SecretSize = 32;

    /// <summary>True for the agreements that are offered.</summary>
    public static bool Offers(string algorithm) =>
        algorithm is JoseAlgorithms.EcdhEs or JoseAlgorithms.EcdhEsA128Kw or JoseAlgorithms.EcdhEsA256Kw;

    /// <summary>
    /// Agrees with a recipient by a new ephemeral key. In libcrypto's group directly: .NET's key objects cost
    /// three times as much. The caller clears the derived key.
    /// </summary>
    /// <exception cref="CryptographicException">The recipient's key is not a point of the curve.</exception>
    public static byte[] DeriveEphemeral(PublicKey recipient, JweOptions options, out PublicKey ephemeral)
    {
        if (!P256Point.TryFrom(recipient, out var peer) || peer.IsInfinity)
            throw new CryptographicException("The recipient's key is not a point of the curve P-256.");
        using var scalar = P256Scalar.Create();
        ephemeral = P256.MultiplyGenerator(scalar).ToPublicKey();
        Span<byte> shared = stackalloc byte[PublicKey.Size];
        P256.Multiply(scalar, peer).ToPublicKey().CopyTo(shared);
        var key = Derive(
            shared[..SecretSize], options.Algorithm, options.Encryption, options.PartyUInfo.Span,
            options.PartyVInfo.Span);
        CryptographicOperations.ZeroMemory(shared);
        return key;
    }

    // The key that the agreement gives: the content key itself, or the one that wraps it.
    private static byte[] Derive(
        ReadOnlySpan<byte> secret, string algorithm, ContentEncryption encryption,
        ReadOnlySpan<byte> partyUInfo, ReadOnlySpan<byte> partyVInfo)
    {
        var isDirect = algorithm == JoseAlgorithms.EcdhEs;
        var wrappingSize = algorithm == JoseAlgorithms.EcdhEsA128Kw ? 16 : 32;
        var key = new byte[isDirect ? encryption.KeySize : wrappingSize];
        ConcatKdf.Derive(secret, isDirect ? encryption.Name : algorithm, partyUInfo, partyVInfo, key);
        return key;
    }

    /// <summary>
    /// The content key of one recipient; decryption failed whenever the key does not fit, whatever the
    /// reason.
    /// </summary>
    public static JoseResult<SymmetricKey> Unwrap(
        JweRecipient recipient, ContentEncryption encryption, IAgreementKey key)
    {
        var header = recipient.Header;
        if (!Offers(header.Algorithm))
            return JoseRefusal.UnsupportedAlgorithm;
        byte[]? partyUInfo = [], partyVInfo = [];
        if (header.EphemeralKey.IsEmpty
            || header.PartyUInfo is not null && !Base64Url.TryDecode(header.PartyUInfo, out partyUInfo)
            || header.PartyVInfo is not null && !Base64Url.TryDecode(header.PartyVInfo, out partyVInfo)
            || header.Algorithm == JoseAlgorithms.EcdhEs != recipient.EncryptedKey.IsEmpty)
            return JoseRefusal.Malformed;
        var ephemeral = Jwk.ParsePublicKey(header.EphemeralKey.Span);
        if (!ephemeral.TryGet(out var peer))
            return ephemeral.Refusal == JoseRefusal.InvalidKey.Code
                ? JoseRefusal.DecryptionFailed
                : ephemeral.As<SymmetricKey>();
        var secret = key.Agree(peer);
        var derived = Derive(secret, header.Algorithm, encryption, partyUInfo, partyVInfo);
        CryptographicOperations.ZeroMemory(secret);
        if (header.Algorithm == JoseAlgorithms.EcdhEs)
            return Take(derived, encryption);
        var contentKey = AesKeyWrap.Unwrap(derived, recipient.EncryptedKey.Span);
        CryptographicOperations.ZeroMemory(derived);
        return Take(contentKey, encryption);
    }

    /// <summary>
    /// Moves an unwrapped key into memory that is cleared; decryption failed if there is none or it has
    /// another length.
    /// </summary>
    public static JoseResult<SymmetricKey> Take(byte[]? contentKey, ContentEncryption encryption)
    {
        if (contentKey is null)
            return JoseRefusal.DecryptionFailed;
        try
        {
            return contentKey.Length == encryption.KeySize
                ? new SymmetricKey(contentKey)
                : JoseRefusal.DecryptionFailed;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }
}
