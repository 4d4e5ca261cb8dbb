using System.Security.Cryptography;

namespace Counterfoil.Cryptography.Tests;

public sealed class Sha256Tests
{
    [Fact]
    public void Hash_OfNothingAndOfAbc_IsThePublishedDigest()
    {
        // FIPS 180-4 examples.
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Hash([], [], []));
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Hash("abc"u8, [], []));
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Hash([], "a"u8, "bc"u8));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(20261122)]
    public void Hash_OfAnyLengthInAnyParts_IsDotNets(int seed)
    {
        var random = new Random(seed);
        var lengths = Enumerable.Range(0, 300).Concat([1023, 4095, Sha256.ShortBytes, Sha256.ShortBytes + 1, 100_000]);
        foreach (var length in lengths)
        {
            var data = new byte[length];
            random.NextBytes(data);
            var expected = Convert.ToHexStringLower(SHA256.HashData(data));
            int first = random.Next(length + 1), second = random.Next(first, length + 1);
            Assert.Equal(expected, Hash(data, [], []));
            Assert.True(expected == Hash(data.AsSpan(0, first), data.AsSpan(first..second), data.AsSpan(second)), $"seed {seed}, length {length}");
            Assert.Equal(expected, Digest<Sha256Tests>.Of(data.AsSpan(0, first), data.AsSpan(first)).ToString());
        }
    }

    [Fact]
    public void Hash_IntoLessThan32Bytes_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Sha256.Hash([], new byte[31]));

    private static string Hash(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third)
    {
        var digest = new byte[Sha256.Size];
        Sha256.Hash(first, second, third, digest);
        return Convert.ToHexStringLower(digest);
    }
}
