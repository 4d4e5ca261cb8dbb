using System.Text;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Http;

public sealed class HttpSignatureTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("{\"amount\":\"12\"}");

    private readonly EphemeralSigningKey key = EphemeralSigningKey.Create();

    public void Dispose() => key.Dispose();

    private static HttpTarget Target(string uri)
    {
        Assert.True(HttpTarget.TryParse(uri, out var target), uri);
        return target;
    }

    private static HttpMessage Request(string uri = "https://node.example/vault/put?id=7&x=a%20b") => HttpMessage.OfRequest(
        "POST", Target(uri),
        [new("Host", "node.example"), new("Content-Type", "application/json"), new("Content-Digest", DigestFields.Of(Content).ToString())]);

    private static SignatureParameters Parameters(DateTimeOffset? created = null, string? nonce = null, string? algorithm = null) => new(
        [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.ContentDigest],
        created ?? Now, keyId: "k1", nonce: nonce, algorithm: algorithm, tag: "counterfoil");

    private HttpMessage Signed(HttpMessage message, SignatureParameters parameters, string label = "sig1") =>
        message.With(HttpSignature.Sign(message, label, parameters, key).Value);

    private HttpVerificationKey? Resolve(string? keyId) => keyId == "k1" ? HttpVerificationKey.Of(key.PublicKey) : null;

    private string Verify(HttpMessage message, SignaturePolicy? policy = null, DateTimeOffset? now = null) =>
        HttpSignatureVerifier.Verify(message, policy ?? SignaturePolicy.RequestWithContent, Resolve, now ?? Now).Refusal.ToString();

    [Fact]
    public void Verify_OfASignedRequest_SaysWhatIsCovered()
    {
        var result = HttpSignatureVerifier.Verify(
            Signed(Request(), Parameters()), SignaturePolicy.RequestWithContent, Resolve, Now);
        Assert.Equal("sig1", result.Value.Label);
        Assert.Equal("k1", result.Value.Parameters.KeyId);
        Assert.Equal("counterfoil", result.Value.Parameters.Tag);
        Assert.Equal(3, result.Value.Parameters.Components.Count);
    }

    [Fact]
    public void Verify_OfAChangedRequest_IsInvalid()
    {
        var fields = Signed(Request(), Parameters()).Fields;
        Assert.Equal("", Verify(HttpMessage.OfRequest("POST", Request().Target!, fields)));
        Assert.Equal("invalid_signature", Verify(HttpMessage.OfRequest("PUT", Request().Target!, fields)));
        Assert.Equal("invalid_signature", Verify(HttpMessage.OfRequest("post", Request().Target!, fields)));
        Assert.Equal("invalid_signature", Verify(HttpMessage.OfRequest("POST", Target("https://node.example/vault/put?id=8&x=a%20b"), fields)));
        Assert.Equal("invalid_signature", Verify(HttpMessage.OfRequest("POST", Target("http://node.example/vault/put?id=7&x=a%20b"), fields)));
        var other = fields.Select(field => field.Name == "Content-Digest" ? field with { Value = DigestFields.Of("x"u8).ToString() } : field);
        Assert.Equal("invalid_signature", Verify(HttpMessage.OfRequest("POST", Request().Target!, [.. other])));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(65, "")]
    [InlineData(66, "expired")]
    [InlineData(-5, "")]
    [InlineData(-6, "not_yet_valid")]
    public void Verify_AtThatManySecondsAfterSigning_Is(int seconds, string code) =>
        Assert.Equal(code, Verify(Signed(Request(), Parameters()), now: Now.AddSeconds(seconds)));

    [Fact]
    public void Verify_AfterTheSignaturesOwnEnd_IsExpired()
    {
        var parameters = new SignatureParameters(
            [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.ContentDigest], Now, Now.AddSeconds(10), "k1");
        Assert.Equal("", Verify(Signed(Request(), parameters), now: Now.AddSeconds(15)));
        Assert.Equal("expired", Verify(Signed(Request(), parameters), now: Now.AddSeconds(16)));
    }

    [Fact]
    public void Verify_UnderAPolicy_RefusesWhatItLacks()
    {
        var policy = SignaturePolicy.RequestWithContent;
        var signed = Signed(Request(), Parameters(nonce: "n"));
        Assert.Equal("missing_signature", Verify(Request()));
        Assert.Equal("missing_signature", Verify(signed, policy with { Label = "other" }));
        Assert.Equal("missing_signature", Verify(signed, policy with { Tag = "other" }));
        Assert.Equal("", Verify(signed, policy with { Tag = "counterfoil", RequireNonce = true }));
        Assert.Equal("unknown_key", Verify(signed, policy with { KeyId = "k2" }));
        Assert.Equal("uncovered_component", Verify(signed, policy with { RequiredComponents = [SignatureComponents.Authority] }));
        Assert.Equal("missing_parameter", Verify(Signed(Request(), Parameters()), policy with { RequireNonce = true }));
        var ageless = new SignatureParameters([SignatureComponents.Method], keyId: "k1");
        var onlyMethod = policy with { RequiredComponents = [SignatureComponents.Method] };
        Assert.Equal("missing_parameter", Verify(Signed(Request(), ageless), onlyMethod));
        Assert.Equal("", Verify(Signed(Request(), ageless), onlyMethod with { MaximumAge = null }));
        var keyless = new SignatureParameters([SignatureComponents.Method], Now);
        Assert.Equal("unknown_key", Verify(Signed(Request(), keyless), onlyMethod));
    }

    [Fact]
    public void Verify_OfTwoSignatures_NeedsToKnowWhichCounts()
    {
        using var proxy = EphemeralSigningKey.Create();
        var once = Signed(Request(), Parameters());
        var covering = new SignatureParameters(
            [
                SignatureComponents.Authority,
                new StructuredItem(new BareItem.Text("signature"), new StructuredParameters(("key", new BareItem.Text("sig1")))),
            ],
            Now, keyId: "proxy");
        var twice = once.With(HttpSignature.Sign(once, "proxy", covering, proxy).Value);

        Assert.Equal("ambiguous_signature", Verify(twice));
        Assert.Equal("", Verify(twice, SignaturePolicy.RequestWithContent with { Label = "sig1" }));
        Assert.Equal("", Verify(twice, SignaturePolicy.RequestWithContent with { Tag = "counterfoil" }));
        var result = HttpSignatureVerifier.Verify(
            twice, new SignaturePolicy { Label = "proxy", RequiredComponents = [SignatureComponents.Authority] },
            _ => HttpVerificationKey.Of(proxy.PublicKey), Now);
        Assert.True(result.IsAccepted);
    }

    [Fact]
    public void Verify_OfTheSameNonceAgain_IsReplayed_AndOnlyVerifiedNoncesAreUsed()
    {
        var used = new Dictionary<string, DateTimeOffset>();
        var policy = SignaturePolicy.RequestWithContent with { TryUseNonce = (keyId, nonce, until) => used.TryAdd($"{keyId} {nonce}", until) };
        var signed = Signed(Request(), Parameters(nonce: "once"));
        var forged = HttpMessage.OfRequest("PUT", signed.Target!, signed.Fields);

        Assert.Equal("invalid_signature", Verify(forged, policy));
        Assert.Empty(used);
        Assert.Equal("", Verify(signed, policy));
        Assert.Equal("replayed", Verify(signed, policy));
        // Once the store may forget the nonce, the signature is refused for its age.
        Assert.Equal("expired", Verify(signed, policy, used["k1 once"]));
    }

    [Fact]
    public void Verify_OfAlgorithms_RefusesTheUnofferedAndTheMismatched()
    {
        using var secret = new HttpHmacKey(new byte[32]);
        var hmac = Request().With(HttpSignature.Sign(Request(), "sig1", Parameters(algorithm: "hmac-sha256"), secret).Value);
        HttpRefusal With(HttpMessage message, HttpVerificationKey resolved) =>
            HttpSignatureVerifier.Verify(message, SignaturePolicy.RequestWithContent, _ => resolved, Now).Refusal;

        Assert.Equal("", With(hmac, secret).ToString());
        Assert.Equal(HttpRefusal.AlgorithmMismatch, With(hmac, HttpVerificationKey.Of(key.PublicKey)));
        Assert.Equal(HttpRefusal.UnsupportedAlgorithm, With(hmac, HttpVerificationKey.Unsupported("rsa-pss-sha512")));
        Assert.Equal(HttpRefusal.AlgorithmMismatch, HttpSignature.Sign(Request(), "sig1", Parameters(algorithm: "hmac-sha256"), key).Refusal);
        foreach (var name in new[] { "rsa-pss-sha512", "rsa-v1_5-sha256", "ed25519", "ecdsa-p384-sha384", "none" })
        {
            var message = Request().With(
                new("Signature-Input", $"sig1={Parameters(algorithm: name)}"), new HttpField("Signature", "sig1=:AAAA:"));
            Assert.Equal(HttpRefusal.UnsupportedAlgorithm, With(message, HttpVerificationKey.Of(key.PublicKey)));
        }
        using var otherSecret = new HttpHmacKey([.. Enumerable.Repeat((byte)1, 32)]);
        Assert.Equal(HttpRefusal.InvalidSignature, With(hmac, otherSecret));
    }

    [Fact]
    public void Sign_OfAResponseWithItsRequest_BindsTheTwo()
    {
        var request = Signed(Request(), Parameters());
        var response = HttpMessage.OfResponse(201, [new("Content-Digest", DigestFields.Of(Content).ToString())], request);
        var parameters = new SignatureParameters(
            [
                SignatureComponents.Status, SignatureComponents.ContentDigest, SignatureComponents.OfRequest(SignatureComponents.Method),
                SignatureComponents.OfRequest(SignatureComponents.TargetUri),
                SignatureComponents.OfRequest(new StructuredItem(new BareItem.Text("signature"), new StructuredParameters(("key", new BareItem.Text("sig1"))))),
            ],
            Now, keyId: "k1");
        var signed = Signed(response, parameters);
        var policy = new SignaturePolicy { RequiredComponents = [SignatureComponents.Status, SignatureComponents.OfRequest(SignatureComponents.Method)] };

        Assert.Equal("", Verify(signed, policy));
        Assert.Equal("missing_component", Verify(HttpMessage.OfResponse(201, signed.Fields), policy));
        var anotherRequest = HttpMessage.OfRequest("POST", Target("https://node.example/other"), request.Fields);
        Assert.Equal("invalid_signature", Verify(HttpMessage.OfResponse(201, signed.Fields, anotherRequest), policy));
        Assert.Equal("invalid_signature", Verify(HttpMessage.OfResponse(200, signed.Fields, request), policy));
    }

    [Theory]
    [InlineData("\"@status\"", "invalid_component")]
    [InlineData("\"@unknown\"", "invalid_component")]
    [InlineData("\"@signature-params\"", "invalid_component")]
    [InlineData("\"@method\";req", "invalid_component")]
    [InlineData("\"@method\";sf", "invalid_component")]
    [InlineData("\"@query-param\"", "invalid_component")]
    [InlineData("\"@query-param\";name=\"none\"", "missing_component")]
    [InlineData("\"@query-param\";name=\"a+b\"", "invalid_component")]
    [InlineData("\"content-type\";name=\"id\"", "invalid_component")]
    [InlineData("\"Content-Type\"", "invalid_component")]
    [InlineData("\"\"", "invalid_component")]
    [InlineData("\"content-digest\";bs;sf", "invalid_component")]
    [InlineData("\"content-digest\";key=\"sha-512\"", "missing_component")]
    [InlineData("\"content-type\";sf", "invalid_field")]
    [InlineData("\"content-digest\";tr", "missing_component")]
    [InlineData("\"content-digest\";foo", "invalid_component")]
    [InlineData("\"absent\"", "missing_component")]
    public void SignatureBase_OfAComponentThatCannotBePut_IsRefused(string identifier, string code)
    {
        Assert.True(StructuredField.TryParseItem(identifier, out var component));
        Assert.Equal(code, SignatureBase.Of(Request(), new SignatureParameters([component])).Refusal.Code);
    }

    [Fact]
    public void SignatureBase_OfTheSameComponentTwice_IsRefusedWhateverTheOrderOfItsParameters()
    {
        var one = new StructuredItem(new BareItem.Text("content-digest"), new StructuredParameters(("key", new BareItem.Text("sha-256")), ("sf", new BareItem.Boolean(true))));
        var two = new StructuredItem(new BareItem.Text("content-digest"), new StructuredParameters(("sf", new BareItem.Boolean(true)), ("key", new BareItem.Text("sha-256"))));
        Assert.Equal(HttpRefusal.InvalidComponent, SignatureBase.Of(Request(), new SignatureParameters([one, two])).Refusal);
    }

    [Fact]
    public void SignatureBase_OfAFieldWithALineEnd_IsRefusedSoThatNoLineIsForged()
    {
        var message = HttpMessage.OfRequest("GET", Target("https://a.example/"), [new("X-Note", "a\n\"@method\": PUT"), new("X-Name", "é")]);
        Assert.Equal(HttpRefusal.InvalidField, SignatureBase.Of(message, new SignatureParameters([SignatureComponents.Of("x-note")])).Refusal);
        Assert.Equal(HttpRefusal.InvalidField, SignatureBase.Of(message, new SignatureParameters([SignatureComponents.Of("x-name")])).Refusal);
    }

    [Theory]
    [InlineData("https://Example.COM:443/a", "example.com", "/a", "?")]
    [InlineData("http://example.com:80?x", "example.com", "/", "?x")]
    [InlineData("http://example.com:8080", "example.com:8080", "/", "?")]
    [InlineData("https://[::1]:8443/%7Ea/../b?", "[::1]:8443", "/%7Ea/../b", "?")]
    public void Target_OfUris_GivesTheComponentsTheStandardWants(string uri, string authority, string path, string query)
    {
        var message = HttpMessage.OfRequest("GET", Target(uri), []);
        var text = SignatureBase.Of(message, new SignatureParameters(
            [SignatureComponents.Authority, SignatureComponents.Path, SignatureComponents.Query])).Value;
        Assert.StartsWith($"\"@authority\": {authority}\n\"@path\": {path}\n\"@query\": {query}\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("var", "this%20is%20a%20big%0Amultiline%20value")]
    [InlineData("bar", "with%20plus%20whitespace")]
    [InlineData("façade\": ", "something")]
    public void QueryParameter_OfEncodedNamesAndValues_IsEncodedAsInSection228(string name, string value)
    {
        var message = HttpMessage.OfRequest("GET", Target(
            "https://a.example/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something"), []);
        var text = SignatureBase.Of(message, new SignatureParameters([SignatureComponents.QueryParameter(name)])).Value;
        Assert.Contains($": {value}\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://a.example/")]
    [InlineData("//a.example/")]
    [InlineData("https://user@a.example/")]
    [InlineData("https://a.example/#part")]
    [InlineData("https:///path")]
    [InlineData("https://a.example:0/")]
    [InlineData("https://a.example:65536/")]
    [InlineData("https://a.example:8x/")]
    [InlineData("https://[::1/")]
    [InlineData("https://a.example/ü")]
    [InlineData("https://a.example/a b")]
    [InlineData("")]
    public void Target_OfOtherUris_IsRefused(string uri) => Assert.False(HttpTarget.TryParse(uri, out _));

    [Fact]
    public void Verify_OfMutatedSignatureFields_NeverThrowsAndNeverAcceptsAnotherMessage()
    {
        const int seed = 20261122;
        var random = new Random(seed);
        var signed = Signed(Request(), Parameters(nonce: "n1"));
        var accepted = 0;
        for (var round = 0; round < 10_000; round++)
        {
            var fields = signed.Fields.ToArray();
            var place = random.Next(fields.Length);
            var value = new StringBuilder(fields[place].Value);
            for (var edits = random.Next(1, 4); edits > 0 && value.Length > 0; edits--)
            {
                var at = random.Next(value.Length);
                switch (random.Next(3))
                {
                    case 0:
                        value[at] = (char)random.Next(0, 256);
                        break;
                    case 1:
                        value.Remove(at, 1);
                        break;
                    default:
                        value.Insert(at, "\";=(),: \n"[random.Next(9)]);
                        break;
                }
            }
            fields[place] = fields[place] with { Value = value.ToString() };
            var message = HttpMessage.OfRequest("POST", signed.Target!, fields);
            var result = HttpSignatureVerifier.Verify(message, SignaturePolicy.RequestWithContent, Resolve, Now);
            if (!result.IsAccepted)
            {
                Assert.NotEmpty(result.Refusal.Code);
                continue;
            }
            accepted++;
            // Only what is not covered, or white space and order that do not count, may differ.
            Assert.True(
                message.Combined("content-digest") == signed.Combined("content-digest")
                && result.Value.Parameters.ToString() == Parameters(nonce: "n1").ToString(),
                $"seed {seed} round {round}");
        }
        Assert.InRange(accepted, 1, 9_000);
    }
}
