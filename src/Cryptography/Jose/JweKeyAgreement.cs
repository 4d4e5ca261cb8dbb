using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// ECDH-ES on P-256, direct or with AES key wrap: from the agreed secret to the content key and back.
/// <b>Source:</b> RFC 7518 section 4.6.
/// </summary>
internal static class JweKeyAgreement
{
    public static bool Offers(string algorithm) =>
        algorithm is JoseAlgorithms.EcdhEs or JoseAlgorithms.EcdhEsA128Kw or JoseAlgorithms.EcdhEsA256Kw;

    /// <summary>The key that the agreement gives: the content key itself, or the one that wraps it. The caller clears it.</summary>
    public static byte[] Derive(IAgreementKey own, PublicKey peer, string algorithm, ContentEncryption encryption, ReadOnlySpan<byte> partyUInfo, ReadOnlySpan<byte> partyVInfo)
    {
        var isDirect = algorithm == JoseAlgorithms.EcdhEs;
        var key = new byte[isDirect ? encryption.KeySize : algorithm == JoseAlgorithms.EcdhEsA128Kw ? 16 : 32];
        var secret = own.Agree(peer);
        ConcatKdf.Derive(secret, isDirect ? encryption.Name : algorithm, partyUInfo, partyVInfo, key);
        CryptographicOperations.ZeroMemory(secret);
        return key;
    }

    /// <summary>The content key of one recipient; decryption failed whenever the key does not fit, whatever the reason.</summary>
    public static JoseResult<SymmetricKey> Unwrap(JweRecipient recipient, ContentEncryption encryption, IAgreementKey key)
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
            return ephemeral.Refusal == JoseRefusal.InvalidKey.Code ? JoseRefusal.DecryptionFailed : ephemeral.As<SymmetricKey>();
        var derived = Derive(key, peer, header.Algorithm, encryption, partyUInfo, partyVInfo);
        if (header.Algorithm == JoseAlgorithms.EcdhEs)
            return Take(derived, encryption);
        var contentKey = AesKeyWrap.Unwrap(derived, recipient.EncryptedKey.Span);
        CryptographicOperations.ZeroMemory(derived);
        return Take(contentKey, encryption);
    }

    /// <summary>Moves an unwrapped key into memory that is cleared; decryption failed if there is none or it has another length.</summary>
    public static JoseResult<SymmetricKey> Take(byte[]? contentKey, ContentEncryption encryption)
    {
        if (contentKey is null)
            return JoseRefusal.DecryptionFailed;
        try
        {
            return contentKey.Length == encryption.KeySize ? new SymmetricKey(contentKey) : JoseRefusal.DecryptionFailed;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }
}
