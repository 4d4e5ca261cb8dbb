using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Vrf;

/// <summary>
/// A VRF key in this process's memory: what file custody decrypts into, and what sandboxes and tests make. The secret is cleared on
/// <see cref="Dispose"/>; no step's time depends on it. <b>Source:</b> RFC 9381 sections 5.1 and 7.7.
/// </summary>
public sealed class VrfKey : IVrfKey
{
    private readonly P256Scalar secret;
    private readonly P256Point publicPoint;

    private VrfKey(P256Scalar secret)
    {
        this.secret = secret;
        publicPoint = P256.MultiplyGenerator(secret);
    }

    /// <inheritdoc/>
    public PublicKey PublicKey => publicPoint.ToPublicKey();

    /// <summary>A new random key.</summary>
    public static VrfKey Create() => new(P256Scalar.Create());

    /// <summary>The key of a secret scalar, 32 bytes big-endian, from 1 to n−1. The caller clears its copy.</summary>
    /// <exception cref="CryptographicException">The secret has another length or is outside that range.</exception>
    public static VrfKey Import(ReadOnlySpan<byte> secret) => new(P256Scalar.Import(secret));

    /// <inheritdoc/>
    public VrfProof Prove(ReadOnlySpan<byte> alpha) => Prove(alpha, out _);

    /// <inheritdoc/>
    public VrfProof Prove(ReadOnlySpan<byte> alpha, out Digest<VrfOutput> output)
    {
        // RFC 9381 section 5.1. Step 1, the key pair, was done when the key was made.
        // 2.
        var h = VrfEncoding.EncodeToCurve(publicPoint, alpha);
        // 3.
        Span<byte> hString = stackalloc byte[P256Point.CompressedSize];
        h.EncodeCompressed(hString);
        // 4.
        var gamma = P256.Multiply(secret, h);
        // 5. Nonce generation of section 5.4.2.1.
        using var k = Rfc6979.Nonce(secret, hString);
        // 6. and 8. The challenge is written where the proof has it.
        Span<byte> pi = stackalloc byte[VrfProof.Size];
        gamma.EncodeCompressed(pi);
        var c = pi.Slice(P256Point.CompressedSize, VrfEncoding.ChallengeSize);
        VrfEncoding.Challenge(publicPoint, h, gamma, P256.MultiplyGenerator(k), P256.Multiply(k, h), c);
        // 7.
        k.AddProduct(c, secret, pi[(P256Point.CompressedSize + VrfEncoding.ChallengeSize)..]);
        output = VrfEncoding.Output(gamma);
        // 9.
        return new VrfProof(pi);
    }

    /// <summary>Clears the secret.</summary>
    public void Dispose() => secret.Dispose();
}
