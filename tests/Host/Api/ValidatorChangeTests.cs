using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Counterfoil.Client;
using Counterfoil.Host.Api;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Tests.Chain;
using Counterfoil.Ledger.Tests.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Counterfoil.Host.Tests.Api;

/// <summary>A client that knows genesis alone follows the changes of validators over HTTP, and is not led astray by what a node makes up.</summary>
public sealed class ValidatorChangeTests : IAsyncLifetime
{
    private readonly FaultyDisk disk = new();
    private CommitteeChain chain = null!;
    private Ledger.Ledger ledger = null!;
    private WebApplication app = null!;
    private Uri address = null!;
    private Func<JsonObject, JsonObject> forge = page => page;

    public async Task InitializeAsync()
    {
        chain = CommitteeChain.WithThreeChanges(disk);
        ledger = await Ledger.Ledger.OpenAsync(chain.Genesis, CommitteeChain.CreateContracts(), new Counterfoil.Ledger.LedgerEnvironment
        {
            Clock = TimeProvider.System, Disk = disk, Attachments = new NoAttachments(), Index = new NoIndex(),
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        new BlockEndpoints(ledger).Map(app);
        new ValidatorEndpoints(ledger).Map(app);
        await app.StartAsync();
        address = new Uri(app.Urls.First());
    }

    public async Task DisposeAsync()
    {
        await app.DisposeAsync();
        await ledger.DisposeAsync();
        chain.Dispose();
    }

    [Fact]
    public async Task VerifyAsync_BeyondThreeChanges_FetchesThemAndVerifies()
    {
        using var node = Client();
        var verifier = new ReceiptVerifier(chain.Genesis);
        var receipt = Receipt.Of(chain.Blocks[^1], 0);
        Assert.Equal("unknown_validators", verifier.Verify(Receipt.Of(chain.Blocks[10], 0), out _)?.Code);
        // The last validators are those of genesis again, and a height after three changes is still theirs alone.
        var (verified, refusal) = await verifier.VerifyAsync(node, Receipt.Of(chain.Blocks[10], 0));
        Assert.Equal((null, 11L, 3), (refusal, verified!.Header.Height, verifier.Trusted.Changes));
        Assert.Null(verifier.Verify(receipt, out _));
        foreach (var height in (long[])[1, 4, 8, 30])
            Assert.True(verifier.IsCertified((await node.GetBlockAsync(height)).Value));
        Assert.False(await verifier.FollowAsync(node));
    }

    [Fact]
    public async Task List_AfterAHeight_HoldsTheLaterChangesOnly()
    {
        using var node = Client();
        Assert.Equal(3, (await node.GetValidatorChangesAsync(0)).Value.Changes.Count);
        Assert.Equal(2, (await node.GetValidatorChangesAsync(3)).Value.Changes.Count);
        Assert.Empty((await node.GetValidatorChangesAsync(26)).Value.Changes);
        using var http = new HttpClient { BaseAddress = address };
        foreach (var query in (string[])["?after=-1", "?after=01", "?after=x", "?more=1"])
        {
            using var response = await http.GetAsync(new Uri("/validators/changes" + query, UriKind.Relative));
            Assert.Equal(400, (int)response.StatusCode);
        }
    }

    [Theory]
    [InlineData("a change left out", 0)]
    [InlineData("a change of its own making", 1)]
    [InlineData("the same page for ever", 3)]
    public async Task VerifyAsync_FromANodeThatLies_IsRefused(string lie, int believed)
    {
        forge = lie switch
        {
            "a change left out" => page => Change(page, changes => changes.RemoveAt(0)),
            "a change of its own making" => page => Change(page, changes => changes[1]!["certificate"] = ForgedCertificate()),
            _ => page => Change(page, _ => page["next"] = 26),
        };
        using var node = Client();
        var verifier = new ReceiptVerifier(chain.Genesis);
        var (verified, refusal) = await verifier.VerifyAsync(node, Receipt.Of(chain.Blocks[10], 0)).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(believed, verifier.Trusted.Changes);
        Assert.Equal(believed == 3 ? null : "unknown_validators", refusal?.Code);
        Assert.Equal(believed == 3, verified is not null);
    }

    private JsonNode ForgedCertificate()
    {
        var block = new ForgedBlock(chain, chain.Blocks[6]);
        return JsonNode.Parse(Forgery.All["a weight one short"].Make(block))!;
    }

    private static JsonObject Change(JsonObject page, Action<JsonArray> change)
    {
        change(page["changes"]!.AsArray());
        return page;
    }

    private NodeClient Client() => new(new HttpClient(new Forging(this)) { BaseAddress = address }, ownsHttp: true);

    /// <summary>Changes what the node says of validators.</summary>
    private sealed class Forging(ValidatorChangeTests test) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (!request.RequestUri!.AbsolutePath.StartsWith("/validators", StringComparison.Ordinal))
                return response;
            var page = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!.AsObject();
            response.Dispose();
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(test.forge(page).ToJsonString(), Encoding.UTF8, "application/json") };
        }
    }

    private sealed class NoAttachments : Counterfoil.Ledger.IAttachmentStore
    {
        public Task PutAsync(IReadOnlyList<Counterfoil.Ledger.AttachmentContent> attachments, CancellationToken cancellation) => Task.CompletedTask;
    }

    private sealed class NoIndex : Counterfoil.Ledger.ITransactionIndex
    {
        public long Height => 0;

        public Counterfoil.Ledger.TransactionPosition? Find(Cryptography.Digest<Counterfoil.Ledger.Transactions.Transaction> id) => null;
    }
}
