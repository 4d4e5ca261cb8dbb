using System.Text;
using System.Text.Json;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>Evidence of two votes for one round freezes the account of who signed them. The end of the story: from here on three validate.</summary>
public sealed partial class ConsensusWalkthrough
{
    private const int LiarIndex = 3;

    private void TellFrozen(WalkScript script) => script.Refuse(
        "a payment by a validator that signed two votes for one round", TransactionRefusals.AccountFrozen.Code, PayAsLiarAsync, ReportAsync);

    private async Task ReportAsync(WalkContext context)
    {
        using var consensus = context.NodeParty(LiarIndex).Keys.OpenSigning("consensus");
        string Prevote(string block) => Jws.SignCompact(
            "cf-prevote+jws",
            Encoding.UTF8.GetBytes($$"""{"net":"{{context.Genesis.Net}}","height":1,"round":9,"block":"{{Digest<Block>.Of(Encoding.UTF8.GetBytes(block))}}"}"""),
            consensus);
        var message = new EquivocationMessage(consensus.PublicKey, Prevote("this"), Prevote("that"));
        var client = context.Party(ClientName);
        var report = client.Sign(client.Draft(
            "certificates.report_equivocation", JsonSerializer.SerializeToUtf8Bytes(message, NodesJson.Instance.EquivocationMessage)));
        var answer = await SendAsync(context, At(context, 0), report).ConfigureAwait(false);
        WalkContext.Require(answer.IsAccepted, $"the evidence to be taken, not {answer.Code}");
        await ReceiptsAsync(context, Honest(context), answer.Id).ConfigureAwait(false);
    }

    /// <summary>Each of the others refuses it for itself.</summary>
    private async Task<WalkObservation> PayAsLiarAsync(WalkContext context)
    {
        var liar = context.NodeParty(LiarIndex);
        var answers = new List<string?>();
        foreach (var node in Honest(context))
            answers.Add((await SendAsync(
                context, node, liar.Sign(liar.Draft("accounts.transfer", PayArgument(context, 1)))).ConfigureAwait(false)).Code);
        WalkContext.Require(answers.Distinct().Count() == 1, "every node to give the same reason");
        return WalkObservation.Of(answers[0]);
    }

    private IReadOnlyList<Client.NodeClient> Honest(WalkContext context) => [.. AtAll(context).Take(LiarIndex)];
}
