using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Counterfoil.Cryptography;
using Counterfoil.Host.Tests.Composition;

namespace Counterfoil.Host.Tests.Api;

/// <summary>
/// Every kind of bad input: a clear refusal with its code, the state unchanged, the node alive.
/// </summary>
public sealed class BadInputTests(NodeFixture fixture) : IClassFixture<NodeFixture>
{
    private readonly TestNode test = fixture.Test;

    public static TheoryData<string, string> Transactions { get; } = new()
    {
        // what is wrong, expected code
        { "empty", "malformed" },
        { "text", "malformed" },
        { "truncated", "malformed" },
        { "truncated_signature", "malformed" },
        { "trailing_bytes", "malformed" },
        { "trailing_line", "malformed" },
        { "padded_base64", "malformed" },
        { "oversized", "too_large" },
        { "wrong_net", "wrong_net" },
        { "expired", "expired" },
        { "too_long_validity", "validity_too_long" },
        { "negative_validity", "validity_too_long" },
        { "from_the_future", "not_yet_valid" },
        { "unknown_account", "unknown_account" },
        { "foreign_key", "key_inactive" },
        { "alg_none", "unsupported_algorithm" },
        { "alg_hs256", "unsupported_algorithm" },
        { "alg_es384", "unsupported_algorithm" },
        { "alg_es256k", "unsupported_algorithm" },
        { "alg_eddsa", "unsupported_algorithm" },
        { "crit", "malformed" },
        { "duplicate_member", "malformed" },
        { "duplicate_argument_member", "malformed_argument" },
        { "unknown_member", "malformed" },
        { "unknown_argument_member", "malformed_argument" },
        { "missing_member", "malformed" },
        { "units_negative", "malformed_argument" },
        { "units_fraction", "malformed_argument" },
        { "units_beyond_128_bits", "malformed_argument" },
        { "iat_beyond_64_bits", "malformed" },
        { "iat_fraction", "malformed" },
        { "unknown_action", "unknown_action" },
        { "changed_payload", "bad_signature" },
        { "changed_signature", "bad_signature" },
    };

    [Theory]
    [MemberData(nameof(Transactions))]
    public async Task Submit_ABadTransaction_IsRefusedAndChangesNothing(string wrong, string code)
    {
        var bytes = Encoding.UTF8.GetBytes(Make(wrong));
        await Assert_NothingChangesAsync(async () =>
        {
            using var response = await test.PostAsync("/transactions", bytes, "application/jose");
            Assert.Equal(code, await response.ReadProblemAsync(code == "too_large" ? 413 : 422));
        });
    }

    public static TheoryData<string, string, int, string> Bodies { get; } = new()
    {
        // body, media type, status, code
        { "", "application/json", 400, "malformed" },
        { "{", "application/json", 400, "malformed" },
        { "{}", "application/json", 400, "malformed" },
        { "[", "application/json", 400, "malformed" },
        { "[\"a\"", "application/json", 400, "malformed" },
        { "[\"a\"] x", "application/json", 400, "malformed" },
        { "[\"a\"][]", "application/json", 400, "malformed" },
        { "[1]", "application/json", 400, "malformed" },
        { "[null]", "application/json", 400, "malformed" },
        { "[\"a\",]", "application/json", 400, "malformed" },
        { "[[[[[[[[[[[[[[[[[[[[\"a\"]]]]]]]]]]]]]]]]]]]]", "application/json", 400, "malformed" },
        { "[{\"transaction\":\"a\",\"transaction\":\"b\"}]", "application/json", 400, "malformed" },
        { "[{\"transaction\":\"a\",\"surplus\":1}]", "application/json", 400, "malformed" },
        { "[{\"attachments\":[]}]", "application/json", 400, "malformed" },
        { "[{\"transaction\":\"a\",\"attachments\":[{\"content\":\"AB\",\"readers\":[]}]}]", "application/json", 400, "malformed" },
        { "[{\"transaction\":\"a\",\"attachments\":[{\"content\":\"AAAA\"}]}]", "application/json", 400, "malformed" },
        { "[{\"transaction\":\"a\",\"attachments\":[{\"content\":\"AAAA\",\"readers\":[\"zz\"]}]}]", "application/json", 400, "malformed" },
        { "[]", "text/plain", 415, "unsupported_media_type" },
        { "[]", "application/jose+json", 415, "unsupported_media_type" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public Task Submit_ABadBody_IsRefusedAsAWhole(string body, string mediaType, int status, string code) => Assert_NothingChangesAsync(async () =>
    {
        using var response = await test.PostAsync("/transactions", Encoding.UTF8.GetBytes(body), mediaType);
        Assert.Equal(code, await response.ReadProblemAsync(status));
    });

    [Fact]
    public Task Submit_MoreItemsThanARequestTakes_IsRefused() => Assert_NothingChangesAsync(async () =>
    {
        var body = "[" + string.Join(',', Enumerable.Repeat("\"a\"", 1_001)) + "]";
        using var response = await test.PostAsync("/transactions", Encoding.UTF8.GetBytes(body), "application/json");
        Assert.Equal("too_many_items", await response.ReadProblemAsync(400));
    });

    [Fact]
    public Task Submit_ABodyAboveTheLimit_IsRefusedBeforeItIsRead() => Assert_NothingChangesAsync(async () =>
    {
        // Only the header goes out: the answer comes from its length alone.
        var answer = await SendRawAsync("POST /transactions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 17000000\r\n\r\n[");
        Assert.StartsWith("HTTP/1.1 413 ", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"too_large\"", answer, StringComparison.Ordinal);
    });

    [Theory]
    [InlineData("GARBAGE\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /status HTTP/1.1\r\n\r\n", "HTTP/1.1 400 ")]
    [InlineData("GET /status HTTP/1.1\r\nHost: evil.example\r\n\r\n", "HTTP/1.1 421 ")]
    [InlineData("GET /status HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", "HTTP/1.1 421 ")]
    [InlineData("GET /status HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", "HTTP/1.1 421 ")]
    [InlineData("GET /status HTTP/1.1\r\nHost: issuer.localhost\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ")]
    [InlineData("GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ")]
    [InlineData("GET /status HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ")]
    public Task Request_OfThisForm_IsAnsweredSo(string request, string status) => Assert_NothingChangesAsync(async () =>
        Assert.StartsWith(status, await SendRawAsync(request), StringComparison.Ordinal));

    [Theory]
    [InlineData("GET", "/", 404, "not_found")]
    [InlineData("GET", "/nothing/here", 404, "not_found")]
    [InlineData("DELETE", "/status", 405, "method_not_allowed")]
    [InlineData("GET", "/blocks/0", 404, "unknown_block")]
    [InlineData("GET", "/blocks/999999", 404, "unknown_block")]
    [InlineData("GET", "/blocks/-1", 400, "malformed")]
    [InlineData("GET", "/blocks/99999999999999999999", 400, "malformed")]
    [InlineData("GET", "/blocks?limit=101", 400, "malformed")]
    [InlineData("GET", "/blocks?limit=0", 400, "malformed")]
    [InlineData("GET", "/blocks?other=1", 400, "malformed")]
    [InlineData("GET", "/proofs/no.table/buckets/1", 404, "unknown_table")]
    [InlineData("GET", "/proofs/accounts.accounts/buckets/65536", 400, "unknown_bucket")]
    [InlineData("GET", "/accounts/abc", 400, "malformed")]
    [InlineData("GET", "/accounts/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", 400, "malformed")]
    [InlineData("GET", "/accounts/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 400, "malformed")]
    [InlineData("GET", "/accounts/BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 404, "unknown_account")]
    [InlineData("GET", "/events?after=x", 400, "malformed")]
    public Task Request_ToWhatIsNotThere_IsAProblem(string method, string path, int status, string code) => Assert_NothingChangesAsync(async () =>
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await test.Http.SendAsync(request);
        Assert.Equal(code, await response.ReadProblemAsync(status));
    });

    [Theory]
    [InlineData("{}", 400, "malformed")]
    [InlineData("{\"advance_seconds\":1,\"to\":2}", 400, "malformed")]
    [InlineData("{\"advance_seconds\":1,\"advance_seconds\":2}", 400, "malformed")]
    [InlineData("{\"advance_seconds\":1.5}", 400, "malformed")]
    [InlineData("{\"advance_seconds\":99999999999999999999}", 400, "malformed")]
    [InlineData("{\"advance_seconds\":1}x", 400, "malformed")]
    [InlineData("{\"other\":1}", 400, "malformed")]
    [InlineData("{\"advance_seconds\":-1}", 422, "clock_backwards")]
    [InlineData("{\"advance_seconds\":999999999999}", 422, "clock_too_far")]
    [InlineData("{\"to\":1}", 422, "clock_backwards")]
    public Task Clock_ABadAdvance_IsRefused(string body, int status, string code) => Assert_NothingChangesAsync(async () =>
    {
        using var response = await test.PostAsync("/sandbox/clock", Encoding.UTF8.GetBytes(body), "application/json");
        Assert.Equal(code, await response.ReadProblemAsync(status));
    });

    private string Make(string wrong)
    {
        var alice = test.Alice;
        var asset = TestWallet.Euro(alice.Account);
        var argument = $$"""{"to":"{{test.Bob.Account}}","amount":{"asset":"{{asset}}","units":"1"} }""";
        var good = alice.Sign("accounts.transfer", argument);
        var payload = alice.Payload("accounts.transfer", argument);
        var parts = good.Split('.');
        switch (wrong)
        {
            case "empty": return "";
            case "text": return "hello";
            case "truncated": return good[..(good.Length / 2)];
            case "truncated_signature": return good[..^4];
            case "trailing_bytes": return good + ".AAAA";
            case "trailing_line": return good + "\n";
            case "padded_base64": return $"{parts[0]}.{parts[1]}=.{parts[2]}";
            case "oversized": return alice.Sign("accounts.transfer", $$"""{"to":"{{new string('x', 256 * 1024)}}"}""");
            case "wrong_net": return alice.SignPayload(alice.Payload("accounts.transfer", argument, net: new string('1', 64)));
            case "expired": return alice.SignPayload(alice.Payload("accounts.transfer", argument, issuedAfterSeconds: -300));
            case "too_long_validity": return alice.SignPayload(alice.Payload("accounts.transfer", argument, validSeconds: 121));
            case "negative_validity": return alice.SignPayload(alice.Payload("accounts.transfer", argument, validSeconds: -1));
            case "from_the_future": return alice.SignPayload(alice.Payload("accounts.transfer", argument, issuedAfterSeconds: 120));
            case "unknown_account": return Stranger("accounts.transfer", argument);
            case "foreign_key": return ByForeignKey(payload);
            case "alg_none": return WithHeader("none", parts, "");
            case "alg_hs256": return WithHeader("HS256", parts, parts[2]);
            case "alg_es384": return WithHeader("ES384", parts, parts[2]);
            case "alg_es256k": return WithHeader("ES256K", parts, parts[2]);
            case "alg_eddsa": return WithHeader("EdDSA", parts, parts[2]);
            case "crit": return Encode($$"""{"alg":"ES256","typ":"cf+jws","kid":"{{alice.Account}}","crit":["b64"]}""") + "." + parts[1] + "." + parts[2];
            case "duplicate_member": return alice.SignPayload(payload.Replace("\"iss\":", "\"jti\":\"again\",\"iss\":", StringComparison.Ordinal));
            case "duplicate_argument_member": return alice.Sign("accounts.transfer", argument.Replace("{\"to\":", "{\"to\":\"x\",\"to\":", StringComparison.Ordinal));
            case "unknown_member": return alice.SignPayload(payload.Replace("\"iss\":", "\"more\":1,\"iss\":", StringComparison.Ordinal));
            case "unknown_argument_member": return alice.Sign("accounts.transfer", argument.Replace("{\"to\":", "{\"more\":1,\"to\":", StringComparison.Ordinal));
            case "missing_member": return alice.SignPayload(Regex.Replace(payload, "\"iat\":\\d+,", ""));
            case "units_negative": return alice.Sign("accounts.transfer", argument.Replace("\"1\"", "\"-1\"", StringComparison.Ordinal));
            case "units_fraction": return alice.Sign("accounts.transfer", argument.Replace("\"1\"", "\"1.5\"", StringComparison.Ordinal));
            case "units_beyond_128_bits": return alice.Sign("accounts.transfer", argument.Replace("\"1\"", $"\"{UInt128.MaxValue}0\"", StringComparison.Ordinal));
            case "iat_beyond_64_bits": return alice.SignPayload(Regex.Replace(payload, "\"iat\":\\d+", "\"iat\":99999999999999999999"));
            case "iat_fraction": return alice.SignPayload(Regex.Replace(payload, "\"iat\":(\\d+)", "\"iat\":$1.0"));
            case "unknown_action": return alice.Sign("accounts.steal", argument);
            case "changed_payload": return $"{parts[0]}.{Encode(payload.Replace("\"units\":\"1\"", "\"units\":\"2\"", StringComparison.Ordinal))}.{parts[2]}";
            case "changed_signature": return $"{parts[0]}.{parts[1]}.{Flip(parts[2])}";
            default: throw new ArgumentException(wrong);
        }
    }

    private static string WithHeader(string algorithm, string[] parts, string signature)
    {
        var header = Encoding.UTF8.GetString(Decode(parts[0])).Replace("ES256", algorithm, StringComparison.Ordinal);
        return $"{Encode(header)}.{parts[1]}.{signature}";
    }

    private string Stranger(string action, string argument)
    {
        using var stranger = new TestWallet { Node = test.Node };
        return stranger.Sign(action, argument);
    }

    private string ByForeignKey(string payload)
    {
        using var stranger = new TestWallet { Node = test.Node };
        return stranger.SignPayload(payload);
    }

    private static string Flip(string signature)
    {
        var bytes = Decode(signature);
        bytes[^1] ^= 1;
        return Base64Url.Encode(bytes);
    }

    private static string Encode(string text) => Base64Url.Encode(Encoding.UTF8.GetBytes(text));

    private static byte[] Decode(string text) => Base64Url.TryDecode(text, out var bytes) ? bytes : throw new FormatException();

    private async Task<string> SendRawAsync(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(test.Node.Address.Host, test.Node.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        var answer = new byte[64 * 1024];
        var length = 0;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (length < answer.Length)
        {
            var read = await stream.ReadAsync(answer.AsMemory(length), patience.Token);
            length += read;
            var text = Encoding.UTF8.GetString(answer, 0, length);
            // The server may keep the connection: the answer is complete with its JSON object or its empty
            // body.
            if (read == 0 || text.EndsWith('}') || text.Contains("Content-Length: 0\r\n", StringComparison.Ordinal) && text.EndsWith("\r\n\r\n", StringComparison.Ordinal) || text.EndsWith("}\r\n0\r\n\r\n", StringComparison.Ordinal))
                return text;
        }
        return Encoding.UTF8.GetString(answer, 0, length);
    }

    /// <summary>
    /// Runs the request, then checks the state root, the height, and that the node still takes a good
    /// transaction.
    /// </summary>
    private async Task Assert_NothingChangesAsync(Func<Task> request)
    {
        var (root, height) = (StateRoot(), test.Node.Ledger.Tip.Height);
        await request();
        Assert.Equal(root, StateRoot());
        Assert.Equal(height, test.Node.Ledger.Tip.Height);
        var answer = await test.SubmitAllAsync(test.Alice.Transfer(test.Bob, test.Alice.Account));
        Assert.Equal("final", answer[0].GetProperty("status").GetString());
    }

    private string StateRoot() => test.Node.Ledger.Read(() => test.Node.ContractSet.State.Root().ToString());
}
