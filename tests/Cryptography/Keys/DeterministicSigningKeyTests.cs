using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Keys;

public sealed class DeterministicSigningKeyTests
{
    private const string Secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";

    [Theory] // RFC 6979 appendix A.2.5, with SHA-256.
    [InlineData("sample", "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8")]
    [InlineData("test", "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083")]
    public void Sign_OfThePublishedMessages_IsThePublishedSignature(string message, string signature)
    {
        using var key = DeterministicSigningKey.Import(Convert.FromHexString(Secret));
        var made = key.Sign(System.Text.Encoding.UTF8.GetBytes(message));
        Assert.Equal(signature, Convert.ToHexStringLower(made));
        Assert.True(Es256.Verify(key.PublicKey, System.Text.Encoding.UTF8.GetBytes(message), made));
    }

    [Fact]
    public void Sign_OfManyMessagesByManyKeys_VerifiesAndIsTheSameAgain()
    {
        var random = new Random(41);
        for (var round = 0; round < 200; round++)
        {
            var secret = new byte[32];
            random.NextBytes(secret.AsSpan(1));
            using var key = DeterministicSigningKey.Import(secret);
            using var peer = EphemeralSigningKey.Import(secret);
            var data = new byte[random.Next(300)];
            random.NextBytes(data);
            var signature = key.Sign(data);
            Assert.Equal(peer.PublicKey, key.PublicKey);
            Assert.Equal(signature, key.Sign(data));
            Assert.True(Es256.Verify(peer.PublicKey, data, signature), $"round {round}");
            Assert.NotEqual(signature, key.Sign([.. data, 1]));
        }
    }
}
