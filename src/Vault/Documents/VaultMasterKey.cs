using System.Security.Cryptography;
using Counterfoil.Cryptography;

namespace Counterfoil.Vault.Documents;

/// <summary>
/// The 32-byte secret under which a store wraps the key of each document. It lies outside the database (the host takes it from
/// its key store), so that a copy of the database alone reads nothing. Safe for concurrent use until disposed, which clears it.
/// AES-256-GCM with random nonces, good for 2^32 wraps. <b>Source:</b> NIST SP 800-38D section 8.3.
/// </summary>
public sealed class VaultMasterKey : IDisposable
{
    /// <summary>The length of the secret in bytes.</summary>
    public const int Size = 32;

    private readonly byte[] secret;
    private bool disposed;

    /// <summary>Takes a copy of the secret; the caller clears its own.</summary>
    /// <exception cref="ArgumentException">It does not have 32 bytes.</exception>
    public VaultMasterKey(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != Size)
            throw new ArgumentException("A vault master key has 32 bytes.", nameof(secret));
        this.secret = secret.ToArray();
    }

    /// <summary>A new random key.</summary>
    public static VaultMasterKey Generate()
    {
        Span<byte> bytes = stackalloc byte[Size];
        RandomNumberGenerator.Fill(bytes);
        try
        {
            return new VaultMasterKey(bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>A value that tells this key from others and does not help to find it.</summary>
    internal byte[] CheckValue()
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return HMACSHA256.HashData(secret, "cf-vault-master\0"u8);
    }

    /// <summary>A name for an account that tells nothing to who has only the database.</summary>
    internal byte[] Pseudonym<T>(ReadOnlySpan<byte> label, Digest<T> name)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return HMACSHA256.HashData(secret, Sealing.Name(label, name));
    }

    internal byte[] Wrap(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        return Sealing.Seal(secret, key, associatedData);
    }

    /// <summary>The caller clears what it is given.</summary>
    internal byte[]? TryUnwrap(ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> associatedData)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var key = Sealing.TryOpen(secret, wrapped, associatedData);
        return key is { Length: Size } ? key : null;
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose()
    {
        disposed = true;
        CryptographicOperations.ZeroMemory(secret);
    }
}

/// <summary>AES-256-GCM boxes: 12 bytes of random nonce, ciphertext, 16 bytes of tag.</summary>
internal static class Sealing
{
    private const int NonceBytes = 12;
    private const int TagBytes = 16;

    public static byte[] Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associatedData)
    {
        var box = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = box.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, plain, box.AsSpan(NonceBytes, plain.Length), box.AsSpan(NonceBytes + plain.Length), associatedData);
        return box;
    }

    /// <summary>Null if the box is too short or not what was sealed under this key with these associated data.</summary>
    public static byte[]? TryOpen(ReadOnlySpan<byte> key, ReadOnlySpan<byte> box, ReadOnlySpan<byte> associatedData)
    {
        if (box.Length < NonceBytes + TagBytes)
            return null;
        var plain = new byte[box.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        try
        {
            aes.Decrypt(box[..NonceBytes], box[NonceBytes..^TagBytes], box[^TagBytes..], plain, associatedData);
            return plain;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <summary>Seals under a new random key and wraps that under the master key, both bound to the same name.</summary>
    public static (byte[] Box, byte[] WrappedKey) SealUnderOwnKey(VaultMasterKey master, ReadOnlySpan<byte> plain, ReadOnlySpan<byte> associatedData)
    {
        Span<byte> key = stackalloc byte[VaultMasterKey.Size];
        RandomNumberGenerator.Fill(key);
        try
        {
            return (Seal(key, plain, associatedData), master.Wrap(key, associatedData));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Null if either box is damaged, missing or belongs to another name.</summary>
    public static byte[]? TryOpenUnderOwnKey(VaultMasterKey master, byte[]? box, byte[]? wrappedKey, ReadOnlySpan<byte> associatedData)
    {
        if (box is null || wrappedKey is null || master.TryUnwrap(wrappedKey, associatedData) is not { } key)
            return null;
        try
        {
            return TryOpen(key, box, associatedData);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Associated data: a label that says what the box is, and the digest that names it.</summary>
    public static byte[] Name<T>(ReadOnlySpan<byte> label, Digest<T> digest)
    {
        var name = new byte[label.Length + Digest<T>.Size];
        label.CopyTo(name);
        digest.CopyTo(name.AsSpan(label.Length));
        return name;
    }
}
