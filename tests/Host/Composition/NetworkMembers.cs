using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Host.Tests.Composition;

/// <summary>The members behind the nodes of a network: they sign with their nodes' accounts and each asks its own node.</summary>
internal static class NetworkMembers
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly NodesJson Json = NodesJson.Instance;

    public static Submission Sign<TMessage>(
        this SandboxNetwork network, int by, string action, TMessage message, JsonTypeInfo<TMessage> format, params IReadOnlyList<byte[]> attachments)
    {
        using var keys = FileKeyStore.Open(Path.Combine(network.HomeOf(by), "keys"), PassphraseSource.UnprotectedByChoice);
        using var node = keys.OpenSigning("node");
        var draft = TransactionDraft.Create(
            network[by].Ledger.Genesis.Net, AccountId.Of(node.PublicKey), action, Encoding.UTF8.GetBytes(JsonSerializer.Serialize(message, format)),
            Timestamp.From(network[by].Clock!.GetUtcNow()), TimeSpan.FromSeconds(120));
        return new Submission(
            TransactionSigner.Sign(draft, node),
            [.. attachments.Select(content => new AttachmentContent(Digest<Attachment>.Of(content), content, []))]);
    }

    /// <summary>Waits until it is final.</summary>
    public static async Task<SubmissionResult> SubmitAsync(this SandboxNetwork network, int at, Submission submission) =>
        (await network[at].Ledger.SubmitAsync([submission]).WaitAsync(Patience))[0];

    public static Submission SignRevocation(this SandboxNetwork network, int by, string request, string node) => network.Sign(
        by, "certificates.revoke_node", new RevokeNodeMessage(request, "its key was seen elsewhere", Node: node), Json.RevokeNodeMessage);

    public static Submission SignApproval(this SandboxNetwork network, int by, string request, VoteChecks checks)
    {
        Assert.True(network.TryGet(by, request, out var row));
        var message = new NodeVoteMessage(request, row.Subject, "approve", checks, network[by].Ledger.Tip.Height);
        return network.Sign(by, "certificates.vote", message, Json.NodeVoteMessage);
    }

    /// <summary>Admitted and acknowledged by the voter's own node, which is no finality.</summary>
    public static async Task AdmitApprovalAsync(this SandboxNetwork network, int voter, string request) =>
        Assert.Null((await network[voter].Ledger.AdmitAsync([network.SignApproval(voter, request, new VoteChecks())]))[0].Refusal);

    public static bool TryGet(this SandboxNetwork network, int at, string request, [NotNullWhen(true)] out RequestRow? row)
    {
        row = network[at].Ledger.Read(() => network[at].Contracts.Certificates.Ballots.TryGet(request, out var found) ? found : null);
        return row is not null;
    }

    public static Verdict? VerdictOf(this SandboxNetwork network, int at, string request) =>
        network.TryGet(at, request, out var row) ? row.Verdict : null;

    public static async Task UntilAsync(Func<bool> holds, string what)
    {
        var patience = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(patience.Elapsed < Patience, $"Not within {Patience.TotalSeconds} s: {what}");
            await Task.Delay(20);
        }
    }
}
