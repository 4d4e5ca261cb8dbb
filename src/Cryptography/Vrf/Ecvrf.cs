using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Vrf;

/// <summary>
/// Verification of the verifiable random function ECVRF-P256-SHA256-TAI: for a key and an input there is one output, which only the key's
/// owner can compute and everybody can check. Safe for concurrent use. <b>Source:</b> RFC 9381.
/// </summary>
public static class Ecvrf
{
    /// <summary>The name of the one suite that is offered. RFC 9381 section 5.5.</summary>
    public const string Suite = Algorithms.EcvrfP256Sha256Tai;

    /// <summary>True if the proof shows the output of this key for the input alpha.</summary>
    /// <param name="key">The prover's public key; refused if it is no point of the curve (validate_key is always on).</param>
    /// <param name="alpha">The input.</param>
    /// <param name="proof">The proof.</param>
    /// <param name="output">The output, 32 bytes that look random to whoever does not have the key; unset if the proof is refused.</param>
    public static bool Verify(PublicKey key, ReadOnlySpan<byte> alpha, VrfProof proof, out Digest<VrfOutput> output)
    {
        output = default;
        // RFC 9381 section 5.3.
        // 1. to 3. The cofactor is 1, so a point other than infinity is a valid key (section 5.4.5).
        if (!P256Point.TryFrom(key, out var y))
            return false;
        // 4. to 6.
        if (!TryDecode(proof, out var gamma))
            return false;
        var c = proof.Bytes.Slice(P256Point.CompressedSize, VrfEncoding.ChallengeSize);
        var s = proof.Bytes[(P256Point.CompressedSize + VrfEncoding.ChallengeSize)..];
        // 7.
        var h = VrfEncoding.EncodeToCurve(y, alpha);
        // 8. and 9.
        var u = P256.CombineWithGenerator(s, c, y.Negate());
        var v = P256.Combine(s, h, c, gamma.Negate());
        // An honest nonce is never 0, so infinity is refused here instead of being given an encoding.
        if (u.IsInfinity || v.IsInfinity)
            return false;
        // 10.
        Span<byte> expected = stackalloc byte[VrfEncoding.ChallengeSize];
        VrfEncoding.Challenge(y, h, gamma, u, v, expected);
        // 11.
        if (!CryptographicOperations.FixedTimeEquals(c, expected))
            return false;
        output = VrfEncoding.Output(gamma);
        return true;
    }

    /// <summary>
    /// The output that a proof claims, without verifying it: for one's own proof, or one verified before. RFC 9381 section 5.2.
    /// </summary>
    /// <returns>False if the proof does not decode.</returns>
    public static bool TryOutput(VrfProof proof, out Digest<VrfOutput> output)
    {
        var decoded = TryDecode(proof, out var gamma);
        output = decoded ? VrfEncoding.Output(gamma) : default;
        return decoded;
    }

    // ECVRF_decode_proof, section 5.4.4: Gamma is a point (steps 1 to 5), c is any 16 bytes, s is below the order (step 8).
    private static bool TryDecode(VrfProof proof, out P256Point gamma)
    {
        gamma = default;
        return !proof.IsUnset
            && P256Point.TryDecode(proof.Bytes[..P256Point.CompressedSize], out gamma)
            && P256.IsReduced(proof.Bytes[(P256Point.CompressedSize + VrfEncoding.ChallengeSize)..]);
    }
}
