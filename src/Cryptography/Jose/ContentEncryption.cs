using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// The authenticated encryption of a JWE's content: A128GCM, A256GCM, A128CBC-HS256, A256CBC-HS512.
/// <b>Source:</b> RFC 7518 sections 5.2 and 5.3.
/// </summary>
public sealed class ContentEncryption
{
    private const int CbcBlock = 16;

    private readonly HashAlgorithmName? authentication;

    private ContentEncryption(
        string name, int keySize, int ivSize, int tagSize, HashAlgorithmName? authentication)
    {
        Name = name;
        KeySize = keySize;
        IvSize = ivSize;
        TagSize = tagSize;
        this.authentication = authentication;
    }

    /// <summary>AES-128-GCM.</summary>
    public static readonly ContentEncryption A128Gcm = new(JoseAlgorithms.A128Gcm, 16, 12, 16, null);

    /// <summary>AES-256-GCM: the default.</summary>
    public static readonly ContentEncryption A256Gcm = new(JoseAlgorithms.A256Gcm, 32, 12, 16, null);

    /// <summary>AES-128-CBC with HMAC-SHA-256.</summary>
    public static readonly ContentEncryption A128CbcHs256 = new(
        JoseAlgorithms.A128CbcHs256, 32, CbcBlock, 16, HashAlgorithmName.SHA256);

    /// <summary>AES-256-CBC with HMAC-SHA-512.</summary>
    public static readonly ContentEncryption A256CbcHs512 = new(
        JoseAlgorithms.A256CbcHs512, 64, CbcBlock, 32, HashAlgorithmName.SHA512);

    /// <summary><c>enc</c>.</summary>
    public string Name { get; }

    /// <summary>The length of the content key in bytes.</summary>
    public int KeySize { get; }

    /// <summary>The only length of an initialisation vector that is taken, in bytes.</summary>
    public int IvSize { get; }

    /// <summary>The length of the tag in bytes.</summary>
    public int TagSize { get; }

    /// <summary>The algorithm of that name, or null if it is not offered.</summary>
    public static ContentEncryption? Find(string name) => name switch
    {
        JoseAlgorithms.A128Gcm => A128Gcm,
        JoseAlgorithms.A256Gcm => A256Gcm,
        JoseAlgorithms.A128CbcHs256 => A128CbcHs256,
        JoseAlgorithms.A256CbcHs512 => A256CbcHs512,
        _ => null,
    };

    /// <summary>The length in bytes of the ciphertext of so many bytes of plaintext.</summary>
    public int CiphertextSize(int plaintextSize) =>
        authentication is null ? plaintextSize : plaintextSize + CbcBlock - plaintextSize % CbcBlock;

    /// <summary>Encrypts.</summary>
    /// <param name="key"><see cref="KeySize"/> bytes.</param>
    /// <param name="iv"><see cref="IvSize"/> bytes, never used twice with one key.</param>
    /// <param name="associatedData">What the tag covers beside the content.</param>
    /// <param name="plaintext">The content.</param>
    /// <param name="ciphertext">Receives <see cref="CiphertextSize"/> bytes.</param>
    /// <param name="tag">Receives <see cref="TagSize"/> bytes.</param>
    /// <exception cref="ArgumentException">A length is wrong.</exception>
    public void Encrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag)
    {
        if (key.Length != KeySize || iv.Length != IvSize || tag.Length != TagSize
            || ciphertext.Length != CiphertextSize(plaintext.Length))
            throw new ArgumentException($"A length is not that of {Name}.", nameof(key));
        if (authentication is not { } hash)
        {
            using var gcm = new AesGcm(key, TagSize);
            gcm.Encrypt(iv, plaintext, ciphertext, tag, associatedData);
            return;
        }
        using var aes = Aes.Create();
        aes.SetKey(key[(KeySize / 2)..]);
        aes.EncryptCbc(plaintext, iv, ciphertext);
        Span<byte> code = stackalloc byte[KeySize];
        Authenticate(hash, key[..(KeySize / 2)], iv, associatedData, ciphertext, code);
        code[..TagSize].CopyTo(tag);
    }

    /// <summary>Decrypts.</summary>
    /// <param name="key">The content key.</param>
    /// <param name="iv">The initialisation vector.</param>
    /// <param name="associatedData">What the tag covers beside the content.</param>
    /// <param name="ciphertext">The ciphertext.</param>
    /// <param name="tag">The tag.</param>
    /// <returns>
    /// The content; null if any length, the tag or the padding is wrong, without telling which.
    /// </returns>
    public byte[]? Decrypt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag)
    {
        if (key.Length != KeySize || iv.Length != IvSize || tag.Length != TagSize)
            return null;
        return authentication is { } hash
            ? DecryptCbc(hash, key, iv, associatedData, ciphertext, tag)
            : DecryptGcm(key, iv, associatedData, ciphertext, tag);
    }

    private byte[]? DecryptGcm(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> associatedData,
        ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag)
    {
        var plaintext = GC.AllocateUninitializedArray<byte>(ciphertext.Length);
        using var gcm = new AesGcm(key, TagSize);
        try
        {
            gcm.Decrypt(iv, ciphertext, tag, plaintext, associatedData);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    private byte[]? DecryptCbc(
        HashAlgorithmName hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv,
        ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag)
    {
        // RFC 7518 section 5.2.2.2: the tag first; the padding only of what the key's holder wrote.
        Span<byte> code = stackalloc byte[KeySize];
        Authenticate(hash, key[..(KeySize / 2)], iv, associatedData, ciphertext, code);
        if (!CryptographicOperations.FixedTimeEquals(code[..TagSize], tag) || ciphertext.Length == 0
            || ciphertext.Length % CbcBlock != 0)
            return null;
        using var aes = Aes.Create();
        aes.SetKey(key[(KeySize / 2)..]);
        try
        {
            return aes.DecryptCbc(ciphertext, iv);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static void Authenticate(
        HashAlgorithmName hash, ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv,
        ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> ciphertext, Span<byte> code)
    {
        Span<byte> associatedBits = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(associatedBits, (ulong)associatedData.Length * 8);
        using var mac = IncrementalHash.CreateHMAC(hash, key);
        mac.AppendData(associatedData);
        mac.AppendData(iv);
        mac.AppendData(ciphertext);
        mac.AppendData(associatedBits);
        mac.GetHashAndReset(code);
    }
}
