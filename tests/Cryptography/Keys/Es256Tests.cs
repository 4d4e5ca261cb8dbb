using System.Security.Cryptography;
using Counterfoil.Cryptography.Keys;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Keys;

public sealed class Es256Tests(ITestOutputHelper output)
{
    private static readonly byte[] Order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");

    [Fact]
    public void Verify_OfItsOwnSignature_IsTrue()
    {
        using var key = EphemeralSigningKey.Create();
        var signature = key.Sign("counterfoil"u8);
        Assert.Equal(Es256.SignatureSize, signature.Length);
        Assert.True(Es256.Verify(key.PublicKey, "counterfoil"u8, signature));
        Assert.True(Es256.VerifyDigest(key.PublicKey, SHA256.HashData("counterfoil"u8), signature));
        Assert.False(Es256.Verify(key.PublicKey, "counterfoi1"u8, signature));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(128)]
    public void Verify_OfASignatureOfAnotherLength_IsFalse(int length)
    {
        using var key = EphemeralSigningKey.Create();
        var signature = key.Sign("data"u8);
        Array.Resize(ref signature, length);
        Assert.False(Es256.Verify(key.PublicKey, "data"u8, signature));
    }

    [Fact]
    public void VerifyDigest_OfADigestOfAnotherLength_IsFalse()
    {
        using var key = EphemeralSigningKey.Create();
        var signature = key.Sign("data"u8);
        var digest = SHA256.HashData("data"u8);
        Assert.True(Es256.VerifyDigest(key.PublicKey, digest, signature));
        Assert.False(Es256.VerifyDigest(key.PublicKey, [.. digest, 0], signature));
        Assert.False(Es256.VerifyDigest(key.PublicKey, digest.AsSpan(0, 31), signature));
        Assert.False(Es256.VerifyDigest(key.PublicKey, [], signature));
    }

    [Fact]
    public void Verify_OfIntegersOutsideOneToOrderLessOne_IsFalse()
    {
        using var key = EphemeralSigningKey.Create();
        var good = key.Sign("data"u8);
        byte[] zero = new byte[32], above = [.. Order], all = [.. Enumerable.Repeat((byte)0xff, 32)];
        above[31]++;
        foreach (var bad in (byte[][])[zero, Order, above, all])
        {
            Assert.False(Es256.Verify(key.PublicKey, "data"u8, [.. bad, .. good[32..]]));
            Assert.False(Es256.Verify(key.PublicKey, "data"u8, [.. good[..32], .. bad]));
            Assert.False(Es256.Verify(key.PublicKey, "data"u8, [.. bad, .. bad]));
        }
    }

    [Fact]
    public void Verify_AfterARefusedKey_StillKnowsGoodOnes()
    {
        using var key = EphemeralSigningKey.Create();
        var signature = key.Sign("data"u8);
        var offCurve = key.PublicKey.ToArray();
        offCurve[63] ^= 1;
        for (var round = 0; round < 3; round++)
        {
            Assert.False(Es256.Verify(new PublicKey(offCurve), "data"u8, signature));
            Assert.False(Es256.Verify(default, "data"u8, signature));
            Assert.True(Es256.Verify(key.PublicKey, "data"u8, signature));
        }
    }

    [Fact]
    public void IsOnCurve_OfPointsAndOthers_TellsThemApart()
    {
        using var key = EphemeralSigningKey.Create();
        Assert.True(Es256.IsOnCurve(key.PublicKey));
        Assert.False(Es256.IsOnCurve(default));
        Assert.False(Es256.IsOnCurve(new PublicKey(Enumerable.Repeat((byte)0xff, 64).ToArray())));
    }

    [Fact]
    public void IsOnCurve_OfACoordinateAboveThePrime_IsFalse()
    {
        // The point with x = 0 has y = sqrt(b); p in place of 0 is the same residue.
        var y = Convert.FromHexString("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
        var p = Convert.FromHexString("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
        Assert.True(Es256.IsOnCurve(new PublicKey([.. new byte[32], .. y])));
        Assert.False(Es256.IsOnCurve(new PublicKey([.. p, .. y])));
    }

    [Theory]
    [InlineData(20261122)]
    [InlineData(7)]
    public void Verify_OfRandomAndMutatedInput_AgreesWithDotNet(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var accepted = 0;
        for (var round = 0; round < 400; round++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var data = new byte[random.Next(0, 300)];
            random.NextBytes(data);
            var signature = key.SignData(data, HashAlgorithmName.SHA256);
            var point = PublicKey.Of(key.ExportParameters(false)).ToArray();
            if (random.Next(2) == 0)
            {
                var target = (byte[][])[data, signature, point];
                var bytes = target[random.Next(3)];
                if (bytes.Length > 0)
                    bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }
            var expected = DotNetVerifies(point, data, signature);
            Assert.True(expected == Es256.Verify(new PublicKey(point), data, signature), $"seed {seed}, round {round}");
            accepted += expected ? 1 : 0;
        }
        Assert.InRange(accepted, 100, 300);
    }

    [Fact]
    public void Verify_OnManyThreads_IsRightOnEach()
    {
        using var key = EphemeralSigningKey.Create();
        var signature = key.Sign("data"u8);
        byte[] wrong = [.. signature];
        wrong[40] ^= 4;
        var failures = 0;
        var threads = Enumerable.Range(0, 8).Select(_ => new Thread(() =>
        {
            for (var i = 0; i < 200; i++)
                if (!Es256.Verify(key.PublicKey, "data"u8, signature) || Es256.Verify(key.PublicKey, "data"u8, wrong))
                    Interlocked.Increment(ref failures);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, failures);
    }

    [Fact]
    public void Verify_OnceTheThreadHasItsObjects_AllocatesNothing()
    {
        using var key = EphemeralSigningKey.Create();
        var signature = key.Sign("data"u8);
        var publicKey = key.PublicKey;
        Assert.True(Es256.Verify(publicKey, "data"u8, signature));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var verified = true;
        for (var i = 0; i < 50; i++)
            verified &= Es256.Verify(publicKey, "data"u8, signature);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(verified);
    }

    private static bool DotNetVerifies(byte[] point, byte[] data, byte[] signature)
    {
        try
        {
            using var key = ECDsa.Create(new PublicKey(point).ToParameters());
            return key.VerifyData(data, signature, HashAlgorithmName.SHA256);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
