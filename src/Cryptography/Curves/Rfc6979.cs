using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Curves;

/// <summary>
/// The deterministic nonce of a secret and a message: no random source can fail and give the secret away.
/// <b>Source:</b> RFC 6979 section 3.2, for P-256 and SHA-256, where hash and order have the same length of 256 bits.
/// </summary>
internal static class Rfc6979
{
    private const int Size = 32;

    /// <summary>The nonce of a message.</summary>
    internal static P256Scalar Nonce(P256Scalar secret, ReadOnlySpan<byte> message)
    {
        Span<byte> digest = stackalloc byte[Size];
        Sha256.Hash(message, digest);
        return NonceOfDigest(secret, digest);
    }

    /// <summary>The nonce of a message whose SHA-256 is given: 32 bytes.</summary>
    internal static P256Scalar NonceOfDigest(P256Scalar secret, ReadOnlySpan<byte> digest)
    {
        Span<byte> v = stackalloc byte[Size];
        Span<byte> k = stackalloc byte[Size];
        // V ‖ separator ‖ int2octets(x) ‖ bits2octets(h1)
        Span<byte> input = stackalloc byte[Size + 1 + Size + Size];
        try
        {
            // a.
            digest.CopyTo(input[(2 * Size + 1)..]);
            Reduce(input[(2 * Size + 1)..]);
            secret.Export(input.Slice(Size + 1, Size));
            // b. and c.
            v.Fill(0x01);
            k.Clear();
            // d. and e., then f. and g.
            for (byte separator = 0; separator < 2; separator++)
            {
                v.CopyTo(input);
                input[Size] = separator;
                HMACSHA256.HashData(k, input, k);
                HMACSHA256.HashData(k, v, v);
            }
            // h.
            while (true)
            {
                HMACSHA256.HashData(k, v, v);
                if (P256.IsSecret(v))
                    return P256Scalar.Import(v);
                v.CopyTo(input);
                input[Size] = 0;
                HMACSHA256.HashData(k, input[..(Size + 1)], k);
                HMACSHA256.HashData(k, v, v);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(input);
            CryptographicOperations.ZeroMemory(v);
            CryptographicOperations.ZeroMemory(k);
        }
    }

    /// <summary>bits2octets of 32 public bytes: a 256-bit number is below 2n, so one subtraction reduces it.</summary>
    internal static void Reduce(Span<byte> number)
    {
        if (P256.IsReduced(number))
            return;
        var borrow = 0;
        for (var i = Size - 1; i >= 0; i--)
        {
            var difference = number[i] - P256.Order[i] - borrow;
            borrow = (difference >> 31) & 1;
            number[i] = (byte)(difference & 0xff);
        }
    }
}
