using System.Text.Json.Serialization;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Rights;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>Marker for a session's id: 32 random bytes, written as 64 hexadecimal digits.</summary>
public sealed class AuctionSession
{
    private AuctionSession() { }
}

/// <summary>Marker for a portfolio's id: 32 random bytes.</summary>
public sealed class Portfolio
{
    private Portfolio() { }
}

/// <summary>The kinds of confidential record that this scheme anchors.</summary>
public static class RecordTypes
{
    public const string Contract = "contract";
    public const string Portfolio = "portfolio";
    public const string Guarantee = "guarantee";
    public const string Mandate = "mandate";
    public const string Bid = "bid";
    public const string Award = "award";
}

/// <summary>What every anchor of a confidential record says of one version; its ciphertext <c>C</c> travels as attachment.</summary>
public record AnchorMessage
{
    /// <summary>The record, 32 random bytes.</summary>
    public required Digest<AnchoredRecord> Rid { get; init; }

    /// <summary>One of <see cref="RecordTypes"/>, the one of the action.</summary>
    public required string Rtype { get; init; }

    /// <summary>1, or one more than the last.</summary>
    public required long Ver { get; init; }

    /// <summary>The digest of the version before; absent for version 1.</summary>
    public Digest<RecordVersion>? Prev { get; init; }

    /// <summary>The session, for records of one.</summary>
    public Digest<AuctionSession>? Session { get; init; }

    /// <summary>SHA-256 of the original, which holds a salt.</summary>
    public required Digest<RecordVersion> Digest { get; init; }

    /// <summary>Compact JWS over {digest, net, rid, ver} by each signer, in the order that the action asks for.</summary>
    public required IReadOnlyList<string> Sig { get; init; }

    /// <summary>SHA-256 of the ciphertext.</summary>
    public required Digest<Attachment> CtDigest { get; init; }

    /// <summary>The decoded length of its <c>ciphertext</c> member, in bytes.</summary>
    public required uint CtLen { get; init; }

    /// <summary>The same as the vault's comparison takes it.</summary>
    public AnchorContent ToContent() => new()
    {
        Rid = Rid.As<Vault.Documents.VaultRecord>(),
        Rtype = Rtype,
        Ver = Ver,
        Prev = (Prev ?? default).As<RecordOriginal>(),
        Session = Session?.ToString(),
        Digest = Digest.As<RecordOriginal>(),
        Sig = Sig,
        CtDigest = CtDigest.As<Vault.Documents.VaultDocument>(),
        CtLen = CtLen,
    };
}

/// <summary>A resource: an item of the registry under the system operator that registered it.</summary>
/// <param name="Registrar">The system operator.</param>
/// <param name="Item">The random tag.</param>
public sealed record ResourceTag(AccountId Registrar, Digest<Item> Item)
{
    public ItemKey ToKey() => new(Registrar, Item);
}

/// <summary><c>contract.offer</c>: the broker offers a brokerage contract, or an amended version of one. Signed inside by the broker.</summary>
public sealed record OfferMessage : AnchorMessage
{
    /// <summary>Who is to accept, and holds every resource.</summary>
    public required AccountId Owner { get; init; }

    /// <summary>1 to 256 resources.</summary>
    public required IReadOnlyList<ResourceTag> ResTags { get; init; }

    /// <summary>Delivery from, milliseconds since the Unix epoch, UTC.</summary>
    public required long From { get; init; }

    /// <summary>Delivery until, excluded.</summary>
    public required long To { get; init; }

    /// <summary>True if nobody else may sell what the resources make in that time.</summary>
    public required bool Exclusive { get; init; }

    /// <summary>Until when it may be accepted, milliseconds.</summary>
    public required long OfferUntil { get; init; }
}

/// <summary><c>contract.accept</c>: the owner accepts an offer, with the final ciphertext, whose original bears both signatures.</summary>
/// <param name="Rid">The contract.</param>
/// <param name="Ver">The version offered.</param>
/// <param name="Digest">The digest of the original: the same that the broker signed.</param>
/// <param name="Sig">The owner's signature.</param>
/// <param name="CtDigest">The final ciphertext.</param>
/// <param name="CtLen">Its length.</param>
public sealed record AcceptMessage(
    Digest<AnchoredRecord> Rid, long Ver, Digest<RecordVersion> Digest, string Sig, Digest<Attachment> CtDigest, uint CtLen);

/// <summary><c>contract.terminate</c>: notice by one of the two.</summary>
/// <param name="Rid">The contract.</param>
/// <param name="To">When it ends, milliseconds; not later than agreed.</param>
public sealed record TerminateMessage(Digest<AnchoredRecord> Rid, long To);

/// <summary><c>portfolio.register</c>: contracts that make one offer unit. Signed inside by broker and market operator, as is the guarantee.</summary>
public sealed record PortfolioMessage : AnchorMessage
{
    public required Digest<Portfolio> Portfolio { get; init; }

    /// <summary>The market operator, who co-signed.</summary>
    public required AccountId Operator { get; init; }

    /// <summary>The confidential amount that the engine checks bids against.</summary>
    public required AnchorMessage Guarantee { get; init; }
}

/// <summary><c>mandate.issue</c>: a broker lets a desk bid for a portfolio. A right of the rights contract is issued with it; limits are in the record.</summary>
public sealed record MandateMessage : AnchorMessage
{
    public required Digest<Right> Right { get; init; }

    public required Digest<Portfolio> Portfolio { get; init; }

    /// <summary>The desk's account, which may be the broker's.</summary>
    public required AccountId Desk { get; init; }

    /// <summary>Until when, excluded, Unix seconds.</summary>
    public required long ExpiresSeconds { get; init; }
}

/// <summary><c>bid.put</c>: a version of a sealed bid.</summary>
public sealed record BidMessage : AnchorMessage
{
    /// <summary>The right on which the desk acts: read, not redeemed.</summary>
    public required Digest<Right> Mandate { get; init; }
}

/// <summary><c>award.put</c>: that a broker has an award; by the market operator.</summary>
public sealed record AwardMessage : AnchorMessage;

/// <summary>The strict JSON forms of the messages.</summary>
[JsonSerializable(typeof(AnchorMessage))]
[JsonSerializable(typeof(OfferMessage))]
[JsonSerializable(typeof(AcceptMessage))]
[JsonSerializable(typeof(TerminateMessage))]
[JsonSerializable(typeof(PortfolioMessage))]
[JsonSerializable(typeof(MandateMessage))]
[JsonSerializable(typeof(BidMessage))]
[JsonSerializable(typeof(AwardMessage))]
[JsonSerializable(typeof(SessionMessage))]
[JsonSerializable(typeof(RandomnessMessage))]
[JsonSerializable(typeof(ResultMessage))]
[JsonSerializable(typeof(CurvesMessage))]
[JsonSerializable(typeof(AnnulMessage))]
public sealed partial class BrokerageJson : JsonSerializerContext
{
    public static BrokerageJson Instance { get; } = new(MessageJson.NewOptions());
}
