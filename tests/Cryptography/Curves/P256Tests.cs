using System.Numerics;
using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;
using Counterfoil.Cryptography.Keys;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Curves;

public sealed class P256Tests(ITestOutputHelper output)
{
    private static readonly BigInteger N = new(P256.Order, isUnsigned: true, isBigEndian: true);

    [Fact]
    public void MultiplyGenerator_OfARandomScalar_IsThePublicKeyThatDotNetDerives()
    {
        for (var round = 0; round < 20; round++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var parameters = key.ExportParameters(true);
            using var scalar = P256Scalar.Import(parameters.D);
            Assert.Equal(PublicKey.Of(parameters), P256.MultiplyGenerator(scalar).ToPublicKey());
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20261122)]
    public void Arithmetic_OfRandomScalars_ObeysTheGroupLaws(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            byte[] a = Bytes(Draw(random)), b = Bytes(Draw(random)), c = Bytes(Draw(random));
            using P256Scalar scalarA = P256Scalar.Import(a), scalarB = P256Scalar.Import(b);
            P256Point pointA = P256.MultiplyGenerator(scalarA), pointB = P256.MultiplyGenerator(scalarB);

            Assert.Equal(P256.Multiply(scalarA, pointB), P256.Multiply(scalarB, pointA));
            Assert.Equal(P256.Add(pointA, pointB), P256.Add(pointB, pointA));
            var sum = (Number(a) + Number(b)) % N;
            Assert.Equal(Times(sum), P256.Add(pointA, pointB));
            Assert.True(P256.Add(pointA, pointA.Negate()).IsInfinity);
            Assert.Equal(pointA, P256.Add(pointA, default));
            Assert.Equal(pointA, pointA.Negate().Negate());
            Assert.Equal(Times((Number(c) + Number(b) * Number(a)) % N), P256.CombineWithGenerator(c, b, pointA));
            Assert.Equal(Times((Number(c) * Number(b) + Number(b) * Number(a)) % N), P256.Combine(c, pointB, b, pointA));

            var answer = new byte[32];
            scalarA.AddProduct(c, scalarB, answer);
            Assert.Equal((Number(a) + Number(c) * Number(b)) % N, Number(answer));
            scalarA.AddProduct(c.AsSpan(0, 16), scalarB, answer);
            Assert.Equal((Number(a) + Number(c.AsSpan(0, 16)) * Number(b)) % N, Number(answer));
        }
    }

    [Fact]
    public void Decode_OfBothForms_GivesTheSamePoint()
    {
        for (var round = 0; round < 20; round++)
        {
            using var scalar = P256Scalar.Create();
            var point = P256.MultiplyGenerator(scalar);
            byte[] compressed = new byte[P256Point.CompressedSize], uncompressed = new byte[P256Point.UncompressedSize];
            point.EncodeCompressed(compressed);
            point.EncodeUncompressed(uncompressed);
            Assert.True(P256Point.TryDecode(compressed, out var first));
            Assert.True(P256Point.TryDecode(uncompressed, out var second));
            Assert.Equal(point, first);
            Assert.Equal(point, second);
            compressed[0] ^= 1;
            Assert.True(P256Point.TryDecode(compressed, out var negative));
            Assert.Equal(point.Negate(), negative);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("02")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")]
    [InlineData("02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462298")]
    [InlineData("0760fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")]
    [InlineData("0560fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6")]
    [InlineData("0360fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb600")]
    public void Decode_OfAnythingElse_IsRefused(string encoded)
    {
        Assert.False(P256Point.TryDecode(Convert.FromHexString(encoded), out var point));
        Assert.True(point.IsInfinity);
    }

    [Fact]
    public void Decode_OfCompressedCandidates_AcceptsThoseWithASquareRoot()
    {
        var p = BigInteger.Parse("0ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", System.Globalization.NumberStyles.HexNumber);
        var b = BigInteger.Parse("05ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b", System.Globalization.NumberStyles.HexNumber);
        var accepted = 0;
        for (var x = 0; x < 64; x++)
        {
            var right = (BigInteger.Pow(x, 3) - 3 * x + b) % p;
            var hasRoot = BigInteger.ModPow(right, (p - 1) / 2, p).IsOne;
            Assert.Equal(hasRoot, P256Point.TryDecode([0x02, .. Bytes(x)], out _));
            accepted += hasRoot ? 1 : 0;
        }
        Assert.InRange(accepted, 16, 48);
    }

    [Fact]
    public void Infinity_HasNoEncoding()
    {
        P256Point infinity = default;
        Assert.True(infinity.IsInfinity);
        Assert.Throws<InvalidOperationException>(() => infinity.EncodeCompressed(new byte[33]));
        Assert.Throws<InvalidOperationException>(() => infinity.EncodeUncompressed(new byte[65]));
        using var scalar = P256Scalar.Create();
        Assert.True(P256.Multiply(scalar, infinity).IsInfinity);
        Assert.False(P256Point.TryFrom(default, out _));
    }

    [Fact]
    public void IsSecret_AroundTheOrder_IsRightAtBothEnds()
    {
        Assert.False(P256.IsSecret(Bytes(0)));
        Assert.True(P256.IsSecret(Bytes(1)));
        Assert.True(P256.IsSecret(Bytes(N - 1)));
        Assert.False(P256.IsSecret(Bytes(N)));
        Assert.False(P256.IsSecret(Bytes(N + 1)));
        Assert.False(P256.IsSecret(Enumerable.Repeat((byte)0xff, 32).ToArray()));
        Assert.True(P256.IsReduced(Bytes(0)));
        Assert.False(P256.IsReduced(new byte[31]));
        Assert.False(P256.IsSecret([]));
    }

    private static P256Point Times(BigInteger scalar) => P256.CombineWithGenerator(Bytes(scalar), [], default);

    private static BigInteger Draw(Random random)
    {
        var bytes = new byte[40];
        random.NextBytes(bytes);
        return 1 + new BigInteger(bytes, isUnsigned: true) % (N - 1);
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Bytes(BigInteger number)
    {
        var bytes = new byte[32];
        var minimal = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        minimal.CopyTo(bytes, 32 - minimal.Length);
        return bytes;
    }
}
