using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>What goes well.</summary>
public sealed partial class ConsensusWalkthrough
{
    // On a machine that does much else a block may overtake a body once; not always.
    private const int Attempts = 20;

    private IReadOnlyList<NodeFigures> before = [];

    private void TellStory(WalkScript script)
    {
        script.Step(OperatorName, LedgerName, "opens the accounts of client and receiver and gives the client money", OpenAsync);
        script.Step(ClientName, "node1", "pays: first verification, acknowledged under the node's key and not final", AcknowledgeAsync);
        script.Step("node1", "node2", "hands the payment to the three others: second verification, each stores it before it is in a block", SecondAsync);
        script.Step("node2", LedgerName, "a node that admitted nothing pre-processes the block, of ids alone", BuildElsewhereAsync);
        script.Step(ClientName, "node4", "has the receipt from each node and verifies it offline along genesis", ReceiptsAsync);
        script.Step(AuditorName, "node3", "finds the same certified block on all four", WitnessAsync);
        script.Step(AuditorName, "node2", "reads that every node verified a signature once and none within a round", CountAsync);
        script.Step(ClientName, "node3", "sends the same bytes to every node again and has the first answer", RepeatAsync);
        script.Step(ClientName, "node2", "sends two valid signatures of one payment: one id, executed once", MalleateAsync);
        script.Step(ClientName, "node1", "pays although a stranger sent the payment before with a broken signature", FailedSignatureAsync);
        script.Step("node4", LedgerName, "is away: the three others decide, and it has every block when it is back", AwayAsync);
        script.Step(AuditorName, "node1", "verifies a whole file without a node: genesis, validators, receipts", LightAsync);
    }

    private async Task OpenAsync(WalkContext context)
    {
        foreach (var name in new[] { ClientName, ReceiverName })
            (await context.Party(name).OpenAccountAsync(context.Operator, context.Cancellation).ConfigureAwait(false)).Required();
        var money = new DefineAssetMessage("PAY", "Money of the sandbox", 2, Funds, Transferable: true, Shieldable: false);
        (await context.Operator.SubmitAsync("accounts.define_asset", money, Json.DefineAssetMessage).ConfigureAwait(false)).Required();
        var mint = new MintMessage(context.Party(ClientName).Account, Money(context, Funds));
        var minted = (await context.Operator.SubmitAsync("accounts.mint", mint, Json.MintMessage).ConfigureAwait(false)).Required();
        await ReceiptsAsync(context, AtAll(context), minted.Id).ConfigureAwait(false);
    }

    private async Task AcknowledgeAsync(WalkContext context)
    {
        var identity = context.Nodes[0].Identity;
        var account = (await At(context, 1).GetAccountAsync(identity.Account, context.Cancellation).ConfigureAwait(false)).Value;
        var key = account.Keys.Single(key => AccountId.Of(key) == identity.Account);
        before = await FiguresAsync(context).ConfigureAwait(false);
        payment = Sign(context);
        paymentId = IdOf(payment);
        var answer = (await At(context, 0).AdmitAsync([Submission.Of(payment)], context.Cancellation).ConfigureAwait(false))[0];
        var acknowledgement = answer.Acknowledgement is { } jws ? Acknowledgement.Verify(jws, key) : null;
        WalkContext.Require(!answer.IsFinal && answer.Id == paymentId, "the payment to be admitted and not final");
        WalkContext.Require(
            acknowledgement is not null && acknowledgement.Net == context.Genesis.Net && acknowledgement.Id == paymentId,
            "node1's signed word that it took exactly this payment");
    }

    private async Task SecondAsync(WalkContext context)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (attempt > 0)
                await AcknowledgeAsync(context).ConfigureAwait(false);
            receipt = (await ReceiptsAsync(context, AtAll(context), paymentId).ConfigureAwait(false))[0];
            var counted = await CountedAsync(context).ConfigureAwait(false);
            if (counted.All(node => node is { SignaturesChecked: 1, SignaturesInRound: 0 }) && counted.Skip(1).All(node => node.BodiesStored == 1)
                && counted[0].StoredElsewhere >= 2)
                return;
        }
        WalkContext.Require(false, "each node to verify the payment once and to store it before a block lists it");
    }

    private async Task BuildElsewhereAsync(WalkContext context)
    {
        var admitting = context.Nodes[0].Identity.Account;
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var verified = Verified(context, receipt, paymentId);
            if (verified.Header.Builder != admitting)
            {
                WalkContext.Require(
                    context.Nodes.Any(node => node.Identity.Account == verified.Header.Builder), "the builder to be one of the validators");
                return;
            }
            await PayAsync(context, 0).ConfigureAwait(false);
        }
        WalkContext.Require(false, "another node than the admitting one to build a block");
    }

    private async Task ReceiptsAsync(WalkContext context)
    {
        var receipts = await ReceiptsAsync(context, AtAll(context), paymentId).ConfigureAwait(false);
        var verified = receipts.Select(each => Verified(context, each, paymentId)).ToList();
        WalkContext.Require(verified.All(each => each.Outcome.IsSuccess), "the payment to be accepted");
        WalkContext.Require(verified.Select(each => each.Block).Distinct().Count() == 1, "all nodes to show one block");
    }

    private async Task WitnessAsync(WalkContext context)
    {
        var height = Verified(context, receipt, paymentId).Header.Height;
        await RequireAgreedAsync(context, height).ConfigureAwait(false);
    }

    private async Task CountAsync(WalkContext context)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            before = await FiguresAsync(context, AuditorName).ConfigureAwait(false);
            foreach (var node in new[] { 0, 1, 2, 3 })
                await PayAsync(context, node).ConfigureAwait(false);
            var counted = await CountedAsync(context, AuditorName).ConfigureAwait(false);
            if (counted.All(node => node is { SignaturesChecked: 4, SignaturesInRound: 0, BodiesStored: 3 }))
                return;
        }
        WalkContext.Require(false, "four payments to be verified four times on each node, and never within a round");
    }

    private async Task RepeatAsync(WalkContext context)
    {
        var first = Verified(context, receipt, paymentId);
        foreach (var node in AtAll(context))
        {
            var again = await SendAsync(context, node, payment).ConfigureAwait(false);
            WalkContext.Require(again is { Repeat: true, IsAccepted: true } && again.Id == paymentId, $"{node.Address} to answer as before");
            WalkContext.Require(again.Height == first.Header.Height && again.Index == receipt.Path.Index, "the first block and place");
        }
    }

    private async Task MalleateAsync(WalkContext context)
    {
        var paid = await BalanceAsync(context).ConfigureAwait(false);
        var one = Sign(context);
        var other = Signatures.Malleate(one);
        WalkContext.Require(!one.AsSpan().SequenceEqual(other) && IdOf(one) == IdOf(other), "other bytes with the same id");
        var answers = await Task.WhenAll(SendAsync(context, At(context, 0), one), SendAsync(context, At(context, 1), other)).ConfigureAwait(false);
        WalkContext.Require(answers.All(answer => answer.IsAccepted && answer.Id == IdOf(one)), "both to be answered as one payment");
        WalkContext.Require(answers[0].Height == answers[1].Height && answers[0].Index == answers[1].Index, "one place in one block");
        await ReceiptsAsync(context, AtAll(context), IdOf(one)).ConfigureAwait(false);
        WalkContext.Require(await BalanceAsync(context).ConfigureAwait(false) == paid - 3, "three to be paid, not six");
    }

    private async Task FailedSignatureAsync(WalkContext context)
    {
        var good = Sign(context);
        foreach (var node in AtAll(context))
            WalkContext.Require(
                (await SendAsync(context, node, Signatures.Break(good)).ConfigureAwait(false)).Code == TransactionRefusals.BadSignature.Code,
                "the broken signature to be refused");
        (await SendAsync(context, At(context, 0), good).ConfigureAwait(false)).Required();
    }

    private async Task AwayAsync(WalkContext context)
    {
        await context.StopNodeAsync(3).ConfigureAwait(false);
        var last = 0L;
        try
        {
            for (var node = 0; node < 3; node++)
                last = (await SendAsync(context, At(context, node), Sign(context)).ConfigureAwait(false)).Required().Height;
        }
        finally
        {
            await context.StartNodeAsync(3).ConfigureAwait(false);
        }
        await RequireAgreedAsync(context, last).ConfigureAwait(false);
        (await SendAsync(context, At(context, 3), Sign(context)).ConfigureAwait(false)).Required();
    }

    private async Task LightAsync(WalkContext context)
    {
        var node = At(context, 0, AuditorName);
        var changes = (await node.GetValidatorChangesAsync(0, context.Cancellation).ConfigureAwait(false)).Value;
        var file = LightFile.Parse(new LightFile
        {
            Format = LightFile.FormatVersion,
            Genesis = context.Genesis.Bytes.ToArray(),
            Validators = context.Genesis.Validators.Bytes,
            Changes = changes.Changes,
            Receipts = [receipt],
        }.ToBytes()) ?? throw new WalkFailedException("a light file");
        // From here on the file alone, and the digest of genesis that the auditor trusts.
        var genesis = Genesis.Parse(file.Genesis);
        WalkContext.Require(
            genesis.Net == context.Genesis.Net && genesis.Validators.Bytes.AsSpan().SequenceEqual(file.Validators), "the ledger that is trusted");
        var trusted = new TrustedValidators(genesis);
        WalkContext.Require(file.Changes.All(change => trusted.Advance(change) is null), "every change of validators to be certified");
        WalkContext.Require(file.Receipts.All(each => each.Verify(trusted, out _) is null), "every receipt to be in order");
    }

    /// <summary>A payment at a node, final on all.</summary>
    private async Task PayAsync(WalkContext context, int node)
    {
        payment = Sign(context);
        paymentId = IdOf(payment);
        (await SendAsync(context, At(context, node), payment).ConfigureAwait(false)).Required();
        receipt = (await ReceiptsAsync(context, AtAll(context), paymentId).ConfigureAwait(false))[0];
    }

    private async Task RequireAgreedAsync(WalkContext context, long height)
    {
        var verifier = new ReceiptVerifier(context.Genesis);
        WitnessedHeight seen = null!;
        await UntilAsync(
            context, async () =>
            {
                seen = await BlockWitness.CompareAsync(AtAll(context, AuditorName), verifier, height, context.Cancellation).ConfigureAwait(false);
                return seen.Absent.Count == 0;
            },
            $"all nodes to have height {height}").ConfigureAwait(false);
        WalkContext.Require(!seen.IsForked && seen.Uncertified.Count == 0 && !seen.Agreed.IsUnset, "one certified block on all nodes");
    }

    private async Task<UInt128> BalanceAsync(WalkContext context)
    {
        var account = (await At(context, 0).GetAccountAsync(context.Party(ClientName).Account, context.Cancellation).ConfigureAwait(false)).Value;
        return account.Balances.Values.Single();
    }

    private async Task<IReadOnlyList<NodeFigures>> CountedAsync(WalkContext context, string party = ClientName)
    {
        var after = await FiguresAsync(context, party).ConfigureAwait(false);
        return [.. after.Zip(before, (now, then) => now.Since(then))];
    }

    private static async Task<IReadOnlyList<NodeFigures>> FiguresAsync(WalkContext context, string party = ClientName)
    {
        var figures = new List<NodeFigures>();
        foreach (var node in context.Nodes)
        {
            using var http = context.Party(party).CreateHttp(node.Address);
            figures.Add(NodeFigures.Parse(await http.GetStringAsync(new Uri("metrics", UriKind.Relative), context.Cancellation).ConfigureAwait(false)));
        }
        return figures;
    }
}
