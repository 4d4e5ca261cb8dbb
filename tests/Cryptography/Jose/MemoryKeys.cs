using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Jose;

/// <summary>A signing key in memory.</summary>
internal sealed class MemorySigningKey : ISigningKey
{
    private readonly ECDsa key;

    public MemorySigningKey()
        : this(ECDsa.Create(ECCurve.NamedCurves.nistP256))
    {
    }

    public MemorySigningKey(ECDsa key)
    {
        this.key = key;
        PublicKey = PublicKey.Of(key.ExportParameters(false));
    }

    public PublicKey PublicKey { get; }

    public byte[] Sign(ReadOnlySpan<byte> data) =>
        key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    public void Dispose() => key.Dispose();
}

/// <summary>An agreement key in memory.</summary>
internal sealed class MemoryAgreementKey : IAgreementKey
{
    private readonly ECDiffieHellman key;

    public MemoryAgreementKey()
        : this(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256))
    {
    }

    public MemoryAgreementKey(ECDiffieHellman key)
    {
        this.key = key;
        PublicKey = PublicKey.Of(key.ExportParameters(false));
    }

    public PublicKey PublicKey { get; }

    public byte[] Agree(PublicKey peer)
    {
        using var other = ECDiffieHellman.Create(peer.ToParameters());
        using var otherKey = other.PublicKey;
        return key.DeriveRawSecretAgreement(otherKey);
    }

    public void Dispose() => key.Dispose();
}
