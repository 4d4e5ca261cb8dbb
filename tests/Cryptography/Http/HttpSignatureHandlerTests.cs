using System.Net;
using System.Text;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Tests.Http;

public sealed class HttpSignatureHandlerTests : IDisposable
{
    private readonly EphemeralSigningKey client = EphemeralSigningKey.Create();
    private readonly EphemeralSigningKey server = EphemeralSigningKey.Create();

    public void Dispose()
    {
        client.Dispose();
        server.Dispose();
    }

    /// <summary>A small server without a network: verifies the request as a host does and signs its answer, bound to the request.</summary>
    private sealed class Peer(PublicKey clientKey, EphemeralSigningKey serverKey) : HttpMessageHandler
    {
        internal string Refusal { get; private set; } = "none came";

        internal string Answer { get; init; } = "{\"ok\":true}";

        internal string? AnswerInTransit { get; init; }

        internal bool SignsContent { get; init; } = true;

        internal HttpStatusCode StatusInTransit { get; init; } = HttpStatusCode.OK;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Assert.True(HttpTarget.TryParse(request.RequestUri!.AbsoluteUri, out var target));
            var fields = request.Headers.Concat(request.Content?.Headers ?? Enumerable.Empty<KeyValuePair<string, IEnumerable<string>>>())
                .Select(field => new HttpField(field.Key, string.Join(", ", field.Value))).ToArray();
            var message = HttpMessage.OfRequest(request.Method.Method, target, fields);
            var content = request.Content is null ? null : await request.Content.ReadAsByteArrayAsync(cancellationToken);
            var policy = content is null ? SignaturePolicy.Request : SignaturePolicy.RequestWithContent;
            Refusal = HttpSignatureVerifier.Verify(message, policy, _ => HttpVerificationKey.Of(clientKey), DateTimeOffset.UtcNow).Refusal.ToString();
            if (Refusal.Length == 0 && content is not null)
                Refusal = DigestFields.Check(message, content)?.Code ?? "";

            var answer = Encoding.UTF8.GetBytes(Answer);
            var response = HttpMessage.OfResponse(200, [new("Content-Digest", DigestFields.Of(answer).ToString())], message);
            var parameters = new SignatureParameters(
                [
                    SignatureComponents.Status, SignatureComponents.OfRequest(SignatureComponents.TargetUri),
                    .. SignsContent ? new[] { SignatureComponents.ContentDigest } : [],
                ],
                DateTimeOffset.UtcNow, keyId: "node");
            var result = new HttpResponseMessage(StatusInTransit)
            {
                Content = new ByteArrayContent(AnswerInTransit is null ? answer : Encoding.UTF8.GetBytes(AnswerInTransit)),
            };
            foreach (var field in response.Fields.Concat(HttpSignature.Sign(response, "node", parameters, serverKey).Value))
                result.Headers.TryAddWithoutValidation(field.Name, field.Value);
            return result;
        }
    }

    private HttpClient ClientOf(Peer peer, int maximumBytes = 1024) => new(new HttpSignatureHandler(
        new HttpSignatureOptions
        {
            Key = client,
            ResponsePolicy = new SignaturePolicy
            {
                RequiredComponents = [SignatureComponents.Status, SignatureComponents.OfRequest(SignatureComponents.TargetUri)],
            },
            ResponseKeys = keyId => keyId == "node" ? HttpVerificationKey.Of(server.PublicKey) : null,
            MaximumResponseBytes = maximumBytes,
        },
        peer));

    [Fact]
    public async Task Send_WithContent_IsVerifiedByThePeerAndTheAnswerByTheClient()
    {
        using var peer = new Peer(client.PublicKey, server);
        using var http = ClientOf(peer);
        using var content = new StringContent("{\"amount\":\"1\"}", Encoding.UTF8, "application/json");

        using var response = await http.PostAsync(new Uri("https://node.example/vault/put?id=7"), content);

        Assert.Equal("", peer.Refusal);
        Assert.Equal("{\"ok\":true}", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Send_OfTheSameRequestTwice_SignsAnewWithoutLeavingTheOldFields()
    {
        using var peer = new Peer(client.PublicKey, server);
        using var handler = new HttpSignatureHandler(new HttpSignatureOptions { Key = client }, peer);
        using var invoker = new HttpMessageInvoker(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://node.example/");
        for (var time = 0; time < 2; time++)
        {
            using var response = await invoker.SendAsync(request, default);
            Assert.Equal("", peer.Refusal);
            Assert.Single(request.Headers.GetValues("Signature"));
        }
    }

    [Theory]
    [InlineData("content", "digest_mismatch")]
    [InlineData("status", "invalid_signature")]
    [InlineData("unsigned content", "uncovered_component")]
    [InlineData("large", "content_too_large")]
    public async Task Receive_OfAnAnswerThatIsNotAsSigned_IsRefused(string what, string code)
    {
        using var peer = new Peer(client.PublicKey, server)
        {
            Answer = what == "large" ? new string('x', 2000) : "{\"ok\":true}",
            AnswerInTransit = what == "content" ? "{\"ok\":trUe}" : null,
            SignsContent = what != "unsigned content",
            StatusInTransit = what == "status" ? HttpStatusCode.Accepted : HttpStatusCode.OK,
        };
        using var http = ClientOf(peer);
        var exception = await Assert.ThrowsAsync<HttpSignatureException>(() => http.GetAsync(new Uri("https://node.example/a")));
        Assert.Equal(code, exception.Refusal.Code);
    }
}
