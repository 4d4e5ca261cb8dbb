using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;

namespace Counterfoil.Cryptography.Vrf;

/// <summary>The auxiliary functions of the suite ECVRF-P256-SHA256-TAI. <b>Source:</b> RFC 9381 sections 5.4 and 5.5.</summary>
internal static class VrfEncoding
{
    /// <summary>cLen of the suite, in bytes.</summary>
    internal const int ChallengeSize = 16;

    /// <summary>suite_string of the suite.</summary>
    internal const byte Suite = 0x01;

    /// <summary>ECVRF_encode_to_curve_try_and_increment, section 5.4.1.1; the salt is the public key (section 5.5).</summary>
    internal static P256Point EncodeToCurve(P256Point publicPoint, ReadOnlySpan<byte> alpha)
    {
        Span<byte> salt = stackalloc byte[P256Point.CompressedSize];
        publicPoint.EncodeCompressed(salt);
        Span<byte> candidate = stackalloc byte[P256Point.CompressedSize];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        // 1. to 5. Each counter succeeds with probability 1/2; the counter is one byte.
        for (var ctr = 0; ctr <= byte.MaxValue; ctr++)
        {
            // a. and b.
            hash.AppendData([Suite, 0x01]);
            hash.AppendData(salt);
            hash.AppendData(alpha);
            hash.AppendData([(byte)ctr, 0x00]);
            hash.GetHashAndReset(candidate[1..]);
            // c. interpret_hash_value_as_a_point(s) = string_to_point(0x02 ‖ s)
            candidate[0] = 0x02;
            // d. The cofactor is 1, and a compressed form is never infinity.
            if (P256Point.TryDecode(candidate, out var h))
                return h;
        }
        // 6.
        throw new CryptographicException("None of 256 hashes was a point, which happens with probability 2^-256.");
    }

    /// <summary>ECVRF_challenge_generation, section 5.4.3.</summary>
    internal static void Challenge(P256Point y, P256Point h, P256Point gamma, P256Point u, P256Point v, Span<byte> c)
    {
        const int points = 5;
        // 1. to 5.
        Span<byte> text = stackalloc byte[2 + points * P256Point.CompressedSize + 1];
        text[0] = Suite;
        text[1] = 0x02;
        var rest = text[2..];
        foreach (var point in (ReadOnlySpan<P256Point>)[y, h, gamma, u, v])
        {
            point.EncodeCompressed(rest);
            rest = rest[P256Point.CompressedSize..];
        }
        rest[0] = 0x00;
        // 6. to 9.
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text, digest);
        digest[..ChallengeSize].CopyTo(c);
    }

    /// <summary>The last step of ECVRF_proof_to_hash, section 5.2 step 6; the cofactor is 1.</summary>
    internal static Digest<VrfOutput> Output(P256Point gamma)
    {
        Span<byte> text = stackalloc byte[2 + P256Point.CompressedSize + 1];
        text[0] = Suite;
        text[1] = 0x03;
        gamma.EncodeCompressed(text[2..]);
        text[^1] = 0x00;
        return Digest<VrfOutput>.Of(text);
    }
}
