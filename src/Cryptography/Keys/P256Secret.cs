using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;

namespace Counterfoil.Cryptography.Keys;

/// <summary>A secret scalar of P-256 as .NET's key objects take it.</summary>
internal static class P256Secret
{
    /// <summary>The parameters of 32 bytes, whose D the caller clears.</summary>
    /// <exception cref="CryptographicException">The secret does not have 32 bytes or is outside 1 to n−1.</exception>
    internal static ECParameters Parameters(ReadOnlySpan<byte> secret) =>
        P256.IsSecret(secret)
            ? new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret.ToArray() }
            : throw new CryptographicException("A P-256 secret has 32 bytes and lies between 1 and n−1.");
}
