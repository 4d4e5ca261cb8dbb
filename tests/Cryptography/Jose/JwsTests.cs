using System.Text;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Jose;

public sealed class JwsTests : IDisposable
{
    private static readonly byte[] Payload = Encoding.UTF8.GetBytes("""{"act":"accounts.transfer"}""");
    private readonly EphemeralSigningKey key = EphemeralSigningKey.Create();
    private readonly EphemeralSigningKey other = EphemeralSigningKey.Create();

    public void Dispose()
    {
        key.Dispose();
        other.Dispose();
    }

    [Fact]
    public void SignCompact_OpensWithItsKeyAndCarriesItsHeader()
    {
        var text = Jws.SignCompact("cf+jws", Payload, key);
        var jws = Jws.VerifyCompact(text, key.PublicKey, new JwsExpectation { Type = "cf+jws" }).Value;

        Assert.Equal(Payload, jws.Payload.ToArray());
        Assert.Equal("ES256", jws.Header.Algorithm);
        Assert.Equal("cf+jws", jws.Header.Type);
        Assert.Equal(key.PublicKey.ToString(), jws.Header.KeyId);
        Assert.Equal($$"""{"alg":"ES256","typ":"cf+jws","kid":"{{key.PublicKey}}"}""", Encoding.UTF8.GetString(jws.Header.ProtectedBytes.Span));
        Assert.True(jws.Header.HasOnlyProtected("alg", "typ", "kid"));
        Assert.False(jws.Header.HasOnlyProtected("alg", "typ"));
        Assert.Equal(text[..text.LastIndexOf('.')], Encoding.ASCII.GetString(jws.SigningInput.Span));
    }

    [Fact]
    public void SignCompact_WithKeyInHeader_GivesThatKey()
    {
        var jws = Jws.ParseCompact(Jws.SignCompact(null, Payload, key, reference: KeyReference.ThumbprintAndKey)).Value;
        Assert.True(jws.Header.HasKey);
        Assert.Equal(key.PublicKey, jws.Header.Key().Value);
        Assert.True(jws.Header.HasOnlyProtected("alg", "kid", "jwk"));
    }

    [Fact]
    public void Verify_WithAnotherKey_IsRefusedAsInvalidSignature() =>
        Assert.Equal(
            "invalid_signature",
            Jws.VerifyCompact(Jws.SignCompact(null, Payload, key), other.PublicKey).Refusal);

    [Fact]
    public void Parse_OfAnotherType_IsRefusedAsUnexpectedType() =>
        Assert.Equal(
            "unexpected_type",
            Jws.ParseCompact(Jws.SignCompact("a", Payload, key), new JwsExpectation { Type = "b" }).Refusal);

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("RS256")]
    [InlineData("PS256")]
    [InlineData("ES384")]
    [InlineData("ES256K")]
    [InlineData("EdDSA")]
    [InlineData("es256")]
    public void Parse_OfAnotherAlgorithm_IsRefusedAsUnsupportedAlgorithm(string algorithm)
    {
        var text = $"{Base64Url.Encode(Encoding.UTF8.GetBytes($$"""{"alg":"{{algorithm}}"}"""))}.e30.";
        Assert.Equal("unsupported_algorithm", Jws.ParseCompact(text).Refusal);
    }

    [Theory]
    [InlineData("""{"alg":"ES256","alg":"ES256"}""", "malformed")]
    [InlineData("""{"alg":"ES256","\u0061lg":"none"}""", "malformed")]
    [InlineData("""{"alg":"ES256","x":{"a":1,"a":1}}""", "malformed")]
    [InlineData("""{"alg":"ES256"} """, "invalid_signature")]
    [InlineData("""{"alg":"ES256"}x""", "malformed")]
    [InlineData("""["alg"]""", "malformed")]
    [InlineData("""{"alg":1}""", "malformed")]
    [InlineData("""{}""", "unsupported_algorithm")]
    [InlineData("""{"alg":"ES256","crit":["exp"]}""", "malformed")]
    [InlineData("""{"alg":"ES256","crit":[]}""", "malformed")]
    [InlineData("""{"alg":"ES256","crit":["alg"]}""", "malformed")]
    [InlineData("""{"alg":"ES256","crit":["x","x"],"x":1}""", "malformed")]
    [InlineData("""{"alg":"ES256","crit":["x"],"x":1}""", "unknown_critical_header")]
    [InlineData("""{"alg":"ES256","crit":["b64"],"b64":false}""", "unknown_critical_header")]
    [InlineData("""{"alg":"ES256","b64":false}""", "malformed")]
    [InlineData("""{"alg":"ES256","jwk":"x"}""", "malformed")]
    public void Verify_OfAHeader_IsRefusedWithItsCode(string header, string code)
    {
        var text = $"{Base64Url.Encode(Encoding.UTF8.GetBytes(header))}.e30.{new string('A', 86)}";
        Assert.Equal(code, Jws.VerifyCompact(text, key.PublicKey).Refusal);
    }

    [Fact]
    public void Verify_WithUnderstoodExtension_IsAccepted()
    {
        var text = Jws.SignCompact(null, Payload, key, writer =>
        {
            writer.WriteNumber("x", 1);
            writer.WriteStartArray("crit");
            writer.WriteStringValue("x");
            writer.WriteEndArray();
        });
        Assert.Equal("unknown_critical_header", Jws.VerifyCompact(text, key.PublicKey).Refusal);
        var jws = Jws.VerifyCompact(text, key.PublicKey, new JwsExpectation { Critical = ["x"] }).Value;
        Assert.Equal(1, jws.Header.Member("x")!.Value.GetInt32());
    }

    [Fact]
    public void SignGeneral_WithThreeKeys_VerifiesEachWithItsOwnOnly()
    {
        using var third = EphemeralSigningKey.Create();
        EphemeralSigningKey[] keys = [key, other, third];
        var general = Jws.ParseGeneral(Jws.SignGeneral("cf-block+jws", Payload, keys), new JwsExpectation { Type = "cf-block+jws" }).Value;

        Assert.Equal(Payload, general.Payload.ToArray());
        for (var signature = 0; signature < keys.Length; signature++)
            for (var signer = 0; signer < keys.Length; signer++)
                Assert.Equal(signature == signer
                    ? null
                    : "invalid_signature", general.Signatures[signature].Verify(keys[signer].PublicKey)?.Code);
    }

    [Fact]
    public void Assemble_OfSignaturesMadeApart_IsTheGeneralSerialisation()
    {
        var json = Jws.Assemble(Payload, [Jws.Sign("t", Payload, key), Jws.Sign("t", Payload, other)]);
        var general = Jws.ParseGeneral(json).Value;
        Assert.Null(general.Signatures[0].Verify(key.PublicKey));
        Assert.Null(general.Signatures[1].Verify(other.PublicKey));
        Assert.Throws<ArgumentException>(() => Jws.Assemble("other"u8, [Jws.Sign("t", Payload, key)]));
    }

    [Theory]
    [InlineData("extra", """,\"x\":1}""")]
    [InlineData("trailing", """} 1""")]
    public void ParseGeneral_WithMoreThanItsMembers_IsRefusedAsMalformed(string name, string end)
    {
        Assert.NotEmpty(name);
        var json = Encoding.UTF8.GetString(Jws.SignGeneral(null, Payload, [key]));
        Assert.Equal("malformed", Jws.ParseGeneral(Encoding.UTF8.GetBytes(json[..^1] + end.Replace("\\", "", StringComparison.Ordinal))).Refusal);
    }

    [Fact]
    public void ParseGeneral_WithOneSignatureOfAnotherAlgorithm_IsRefusedAsUnsupportedAlgorithm()
    {
        var json = Encoding.UTF8.GetString(Jws.SignGeneral(null, Payload, [key]));
        json = json.Replace("\"signatures\":[", $$"""
            "signatures":[{"protected":"{{Base64Url.Encode("""{"alg":"none"}"""u8)}}","signature":""},
            """, StringComparison.Ordinal);
        Assert.Equal("unsupported_algorithm", Jws.ParseGeneral(Encoding.UTF8.GetBytes(json)).Refusal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void SignDetached_VerifiesWithItsPayloadOnly(bool unencoded)
    {
        var text = Encoding.ASCII.GetBytes(Jws.SignDetached("t", Payload, key, unencoded));
        var expectation = new JwsExpectation { AllowUnencodedPayload = unencoded };
        Assert.Null(Jws.ParseDetached(text, Payload, expectation).Value.Verify(key.PublicKey));
        Assert.Equal(
            "invalid_signature",
            Jws.ParseDetached(text, "other"u8.ToArray(), expectation).Value.Verify(key.PublicKey)?.Code);
        Assert.NotNull(Jws.VerifyCompact(text, key.PublicKey, expectation).Refusal);
    }

    [Fact]
    public void HmacJws_WithTheWrongApi_IsRefused()
    {
        using var shared = new SymmetricKey(key.PublicKey.ToArray());
        var text = Encoding.ASCII.GetBytes(HmacJws.SignCompact("HS256", "t", Payload, shared));
        Assert.Equal(Payload, HmacJws.VerifyCompact("HS256", text, shared).Value.Payload.ToArray());
        Assert.Equal("unsupported_algorithm", Jws.VerifyCompact(text, key.PublicKey).Refusal);
        Assert.Equal("unsupported_algorithm", HmacJws.VerifyCompact("HS512", text, shared).Refusal);
        Assert.Equal("unsupported_algorithm", HmacJws.VerifyCompact("none", text, shared).Refusal);
        using var tooShort = new SymmetricKey(new byte[31]);
        Assert.Equal("key_too_short", HmacJws.VerifyCompact("HS256", text, tooShort).Refusal);
    }

    [Fact]
    public void Verify_WithAnyBitFlipped_IsRefused()
    {
        var bytes = Jws.SignCompactBytes("t", "{}"u8, key);
        for (var bit = 0; bit < 8 * bytes.Length; bit++)
        {
            var flipped = (byte[])bytes.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.NotNull(Jws.VerifyCompact(flipped, key.PublicKey).Refusal);
        }
    }
}
