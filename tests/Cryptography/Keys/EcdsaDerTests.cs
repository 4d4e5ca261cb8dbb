using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Keys;

public sealed class EcdsaDerTests
{
    private const string Zero = "0000000000000000000000000000000000000000000000000000000000000000";
    private const string One = "0000000000000000000000000000000000000000000000000000000000000001";
    private const string High = "8000000000000000000000000000000000000000000000000000000000000000";

    [Theory]
    [InlineData(Zero + Zero, "3006020100020100")]
    [InlineData(One + One, "3006020101020101")]
    [InlineData(High + One, "3026022100" + High + "020101")]
    [InlineData(One + High, "3026020101022100" + High)]
    [InlineData(High + High, "3046022100" + High + "022100" + High)]
    public void Encode_OfEdgeValues_IsMinimalAndDecodesToThem(string signature, string der)
    {
        Assert.Equal(der, Convert.ToHexStringLower(EcdsaDer.Encode(Convert.FromHexString(signature))));
        var decoded = new byte[64];
        Assert.True(EcdsaDer.TryDecode(Convert.FromHexString(der), decoded));
        Assert.Equal(signature, Convert.ToHexStringLower(decoded));
    }

    [Theory]
    [InlineData("")]
    [InlineData("3006020101020101" + "00")] // trailing byte
    [InlineData("3007020101020101" + "00")] // trailing byte inside
    [InlineData("308106020101020101")] // long form of a short length
    [InlineData("3080020101020101" + "0000")] // indefinite length
    [InlineData("300702020001020101")] // padded
    [InlineData("3006020180020101")] // negative
    [InlineData("3005020002" + "0101")] // empty integer
    [InlineData("3106020101020101")] // a set
    [InlineData("3006030101020101")] // a bit string
    [InlineData("3003020101")] // one integer
    [InlineData("3009020101020101020101")] // three integers
    [InlineData("30060201010202" + "01")] // an integer longer than the rest
    [InlineData("3026022101" + High + "020101")] // 257 bits
    [InlineData("302702220001" + High + "020101")] // 34 bytes
    public void Decode_OfAnythingButStrictDer_IsRefused(string der) =>
        Assert.False(EcdsaDer.TryDecode(Convert.FromHexString(der), new byte[64]));

    [Fact]
    public void Encode_OfRandomSignatures_IsWhatDotNetVerifies()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        for (var round = 0; round < 200; round++)
        {
            var data = BitConverter.GetBytes(round);
            var signature = key.SignData(data, HashAlgorithmName.SHA256);
            var der = EcdsaDer.Encode(signature);
            Assert.True(key.VerifyData(data, der, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
            var decoded = new byte[64];
            Assert.True(EcdsaDer.TryDecode(der, decoded));
            Assert.Equal(signature, decoded);
        }
    }

    [Fact]
    public void Decode_OfEveryTruncation_IsRefused()
    {
        using var key = EphemeralSigningKey.Create();
        var der = EcdsaDer.Encode(key.Sign("data"u8));
        for (var length = 0; length < der.Length; length++)
            Assert.False(EcdsaDer.TryDecode(der.AsSpan(0, length), new byte[64]));
    }
}
