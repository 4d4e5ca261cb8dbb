using Counterfoil.Client;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>A brokerage contract that was offered: what the owner is shown and signs.</summary>
/// <param name="Signed">The original, signed by the broker.</param>
/// <param name="Message">What stands on the ledger of the offer.</param>
/// <param name="Transaction">The offer's transaction.</param>
/// <param name="BrokerKey">The broker's encryption key, for the final ciphertext.</param>
/// <param name="BrokerSigningKey">The broker's signing key.</param>
public sealed record ContractOffer(
    SignedRecord Signed, OfferMessage Message, Digest<Transaction> Transaction, Cryptography.Keys.PublicKey BrokerKey, Cryptography.Keys.PublicKey BrokerSigningKey);

public sealed partial class Participant
{
    /// <summary>Offers a brokerage contract to an owner; the answer says what the ledger thinks of it.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="resources">The resources.</param>
    /// <param name="from">Delivery from.</param>
    /// <param name="to">Delivery until.</param>
    /// <param name="exclusive">True if nobody else may sell what they make.</param>
    /// <param name="offerUntil">Until when it may be accepted.</param>
    /// <param name="body">The contract's body, a JSON object.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<(SubmissionAnswer Answer, ContractOffer Offer)> OfferContractAsync(
        RecordReader owner, IReadOnlyList<ResourceTag> resources, Timestamp from, Timestamp to, bool exclusive, Timestamp offerUntil, ReadOnlyMemory<byte> body,
        CancellationToken cancellation = default)
    {
        var original = RecordMaker.Write(RecordTypes.Contract, body, [party.Account, owner.Account], [], Now);
        var signed = SignedRecord.Sign(original, party.SigningKey);
        var record = RecordMaker.Seal(
            signed, [party.AgreementKey.PublicKey, owner.EncryptionKey], [party.SigningKey.PublicKey, owner.SigningKey], RecordPadding.Blocks);
        var anchor = record.ToAnchor([RecordMaker.SignAnchor(party.Net, original, party.SigningKey)]);
        var message = new OfferMessage
        {
            Rid = anchor.Rid, Rtype = anchor.Rtype, Ver = anchor.Ver, Digest = anchor.Digest, Sig = anchor.Sig, CtDigest = anchor.CtDigest, CtLen = anchor.CtLen,
            Owner = owner.Account, ResTags = resources, From = from.UnixMilliseconds, To = to.UnixMilliseconds, Exclusive = exclusive,
            OfferUntil = offerUntil.UnixMilliseconds,
        };
        var answer = await party.SubmitAsync(
            "brokerage.contract.offer", message, BrokerageJson.Instance.OfferMessage, [record.Attachment], cancellation).ConfigureAwait(false);
        return (answer, new ContractOffer(signed, message, answer.Id, party.AgreementKey.PublicKey, party.SigningKey.PublicKey));
    }

    /// <summary>Accepts an offer: adds the owner's signature over the same digest, anchors the final ciphertext, delivers the original with both signatures.</summary>
    public async Task<SubmissionAnswer> AcceptContractAsync(ContractOffer offer, CancellationToken cancellation = default)
    {
        var signed = offer.Signed.AddSignature(party.SigningKey);
        var record = RecordMaker.Seal(
            signed, [offer.BrokerKey, party.AgreementKey.PublicKey], [offer.BrokerSigningKey, party.SigningKey.PublicKey], RecordPadding.Blocks);
        var message = new AcceptMessage(
            record.Rid, signed.Original.Ver, record.Digest, RecordMaker.SignAnchor(party.Net, signed.Original, party.SigningKey),
            record.Sealed.CtDigest.As<Attachment>(), (uint)record.Sealed.CtLen);
        var answer = await party.SubmitAsync(
            "brokerage.contract.accept", message, BrokerageJson.Instance.AcceptMessage, [record.Attachment], cancellation).ConfigureAwait(false);
        if (!answer.IsAccepted)
            return answer;
        await DeliverAsync([Signed(record, answer.Id) with { Offer = offer.Transaction }], cancellation).ConfigureAwait(false);
        Book.Add(new BookEntry
        {
            Rid = signed.Original.Rid, Rtype = RecordTypes.Contract, Ver = signed.Original.Ver, Digest = signed.Original.Digest, Signed = signed.Bytes,
            Transaction = answer.Id, OfferTransaction = offer.Transaction, Salt = record.Salt,
        });
        return answer;
    }
}
