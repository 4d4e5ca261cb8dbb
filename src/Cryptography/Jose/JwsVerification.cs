using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>The one place where an ES256 signature of a JWS is verified.</summary>
internal static class JwsVerification
{
    private const int SignatureSize = 64;

    public static JoseRefusal? Verify(JoseHeader header, ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature, PublicKey key)
    {
        if (header.Algorithm != JoseAlgorithms.Es256)
            return JoseRefusal.UnsupportedAlgorithm;
        return signature.Length == SignatureSize && VerifyEs256(key, signingInput, signature) ? null : JoseRefusal.InvalidSignature;
    }

    private static bool VerifyEs256(PublicKey key, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        try
        {
            using var verifier = ECDsa.Create(key.ToParameters());
            return verifier.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
