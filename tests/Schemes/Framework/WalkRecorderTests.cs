using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Tests;

public sealed class WalkRecorderTests
{
    private static readonly Uri Desk = new("http://desk.localhost:1/schemes/peer-transfer/desk/notes?x=1");

    [Fact]
    public async Task Jws_Sent_IsOpenedToHeaderAndPayload()
    {
        using var key = EphemeralSigningKey.Create();
        var message = await RecordAsync(Jws.SignCompactBytes("note+jws", """{"text":"thanks","pin":"1234"}"""u8, key), "application/jose");

        Assert.Equal("jws", message.Request!.Kind);
        Assert.Equal("note+jws", message.Request.Decoded!["header"]!["typ"]!.GetValue<string>());
        Assert.Equal("thanks", message.Request.Decoded["payload"]!["text"]!.GetValue<string>());
        Assert.DoesNotContain("1234", message.Request.Decoded.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(("guest", "desk", "POST", "/schemes/peer-transfer/desk/notes?x=1"), (message.From, message.To, message.Method, message.Path));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Jwe_Sent_ShowsItsHeaderAndNothingElse(bool isCompact)
    {
        using var key = EphemeralAgreementKey.Create();
        var plaintext = "a price nobody may see"u8;
        var bytes = isCompact
            ? Encoding.ASCII.GetBytes(Jwe.EncryptCompact(plaintext, new RecipientKey(key.PublicKey)))
            : Jwe.Encrypt(plaintext, [new RecipientKey(key.PublicKey)]);
        var message = await RecordAsync(bytes, "application/jose+json");

        Assert.Equal("jwe", message.Request!.Kind);
        Assert.Contains("A256GCM", message.Request.Decoded!.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("price", message.Request.Decoded.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_WithAJwsInside_OpensItWhereItStands()
    {
        using var key = EphemeralSigningKey.Create();
        var inner = Jws.SignCompact("note+jws", """{"text":"thanks"}"""u8, key);
        var message = await RecordAsync(Encoding.UTF8.GetBytes(new JsonObject { ["list"] = new JsonArray(inner), ["access_token"] = "abc" }.ToJsonString()), "application/json");

        Assert.Equal("thanks", message.Request!.Decoded!["list"]![0]!["payload"]!["text"]!.GetValue<string>());
        Assert.Equal("(not recorded)", message.Request.Decoded["access_token"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("{\"half\":", "json")]
    [InlineData("eyJhbGciOiJub25lIn0.x", "text")]
    [InlineData("eyJ!.a.b", "text")]
    [InlineData("plain", "text")]
    public async Task Text_OfNoKnownForm_IsKeptAsItIs(string text, string kind)
    {
        var message = await RecordAsync(Encoding.UTF8.GetBytes(text), "text/plain");

        Assert.Equal((kind, text.Length), (message.Request!.Kind, message.Request.Size));
        Assert.Equal(text, message.Request.Decoded!.GetValue<string>());
    }

    [Fact]
    public async Task Content_TooLargeOrBinary_KeepsKindAndSizeOnly()
    {
        var large = await RecordAsync(Encoding.ASCII.GetBytes($"\"{new string('x', 70_000)}\""), "application/json");
        var binary = await RecordAsync([0xff, 0x00, 0x01], "application/octet-stream");

        Assert.Equal(("text", 70_002, null), (large.Request!.Kind, large.Request.Size, large.Request.Decoded));
        Assert.Equal(("bytes", 3, null), (binary.Request!.Kind, binary.Request.Size, binary.Request.Decoded));
    }

    [Fact]
    public async Task Headers_WithATokenOrSignature_AreNotKept()
    {
        var message = await RecordAsync("{}"u8.ToArray(), "application/json", request =>
        {
            request.Headers.TryAddWithoutValidation("Authorization", "DPoP secret-token");
            request.Headers.TryAddWithoutValidation("Signature", "sig1=:c2ln:");
        });

        Assert.True(message.Signed);
        Assert.DoesNotContain("secret-token", RecordedMessage.ToJson([message]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Request_WithoutAnAnswer_IsKeptWithStatusZero()
    {
        var recorder = new WalkRecorder();
        using var http = new HttpClient(recorder.Wrap("guest", new Answering(null)));

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(Desk));

        Assert.Equal((0, null, null), (recorder.Messages[0].Status, recorder.Messages[0].Request, recorder.Messages[0].Response));
    }

    private static async Task<RecordedMessage> RecordAsync(byte[] content, string mediaType, Action<HttpRequestMessage>? change = null)
    {
        var recorder = new WalkRecorder();
        using var http = new HttpClient(recorder.Wrap("guest", new Answering("""{"ok":true}""")));
        using var request = new HttpRequestMessage(HttpMethod.Post, Desk) { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new(mediaType);
        change?.Invoke(request);
        using var response = await http.SendAsync(request);

        Assert.Equal("""{"ok":true}""", await response.Content.ReadAsStringAsync());
        return Assert.Single(recorder.Messages);
    }

    /// <summary>The line's other end.</summary>
    private sealed class Answering(string? answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer is null
            ? throw new HttpRequestException("nobody")
            : Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(answer, Encoding.UTF8, "application/json") });
    }
}
