using Counterfoil.Client;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.ConsensusVerification;

/// <summary>What clients provoke, at the door and in blocks, and what receipts are not believed.</summary>
public sealed partial class ConsensusWalkthrough
{
    private const string SecondKeyName = "second";
    private const int Portions = 100;

    private readonly List<ISigningKey> stolen = [];

    private void TellDoorRefusals(WalkScript script)
    {
        Refuse("a payment cut short", TransactionRefusals.Malformed, context => Sign(context)[..^4]);
        Refuse("a payment for another ledger", TransactionRefusals.WrongNet,
            context => Sign(context, new PaymentTerms { Net = Digest<Net>.Of("another ledger"u8) }));
        Refuse("a payment valid for ten minutes", TransactionRefusals.ValidityTooLong,
            context => Sign(context, new PaymentTerms { Validity = TimeSpan.FromMinutes(10) }));
        Refuse("a payment of five minutes ago", TransactionRefusals.Expired,
            context => Sign(context, new PaymentTerms { IssuedAfter = TimeSpan.FromMinutes(-5) }));
        Refuse("a payment of in five minutes", TransactionRefusals.NotYetValid,
            context => Sign(context, new PaymentTerms { IssuedAfter = TimeSpan.FromMinutes(5) }));
        Refuse("a broken signature", TransactionRefusals.BadSignature, context => Signatures.Break(Sign(context)));
        Refuse("a payment that the receiver must sign too, with the client's signature alone", TransactionRefusals.SignersMismatch, SignAlone);
        Refuse("a payment that the receiver must sign too, signed twice by the client", TransactionRefusals.SignersMismatch, SignTwice);
        Refuse("a payment from an account that nobody opened", TransactionRefusals.UnknownAccount,
            context => Sign(context, new PaymentTerms { By = AuditorName }));
        Refuse("a payment under another's key", TransactionRefusals.KeyInactive,
            context => TransactionSigner.Sign(Draft(context), context.Party(ReceiverName).SigningKey));
        Refuse("more than there is", AccountsRefusals.InsufficientFunds, context => Sign(context, new PaymentTerms { Units = Funds + 1 }));

        void Refuse(string name, RefusalCode expected, Func<WalkContext, byte[]> make) => script.Refuse(
            name, expected.Code, async context => WalkObservation.Of(await AtAnyAsync(context, make(context)).ConfigureAwait(false)),
            // Signed twice by the client needs its second key; to the others it makes no difference.
            EnsureSecondKeyAsync);
    }

    private void TellLaterRefusals(WalkScript script)
    {
        script.Refuse("a new payment under a spent jti", TransactionRefusals.Replayed.Code, async context =>
            WalkObservation.Of(await AtAnyAsync(context, Sign(context, new PaymentTerms { Jti = "spent-once", Units = 4 })).ConfigureAwait(false)),
            async context =>
            {
                var first = await SendAsync(context, At(context, 0), Sign(context, new PaymentTerms { Jti = "spent-once" })).ConfigureAwait(false);
                await ReceiptsAsync(context, AtAll(context), first.Required().Id).ConfigureAwait(false);
            });
        script.Refuse("funds that another payment spends meanwhile, on another node", AccountsRefusals.InsufficientFunds.Code, SpendTwiceAsync);
        script.Refuse(
            "a key that is deactivated between arrival and block", TransactionRefusals.KeyInactive.Code, DeactivateMeanwhileAsync, EnsureSecondKeyAsync);
    }

    private void TellForgeries(WalkScript script)
    {
        Refuse("repeated signers", forged => forged.RepeatedSigner);
        Refuse("a signer who is no validator", forged => forged.NonMember);
        Refuse("two of four", forged => forged.TooLittleWeight);
        Refuse("votes for another ledger", forged => forged.OfAnotherNet);
        Refuse("votes for another height", forged => forged.OfAnotherHeight);
        Refuse("votes for another block", forged => forged.OfAnotherBlock);
        Refuse("votes for nil", forged => forged.OfNil);
        Refuse("prevotes", forged => forged.OfPrevotes);
        Refuse("votes of two phases", forged => forged.OfMixedPhases);
        Refuse("votes of two rounds", forged => forged.OfMixedRounds);

        void Refuse(string name, Func<Forgeries, Receipt> forge) => script.Refuse(
            $"a receipt whose certificate has {name}", LightRefusals.BadCertificate.Code, context =>
            {
                var forgeries = ForgeriesOf(context);
                var verifier = new ReceiptVerifier(context.Genesis);
                // The same keys can certify: what is refused below is refused for its one fault.
                WalkContext.Require(verifier.Verify(forgeries.Genuine, out _) is null, "a certificate without a fault to be believed");
                return Task.FromResult(WalkObservation.Of(verifier.Verify(forge(forgeries), out _)?.Code));
            });
    }

    /// <summary>Each node refuses it for itself, with the same code; nothing is handed on.</summary>
    private async Task<SubmissionAnswer> AtAnyAsync(WalkContext context, byte[] transaction)
    {
        var answers = new List<SubmissionAnswer>();
        foreach (var node in AtAll(context))
            answers.Add(await SendAsync(context, node, transaction).ConfigureAwait(false));
        WalkContext.Require(answers.Select(answer => answer.Code).Distinct().Count() == 1, "every node to give the same reason");
        return answers[0];
    }

    private static byte[] SignAlone(WalkContext context)
    {
        var draft = Draft(context, new PaymentTerms { CoSigners = [context.Party(ReceiverName).Account] });
        return Jws.SignCompactBytes(TransactionSigner.Type, draft.Payload.Span, context.Party(ClientName).SigningKey);
    }

    private static byte[] SignTwice(WalkContext context)
    {
        var client = context.Party(ClientName);
        var draft = Draft(context, new PaymentTerms { CoSigners = [context.Party(ReceiverName).Account] });
        using var second = client.Keys.OpenSigning(SecondKeyName);
        return TransactionSigner.Assemble(draft, [client.SignPart(draft), TransactionSigner.SignPart(draft, second)]);
    }

    /// <summary>At two nodes at once, each time all that the client has, in portions: each node takes its own until it hears of the other's.</summary>
    private async Task<WalkObservation> SpendTwiceAsync(WalkContext context)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var all = await BalanceAsync(context).ConfigureAwait(false);
            var portion = new PaymentTerms { Units = all / Portions };
            List<Submission> one = Payments(context, portion), other = Payments(context, portion);
            var both = await Task.WhenAll(
                At(context, 0).SubmitAsync(one, context.Cancellation), At(context, 1).SubmitAsync(other, context.Cancellation)).ConfigureAwait(false);
            var answers = both.SelectMany(each => each).ToList();
            var paid = answers.Where(answer => answer.IsAccepted).ToList();
            WalkContext.Require(paid.Count <= Portions && answers.All(answer => answer.IsAccepted || answer.Code == AccountsRefusals.InsufficientFunds.Code),
                "no more to be paid than there was, and the rest to be refused");
            await ReceiptsAsync(context, AtAll(context), paid.MaxBy(answer => answer.Height)!.Id).ConfigureAwait(false);
            var back = new TransferMessage(context.Party(ClientName).Account, Money(context, portion.Units * (UInt128)paid.Count));
            var returned = (await context.Party(ReceiverName).SubmitAsync("accounts.transfer", back, Json.TransferMessage).ConfigureAwait(false)).Required();
            await ReceiptsAsync(context, AtAll(context), returned.Id).ConfigureAwait(false);
            // Where all of the one came before any of the other, the second node refused at its door; what is wanted is the refusal in a block.
            if (answers.FirstOrDefault(answer => !answer.IsAccepted && answer.IsFinal) is { } refused)
                return new WalkObservation(refused.Code, "the payments that came first are accepted, and the receiver gives them back");
        }
        throw new WalkFailedException("a payment that came too late to stand in a block as refused");
    }

    private static List<Submission> Payments(WalkContext context, PaymentTerms each) =>
        [.. Enumerable.Range(0, Portions).Select(_ => Submission.Of(Sign(context, each)))];

    /// <summary>In one request: the client takes its second key away, and pays under it.</summary>
    private async Task<WalkObservation> DeactivateMeanwhileAsync(WalkContext context)
    {
        var client = context.Party(ClientName);
        using var second = client.Keys.OpenSigning(SecondKeyName);
        var remove = client.Sign(client.Draft("accounts.remove_key", new RemoveKeyMessage(second.PublicKey.Thumbprint), Json.RemoveKeyMessage));
        var pay = TransactionSigner.Sign(Draft(context), second);
        var answers = await At(context, 0).SubmitAsync([Submission.Of(remove), Submission.Of(pay)], context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(answers[0].IsAccepted, "the key to be removed");
        WalkContext.Require(!answers[1].IsFinal, "the payment to stand in no block");
        WalkContext.Require(
            !(await At(context, 2).GetReceiptAsync(IdOf(pay), context.Cancellation).ConfigureAwait(false)).TryGet(out _, out _), "no receipt of it anywhere");
        return new WalkObservation(answers[1].Code, "the client's second key is removed");
    }

    private async Task EnsureSecondKeyAsync(WalkContext context)
    {
        var client = context.Party(ClientName);
        if (client.Keys.List().All(key => key.Name != SecondKeyName))
            client.Keys.Create(SecondKeyName, KeyUsage.Sign);
        using var second = client.Keys.OpenSigning(SecondKeyName);
        var account = (await client.Node.GetAccountAsync(client.Account, context.Cancellation).ConfigureAwait(false)).Value;
        if (account.Keys.Contains(second.PublicKey))
            return;
        var message = new AddKeyMessage(second.PublicKey, KeyPossession.Prove(client.Net, client.Account, second));
        var added = (await client.SubmitAsync("accounts.add_key", message, Json.AddKeyMessage).ConfigureAwait(false)).Required();
        await ReceiptsAsync(context, AtAll(context), added.Id).ConfigureAwait(false);
    }

    private Forgeries ForgeriesOf(WalkContext context)
    {
        // A quorum of four is three. The sandbox's operator has the keys of all; nobody else has those of three.
        if (stolen.Count == 0)
            stolen.AddRange(Enumerable.Range(0, 3).Select(node => context.NodeParty(node).Keys.OpenSigning("consensus")));
        return new Forgeries(receipt, stolen, context.Party(ClientName).SigningKey);
    }
}
