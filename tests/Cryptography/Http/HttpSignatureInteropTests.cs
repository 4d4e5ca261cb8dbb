using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Http;

/// <summary>Another implementation's view: npm's http-message-signatures, by tests/Interop/http-signature.mjs.</summary>
public sealed class HttpSignatureInteropTests
{
    private const string Address = "https://node.example/vault/put?id=7&x=a%20b";
    private static readonly byte[] Content = Encoding.UTF8.GetBytes("{\"amount\":\"12\"}");

    private static JsonObject Call(JsonObject input)
    {
        var start = new ProcessStartInfo("node")
        {
            ArgumentList = { Path.Combine(Shared.Root, "tests", "Interop", "http-signature.mjs") },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input.ToJsonString());
        process.StandardInput.Close();
        var answer = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return JsonNode.Parse(answer)!.AsObject();
    }

    private static (EphemeralSigningKey Key, JsonObject Private, JsonObject Public) MakeKey()
    {
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var parameters = made.ExportParameters(includePrivateParameters: true);
        var key = EphemeralSigningKey.Import(parameters.D);
        JsonObject Jwk() => new() { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = key.PublicKey.X, ["y"] = key.PublicKey.Y };
        var withSecret = Jwk();
        withSecret["d"] = Base64Url.Encode(parameters.D);
        return (key, withSecret, Jwk());
    }

    private static HttpTarget Target()
    {
        Assert.True(HttpTarget.TryParse(Address, out var target));
        return target;
    }

    private static JsonObject HeadersOf(HttpMessage message)
    {
        var headers = new JsonObject();
        foreach (var field in message.Fields)
            headers[field.Name] = field.Value;
        return headers;
    }

    [InteropFact]
    public void Verify_OfARequestThatThePeerSigned_IsAccepted()
    {
        var (key, secret, _) = MakeKey();
        using (key)
        {
            var answer = Call(new JsonObject
            {
                ["op"] = "sign",
                ["jwk"] = secret,
                ["keyid"] = "peer",
                ["request"] = new JsonObject
                {
                    ["method"] = "POST",
                    ["url"] = Address,
                    ["headers"] = new JsonObject { ["Host"] = "node.example" },
                    ["body"] = Base64Url.Encode(Content),
                },
            });
            Assert.True(answer["ok"]!.GetValue<bool>(), answer.ToJsonString());
            var fields = answer["headers"]!.AsObject().Select(header => new HttpField(header.Key, header.Value!.GetValue<string>()));
            var message = HttpMessage.OfRequest("POST", Target(), [.. fields]);

            var result = HttpSignatureVerifier.Verify(
                message, SignaturePolicy.RequestWithContent,
                keyId => keyId == "peer" ? HttpVerificationKey.Of(key.PublicKey) : null, DateTimeOffset.UtcNow);

            Assert.Equal("", result.Refusal.ToString());
            Assert.Null(DigestFields.Check(message, Content));
        }
    }

    [InteropTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sign_OfARequestOrItsResponse_IsAcceptedByThePeerUntilItIsChanged(bool isResponse)
    {
        var (key, _, open) = MakeKey();
        using (key)
        {
            var digest = new HttpField("Content-Digest", DigestFields.Of(Content).ToString());
            var request = HttpMessage.OfRequest("POST", Target(), [new("Host", "node.example"), digest]);
            var message = isResponse ? HttpMessage.OfResponse(201, [digest], request) : request;
            StructuredItem[] components = isResponse
                ? [SignatureComponents.Status, SignatureComponents.ContentDigest, SignatureComponents.OfRequest(SignatureComponents.Method)]
                : [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.QueryParameter("x"), SignatureComponents.ContentDigest];
            var parameters = new SignatureParameters(
                components, DateTimeOffset.UtcNow, keyId: "ours", algorithm: SignatureAlgorithms.EcdsaP256Sha256, nonce: "n-1", tag: "counterfoil");
            message = message.With(HttpSignature.Sign(message, "sig1", parameters, key).Value);
            var sent = new JsonObject { ["method"] = "POST", ["url"] = Address, ["headers"] = HeadersOf(isResponse ? request : message) };
            var received = new JsonObject { ["status"] = 201, ["headers"] = HeadersOf(message), ["body"] = Base64Url.Encode(Content) };
            var input = new JsonObject { ["op"] = "verify", ["jwk"] = open, ["keyid"] = "ours", ["request"] = sent };
            if (isResponse)
                input["response"] = received;
            else
                sent["body"] = Base64Url.Encode(Content);

            var answer = Call(input);

            Assert.True(answer["ok"]!.GetValue<bool>(), answer.ToJsonString());
            Assert.Equal("ours", answer["parameters"]!["keyid"]!.GetValue<string>());
            sent["method"] = "PUT";
            Assert.False(Call(input)["ok"]!.GetValue<bool>());
        }
    }
}

internal static class Interop
{
    internal static string? Missing { get; } =
        Directory.Exists(Path.Combine(Shared.Root, "tests", "Interop", "node_modules", "http-message-signatures"))
            ? null
            : "run npm ci in tests/Interop for the peer";
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class InteropFactAttribute : FactAttribute
{
    public InteropFactAttribute() => Skip = Interop.Missing;
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class InteropTheoryAttribute : TheoryAttribute
{
    public InteropTheoryAttribute() => Skip = Interop.Missing;
}
