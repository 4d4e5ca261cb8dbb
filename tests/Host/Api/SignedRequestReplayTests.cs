using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Http;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Client;
using Counterfoil.Host.Tests.Composition;

namespace Counterfoil.Host.Tests.Api;

public sealed class SignedRequestReplayTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private readonly TestNode test = fixture.Test;

    [Fact]
    public async Task SignedRequest_SentAgainWithItsNonce_IsRefusedAsReplayed()
    {
        using var reader = EphemeralSigningKey.Create();
        var recorder = new Recorder();
        var options = new HttpSignatureOptions { Key = reader, Clock = test.Node.Clock! };
        using var http = LoopbackHttp.CreateClient(test.Node.Address, inner => new HttpSignatureHandler(options, recorder.Before(inner)));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"vault/documents/{new string('a', 64)}");
        var jwk = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(reader.PublicKey);
        request.Headers.Add(NodeClient.ReaderKeyField, Base64Url.Encode(jwk));
        using var first = await http.SendAsync(request);
        Assert.Equal("forbidden", await first.ReadProblemAsync(404));
        using var again = new HttpRequestMessage(HttpMethod.Get, request.RequestUri);
        foreach (var (name, values) in recorder.Headers)
            again.Headers.TryAddWithoutValidation(name, values);
        using var second = await test.Http.SendAsync(again);
        Assert.Equal("replayed", await second.ReadProblemAsync(401));
    }

    private sealed class Recorder : DelegatingHandler
    {
        public IReadOnlyList<(string Name, IEnumerable<string> Values)> Headers { get; private set; } = [];

        public Recorder Before(HttpMessageHandler inner)
        {
            InnerHandler = inner;
            return this;
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Headers = [.. request.Headers.Select(header => (header.Key, header.Value))];
            return base.SendAsync(request, cancellationToken);
        }
    }
}
