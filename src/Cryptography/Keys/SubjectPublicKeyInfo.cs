using System.Formats.Asn1;

namespace Counterfoil.Cryptography.Keys;

/// <summary>
/// P-256 public keys in the form of X.509, PKCS#11 and WebCrypto's "spki". Strict DER, the curve by its name, the point uncompressed.
/// <b>Source:</b> RFC 5480 section 2, RFC 5280 section 4.1.2.7.
/// </summary>
public static class SubjectPublicKeyInfo
{
    /// <summary>The length of the encoding in bytes, the same for every key.</summary>
    public const int Size = 91;

    /// <summary>The code for bytes that are not strict DER of this structure.</summary>
    public const string Malformed = "malformed";

    /// <summary>The code for a point that is not on the curve.</summary>
    public const string InvalidKey = "invalid_key";

    /// <summary>Reads a key.</summary>
    /// <returns>
    /// Null if the key is good, or in this order of precedence <c>malformed</c>, <c>unsupported_algorithm</c> (another algorithm or
    /// curve, or a curve given by its parameters) or <c>invalid_key</c>.
    /// </returns>
    public static string? Decode(ReadOnlyMemory<byte> der, out PublicKey key)
    {
        key = default;
        try
        {
            var reader = new AsnReader(der, AsnEncodingRules.DER);
            var info = reader.ReadSequence();
            reader.ThrowIfNotEmpty();
            var algorithm = info.ReadSequence();
            var point = info.ReadBitString(out var unusedBits);
            info.ThrowIfNotEmpty();
            if (algorithm.ReadObjectIdentifier() != Algorithms.EcPublicKey)
                return Algorithms.Unsupported;
            if (algorithm.PeekTag() != Asn1Tag.ObjectIdentifier)
                return Algorithms.Unsupported;
            var curve = algorithm.ReadObjectIdentifier();
            algorithm.ThrowIfNotEmpty();
            if (curve != Algorithms.CurveP256)
                return Algorithms.Unsupported;
            if (unusedBits != 0 || point.Length != 1 + PublicKey.Size || point[0] != 4)
                return Malformed;
            var decoded = new PublicKey(point.AsSpan(1));
            if (!Es256.IsOnCurve(decoded))
                return InvalidKey;
            key = decoded;
            return null;
        }
        catch (AsnContentException)
        {
            return Malformed;
        }
    }

    /// <summary>The 91 bytes of a key.</summary>
    public static byte[] Encode(PublicKey key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Algorithms.EcPublicKey);
                writer.WriteObjectIdentifier(Algorithms.CurveP256);
            }
            Span<byte> point = stackalloc byte[1 + PublicKey.Size];
            point[0] = 4;
            key.CopyTo(point[1..]);
            writer.WriteBitString(point);
        }
        return writer.Encode();
    }
}
