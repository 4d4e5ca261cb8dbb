using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Keys;

public sealed class EphemeralKeyTests
{
    private const string Order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    private const string OrderLessOne = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550";
    private const string All = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    // RFC 6979 appendix A.2.5.
    private const string Secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    private const string Public =
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

    [Fact]
    public void Import_OfAPublishedSecret_HasThePublishedPoint()
    {
        using var signing = EphemeralSigningKey.Import(Convert.FromHexString(Secret));
        using var agreement = EphemeralAgreementKey.Import(Convert.FromHexString(Secret));
        Assert.Equal(Convert.FromHexString(Public), signing.PublicKey.ToArray());
        Assert.Equal(signing.PublicKey, agreement.PublicKey);
        Assert.True(Es256.Verify(signing.PublicKey, "data"u8, signing.Sign("data"u8)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(Order)]
    [InlineData(All)]
    [InlineData("00" + Secret)]
    public void Import_OfASecretOutsideItsRange_Throws(string secret)
    {
        Assert.Throws<CryptographicException>(() => EphemeralSigningKey.Import(Convert.FromHexString(secret)));
        Assert.Throws<CryptographicException>(() => EphemeralAgreementKey.Import(Convert.FromHexString(secret)));
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000001")]
    [InlineData(OrderLessOne)]
    public void Import_OfTheSmallestAndTheLargestSecret_Signs(string secret)
    {
        using var key = EphemeralSigningKey.Import(Convert.FromHexString(secret));
        Assert.True(Es256.Verify(key.PublicKey, "data"u8, key.Sign("data"u8)));
    }

    [Fact]
    public void Agree_OfTwoKeys_GivesBothTheSameSecret()
    {
        using var alice = EphemeralAgreementKey.Create();
        using var bob = EphemeralAgreementKey.Create();
        using var carol = EphemeralAgreementKey.Create();
        var secret = alice.Agree(bob.PublicKey);
        Assert.Equal(32, secret.Length);
        Assert.Equal(secret, bob.Agree(alice.PublicKey));
        Assert.NotEqual(secret, carol.Agree(alice.PublicKey));
    }

    [Fact]
    public void Agree_WithAPointOffTheCurve_Throws()
    {
        using var key = EphemeralAgreementKey.Create();
        var point = key.PublicKey.ToArray();
        point[0] ^= 1;
        Assert.Throws<CryptographicException>(() => key.Agree(new PublicKey(point)));
        Assert.Throws<CryptographicException>(() => key.Agree(default));
    }

    [Fact]
    public void Sign_OnManyThreads_GivesValidSignaturesOnly()
    {
        using var key = EphemeralSigningKey.Create();
        var valid = 0;
        Parallel.For(0, 200, i =>
        {
            var data = BitConverter.GetBytes(i);
            if (Es256.Verify(key.PublicKey, data, key.Sign(data)))
                Interlocked.Increment(ref valid);
        });
        Assert.Equal(200, valid);
    }

    [Fact]
    public void Sign_AfterDispose_Throws()
    {
        var key = EphemeralSigningKey.Create();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Sign("data"u8));
    }
}
