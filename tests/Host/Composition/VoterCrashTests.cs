using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Composition;
using Counterfoil.Testing;
using Counterfoil.Vault.Storage;
using static Counterfoil.Host.Tests.Composition.NetworkMembers;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>A voter writes its decision down before it is first sent, and sends no other, whenever it dies.</summary>
public sealed class VoterCrashTests : IDisposable
{
    private const int VoterIndex = 1, TargetIndex = 3;
    private const string Request = "000102030405060708090a0b0c0d0e0f";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Voter_ThatDiesAfterItsDecisionIsWritten_SignsTheSameAgainOnceItExpired_AndNoOther()
    {
        await using var network = await SandboxNetwork.StartAsync(new NodeOptions { Home = folder.File("node"), Name = "voter", Sandbox = true }, validators: 4);
        await UntilAsync(() => Enumerable.Range(0, 4).All(index => network[index].Peers!.Connected.Count == 3), "all are connected");
        var target = network.IdentityOf(TargetIndex).Account.ToString();
        var opened = await network.SubmitAsync(0, network.SignRevocation(0, Request, target));
        Assert.Equal("accepted", opened.Outcome?.Code ?? opened.Refusal?.Code ?? opened.Outcome?.Status);
        await UntilAsync(() => network.TryGet(VoterIndex, Request, out _), "the voter knows the request");

        using var database = Database.Open($"sqlite:{folder.File("votes.db")}");
        // Its node is down, so what it wrote reaches nobody before it dies.
        await network.StopNodeAsync(2);
        using (var dying = PartyAt(network, network.AddressOf(2)))
        {
            var outbox = OutboxOf(network, database, dying);
            Assert.Empty(outbox.Open());
            using var death = new CancellationTokenSource();
            var sending = outbox.SendAsync(Order(network, "approve"), death.Token);
            await UntilAsync(() => outbox.Open().Count == 1, "the decision is written");
            await death.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        }
        Assert.True(network.TryGet(0, Request, out var row));
        Assert.Equal(0, row.Votes);

        using var party = PartyAt(network, network.AddressOf(VoterIndex));
        var again = OutboxOf(network, database, party);
        await Assert.ThrowsAsync<OutboxConflictException>(() => again.SendAsync(Order(network, "deny")));
        // Longer than a transaction is valid, by a certified block.
        Assert.Null(network[0].Clock!.Advance(300));
        await network.SubmitAsync(0, network.Sign(0, "accounts.open", new OpenMessage(), AccountsJson.Instance.OpenMessage));
        using var patience = new CancellationTokenSource(Patience);
        var result = Assert.Single(await again.ResumeAsync(patience.Token));
        Assert.True(result.Answer.IsAccepted, result.Answer.Code);
        await UntilAsync(() => network.TryGet(0, Request, out row) && row.Votes == 1, "the vote counts once");
        Assert.True(network[0].Ledger.Read(() => network[0].Contracts.Certificates.Ballots.TryGetVote(
            Request, network.IdentityOf(VoterIndex).Account, out var vote) && vote.Choice == VoteChoice.Approve));
        Assert.Empty(again.Open());
    }

    // The request is the order's name: a second decision on it is a conflict, whatever it says.
    private static OutboxOrder Order(SandboxNetwork network, string decision)
    {
        Assert.True(network.TryGet(VoterIndex, Request, out var row));
        var message = new NodeVoteMessage(Request, row.Subject, decision, new VoteChecks(), row.Height);
        return OutboxOrder.Of($"vote/{Request}", "certificates.vote", JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.NodeVoteMessage));
    }

    private static Outbox OutboxOf(SandboxNetwork network, Database database, Party party) =>
        new(database, party, new ReceiptVerifier(network[0].Ledger.Genesis), TimeSpan.FromMilliseconds(50));

    private static Party PartyAt(SandboxNetwork network, Uri address) => new(new PartyOptions
    {
        Name = "voter",
        Keys = FileKeyStore.Open(Path.Combine(network.HomeOf(VoterIndex), "keys"), PassphraseSource.UnprotectedByChoice),
        Node = address,
        Net = network[0].Ledger.Genesis.Net,
        Clock = network[0].Clock!,
        SigningKeyName = "node",
    });
}
