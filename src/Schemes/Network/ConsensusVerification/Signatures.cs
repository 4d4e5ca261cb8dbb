using System.Globalization;
using System.Numerics;
using System.Text;
using Counterfoil.Cryptography;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>What anybody on the way can do to a compact JWS without its key.</summary>
internal static class Signatures
{
    // The order of P-256, FIPS 186-5.
    private static readonly BigInteger Order = BigInteger.Parse(
        "0FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    /// <summary>The other signature that verifies over the same bytes: (r, n − s) for (r, s).</summary>
    public static byte[] Malleate(byte[] compact) => Change(compact, signature =>
    {
        var other = (Order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true)).ToByteArray(isUnsigned: true, isBigEndian: true);
        signature.AsSpan(32).Clear();
        other.CopyTo(signature.AsSpan(64 - other.Length));
    });

    /// <summary>A signature that does not verify.</summary>
    public static byte[] Break(byte[] compact) => Change(compact, signature => signature[40] ^= 1);

    private static byte[] Change(byte[] compact, Action<byte[]> change)
    {
        var text = Encoding.ASCII.GetString(compact);
        var dot = text.LastIndexOf('.');
        if (!Base64Url.TryDecode(text.AsSpan(dot + 1), out var signature) || signature.Length != 64)
            throw new ArgumentException("This is no compact ES256 signature.", nameof(compact));
        change(signature);
        return Encoding.ASCII.GetBytes(text[..(dot + 1)] + Base64Url.Encode(signature));
    }
}
