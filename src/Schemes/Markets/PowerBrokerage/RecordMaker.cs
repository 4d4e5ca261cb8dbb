using System.Security.Cryptography;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>A confidential record as its author made it: signed, sealed, ready to be anchored and delivered.</summary>
/// <param name="Signed">The signed original <c>S</c>.</param>
/// <param name="Sealed">The ciphertext <c>C</c>.</param>
/// <param name="Attachment"><c>C</c> with its readers, as it travels with the anchor.</param>
/// <param name="Salt">Told to readers: opens the readers' list.</param>
public sealed record MadeRecord(SignedRecord Signed, SealedRecord Sealed, AttachmentContent Attachment, byte[] Salt)
{
    /// <summary>The record.</summary>
    public Digest<AnchoredRecord> Rid => Signed.Original.Rid.As<AnchoredRecord>();

    /// <summary>The digest of the original.</summary>
    public Digest<RecordVersion> Digest => Signed.Original.Digest.As<RecordVersion>();

    /// <summary>Fills the members that every anchor has.</summary>
    public AnchorMessage ToAnchor(IReadOnlyList<string> signatures) => new()
    {
        Rid = Rid,
        Rtype = Signed.Original.Rtype,
        Ver = Signed.Original.Ver,
        Prev = Signed.Original.Prev.IsUnset ? null : Signed.Original.Prev.As<RecordVersion>(),
        Session = Signed.Original.Session is { } session ? Digest<AuctionSession>.Parse(session) : null,
        Digest = Digest,
        Sig = signatures,
        CtDigest = Sealed.CtDigest.As<Attachment>(),
        CtLen = (uint)Sealed.CtLen,
    };
}

/// <summary>A party of a record: the account, the key it is encrypted to, and the key it reads the vault by.</summary>
/// <param name="Account">Stands in <c>aud</c>.</param>
/// <param name="EncryptionKey">Its encryption key.</param>
/// <param name="SigningKey">Its signing key, which signs its requests to a vault.</param>
public sealed record RecordReader(AccountId Account, PublicKey EncryptionKey, PublicKey SigningKey)
{
    /// <summary>A party of this process.</summary>
    public static RecordReader Of(Party party) => new(party.Account, party.AgreementKey.PublicKey, party.SigningKey.PublicKey);
}

/// <summary>Makes confidential records. <b>Source:</b> D1 "The confidential record".</summary>
internal static class RecordMaker
{
    /// <summary>The market that records belong to.</summary>
    public const string Market = "power-brokerage";

    /// <summary>Writes an original.</summary>
    public static RecordOriginal Write(
        string rtype, ReadOnlyMemory<byte> body, IReadOnlyList<AccountId> issuers, IReadOnlyList<AccountId> audience, Timestamp at,
        Digest<AuctionSession>? session = null, RecordOriginal? previous = null) =>
        RecordOriginal.Create(new RecordDraft
        {
            Rid = previous?.Rid ?? VaultRecord.NewId(),
            Rtype = rtype,
            Ver = (previous?.Ver ?? 0) + 1,
            Prev = previous?.Digest ?? default,
            Market = Market,
            Session = session?.ToString(),
            Iss = [.. issuers.Select(account => account.Thumbprint)],
            Aud = [.. audience.Select(account => account.Thumbprint)],
            Iat = at.UnixSeconds,
            Body = body,
        }).Value;

    /// <summary>Seals a signed original to its readers.</summary>
    /// <param name="signed">The signed original.</param>
    /// <param name="recipients">Whom the content key is wrapped to.</param>
    /// <param name="vaultReaders">Who may fetch the ciphertext, by the key that signs their requests.</param>
    /// <param name="padding">How far it is filled up.</param>
    public static MadeRecord Seal(SignedRecord signed, IReadOnlyList<PublicKey> recipients, IReadOnlyList<PublicKey> vaultReaders, RecordPadding padding)
    {
        var ciphertext = RecordSealer.Seal(signed, recipients, padding).Value;
        var salt = RandomNumberGenerator.GetBytes(ReaderTag.SaltBytes);
        var readers = vaultReaders.Select(key => ReaderTag.Of(key.Thumbprint, salt).As<DocumentReader>()).ToList();
        return new MadeRecord(signed, ciphertext, new AttachmentContent(ciphertext.CtDigest.As<Attachment>(), ciphertext.Bytes, readers), salt);
    }

    /// <summary>The anchor's signature over a version.</summary>
    public static string SignAnchor(Digest<Net> net, RecordOriginal original, ISigningKey key) =>
        InnerSignature.Sign(net, original.Rid.As<AnchoredRecord>(), original.Ver, original.Digest.As<RecordVersion>(), key);
}
