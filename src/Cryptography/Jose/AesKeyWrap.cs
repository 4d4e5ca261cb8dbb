using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// AES key wrap with the default initial value, for keys of 16 bytes and more in whole blocks of 8.
/// <b>Source:</b> RFC 3394 sections 2.2.1 to 2.2.3.1, SP 800-38F section 6.2 (which has no wrapping of fewer
/// than two blocks).
/// </summary>
public static class AesKeyWrap
{
    /// <summary>The bytes that wrapping adds, and the unit of a key's length.</summary>
    public const int BlockSize = 8;

    /// <summary>The shortest key in bytes that is wrapped.</summary>
    public const int MinimumKeySize = 2 * BlockSize;

    /// <summary>The longest key in bytes that is wrapped.</summary>
    public const int MaximumKeySize = 4096;

    private const int Rounds = 6;
    private const int AesBlock = 16;

    private static ReadOnlySpan<byte> InitialValue => [0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6];

    /// <summary>Wraps a key.</summary>
    /// <param name="wrappingKey">16, 24 or 32 bytes.</param>
    /// <param name="key">16 to 4096 bytes, a multiple of 8.</param>
    /// <returns>The wrapped key, 8 bytes longer than the key.</returns>
    /// <exception cref="ArgumentException">The key has another length.</exception>
    /// <exception cref="CryptographicException">The wrapping key has another length.</exception>
    public static byte[] Wrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> key)
    {
        if (!IsKeySize(key.Length))
            throw new ArgumentException(
                "A key to wrap has whole blocks of 8 bytes, at least two.", nameof(key));
        var wrapped = new byte[key.Length + BlockSize];
        InitialValue.CopyTo(wrapped);
        key.CopyTo(wrapped.AsSpan(BlockSize));
        using var aes = CreateAes(wrappingKey);
        using var encryptor = aes.CreateEncryptor();
        var block = new byte[AesBlock];
        wrapped.AsSpan(0, BlockSize).CopyTo(block);
        ulong step = 0;
        for (var round = 0; round < Rounds; round++)
        {
            for (var at = BlockSize; at < wrapped.Length; at += BlockSize)
            {
                wrapped.AsSpan(at, BlockSize).CopyTo(block.AsSpan(BlockSize));
                encryptor.TransformBlock(block, 0, AesBlock, block, 0);
                block.AsSpan(BlockSize).CopyTo(wrapped.AsSpan(at));
                ExclusiveOr(block, ++step);
            }
        }
        block.AsSpan(0, BlockSize).CopyTo(wrapped);
        return wrapped;
    }

    /// <summary>Unwraps a key.</summary>
    /// <param name="wrappingKey">16, 24 or 32 bytes.</param>
    /// <param name="wrapped">The wrapped key.</param>
    /// <returns>
    /// The key, which the caller clears; null if the length or the integrity check is wrong, without telling
    /// which.
    /// </returns>
    /// <exception cref="CryptographicException">The wrapping key has another length.</exception>
    public static byte[]? Unwrap(ReadOnlySpan<byte> wrappingKey, ReadOnlySpan<byte> wrapped)
    {
        if (!IsKeySize(wrapped.Length - BlockSize))
            return null;
        var key = wrapped[BlockSize..].ToArray();
        using var aes = CreateAes(wrappingKey);
        using var decryptor = aes.CreateDecryptor();
        var block = new byte[AesBlock];
        wrapped[..BlockSize].CopyTo(block);
        var step = (ulong)(Rounds * (key.Length / BlockSize));
        for (var round = 0; round < Rounds; round++)
        {
            for (var at = key.Length - BlockSize; at >= 0; at -= BlockSize)
            {
                ExclusiveOr(block, step--);
                key.AsSpan(at, BlockSize).CopyTo(block.AsSpan(BlockSize));
                decryptor.TransformBlock(block, 0, AesBlock, block, 0);
                block.AsSpan(BlockSize).CopyTo(key.AsSpan(at));
            }
        }
        var isIntact = CryptographicOperations.FixedTimeEquals(block.AsSpan(0, BlockSize), InitialValue);
        CryptographicOperations.ZeroMemory(block);
        if (isIntact)
            return key;
        CryptographicOperations.ZeroMemory(key);
        return null;
    }

    private static bool IsKeySize(int size) =>
        size is >= MinimumKeySize and <= MaximumKeySize && size % BlockSize == 0;

    private static void ExclusiveOr(byte[] block, ulong step) =>
        BinaryPrimitives.WriteUInt64BigEndian(block, BinaryPrimitives.ReadUInt64BigEndian(block) ^ step);

    // Single blocks are what RFC 3394 calls for: ECB here is the block cipher itself, not a mode over data.
    private static Aes CreateAes(ReadOnlySpan<byte> key)
    {
        var aes = Aes.Create();
#pragma warning disable CA5358
        aes.Mode = CipherMode.ECB;
#pragma warning restore CA5358
        aes.Padding = PaddingMode.None;
        aes.SetKey(key);
        return aes;
    }
}
