using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Registry;

/// <summary>
/// Why the registry says no, in order of precedence. It answers <c>sponsor_quota_exceeded</c> as
/// accounts does.
/// </summary>
public static class RegistryRefusals
{
    /// <summary>The kind has not the right form.</summary>
    public static readonly RefusalCode MalformedItem =
        new("malformed_item", "The item's kind is not 1 to 64 of a-z, 0-9, '.', '-', '_'.");

    /// <summary>Neither an account nor a contract acts.</summary>
    public static readonly RefusalCode NotAuthorised =
        new("not_authorised", "Nobody stands behind the item.");

    /// <summary>The registrar has an item of this id, retired or not.</summary>
    public static readonly RefusalCode ItemExists =
        new("item_exists", "The registrar already has, or had, an item with this id.");

    /// <summary>No such item.</summary>
    public static readonly RefusalCode UnknownItem = new("unknown_item", "There is no such item.");

    /// <summary>It is no more.</summary>
    public static readonly RefusalCode ItemRetired = new("item_retired", "The item was retired.");

    /// <summary>Neither its owner nor, where that suffices, its registrar is behind it.</summary>
    public static readonly RefusalCode NotOwner =
        new("not_owner", "Only the item's owner does this.");

    /// <summary>The owner has it already.</summary>
    public static readonly RefusalCode SameOwner =
        new("same_owner", "The item has this owner already.");

    /// <summary>All of them, in order of precedence.</summary>
    public static IReadOnlyList<RefusalCode> All { get; } =
        [MalformedItem, NotAuthorised, ItemExists, UnknownItem, ItemRetired, NotOwner, SameOwner];
}
