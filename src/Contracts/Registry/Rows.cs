using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Registry;

/// <summary>
/// Marker for an item's id: 32 bytes that its registrar chooses, written as 64 hexadecimal digits.
/// </summary>
public sealed class Item
{
    private Item() { }
}

/// <summary>Marker for the digest of a document about an item.</summary>
public sealed class ItemDocument
{
    private ItemDocument() { }
}

/// <summary>Names an item: registrar 32, id 32.</summary>
/// <param name="Registrar">An account, or a contract (<see cref="Authority.OfContract"/>).</param>
/// <param name="Id">The id, unique for the registrar.</param>
public readonly record struct ItemKey(AccountId Registrar, Digest<Item> Id) : IStateKey<ItemKey>
{
    /// <inheritdoc/>
    public int CompareTo(ItemKey other)
    {
        var order = Registrar.CompareTo(other.Registrar);
        return order != 0 ? order : Id.CompareTo(other.Id);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Registrar);
        writer.Digest(Id);
    }

    /// <inheritdoc/>
    public static ItemKey Read(ref StateReader reader) =>
        new(reader.Account(), reader.Digest<Item>());
}

/// <summary>
/// An item, history table <c>registry.items</c>, key: <see cref="ItemKey"/>. Bytes: kind (length 4
/// and UTF-8), owner 32, document 32 (zeros: none), ruled by contract 1, retired 1, height 8. A
/// retired item keeps its row, so that its id is never given again.
/// </summary>
/// <param name="Kind">What it is, in the registrar's words.</param>
/// <param name="Owner">Who has it, or had it last.</param>
/// <param name="Document">The digest of a salted document about it; may be unset.</param>
/// <param name="IsRuledByContract">True if a contract registered it, which alone moves it.</param>
/// <param name="IsRetired">True if it is no more.</param>
/// <param name="Height">The block in which it was registered.</param>
public sealed record ItemRow(string Kind, AccountId Owner, Digest<ItemDocument> Document,
    bool IsRuledByContract, bool IsRetired, long Height)
    : IStateRow<ItemRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Text(Kind);
        writer.Account(Owner);
        writer.Digest(Document);
        writer.Bool(IsRuledByContract);
        writer.Bool(IsRetired);
        writer.Int64(Height);
    }

    /// <inheritdoc/>
    public static ItemRow Read(ref StateReader reader) =>
        new(reader.Text(), reader.Account(), reader.Digest<ItemDocument>(), reader.Bool(), reader.Bool(),
            reader.Int64());
}
