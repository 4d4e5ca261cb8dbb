using System.Net;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client.Tests;

public sealed class NodeClientTests
{
    private static readonly Submission Compact = Submission.Of("eyJh.eyJi.c2ln"u8.ToArray());
    private static readonly Digest<Transaction> Id = Digest<Transaction>.Of("id"u8);

    [Fact]
    public async Task Submit_SeveralForms_AreWrittenAsTheNodeReadsThem()
    {
        var content = "document"u8.ToArray();
        var reader = Digest<DocumentReader>.Of("reader"u8);
        var general = Submission.Of("""{"payload":"eyJi","signatures":[]}"""u8.ToArray());
        var sealing = new Submission(Compact.Transaction, [new AttachmentContent(Digest<Attachment>.Of(content), content, [reader])]);
        using var node = new TestNode(_ => Answer.Json("""[{"status":"refused","code":"a"},{"status":"refused","code":"b"},{"status":"refused","code":"c"}]"""));
        using var client = new NodeClient(node.Address);

        var answers = await client.SubmitAsync([Compact, general, sealing]);

        Assert.Equal(["a", "b", "c"], answers.Select(answer => answer.Code));
        Assert.Equal(
            $$"""["eyJh.eyJi.c2ln",{"payload":"eyJi","signatures":[]},{"transaction":"eyJh.eyJi.c2ln","attachments":[{"content":"{{Base64Url.Encode(content)}}","readers":["{{reader}}"]}]}]""",
            node.Requests[0].Text);
        Assert.Equal("application/json", node.Requests[0].Headers["Content-Type"]);
        Assert.False(node.Requests[0].Headers.ContainsKey("Prefer"));
        Assert.Equal($"node.localhost:{node.Address.Port}", node.Requests[0].Headers["Host"]);
    }

    [Fact]
    public async Task Submit_FinalAnswer_GivesOutcomeAndPosition()
    {
        using var node = new TestNode(_ => Answer.Json(
            $$$"""[{"id":"{{{Id}}}","status":"final","height":7,"index":2,"outcome":{"status":"refused","code":"over_limit","facts":{"limit":"5"}},"repeat":true,"later":1}]"""));
        using var client = new NodeClient(node.Address);

        var answer = await client.SubmitAsync(Compact.Transaction);

        Assert.Equal((Id, 7L, 2, true, false, true), (answer.Id, answer.Height, answer.Index, answer.IsFinal, answer.IsAccepted, answer.Repeat));
        Assert.Equal("over_limit", answer.Code);
        var refused = Assert.Throws<NodeRefusedException>(answer.Required);
        Assert.Equal("5", refused.Refusal.Facts["limit"]);
    }

    [Fact]
    public async Task Admit_Acknowledged_AsksNotToWait()
    {
        using var node = new TestNode(_ => Answer.Json($$"""[{"id":"{{Id}}","status":"admitted","acknowledgement":"eyJh.eyJi.c2ln"}]"""));
        using var client = new NodeClient(node.Address);

        var answer = Assert.Single(await client.AdmitAsync([Compact]));

        Assert.Equal("respond-async", node.Requests[0].Headers["Prefer"]);
        Assert.Equal("eyJh.eyJi.c2ln", answer.Acknowledgement);
        Assert.False(answer.IsFinal);
        Assert.Null(answer.Code);
        Assert.Equal("not_final", Assert.Throws<NodeRefusedException>(answer.Required).Refusal.Code);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[{}]")]
    [InlineData("""[{"status":"final","outcome":{"status":"perhaps"}}]""")]
    [InlineData("[{\"status\":\"refused\",")]
    [InlineData("")]
    public async Task Submit_AnswerOfNoKnownForm_IsAFault(string json)
    {
        using var node = new TestNode(_ => Answer.Json(json));
        using var client = new NodeClient(node.Address);

        await Assert.ThrowsAsync<NodeFaultException>(() => client.SubmitAsync(Compact.Transaction));
    }

    [Fact]
    public async Task Submit_WholeRequestRefused_ThrowsWithTheCode()
    {
        using var node = new TestNode(_ => Answer.Problem(413, """{"type":"about:blank","status":413,"code":"too_large","maximum":16}"""));
        using var client = new NodeClient(node.Address);

        var refused = await Assert.ThrowsAsync<NodeRefusedException>(() => client.SubmitAsync(Compact.Transaction));

        Assert.Equal("too_large", refused.Refusal.Code);
        Assert.Equal("16", refused.Refusal.Facts["maximum"]);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.Refusal.Status);
    }

    [Fact]
    public async Task Get_ProblemWithFactsObject_IsARefusalWithThem()
    {
        using var node = new TestNode(_ => Answer.Problem(503, """{"code":"busy","detail":"Later.","transient":true,"facts":{"behind":"12"}}"""));
        using var client = new NodeClient(node.Address);

        var result = await client.GetReceiptAsync(Id);

        Assert.False(result.TryGet(out _, out var refusal));
        Assert.Equal(("busy", "Later.", true, "12"), (refusal!.Code, refusal.Detail, refusal.Transient, refusal.Facts["behind"]));
    }

    [Theory]
    [InlineData(500, "<html>oops</html>")]
    [InlineData(404, "{}")]
    [InlineData(422, """{"code":"a","code":"b"}""")]
    [InlineData(422, """{"code":1}""")]
    public async Task Get_StatusWithoutACode_IsAFault(int status, string body)
    {
        using var node = new TestNode(_ => Answer.Problem(status, body));
        using var client = new NodeClient(node.Address);

        await Assert.ThrowsAsync<NodeFaultException>(() => client.GetReceiptAsync(Id));
    }

    [Fact]
    public async Task Get_ConnectionBrokenOff_IsAFault()
    {
        using var node = new TestNode(_ => null);
        using var client = new NodeClient(node.Address);

        await Assert.ThrowsAsync<NodeFaultException>(() => client.GetStatusAsync());
    }

    [Fact]
    public async Task Get_TruncatedAnswer_IsAFault()
    {
        using var node = new TestNode(_ => new Answer(200, "application/json", "{\"net\":"u8.ToArray(), DeclaredLength: 400));
        using var client = new NodeClient(node.Address);

        await Assert.ThrowsAsync<NodeFaultException>(() => client.GetStatusAsync());
    }

    [Fact]
    public async Task Get_NobodyListens_IsAFault()
    {
        Uri address;
        using (var node = new TestNode(_ => null))
            address = node.Address;
        using var client = new NodeClient(address);

        await Assert.ThrowsAsync<NodeFaultException>(() => client.GetStatusAsync());
    }

    [Fact]
    public async Task Status_Complete_IsRead()
    {
        using var chain = new TestChain();
        using var node = new TestNode(_ => Answer.Json(chain.StatusJson(3, 1_000_000_005_000)));
        using var client = new NodeClient(node.Address);

        var status = await client.GetStatusAsync();

        Assert.Equal((chain.Genesis.Net, 3L, true, 1_000_000_005_000L), (status.Net, status.Height, status.IsSandbox, status.Time.UnixMilliseconds));
        Assert.Equal(1_000_000_005_005, status.Clock.UnixMilliseconds);
    }

    [Fact]
    public async Task Status_WithoutNet_IsAFault()
    {
        using var node = new TestNode(_ => Answer.Json("""{"name":"x","height":1,"time":5}"""));
        using var client = new NodeClient(node.Address);

        await Assert.ThrowsAsync<NodeFaultException>(() => client.GetStatusAsync());
    }

    [Fact]
    public async Task Genesis_ExactBytes_HaveTheLedgersName()
    {
        using var chain = new TestChain();
        using var node = new TestNode(_ => new Answer(200, "application/json", chain.Genesis.Bytes));
        using var client = new NodeClient(node.Address);

        Assert.Equal(chain.Genesis.Net, (await client.GetGenesisAsync()).Net);
    }

    [Fact]
    public async Task Genesis_OtherJson_IsAFault()
    {
        using var node = new TestNode(_ => Answer.Json("""{"format":1}"""));
        using var client = new NodeClient(node.Address);

        await Assert.ThrowsAsync<NodeFaultException>(() => client.GetGenesisAsync());
    }

    [Fact]
    public async Task Block_CertifiedByAnother_IsNotCertified()
    {
        using var chain = new TestChain();
        using var stranger = Cryptography.Keys.EphemeralSigningKey.Create();
        var header = chain.Header(2, 1_000_000_001_000);
        using var node = new TestNode(asked => Answer.Json(chain.BlockJson(header, asked.Path == "/blocks/3" ? stranger : null)));
        using var client = new NodeClient(node.Address);

        Assert.True(chain.Verifier.IsCertified((await client.GetBlockAsync(2)).Value));
        Assert.False(chain.Verifier.IsCertified((await client.GetBlockAsync(3)).Value));
    }

    [Fact]
    public async Task Events_OtherTypesAndComments_AreLeftAside()
    {
        using var chain = new TestChain();
        var id = Digest<Counterfoil.Ledger.Blocks.Block>.Of("b"u8);
        var stream = $"event: hello\ndata: {{}}\n\n: comment\n\nid: 5\nevent: block\ndata: {{\"height\":5,\"id\":\"{id}\",\"time\":9}}\n\n";
        using var node = new TestNode(_ => new Answer(200, "text/event-stream", Encoding.UTF8.GetBytes(stream)));
        using var client = new NodeClient(node.Address);

        var news = new List<NodeBlockEvent>();
        await foreach (var block in client.ReadEventsAsync(afterHeight: 4))
            news.Add(block);

        Assert.Equal((5L, id, 9L), (news[0].Height, news[0].Id, news[0].Time.UnixMilliseconds));
        Assert.Single(news);
        Assert.Equal("4", node.Requests[0].Headers["Last-Event-ID"]);
    }

    [Fact]
    public async Task Clock_OnARealLedger_IsRefused()
    {
        using var node = new TestNode(_ => Answer.Problem(404, """{"code":"not_found"}"""));
        using var client = new NodeClient(node.Address);

        var refused = await Assert.ThrowsAsync<NodeRefusedException>(() => new NodeClock().AdvanceAsync(client, TimeSpan.FromHours(1)));

        Assert.Equal("not_found", refused.Refusal.Code);
        Assert.Equal("""{"advance_seconds":3600}""", node.Requests[0].Text);
    }
}
