using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// A signing key held by OpenSSL in this process. OpenSSL makes a context for every operation over a key that does not change, so
/// concurrent signatures need no lock.
/// </summary>
internal sealed class ProcessSigningKey(ECDsa key, PublicKey publicKey) : ISigningKey
{
    public PublicKey PublicKey => publicKey;

    public byte[] Sign(ReadOnlySpan<byte> data) =>
        key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => key.Dispose();
}

/// <summary>An agreement key held by OpenSSL in this process.</summary>
internal sealed class ProcessAgreementKey(ECDiffieHellman key, PublicKey publicKey) : IAgreementKey
{
    public PublicKey PublicKey => publicKey;

    public byte[] Agree(PublicKey peer)
    {
        // The import refuses a point that is not on the curve.
        using var other = ECDiffieHellman.Create(peer.ToParameters());
        return key.DeriveRawSecretAgreement(other.PublicKey);
    }

    public void Dispose() => key.Dispose();
}
