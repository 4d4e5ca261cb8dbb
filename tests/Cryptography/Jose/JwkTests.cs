using System.Security.Cryptography;
using System.Text;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Jose;

public sealed class JwkTests
{
    private const string X = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string Y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    private const string D = "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

    [Fact]
    public void PublicKey_WrittenAndRead_IsTheSame()
    {
        using var key = EphemeralSigningKey.Create();
        var read = Jwk.ParsePublicKey(Encoding.UTF8.GetBytes(Jwk.Serialize(key.PublicKey))).Value;
        Assert.Equal(key.PublicKey, read);
    }

    [Theory]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}"}""", null)]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}","kid":"1","use":"sig"}""", null)]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"{{Y}}","y":"{{X}}"}""", "invalid_key")]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}""", "invalid_key")]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"_____wAAAAEAAAAAAAAAAAAAAAD_______________8","y":"{{Y}}"}""", "invalid_key")]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}","d":"{{D}}"}""", "malformed")]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"{{X}}"}""", "malformed")]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"{{X}}=","y":"{{Y}}"}""", "malformed")]
    [InlineData($$"""{"kty":"EC","crv":"P-256","x":"AA","y":"{{Y}}"}""", "malformed")]
    [InlineData($$"""{"kty":"EC","crv":"P-384","x":"{{X}}","y":"{{Y}}"}""", "unsupported_algorithm")]
    [InlineData("""{"kty":"RSA","n":"AQAB","e":"AQAB"}""", "unsupported_algorithm")]
    [InlineData("""{"kty":"oct","k":"AQAB"}""", "unsupported_algorithm")]
    [InlineData("""{"kty":7}""", "malformed")]
    [InlineData("""[]""", "malformed")]
    [InlineData("", "malformed")]
    public void ParsePublicKey_OfAText_IsJudgedByItsMembers(string json, string? refusal) =>
        Assert.Equal(refusal, Jwk.ParsePublicKey(Encoding.UTF8.GetBytes(json)).Refusal);

    [Fact]
    public void EcPrivateKey_OfAnotherPoint_IsRefusedAsInvalidKey()
    {
        using var key = EcPrivateKey.Parse(Encoding.UTF8.GetBytes($$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}","d":"{{D}}"}""")).Value;
        Assert.Equal(X, key.PublicKey.X);
        using var stranger = EphemeralSigningKey.Create();
        var mixed = $$"""{"kty":"EC","crv":"P-256","x":"{{stranger.PublicKey.X}}","y":"{{stranger.PublicKey.Y}}","d":"{{D}}"}""";
        Assert.Equal("invalid_key", EcPrivateKey.Parse(Encoding.UTF8.GetBytes(mixed)).Refusal);
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Scalar.Length);
    }

    [Fact]
    public void Thumbprint_OfAPublicKey_IsTheFastOne()
    {
        using var key = EphemeralSigningKey.Create();
        var jwk = Jwk.Parse(Encoding.UTF8.GetBytes(Jwk.Serialize(key.PublicKey))).Value;
        Assert.Equal(key.PublicKey.Thumbprint.ToArray(), jwk.Thumbprint(HashAlgorithmName.SHA256).Value);
    }

    [Fact]
    public void Thumbprint_OfAnEd25519Key_IsThatOfRfc8037() =>
        Assert.Equal(
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            Base64Url.Encode(Jwk.Parse("""{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"""u8).Value.Thumbprint(HashAlgorithmName.SHA256).Value));

    [Fact]
    public void Permits_FollowsUseOperationsAndAlgorithm()
    {
        var key = Jwk.Parse(Encoding.UTF8.GetBytes($$"""{"kty":"EC","crv":"P-256","x":"{{X}}","y":"{{Y}}","use":"sig","key_ops":["verify"],"alg":"ES256"}""")).Value;
        Assert.True(key.Permits("verify", "ES256"));
        Assert.False(key.Permits("sign", "ES256"));
        Assert.False(key.Permits("deriveKey", "ECDH-ES"));
        Assert.False(key.Permits("verify", "HS256"));
    }
}
