using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Schemes.Network.ConsensusVerification;

namespace Counterfoil.Schemes.Network.Tests.ConsensusVerification;

/// <summary>What the walk does to signatures is what it says.</summary>
public class SignaturesTests
{
    private static readonly JwsExpectation Expectation = new() { Type = "cf+jws" };

    [Fact]
    public void Malleate_OfAnySignature_VerifiesAndIsAnother()
    {
        using var key = EphemeralSigningKey.Create();
        for (var index = 0; index < 100; index++)
        {
            var compact = Jws.SignCompactBytes("cf+jws", BitConverter.GetBytes(index), key);
            var other = Signatures.Malleate(compact);

            Assert.NotEqual(compact, other);
            Assert.True(Jws.VerifyCompact(other, key.PublicKey, Expectation).TryGet(out _), $"signature {index}");
            Assert.Equal(compact, Signatures.Malleate(other));
        }
    }

    [Fact]
    public void Break_OfAnySignature_DoesNotVerify()
    {
        using var key = EphemeralSigningKey.Create();
        var compact = Jws.SignCompactBytes("cf+jws", "payload"u8, key);

        Assert.Equal("invalid_signature", Jws.VerifyCompact(Signatures.Break(compact), key.PublicKey, Expectation).Refusal);
    }
}
