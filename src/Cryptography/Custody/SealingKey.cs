using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// An AES-256 key that seals small secrets with GCM: 12 random bytes of nonce, ciphertext, 16 bytes of tag.
/// At most a few thousand seals are made under one key, far below the 2^32 that random nonces allow.
/// <b>Source:</b> SP 800-38D section 8.3.
/// </summary>
internal sealed class SealingKey : IDisposable
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private readonly byte[] key;
    private bool disposed;

    internal SealingKey(ReadOnlySpan<byte> bytes) => key = bytes.ToArray();

    internal ReadOnlySpan<byte> Bytes
    {
        get
        {
            // A cleared key is a known key: nothing may be sealed under it.
            ObjectDisposedException.ThrowIf(disposed, this);
            return key;
        }
    }

    internal byte[] Seal(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> associatedData)
    {
        var output = new byte[NonceBytes + secret.Length + TagBytes];
        RandomNumberGenerator.Fill(output.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(Bytes, TagBytes);
        aes.Encrypt(
            output.AsSpan(0, NonceBytes), secret, output.AsSpan(NonceBytes, secret.Length), output.AsSpan(NonceBytes + secret.Length),
            associatedData);
        return output;
    }

    /// <summary>
    /// False, and nothing written, if the box has another length or was not sealed under this key.
    /// </summary>
    internal bool TryOpen(ReadOnlySpan<byte> box, ReadOnlySpan<byte> associatedData, Span<byte> secret)
    {
        if (box.Length != NonceBytes + secret.Length + TagBytes)
            return false;
        using var aes = new AesGcm(Bytes, TagBytes);
        try
        {
            aes.Decrypt(
                box[..NonceBytes], box.Slice(NonceBytes, secret.Length), box[(NonceBytes + secret.Length)..], secret, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        disposed = true;
        CryptographicOperations.ZeroMemory(key);
    }
}
