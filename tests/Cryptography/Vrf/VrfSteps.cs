using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;

namespace Counterfoil.Cryptography.Tests.Vrf;

/// <summary>Two steps of RFC 9381, written from its text once more, for a prover who does not follow the rules on nonces.</summary>
internal static class VrfSteps
{
    /// <summary>Section 5.4.1.1.</summary>
    internal static P256Point EncodeToCurve(P256Point key, byte[] alpha)
    {
        for (byte ctr = 0; ; ctr++)
        {
            var hash = SHA256.HashData([0x01, 0x01, .. Text(key), .. alpha, ctr, 0x00]);
            if (P256Point.TryDecode([0x02, .. hash], out var h))
                return h;
        }
    }

    /// <summary>Section 5.4.3.</summary>
    internal static byte[] Challenge(params P256Point[] points) =>
        SHA256.HashData([0x01, 0x02, .. points.SelectMany(Text), 0x00])[..16];

    private static byte[] Text(P256Point point)
    {
        var bytes = new byte[P256Point.CompressedSize];
        point.EncodeCompressed(bytes);
        return bytes;
    }
}
