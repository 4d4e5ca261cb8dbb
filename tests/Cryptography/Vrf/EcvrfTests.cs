using System.Security.Cryptography;
using Counterfoil.Cryptography.Curves;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Xunit.Abstractions;

namespace Counterfoil.Cryptography.Tests.Vrf;

public sealed class EcvrfTests(ITestOutputHelper output)
{
    // RFC 9381 appendix B.1, example 10.
    private const string Secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
    private const string ProofOfSample =
        "035b5c726e8c0e2c488a107c600578ee75cb702343c153cb1eb8dec77f4b5071b4a53f0a46f018bc2c56e58d383f2305e0975972c26feea0eb122fe7893c15af376b33edf7de17c6ea056d4d82de6bc02f";
    private const string OutputOfSample = "a3ad7b0ef73d8fc6655053ea22f9bede8c743f08bbed3d38821f0e16474b505e";

    [Fact]
    public void Prove_OfThePublishedExample_IsThePublishedProofAndOutput()
    {
        using var key = VrfKey.Import(Convert.FromHexString(Secret));
        var proof = key.Prove("sample"u8);
        Assert.Equal(Convert.FromHexString(ProofOfSample), proof.Bytes.ToArray());
        Assert.True(Ecvrf.Verify(key.PublicKey, "sample"u8, proof, out var beta));
        Assert.Equal(OutputOfSample, beta.ToString());
    }

    [Fact]
    public void Verify_OfAnyMutatedByte_IsFalse()
    {
        using var key = VrfKey.Create();
        var proof = key.Prove("alpha"u8).Bytes.ToArray();
        for (var at = 0; at < VrfProof.Size; at++)
            for (var bit = 0; bit < 8; bit++)
            {
                byte[] mutated = [.. proof];
                mutated[at] ^= (byte)(1 << bit);
                Assert.False(Ecvrf.Verify(key.PublicKey, "alpha"u8, new VrfProof(mutated), out var beta), $"byte {at}, bit {bit}");
                Assert.True(beta.IsUnset);
            }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20261122)]
    public void Prove_OfRandomInput_VerifiesForThatKeyAndInputOnly(int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var other = VrfKey.Create();
        var outputs = new HashSet<Digest<VrfOutput>>();
        for (var round = 0; round < 60; round++)
        {
            using var key = VrfKey.Create();
            var alpha = new byte[random.Next(0, 200)];
            random.NextBytes(alpha);
            var proof = key.Prove(alpha);

            Assert.Equal(proof, key.Prove(alpha));
            Assert.True(Ecvrf.Verify(key.PublicKey, alpha, proof, out var beta), $"seed {seed}, round {round}");
            Assert.True(outputs.Add(beta));
            Assert.False(Ecvrf.Verify(other.PublicKey, alpha, proof, out _));
            Assert.False(Ecvrf.Verify(key.PublicKey, [.. alpha, 0], proof, out _));
            Assert.NotEqual(proof, key.Prove([.. alpha, 0]));
            Assert.True(VrfProof.TryParse(proof.ToString(), out var parsed));
            Assert.Equal(proof, parsed);
        }
    }

    [Fact]
    public void Verify_OfAnotherProofForTheSameKeyAndInput_GivesTheSameOutput()
    {
        // Uniqueness: a prover who draws another nonce makes another valid proof, of the same Gamma and therefore the same output.
        var secret = Convert.FromHexString(Secret);
        using var key = VrfKey.Import(secret);
        using var x = P256Scalar.Import(secret);
        Assert.True(P256Point.TryFrom(key.PublicKey, out var y));
        var h = VrfSteps.EncodeToCurve(y, "sample"u8.ToArray());
        var gamma = P256.Multiply(x, h);
        using var k = P256Scalar.Create();
        var c = VrfSteps.Challenge(y, h, gamma, P256.MultiplyGenerator(k), P256.Multiply(k, h));
        var pi = new byte[VrfProof.Size];
        gamma.EncodeCompressed(pi);
        c.CopyTo(pi, 33);
        k.AddProduct(c, x, pi.AsSpan(49));

        Assert.NotEqual(key.Prove("sample"u8), new VrfProof(pi));
        Assert.True(Ecvrf.Verify(key.PublicKey, "sample"u8, new VrfProof(pi), out var beta));
        Assert.Equal(OutputOfSample, beta.ToString());
    }

    [Theory]
    [InlineData("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    public void TryOutput_OfAnAnswerNotBelowTheOrder_IsFalse(string answer)
    {
        // s and s + n answer the same equation: without the range check a proof would have a second spelling.
        using var key = VrfKey.Create();
        var proof = key.Prove("alpha"u8).Bytes.ToArray();
        Assert.True(Ecvrf.TryOutput(new VrfProof(proof), out _));
        Convert.FromHexString(answer).CopyTo(proof, 49);
        Assert.False(Ecvrf.TryOutput(new VrfProof(proof), out _));
        Assert.False(Ecvrf.Verify(key.PublicKey, "alpha"u8, new VrfProof(proof), out _));
    }

    [Fact]
    public void Verify_OfAKeyOffTheCurveOrUnsetValues_IsFalse()
    {
        using var key = VrfKey.Create();
        var proof = key.Prove("alpha"u8);
        var offCurve = key.PublicKey.ToArray();
        offCurve[5] ^= 1;
        Assert.False(Ecvrf.Verify(new PublicKey(offCurve), "alpha"u8, proof, out _));
        Assert.False(Ecvrf.Verify(default, "alpha"u8, proof, out _));
        Assert.False(Ecvrf.Verify(key.PublicKey, "alpha"u8, default, out _));
        Assert.False(Ecvrf.TryOutput(default, out _));
    }

    [Fact]
    public void VrfProof_OfAnotherLength_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new VrfProof(new byte[80]));
        Assert.False(VrfProof.TryParse(Base64Url.Encode(new byte[82]), out _));
        Assert.False(VrfProof.TryParse(Base64Url.Encode(new byte[81]) + "=", out _));
        Assert.False(VrfProof.TryParse(null, out _));
    }

    [Fact]
    public void Prove_OnManyThreads_IsTheSameOnEach()
    {
        using var key = VrfKey.Create();
        var expected = key.Prove("alpha"u8);
        var same = 0;
        Parallel.For(0, 64, _ => Interlocked.Add(ref same, key.Prove("alpha"u8) == expected ? 1 : 0));
        Assert.Equal(64, same);
    }

    [Fact]
    public void Prove_AfterDispose_Throws()
    {
        var key = VrfKey.Create();
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Prove("alpha"u8));
    }

    [Fact]
    public void Import_OfZeroOrTheOrder_Throws()
    {
        Assert.Throws<CryptographicException>(() => VrfKey.Import(new byte[32]));
        Assert.Throws<CryptographicException>(() => VrfKey.Import(P256.Order));
        Assert.Throws<CryptographicException>(() => VrfKey.Import(new byte[31]));
    }
}
