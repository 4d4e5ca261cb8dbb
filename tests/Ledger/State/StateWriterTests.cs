using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Tests.State;

public class StateWriterTests
{
    [Fact]
    public void Writer_EveryKind_ReadsBack()
    {
        var digest = Digest<string>.Of("a"u8);
        var key = new PublicKey(RandomNumberGenerator.GetBytes(64));
        var writer = new StateWriter(stackalloc byte[8]);
        writer.Byte(7);
        writer.Bool(true);
        writer.UInt16(0x0102);
        writer.UInt32(uint.MaxValue);
        writer.UInt64(ulong.MaxValue - 1);
        writer.Int64(long.MinValue);
        writer.UInt128(UInt128.MaxValue);
        writer.Int128(Int128.MinValue);
        writer.Digest(digest);
        writer.Account(AccountId.Of(key));
        writer.PublicKey(key);
        writer.Time(new Timestamp(1_234));
        writer.Bytes([1, 2, 3]);
        writer.Text("Grüße 😀");
        writer.Raw(new byte[1000]);

        var reader = new StateReader(writer.Written);
        Assert.Equal(7, reader.Byte());
        Assert.True(reader.Bool());
        Assert.Equal(0x0102, reader.UInt16());
        Assert.Equal(uint.MaxValue, reader.UInt32());
        Assert.Equal(ulong.MaxValue - 1, reader.UInt64());
        Assert.Equal(long.MinValue, reader.Int64());
        Assert.Equal(UInt128.MaxValue, reader.UInt128());
        Assert.Equal(Int128.MinValue, reader.Int128());
        Assert.Equal(digest, reader.Digest<string>());
        Assert.Equal(AccountId.Of(key), reader.Account());
        Assert.Equal(key, reader.PublicKey());
        Assert.Equal(new Timestamp(1_234), reader.Time());
        Assert.Equal([1, 2, 3], reader.Bytes().ToArray());
        Assert.Equal("Grüße 😀", reader.Text());
        Assert.Equal(new byte[1000], reader.Raw(1000).ToArray());
        reader.End();
        writer.Dispose();
    }

    [Fact]
    public void Writer_Numbers_AreBigEndian()
    {
        var writer = new StateWriter();
        writer.UInt16(0x0102);
        writer.UInt32(0x03040506);
        writer.Text("é");
        Assert.Equal("010203040506" + "00000002" + "c3a9", Convert.ToHexStringLower(writer.Written));
        writer.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000")]
    [InlineData("00000002ff")]
    [InlineData("ffffffffff")]
    public void Reader_OfTruncatedBytes_IsAFault(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        Assert.Throws<StateFormatException>(() => new StateReader(bytes).Bytes().Length);
        Assert.Throws<StateFormatException>(() => new StateReader(bytes).Text());
        Assert.Throws<StateFormatException>(() => new StateReader(bytes).UInt128());
        Assert.Throws<StateFormatException>(() => new StateReader(bytes).Digest<string>());
    }

    [Fact]
    public void Reader_OfIllFormedValues_IsAFault()
    {
        Assert.Throws<StateFormatException>(() => new StateReader([2]).Bool());
        Assert.Throws<StateFormatException>(() => new StateReader([0, 0, 0, 1, 0xff]).Text());
        Assert.Throws<StateFormatException>(() => new StateReader([0]).End());
    }

    [Fact]
    public void Writer_AfterDispose_StartsEmpty()
    {
        var writer = new StateWriter();
        writer.Raw(new byte[5000]);
        writer.Dispose();
        Assert.Equal(0, writer.Written.Length);
        writer.Byte(1);
        Assert.Equal([1], writer.Written.ToArray());
        writer.Dispose();
    }

    [Fact]
    public void Keys_WriteAndRead_AreInverse()
    {
        AssertInverse(new DigestKey<string>(Digest<string>.Of("a"u8)), 32);
        AssertInverse(new AccountKey(AccountId.OfContract("escrow", "test")), 32);
        AssertInverse(new TextKey("name"), 8);
    }

    private static void AssertInverse<TKey>(TKey key, int length) where TKey : struct, IStateKey<TKey>
    {
        var bytes = ReferenceRoot.KeyBytes(key);
        Assert.Equal(length, bytes.Length);
        var reader = new StateReader(bytes);
        Assert.Equal(key, TKey.Read(ref reader));
        reader.End();
    }
}
