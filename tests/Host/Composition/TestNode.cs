using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>
/// A real node on a sandbox ledger of the test's own, with two funded accounts, called over HTTP.
/// </summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly TemporaryFolder folder;

    private TestNode(TemporaryFolder folder, CounterfoilNode node, TestWallet alice, TestWallet bob)
    {
        this.folder = folder;
        Node = node;
        Alice = alice;
        Bob = bob;
        Http = new HttpClient { BaseAddress = node.Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public CounterfoilNode Node { get; private set; }

    public HttpClient Http { get; private set; }

    public TestWallet Alice { get; }

    public TestWallet Bob { get; }

    public string Home => folder.File("home");

    public static async Task<TestNode> StartAsync(Func<NodeOptions, NodeOptions>? configure = null)
    {
        var folder = new TemporaryFolder();
        var (alice, bob) = (new TestWallet(), new TestWallet());
        try
        {
            var node = await CounterfoilNode.StartAsync(Options(folder, configure, alice, bob));
            alice.Node = bob.Node = node;
            return new TestNode(folder, node, alice, bob);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public async Task RestartAsync(Func<NodeOptions, NodeOptions>? configure = null)
    {
        Http.Dispose();
        await Node.StopAsync();
        Node = Alice.Node = Bob.Node = await CounterfoilNode.StartAsync(Options(folder, configure, Alice, Bob));
        Http = new HttpClient { BaseAddress = Node.Address, Timeout = TimeSpan.FromSeconds(60) };
    }

    public Task<HttpResponseMessage> PostAsync(string path, ReadOnlyMemory<byte> body, string mediaType)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        return Http.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    public async Task<HttpResponseMessage> SubmitAsync(string transaction) =>
        await PostAsync("/transactions", Encoding.UTF8.GetBytes(transaction), "application/jose");

    public async Task<JsonElement> SubmitAllAsync(params string[] transactions)
    {
        using var response = await PostAsync("/transactions", JsonSerializer.SerializeToUtf8Bytes(transactions), "application/json");
        Assert.Equal(200, (int)response.StatusCode);
        return await response.ReadJsonAsync();
    }

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(new Uri(path, UriKind.Relative));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Node.StopAsync();
        Alice.Dispose();
        Bob.Dispose();
        folder.Dispose();
    }

    private static NodeOptions Options(TemporaryFolder folder, Func<NodeOptions, NodeOptions>? configure, TestWallet alice, TestWallet bob)
    {
        var options = new NodeOptions
        {
            Home = folder.File("home"),
            Name = "test",
            Sandbox = true,
            SandboxStart = new Timestamp(1_750_000_000_000),
            GenesisSections = new Dictionary<string, JsonElement> { ["accounts"] = Accounts(alice, bob) },
        };
        return configure?.Invoke(options) ?? options;
    }

    public static JsonElement Accounts(TestWallet alice, TestWallet bob) => JsonSerializer.SerializeToElement(new
    {
        accounts = new[] { new { key = alice.Key.PublicKey }, new { key = bob.Key.PublicKey } },
        assets = new[] { new { issuer = alice.Account, code = "EUR", name = "Euro", decimals = 2, cap = "1000000000000", transferable = true, shieldable = false } },
        balances = new[]
        {
            new { account = alice.Account, asset = "EUR", units = "100000000" },
            new { account = bob.Account, asset = "EUR", units = "100000000" },
        },
    });
}

internal static class ResponseReading
{
    public static async Task<JsonElement> ReadJsonAsync(this HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync());
        return document.RootElement.Clone();
    }

    /// <summary>Checks that the answer is problem details of this status and gives its code.</summary>
    public static async Task<string?> ReadProblemAsync(this HttpResponseMessage response, int status)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.ReadJsonAsync();
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("type").GetString()!);
        return problem.GetProperty("code").GetString();
    }
}
