using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.X509;

/// <summary>
/// Lets the framework's certificate builder sign with a key by handle, which may lie in a token. ECDSA with
/// SHA-256 only: another hash is an <see cref="ArgumentException"/>. <b>Source:</b> RFC 5758 section 3.2.
/// </summary>
/// <param name="key">The key that signs.</param>
public sealed class SigningKeyGenerator(ISigningKey key) : X509SignatureGenerator
{
    /// <inheritdoc/>
    public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm)
    {
        RequireSha256(hashAlgorithm);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            writer.WriteObjectIdentifier(Algorithms.EcdsaWithSha256);
        return writer.Encode();
    }

    /// <inheritdoc/>
    public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm)
    {
        RequireSha256(hashAlgorithm);
        return EcdsaDer.Encode(key.Sign(data));
    }

    /// <inheritdoc/>
    protected override System.Security.Cryptography.X509Certificates.PublicKey BuildPublicKey() => Of(key.PublicKey);

    internal static System.Security.Cryptography.X509Certificates.PublicKey Of(Keys.PublicKey publicKey)
    {
        using var imported = ECDsa.Create(publicKey.ToParameters());
        return new System.Security.Cryptography.X509Certificates.PublicKey(imported);
    }

    private static void RequireSha256(HashAlgorithmName hashAlgorithm)
    {
        if (hashAlgorithm != HashAlgorithmName.SHA256)
            throw new ArgumentException("ES256 signs over SHA-256.", nameof(hashAlgorithm));
    }
}
