using System.Numerics;
using System.Text;
using Counterfoil.Cryptography;
using Counterfoil.Host.Tests.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Admission;

/// <summary>Two admission servers of one validator: what they promise together, and what they do not take.</summary>
[NeedsPostgreSql]
public sealed class AdmissionServerTests
{
    [DatabaseFact]
    public async Task Servers_GivenTheSameTransaction_GiveTheSameAnswerAndOneLeaf()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: false);
        var transaction = cluster.Transfer();
        var answers = await Task.WhenAll(cluster.AdmitAsync(0, transaction), cluster.AdmitAsync(1, transaction));
        Assert.Single(answers, answer => answer.Repeat);
        var words = answers.Select((answer, server) => Acknowledgement.Verify(answer.Acknowledgement!, cluster.Servers[server].Key.Key)).ToArray();
        Assert.NotNull(words[0]);
        Assert.Equal(words[0], words[1]);
        await cluster.RestartValidatorAsync(isTaking: true);
        Assert.True((await cluster.FinalAsync(answers[0])).IsAccepted);
        await cluster.WaitUntilEmptyAsync();
        Assert.Equal(1, cluster.CountLeaves(answers[0]));
        // Final: a server that has seen the block gives the first outcome again.
        var again = (await cluster.Clients[1].SubmitAsync([Submission.Of(transaction)]))[0];
        Assert.True(again is { IsAccepted: true, Repeat: true });
    }

    [DatabaseFact]
    public async Task Servers_GivenClaimsThatCannotBothBeMet_PromiseOneAndRefuseTheOtherAsTransient()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: false);
        var answers = await Task.WhenAll(cluster.AdmitAsync(0, cluster.Transfer(60_000_000)), cluster.AdmitAsync(1, cluster.Transfer(60_000_000)));
        var refused = Assert.Single(answers, answer => answer.Refusal is not null);
        Assert.Equal(("insufficient_funds", true), (refused.Code, refused.Refusal!.Transient));
        var admitted = Assert.Single(answers, answer => answer.Acknowledgement is not null);
        await cluster.RestartValidatorAsync(isTaking: true);
        Assert.True((await cluster.FinalAsync(admitted)).IsAccepted);
        await cluster.WaitUntilEmptyAsync();
        // What the first held is free again, and spent: less than half is left.
        Assert.Equal(0, cluster.CountLeaves(refused));
    }

    [DatabaseFact]
    public async Task Server_ThatEndsAfterItsAcknowledgement_HasPromisedWhatBecomesFinal()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: false);
        var admitted = await cluster.AdmitAsync(0, cluster.Transfer());
        Assert.NotNull(admitted.Acknowledgement);
        await cluster.Servers[0].DisposeAsync();
        await cluster.RestartValidatorAsync(isTaking: true);
        Assert.True((await cluster.FinalAsync(admitted)).IsAccepted);
    }

    [DatabaseFact]
    public async Task Server_AskedToWait_AnswersWithTheBlock()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: true);
        var answers = await cluster.Clients[0].SubmitAsync([.. Enumerable.Range(0, 20).Select(_ => Submission.Of(cluster.Transfer()))]);
        Assert.All(answers, answer => Assert.True(answer.IsAccepted));
        // The validator took the servers' word: what it verified itself is what it sent itself.
        var before = cluster.Validator.Node.Ledger.Counters.SignaturesChecked;
        var more = await cluster.Clients[1].SubmitAsync([.. Enumerable.Range(0, 20).Select(_ => Submission.Of(cluster.Transfer()))]);
        Assert.All(more, answer => Assert.True(answer.IsAccepted));
        Assert.Equal(before, cluster.Validator.Node.Ledger.Counters.SignaturesChecked);
    }

    [DatabaseFact]
    public async Task Server_GivenAFailedSignature_TakesTheRightOneAfterwards()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: true);
        var right = cluster.Transfer();
        var wrong = WithSignature(right, signature => signature[40] ^= 1);
        var refused = await cluster.AdmitAsync(0, wrong);
        Assert.Equal("bad_signature", refused.Code);
        var admitted = await cluster.AdmitAsync(0, right);
        Assert.Equal(refused.Id, admitted.Id);
        Assert.True((await cluster.FinalAsync(admitted)).IsAccepted);
    }

    [DatabaseFact]
    public async Task Servers_GivenAMalleatedSignature_StoreTheTransactionOnce()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: false);
        var transaction = cluster.Transfer();
        var malleated = WithSignature(transaction, Malleate);
        var first = await cluster.AdmitAsync(0, transaction);
        var second = await cluster.AdmitAsync(1, malleated);
        Assert.Equal((first.Id, false, true), (second.Id, first.Repeat, second.Repeat));
        await using var pool = cluster.OpenPool();
        Assert.Equal(transaction, Assert.Single((await pool.ReadAsync(0, 10, default)).Entries).Bytes.ToArray());
        await cluster.RestartValidatorAsync(isTaking: true);
        Assert.True((await cluster.FinalAsync(first)).IsAccepted);
        Assert.Equal(1, cluster.CountLeaves(first));
    }

    [DatabaseFact]
    public async Task Validator_FindingRowsThatNobodyVouchesFor_VerifiesThemItself()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: true);
        var (right, wrong) = (cluster.Transfer(), WithSignature(cluster.Transfer(), signature => signature[40] ^= 1));
        await using (var pool = cluster.OpenPool())
            await pool.InsertAsync([Share(wrong), Share(right)], "nobody"u8.ToArray(), Timestamp.From(DateTimeOffset.UtcNow), default);
        var found = await cluster.FinalAsync(new Client.SubmissionAnswer { Id = Share(right).Id });
        Assert.True(found.IsAccepted);
        await cluster.WaitUntilEmptyAsync();
        Assert.Equal(0, cluster.CountLeaves(new Client.SubmissionAnswer { Id = Share(wrong).Id }));
    }

    [DatabaseFact]
    public async Task Servers_WhoseDatabaseStops_SayStorageUnavailableAndTheLedgerGoesOn()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: true);
        Assert.NotNull((await cluster.AdmitAsync(0, cluster.Transfer())).Acknowledgement);
        PostgreSqlServer.SetReachable(cluster.Pool, isReachable: false);
        var refused = await cluster.AdmitAsync(0, cluster.Transfer());
        Assert.Equal(("storage_unavailable", true), (refused.Code, refused.Refusal!.Transient));
        Assert.Equal("storage_unavailable", await HealthAsync(cluster.Servers[0].Address));
        // The node itself goes on.
        using (var response = await cluster.Validator.SubmitAsync(Encoding.ASCII.GetString(cluster.Transfer())))
            Assert.Equal(200, (int)response.StatusCode);
        PostgreSqlServer.SetReachable(cluster.Pool, isReachable: true);
        for (var attempt = 0; ; attempt++)
        {
            var answer = await cluster.AdmitAsync(0, cluster.Transfer());
            if (answer.Acknowledgement is not null)
            {
                Assert.True((await cluster.FinalAsync(answer)).IsAccepted);
                Assert.Null(await HealthAsync(cluster.Servers[0].Address));
                return;
            }
            Assert.Equal("storage_unavailable", answer.Code);
            Assert.True(attempt < 100, "The server did not find its database again.");
            await Task.Delay(100);
        }
    }

    [DatabaseFact]
    public async Task Server_WhoseKeyIsNotInTheNodesAccount_AdmitsNothing()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: true);
        await using var stranger = await cluster.StartServerAsync(7);
        using var client = new Client.NodeClient(stranger.Address);
        Assert.Equal("busy", (await client.AdmitAsync([Submission.Of(cluster.Transfer())]))[0].Code);
        Assert.False(stranger.Opened.IsCompleted);
        Assert.Equal("busy", await HealthAsync(stranger.Address));
    }

    [DatabaseFact]
    public async Task Server_GivenAttachments_HasTheNodeTakeThem()
    {
        await using var cluster = await AdmissionCluster.StartAsync(isTaking: true);
        var envelope = """{"ciphertext":"AAAA","iv":"a1","tag":"AA"}"""u8.ToArray();
        var digest = Digest<Attachment>.Of(envelope);
        var put = cluster.Alice.Sign("anchors.put", $$"""{"rid":"{{new string('a', 64)}}","ver":1,"digest":"{{digest}}","ct_digest":"{{digest}}","ct_len":3}""");
        var answers = await cluster.Clients[0].SubmitAsync(
            [Submission.Of(cluster.Transfer()), new Submission(Encoding.ASCII.GetBytes(put), [new AttachmentContent(digest, envelope, [])])]);
        Assert.All(answers, answer => Assert.True(answer.IsAccepted, answer.Code));
    }

    /// <summary>What a load balancer is told: null, or the reason with 503.</summary>
    private static async Task<string?> HealthAsync(Uri server)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri(server, "health"));
        var fault = (await response.ReadJsonAsync()).TryGetProperty("code", out var given) ? given.GetString() : null;
        Assert.Equal(fault is null ? 200 : 503, (int)response.StatusCode);
        return fault;
    }

    private static SharedTransaction Share(byte[] bytes)
    {
        Assert.Null(TransactionParser.Parse(bytes, out var transaction));
        return new SharedTransaction(transaction!.Id, transaction.Payload.ReplayKey, transaction.Payload.ExpiresSeconds, bytes, []);
    }

    private static byte[] WithSignature(byte[] transaction, Action<byte[]> change)
    {
        var text = Encoding.ASCII.GetString(transaction);
        var end = text.LastIndexOf('.') + 1;
        Assert.True(Base64Url.TryDecode(text.AsSpan(end), out var signature));
        change(signature!);
        return Encoding.ASCII.GetBytes(text[..end] + Base64Url.Encode(signature));
    }

    /// <summary>(r, n − s), which verifies as well.</summary>
    private static void Malleate(byte[] signature)
    {
        var order = BigInteger.Parse("00FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", System.Globalization.NumberStyles.HexNumber, null);
        var s = order - new BigInteger(signature.AsSpan(32), isUnsigned: true, isBigEndian: true);
        signature.AsSpan(32).Clear();
        var bytes = s.ToByteArray(isUnsigned: true, isBigEndian: true);
        bytes.CopyTo(signature, 64 - bytes.Length);
    }
}
