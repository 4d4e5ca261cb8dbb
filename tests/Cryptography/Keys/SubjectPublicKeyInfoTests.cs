using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Keys;

public sealed class SubjectPublicKeyInfoTests
{
    [Fact]
    public void Encode_OfAKey_IsWhatDotNetExportsAndDecodesToIt()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var publicKey = PublicKey.Of(key.ExportParameters(false));
        var der = SubjectPublicKeyInfo.Encode(publicKey);
        Assert.Equal(SubjectPublicKeyInfo.Size, der.Length);
        Assert.Equal(key.ExportSubjectPublicKeyInfo(), der);
        Assert.Null(SubjectPublicKeyInfo.Decode(der, out var decoded));
        Assert.Equal(publicKey, decoded);
    }

    [Fact]
    public void Decode_OfOtherCurvesAndAlgorithms_IsRefusedAsUnsupported()
    {
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var rsa = RSA.Create(2048);
        Assert.Equal("unsupported_algorithm", SubjectPublicKeyInfo.Decode(p384.ExportSubjectPublicKeyInfo(), out _));
        Assert.Equal("unsupported_algorithm", SubjectPublicKeyInfo.Decode(rsa.ExportSubjectPublicKeyInfo(), out _));
    }

    [Fact]
    public void Decode_OfTruncatedOrLongerBytes_IsRefusedAsMalformed()
    {
        using var key = EphemeralSigningKey.Create();
        var der = SubjectPublicKeyInfo.Encode(key.PublicKey);
        for (var length = 0; length < der.Length; length++)
            Assert.Equal("malformed", SubjectPublicKeyInfo.Decode(der.AsMemory(0, length), out _));
        Assert.Equal("malformed", SubjectPublicKeyInfo.Decode((byte[])[.. der, 0], out _));
    }

    [Fact]
    public void Decode_OfAPointOffTheCurve_IsRefusedAsInvalidKey()
    {
        using var key = EphemeralSigningKey.Create();
        var der = SubjectPublicKeyInfo.Encode(key.PublicKey);
        der[^1] ^= 1;
        Assert.Equal("invalid_key", SubjectPublicKeyInfo.Decode(der, out var refused));
        Assert.True(refused.IsUnset);
    }

    [Fact]
    public void Verify_OfANamedSignature_HasACodeForEachFault()
    {
        using var key = EphemeralSigningKey.Create();
        var spki = SubjectPublicKeyInfo.Encode(key.PublicKey);
        var signature = EcdsaDer.Encode(key.Sign("data"u8));
        Assert.Null(NamedSignature.Verify(Algorithms.EcdsaWithSha256, spki, "data"u8, signature));
        Assert.Equal("invalid_signature", NamedSignature.Verify(Algorithms.EcdsaWithSha256, spki, "date"u8, signature));
        Assert.Equal("invalid_signature", NamedSignature.Verify(Algorithms.EcdsaWithSha256, spki, "data"u8, key.Sign("data"u8)));
        Assert.Equal("malformed", NamedSignature.Verify(Algorithms.EcdsaWithSha256, spki.AsMemory(1), "data"u8, signature));
        Assert.Equal("unsupported_algorithm", NamedSignature.Verify("1.2.840.10045.4.3.4", spki, "data"u8, signature));
        Assert.Equal("unsupported_algorithm", NamedSignature.Verify("", spki, "data"u8, signature));
    }
}
