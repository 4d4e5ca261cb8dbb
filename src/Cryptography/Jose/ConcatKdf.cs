using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// The one-step key derivation of ECDH-ES with SHA-256. <b>Source:</b> RFC 7518 section 4.6.2, SP 800-56A
/// section 5.8.2.1.
/// </summary>
public static class ConcatKdf
{
    /// <summary>The longest key in bytes that is derived.</summary>
    public const int MaximumKeySize = 64;

    /// <summary>Derives a key.</summary>
    /// <param name="sharedSecret">Z.</param>
    /// <param name="algorithm">AlgorithmID: <c>enc</c> for direct agreement, else <c>alg</c>.</param>
    /// <param name="partyUInfo">The bytes that <c>apu</c> stands for; may be empty.</param>
    /// <param name="partyVInfo">The bytes that <c>apv</c> stands for; may be empty.</param>
    /// <param name="key">Receives the key: 1 to 64 bytes; its length enters the derivation.</param>
    /// <exception cref="ArgumentException">
    /// The key is longer than <see cref="MaximumKeySize"/>, or empty.
    /// </exception>
    public static void Derive(
        ReadOnlySpan<byte> sharedSecret, string algorithm, ReadOnlySpan<byte> partyUInfo,
        ReadOnlySpan<byte> partyVInfo, Span<byte> key)
    {
        if (key.Length is 0 or > MaximumKeySize)
            throw new ArgumentException($"A derived key has 1 to {MaximumKeySize} bytes.", nameof(key));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        var algorithmId = Encoding.ASCII.GetBytes(algorithm);
        for (var (counter, done) = (1u, 0); done < key.Length; counter++)
        {
            AppendNumber(hash, counter);
            hash.AppendData(sharedSecret);
            AppendWithLength(hash, algorithmId);
            AppendWithLength(hash, partyUInfo);
            AppendWithLength(hash, partyVInfo);
            AppendNumber(hash, (uint)key.Length * 8);
            hash.GetHashAndReset(digest);
            var taken = Math.Min(digest.Length, key.Length - done);
            digest[..taken].CopyTo(key[done..]);
            done += taken;
        }
        CryptographicOperations.ZeroMemory(digest);
    }

    private static void AppendWithLength(IncrementalHash hash, ReadOnlySpan<byte> data)
    {
        AppendNumber(hash, (uint)data.Length);
        hash.AppendData(data);
    }

    private static void AppendNumber(IncrementalHash hash, uint number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
