using System.Text;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Http;

public sealed class DpopProofTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private readonly EphemeralSigningKey key = EphemeralSigningKey.Create();

    public void Dispose() => key.Dispose();

    private static HttpTarget Target(string uri)
    {
        Assert.True(HttpTarget.TryParse(uri, out var target), uri);
        return target;
    }

    private static DpopExpectation Expectation { get; } = new() { Method = "GET", Target = Target("https://node.example/vault?x=1") };

    private static string Code(string proof, DpopExpectation? expectation = null) =>
        DpopProof.Verify(proof, expectation ?? Expectation, Now).Refusal.ToString();

    private string Signed(string payload, string? type = "dpop+jwt", KeyReference reference = KeyReference.Key) =>
        Jws.SignCompact(type, Encoding.UTF8.GetBytes(payload), key, reference: reference);

    private string Claims(string htu = "https://node.example/vault", string more = "") =>
        Signed($$"""{"jti":"j","htm":"GET","htu":"{{htu}}","iat":1800000000{{more}}}""");

    [Fact]
    public void Create_ForARequestWithTokenAndNonce_VerifiesForExactlyThese()
    {
        var proof = DpopProof.Create(key, "GET", Target("https://node.example/vault?y=2"), Now, "token", "nonce-1");
        var expectation = Expectation with { AccessToken = "token", AcceptsNonce = nonce => nonce == "nonce-1", KeyThumbprint = key.PublicKey.Thumbprint };

        Assert.Equal(key.PublicKey, DpopProof.Verify(proof, expectation, Now).Value.PublicKey);
        Assert.Equal("token_mismatch", Code(proof, expectation with { AccessToken = "tokem" }));
        Assert.Equal("use_dpop_nonce", Code(proof, expectation with { AcceptsNonce = nonce => nonce == "nonce-2" }));
        Assert.Equal("method_mismatch", Code(proof, expectation with { Method = "get" }));
    }

    [Fact]
    public void Verify_OfTheSameProofTwice_IsReplayedWithinItsLife()
    {
        var used = new HashSet<string>();
        var expectation = Expectation with { TryUseIdentifier = (thumbprint, identifier, _) => used.Add($"{thumbprint} {identifier}") };
        var proof = DpopProof.Create(key, "GET", Expectation.Target, Now);
        Assert.Equal("", Code(proof, expectation));
        Assert.Equal("replayed", Code(proof, expectation));
        Assert.Equal("", Code(DpopProof.Create(key, "GET", Expectation.Target, Now), expectation));
    }

    [Theory]
    [InlineData("https://node.example/vault", "")]
    [InlineData("HTTPS://NODE.example:443/vault?other=1#part", "")]
    [InlineData("https://node.example/%76ault", "")]
    [InlineData("https://node.example/a/../vault", "")]
    [InlineData("https://node.example/vault/", "target_mismatch")]
    [InlineData("https://node.example/Vault", "target_mismatch")]
    [InlineData("http://node.example/vault", "target_mismatch")]
    [InlineData("https://node.example:8443/vault", "target_mismatch")]
    [InlineData("https://evil.example@node.example/vault", "target_mismatch")]
    [InlineData("/vault", "target_mismatch")]
    [InlineData("", "target_mismatch")]
    public void Verify_OfTargets_ComparesThemNormalised(string htu, string code) => Assert.Equal(code, Code(Claims(htu)));

    [Fact]
    public void Verify_OfOtherForms_IsMalformedOrUnsupported()
    {
        Assert.Equal("", Code(Claims(more: ",\"extra\":[1]")));
        Assert.Equal("malformed_proof", Code(Claims(more: ",\"jti\":\"k\"")));
        Assert.Equal("malformed_proof", Code(Signed("""{"htm":"GET","htu":"https://node.example/vault","iat":1800000000}""")));
        Assert.Equal("malformed_proof", Code(Signed("""{"jti":"","htm":"GET","htu":"https://node.example/vault","iat":1800000000}""")));
        Assert.Equal("malformed_proof", Code(Signed("""{"jti":"j","htm":"GET","htu":"https://node.example/vault","iat":"1800000000"}""")));
        Assert.Equal("malformed_proof", Code(Signed("""{"jti":"j","htm":"GET","htu":"https://node.example/vault","iat":9223372036854775807}""")));
        Assert.Equal("malformed_proof", Code(Signed("""{"jti":"j","htm":"GET","htu":"https://node.example/vault","iat":1800000000}""", "JWT")));
        Assert.Equal("malformed_proof", Code(Signed("""{"jti":"j","htm":"GET","htu":"https://node.example/vault","iat":1800000000}""", reference: KeyReference.Thumbprint)));
        Assert.Equal("malformed_proof", Code(new string('a', 8193)));
        Assert.Equal("malformed_proof", Code(""));
        Assert.Equal("malformed_proof", Code("a.b"));
    }

    [Theory]
    [InlineData("{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":{}}", "unsupported_algorithm")]
    [InlineData("{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":{}}", "unsupported_algorithm")]
    [InlineData("{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":JWK,\"kid\":\"x\"}", "malformed_proof")]
    [InlineData("{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":PRIVATE}", "malformed_proof")]
    [InlineData("{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":JWK}", "invalid_signature")]
    public void Verify_OfOtherHeaders_IsRefused(string header, string code)
    {
        var jwk = Jwk.Serialize(key.PublicKey);
        header = header.Replace("JWK", jwk, StringComparison.Ordinal)
            .Replace("PRIVATE", jwk[..^1] + ",\"d\":\"" + Base64Url.Encode(new byte[32]) + "\"}", StringComparison.Ordinal);
        var parts = Claims().Split('.');
        Assert.Equal(code, Code($"{Base64Url.Encode(Encoding.UTF8.GetBytes(header))}.{parts[1]}.{Base64Url.Encode(new byte[64])}"));
    }

    [Fact]
    public void Verify_OfMutatedProofs_NeverThrowsAndNeverAccepts()
    {
        const int seed = 9449;
        var random = new Random(seed);
        var proof = Claims();
        for (var round = 0; round < 5_000; round++)
        {
            var changed = proof.ToCharArray();
            var at = random.Next(changed.Length);
            char other;
            do
                other = (char)random.Next(0x20, 0x100);
            while (other == changed[at]);
            changed[at] = other;
            Assert.True(Code(new string(changed)).Length > 0, $"seed {seed} round {round}");
        }
    }
}
