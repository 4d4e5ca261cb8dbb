using System.Text;
using System.Text.Json;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>The ledger's registry of nodes decides about connections and about who validates.</summary>
public sealed class RegistryTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Validator_ThatIsProvenToHaveLied_LeavesTheSetAndItsConnections()
    {
        await using var network = await SandboxNetwork.StartAsync(new NodeOptions { Home = folder.File("node"), Name = "registry", Sandbox = true }, 4);
        await UntilAsync(() => Enumerable.Range(0, 4).All(index => network[index].Peers!.Connected.Count == 3));
        var liar = network.IdentityOf(3);
        using var keys = FileKeyStore.Open(Path.Combine(network.HomeOf(3), "keys"), PassphraseSource.UnprotectedByChoice);
        using var consensus = keys.OpenSigning("consensus");
        var net = network[0].Ledger.Genesis.Net;
        string Prevote(string block) => Jws.SignCompact(
            "cf-prevote+jws", Encoding.UTF8.GetBytes($$"""{"net":"{{net}}","height":1,"round":7,"block":"{{Digest<Block>.Of(Encoding.UTF8.GetBytes(block))}}"}"""), consensus);
        var message = new EquivocationMessage(consensus.PublicKey, Prevote("this"), Prevote("that"));

        // Both pass the door; when the block is made, the liar's account is frozen by what comes before.
        var report = Sign(network, 0, "certificates.report_equivocation", JsonSerializer.Serialize(message, NodesJson.Instance.EquivocationMessage));
        var outcomes = await network[0].Ledger.SubmitAsync([report, Sign(network, 3, "accounts.open", "{}")]).WaitAsync(Patience);
        Assert.Equal("accepted", outcomes[0].Outcome?.Status);
        Assert.Equal(("account_frozen", null), (outcomes[1].Refusal?.Code, outcomes[1].Outcome));
        Assert.Equal("account_frozen", (await network[1].Ledger.SubmitAsync([Sign(network, 3, "accounts.open", "{}")]).WaitAsync(Patience))[0].Refusal?.Code);
        await SubmitAsync(network, "accounts.open", "{}");
        await SubmitAsync(network, "accounts.open", "{}");

        var ledger = network[0].Ledger;
        var header = ledger.TryReadBlock(ledger.Tip.Height, out var block) ? block.Header : null;
        Assert.NotEqual(ledger.Genesis.Validators.Digest, header!.Validators);
        Assert.Equal(3, network[0].Contracts.Certificates.Validators.Count);
        Assert.DoesNotContain(liar.Account, network[0].Contracts.Certificates.Validators.Select(validator => validator.Account));
        await UntilAsync(() => Enumerable.Range(0, 3).All(index => !network[index].Peers!.Connected.Contains(liar.Account) && network[index].Peers!.Connected.Count == 2));
    }

    private static async Task<SubmissionResult> SubmitAsync(SandboxNetwork network, string action, string argument) =>
        (await network[0].Ledger.SubmitAsync([Sign(network, 0, action, argument)]).WaitAsync(Patience))[0];

    private static Submission Sign(SandboxNetwork network, int by, string action, string argument)
    {
        using var keys = FileKeyStore.Open(Path.Combine(network.HomeOf(by), "keys"), PassphraseSource.UnprotectedByChoice);
        using var node = keys.OpenSigning("node");
        var now = Timestamp.From(network[0].Clock!.GetUtcNow());
        var draft = TransactionDraft.Create(
            network[0].Ledger.Genesis.Net, AccountId.Of(node.PublicKey), action, Encoding.UTF8.GetBytes(argument), now, TimeSpan.FromSeconds(60));
        return Submission.Of(TransactionSigner.Sign(draft, node));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 1_500 && !condition(); attempt++)
            await Task.Delay(20);
        Assert.True(condition());
    }
}
