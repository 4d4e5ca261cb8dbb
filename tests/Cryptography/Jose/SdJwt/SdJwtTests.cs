using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Jose.SdJwt;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Jose.SdJwt;

public sealed class SdJwtTests : IDisposable
{
    private const string Audience = "https://verifier.example.org";
    private const string Nonce = "n-1";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private readonly EphemeralSigningKey issuer = EphemeralSigningKey.Create();
    private readonly EphemeralSigningKey holder = EphemeralSigningKey.Create();

    public void Dispose()
    {
        issuer.Dispose();
        holder.Dispose();
    }

    [Fact]
    public void Presentation_OfOneClaim_ShowsThatOneAndNoOther()
    {
        var issued = SdJwtToken.Parse(Issue(decoys: 3), SdJwtToken.CredentialType).Value;
        Assert.Equal("Ada", issued.Claims.GetProperty("name").GetString());
        var text = Present(issued, "name");
        var shown = SdJwtToken.Parse(text, SdJwtToken.CredentialType).Value;
        Assert.Null(shown.Verify(issuer.PublicKey));
        Assert.Null(shown.VerifyKeyBinding(Audience, Nonce));
        Assert.Equal("Ada", shown.Claims.GetProperty("name").GetString());
        Assert.False(shown.Claims.TryGetProperty("birthdate", out _));
        Assert.False(shown.Claims.TryGetProperty("_sd", out _));
        Assert.False(shown.Claims.TryGetProperty("_sd_alg", out _));
        Assert.Equal(holder.PublicKey, shown.HolderKey().Value);
        Assert.DoesNotContain("1990", Encoding.UTF8.GetString(shown.Issued.Payload.Span), StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_ByAnotherKeyOrOfAnotherType_IsRefused()
    {
        var issued = SdJwtToken.Parse(Issue()).Value;
        Assert.Equal("invalid_signature", issued.Verify(holder.PublicKey)?.Code);
        Assert.Equal("unexpected_type", SdJwtToken.Parse(Issue(), "vc+sd-jwt").Refusal);
        Assert.Equal("key_binding_missing", issued.VerifyKeyBinding(Audience, Nonce)?.Code);
    }

    [Fact]
    public void KeyBinding_OfOtherAudienceNonceKeyOrDisclosures_IsRefused()
    {
        var issued = SdJwtToken.Parse(Issue()).Value;
        var text = Present(issued, "name");
        var shown = SdJwtToken.Parse(text).Value;
        Assert.Equal("audience_mismatch", shown.VerifyKeyBinding("https://other.example", Nonce)?.Code);
        Assert.Equal("nonce_mismatch", shown.VerifyKeyBinding(Audience, "n-2")?.Code);
        var proof = text[(text.LastIndexOf('~') + 1)..];
        // The same proof under a token that shows nothing.
        var less = SdJwtToken.Parse($"{Encoding.ASCII.GetString(issued.Issued.Bytes.Span)}~{proof}").Value;
        Assert.Equal("disclosures_mismatch", less.VerifyKeyBinding(Audience, Nonce)?.Code);
        var stolen = SdJwtToken.Parse(SdJwtIssuance.Present(issued, _ => true, issuer, Audience, Nonce, Now)).Value;
        Assert.Equal("key_binding_invalid", stolen.VerifyKeyBinding(Audience, Nonce)?.Code);
    }

    [Theory]
    // A disclosure that no digest names.
    [InlineData("""{"_sd":[]}""", """["s","a",1]""")]
    // A claim that is there already.
    [InlineData("""{"a":0,"_sd":["D0"]}""", """["s","a",1]""")]
    // Two digests of one disclosure.
    [InlineData("""{"_sd":["D0"],"b":{"_sd":["D0"]}}""", """["s","a",1]""")]
    [InlineData("""{"_sd":["D0","D0"]}""", """["s","a",1]""")]
    // An element's disclosure for a claim, and a claim's for an element.
    [InlineData("""{"_sd":["D0"]}""", """["s",1]""")]
    [InlineData("""{"a":[{"...":"D0"}]}""", """["s","a",1]""")]
    // Reserved names.
    [InlineData("""{"_sd":["D0"]}""", """["s","_sd",1]""")]
    [InlineData("""{"_sd":["D0"]}""", """["s","...",1]""")]
    [InlineData("""{"...":"D0"}""", """["s","a",1]""")]
    [InlineData("""{"a":[{"...":"D0","b":1}]}""", """["s",1]""")]
    [InlineData("""{"b":{"_sd_alg":"sha-256"},"_sd":["D0"]}""", """["s","a",1]""")]
    // Kinds.
    [InlineData("""{"_sd":"D0"}""", """["s","a",1]""")]
    [InlineData("""{"_sd":[1,"D0"]}""", """["s","a",1]""")]
    [InlineData("""{"_sd":["D0"]}""", """[1,"a",1]""")]
    [InlineData("""{"_sd":["D0"]}""", """["s",2,1]""")]
    [InlineData("""{"_sd":["D0"]}""", """["s","a",1,1]""")]
    [InlineData("""{"_sd":["D0"]}""", """["s"]""")]
    [InlineData("""{"_sd":["D0"]}""", """{"a":1}""")]
    // Two values of one member.
    [InlineData("""{"_sd":["D0"]}""", """["s","a",{"b":1,"b":2}]""")]
    public void Parse_OfDisclosuresThatDoNotBelong_IsMalformed(string payload, string disclosure) =>
        Assert.Equal("malformed", SdJwtToken.Parse(Sign(payload, disclosure)).Refusal);

    [Fact]
    public void Parse_OfTwoClaimsOfOneName_IsMalformed() =>
        Assert.Equal("malformed", SdJwtToken.Parse(Sign("""{"_sd":["D0","D1"]}""", """["s","a",1]""", """["t","a",2]""")).Refusal);

    [Fact]
    public void Parse_OfNestedDisclosures_ShowsThemInTheirPlaces()
    {
        var inner = Base64Url.Encode("""["s","street","Main"]"""u8);
        var digest = DigestOf(inner);
        var outer = $$"""["t","address",{"_sd":["{{digest}}"],"country":"NL"}]""";
        var both = SdJwtToken.Parse(Sign("""{"_sd":["D0"]}""", outer, """["s","street","Main"]""")).Value;
        Assert.Equal("""{"address":{"country":"NL","street":"Main"}}""", both.Claims.GetRawText());
        var one = SdJwtToken.Parse(Sign("""{"_sd":["D0"]}""", outer)).Value;
        Assert.Equal("""{"address":{"country":"NL"}}""", one.Claims.GetRawText());
        // The inner one alone has no place.
        Assert.Equal("malformed", SdJwtToken.Parse(Sign("""{"_sd":["x"]}""", """["s","street","Main"]""")).Refusal);
    }

    [Fact]
    public void Parse_OfAnotherHashOrSize_IsRefused()
    {
        Assert.Equal("unsupported_algorithm", SdJwtToken.Parse(Sign("""{"_sd_alg":"sha-512"}""")).Refusal);
        Assert.Equal("malformed", SdJwtToken.Parse(Sign("{}"), maximumBytes: 20).Refusal);
        Assert.Equal("malformed", SdJwtToken.Parse(Sign("{}").TrimEnd('~')).Refusal);
        Assert.Equal("malformed", SdJwtToken.Parse(Sign("{}") + "~").Refusal);
        Assert.Equal("malformed", SdJwtToken.Parse(Sign("{}") + string.Concat(Enumerable.Repeat("e30~", 257))).Refusal);
        Assert.True(SdJwtToken.Parse(Sign("{}")).IsAccepted);
    }

    private static string DigestOf(string text) => Base64Url.Encode(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(text)));

    private string Issue(int decoys = 0)
    {
        using var claims = JsonDocument.Parse(
            $$$"""
            {"iss":"https://issuer.example","vct":"urn:example:member","name":"Ada","birthdate":"1990-01-01",
            "cnf":{"jwk":{"kty":"EC","crv":"P-256","x":"{{{holder.PublicKey.X}}}","y":"{{{holder.PublicKey.Y}}}"} } }
            """);
        return SdJwtIssuance.Issue(SdJwtToken.CredentialType, claims.RootElement, ["name", "birthdate"], issuer, decoys);
    }

    private string Present(SdJwtToken issued, params string[] names) =>
        SdJwtIssuance.Present(issued, disclosure => names.Contains(disclosure.Name), holder, Audience, Nonce, Now);

    /// <summary>A token of this payload, in which D0, D1, … stand for the digests of the disclosures.</summary>
    private string Sign(string payload, params string[] disclosures)
    {
        string[] texts = [.. disclosures.Select(disclosure => Base64Url.Encode(Encoding.UTF8.GetBytes(disclosure)))];
        for (var at = 0; at < texts.Length; at++)
            payload = payload.Replace($"\"D{at}\"", $"\"{DigestOf(texts[at])}\"", StringComparison.Ordinal);
        return $"{Jws.SignCompact("example+sd-jwt", Encoding.UTF8.GetBytes(payload), issuer)}~{string.Concat(texts.Select(text => text + "~"))}";
    }
}
