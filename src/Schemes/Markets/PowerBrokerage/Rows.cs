using Counterfoil.Contracts.Anchors;
using Counterfoil.Contracts.Registry;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage;

/// <summary>How a brokerage contract stands. The numbers are those of the table's bytes.</summary>
public enum ContractState
{
    Draft = 1,
    Lapsed = 2,

    /// <summary>Accepted; its interval is still to come.</summary>
    Agreed = 3,
    Active = 4,
    Terminating = 5,
    Ended = 6,
}

/// <summary>An offer that waits for its owner's acceptance.</summary>
public sealed record OfferRow(
    long Version, Digest<RecordVersion> Digest, Digest<PublicKey> BrokerKeyId, IReadOnlyList<ResourceTag> ResTags, long From, long To, bool Exclusive, Timestamp Until);

/// <summary>A brokerage contract, table <c>brokerage.contracts</c>, key: its record id.</summary>
public sealed record ContractRow(
    AccountId Broker, AccountId Owner, ContractState State, long AgreedVersion, Digest<RecordVersion> AgreedDigest, IReadOnlyList<ResourceTag> ResTags,
    long From, long To, bool Exclusive, OfferRow? Offer) : IStateRow<ContractRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Account(Broker);
        writer.Account(Owner);
        writer.Byte((byte)State);
        writer.Int64(AgreedVersion);
        writer.Digest(AgreedDigest);
        WriteTags(ref writer, ResTags);
        writer.Int64(From);
        writer.Int64(To);
        writer.Bool(Exclusive);
        writer.Bool(Offer is not null);
        if (Offer is null)
            return;
        writer.Int64(Offer.Version);
        writer.Digest(Offer.Digest);
        writer.Digest(Offer.BrokerKeyId);
        WriteTags(ref writer, Offer.ResTags);
        writer.Int64(Offer.From);
        writer.Int64(Offer.To);
        writer.Bool(Offer.Exclusive);
        writer.Time(Offer.Until);
    }

    public static ContractRow Read(ref StateReader reader)
    {
        var row = new ContractRow(
            reader.Account(), reader.Account(), (ContractState)reader.Byte(), reader.Int64(), reader.Digest<RecordVersion>(), ReadTags(ref reader),
            reader.Int64(), reader.Int64(), reader.Bool(), null);
        return !reader.Bool() ? row : row with
        {
            Offer = new OfferRow(
                reader.Int64(), reader.Digest<RecordVersion>(), reader.Digest<PublicKey>(), ReadTags(ref reader), reader.Int64(), reader.Int64(), reader.Bool(),
                reader.Time()),
        };
    }

    private static void WriteTags(ref StateWriter writer, IReadOnlyList<ResourceTag> tags)
    {
        writer.UInt32((uint)tags.Count);
        foreach (var tag in tags)
        {
            writer.Account(tag.Registrar);
            writer.Digest(tag.Item);
        }
    }

    private static ResourceTag[] ReadTags(ref StateReader reader)
    {
        var tags = new ResourceTag[reader.UInt32()];
        for (var index = 0; index < tags.Length; index++)
            tags[index] = new ResourceTag(reader.Account(), reader.Digest<Item>());
        return tags;
    }
}

/// <summary>Who began a record, as what, in which session (unset for none), table <c>brokerage.records</c>, key: its id.</summary>
public sealed record RecordRow(AccountId Account, string Rtype, Digest<AuctionSession> Session) : IStateRow<RecordRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Account(Account);
        writer.Text(Rtype);
        writer.Digest(Session);
    }

    public static RecordRow Read(ref StateReader reader) => new(reader.Account(), reader.Text(), reader.Digest<AuctionSession>());
}

/// <summary>An exclusive mandate over a resource, table <c>brokerage.item_mandates</c>: registrar 32, item 32, from 8, contract 32.</summary>
public readonly record struct ItemMandateKey(AccountId Registrar, Digest<Item> Item, long From, Digest<AnchoredRecord> Rid) : IStateKey<ItemMandateKey>
{
    public int CompareTo(ItemMandateKey other)
    {
        var order = Registrar.CompareTo(other.Registrar);
        if (order == 0) order = Item.CompareTo(other.Item);
        if (order == 0) order = From.CompareTo(other.From);
        return order != 0 ? order : Rid.CompareTo(other.Rid);
    }

    public void Write(ref StateWriter writer)
    {
        writer.Account(Registrar);
        writer.Digest(Item);
        writer.Int64(From);
        writer.Digest(Rid);
    }

    public static ItemMandateKey Read(ref StateReader reader) => new(reader.Account(), reader.Digest<Item>(), reader.Int64(), reader.Digest<AnchoredRecord>());
}

/// <summary>Until when an exclusive mandate lasts, milliseconds.</summary>
public readonly record struct ItemMandateRow(long To) : IStateRow<ItemMandateRow>
{
    public void Write(ref StateWriter writer) => writer.Int64(To);

    public static ItemMandateRow Read(ref StateReader reader) => new(reader.Int64());
}

/// <summary>A portfolio, table <c>brokerage.portfolios</c>, key: its id.</summary>
public sealed record PortfolioRow(AccountId Broker, AccountId Operator, Digest<AnchoredRecord> Rid, Digest<AnchoredRecord> GuaranteeRid) : IStateRow<PortfolioRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Account(Broker);
        writer.Account(Operator);
        writer.Digest(Rid);
        writer.Digest(GuaranteeRid);
    }

    public static PortfolioRow Read(ref StateReader reader) => new(reader.Account(), reader.Account(), reader.Digest<AnchoredRecord>(), reader.Digest<AnchoredRecord>());
}

/// <summary>What a mandate right is for, table <c>brokerage.mandates</c>, key: the right's id.</summary>
public sealed record MandateRow(AccountId Broker, Digest<Portfolio> Portfolio, AccountId Desk, Digest<AnchoredRecord> Rid) : IStateRow<MandateRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Account(Broker);
        writer.Digest(Portfolio);
        writer.Account(Desk);
        writer.Digest(Rid);
    }

    public static MandateRow Read(ref StateReader reader) => new(reader.Account(), reader.Digest<Portfolio>(), reader.Account(), reader.Digest<AnchoredRecord>());
}

/// <summary>A bid of a session: session 32, record 32; in this order a session's bids are read.</summary>
public readonly record struct BidKey(Digest<AuctionSession> Session, Digest<AnchoredRecord> Rid) : IStateKey<BidKey>
{
    public int CompareTo(BidKey other)
    {
        var order = Session.CompareTo(other.Session);
        return order != 0 ? order : Rid.CompareTo(other.Rid);
    }

    public void Write(ref StateWriter writer)
    {
        writer.Digest(Session);
        writer.Digest(Rid);
    }

    public static BidKey Read(ref StateReader reader) => new(reader.Digest<AuctionSession>(), reader.Digest<AnchoredRecord>());
}

/// <summary>The live version of a bid, table <c>brokerage.bids</c>.</summary>
public sealed record BidRow(AccountId Account, long Version, Digest<RecordVersion> Digest, Digest<Attachment> CiphertextDigest) : IStateRow<BidRow>
{
    public void Write(ref StateWriter writer)
    {
        writer.Account(Account);
        writer.Int64(Version);
        writer.Digest(Digest);
        writer.Digest(CiphertextDigest);
    }

    public static BidRow Read(ref StateReader reader) => new(reader.Account(), reader.Int64(), reader.Digest<RecordVersion>(), reader.Digest<Attachment>());
}

/// <summary>A part of a session's input while the gate closes: session 32, number 4.</summary>
public readonly record struct PartKey(Digest<AuctionSession> Session, uint Number) : IStateKey<PartKey>
{
    public int CompareTo(PartKey other)
    {
        var order = Session.CompareTo(other.Session);
        return order != 0 ? order : Number.CompareTo(other.Number);
    }

    public void Write(ref StateWriter writer)
    {
        writer.Digest(Session);
        writer.UInt32(Number);
    }

    public static PartKey Read(ref StateReader reader) => new(reader.Digest<AuctionSession>(), reader.UInt32());
}

/// <summary>The root over one part of the bids, table <c>brokerage.parts</c>.</summary>
public readonly record struct PartRow(Digest<MerkleNode> Root) : IStateRow<PartRow>
{
    public void Write(ref StateWriter writer) => writer.Digest(Root);

    public static PartRow Read(ref StateReader reader) => new(reader.Digest<MerkleNode>());
}
