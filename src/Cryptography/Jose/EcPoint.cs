using System.Numerics;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// Whether a P-256 key is a point of the curve. In variable time, since the key is public. <b>Source:</b> SP 800-186 section 3.2.1.3,
/// SP 800-56A section 5.6.2.3.4 (the cofactor is 1, and infinity has no affine coordinates).
/// </summary>
internal static class EcPoint
{
    private static readonly BigInteger P = Hex("00ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger B = Hex("005ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    /// <summary>True if y^2 = x^3 - 3x + b modulo p and both coordinates are below p.</summary>
    public static bool IsOnCurve(PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[PublicKey.Size];
        key.CopyTo(bytes);
        var x = new BigInteger(bytes[..32], isUnsigned: true, isBigEndian: true);
        var y = new BigInteger(bytes[32..], isUnsigned: true, isBigEndian: true);
        return x < P && y < P && (y * y - ((x * x - 3) * x + B)) % P == BigInteger.Zero;
    }

    private static BigInteger Hex(string digits) => BigInteger.Parse(digits, System.Globalization.NumberStyles.HexNumber, null);
}
