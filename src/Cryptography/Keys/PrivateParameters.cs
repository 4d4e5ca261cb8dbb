using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Keys;

/// <summary>The .NET parameters of a secret scalar of P-256.</summary>
internal static class PrivateParameters
{
    // The order n of P-256's base point. SP 800-186 section 3.2.1.3.
    private static ReadOnlySpan<byte> Order =>
    [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];

    /// <summary>The parameters, whose D the caller clears.</summary>
    /// <exception cref="CryptographicException">The secret does not have 32 bytes or is outside 1..n−1.</exception>
    internal static ECParameters Of(ReadOnlySpan<byte> secret)
    {
        if (!IsScalar(secret))
            throw new CryptographicException("A P-256 secret has 32 bytes and lies between 1 and n−1.");
        return new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret.ToArray() };
    }

    /// <summary>True for 32 bytes between 1 and n−1; the time taken depends on the length only.</summary>
    internal static bool IsScalar(ReadOnlySpan<byte> secret)
    {
        if (secret.Length != 32)
            return false;
        int any = 0, borrow = 0;
        for (var i = 31; i >= 0; i--)
        {
            any |= secret[i];
            borrow = ((secret[i] - Order[i] - borrow) >> 31) & 1;
        }
        return any != 0 & borrow == 1;
    }
}
