using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>The one place where an ES256 signature of a JWS is verified.</summary>
internal static class JwsVerification
{
    public static JoseRefusal? Verify(
        JoseHeader header, ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature, PublicKey key)
    {
        if (header.Algorithm != JoseAlgorithms.Es256)
            return JoseRefusal.UnsupportedAlgorithm;
        return Es256.Verify(key, signingInput, signature) ? null : JoseRefusal.InvalidSignature;
    }
}
