using System.Diagnostics.CodeAnalysis;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Registry;

/// <summary>
/// Non-fungible items: who registered them, who owns them, now and as of a past height. An item
/// stands under its registrar's id (<see cref="Authority.Of"/>). What an account registered, its
/// owner passes on; what a contract registered moves by that contract's rules alone.
/// </summary>
/// <param name="accounts">The accounts, which own items.</param>
public sealed class RegistryContract(AccountsContract accounts) : Contract
{
    /// <summary>The longest kind, in characters.</summary>
    public const int MaximumKindLength = 64;

    private HistoryTable<ItemKey, ItemRow> items = null!;

    /// <inheritdoc/>
    public override string Name => "registry";

    /// <inheritdoc/>
    public override void Register(ContractRegistration registration)
    {
        items = registration.HistoryTable<ItemKey, ItemRow>("items");
        var json = RegistryJson.Instance;
        registration.Action(
            "register", json.RegisterItemMessage, Register, (_, message) => CheckKind(message));
        registration.Action(
            "transfer",
            json.TransferItemMessage,
            (context, message) =>
                Transfer(context, new ItemKey(message.Registrar, message.Item), message.To));
        registration.Action(
            "retire",
            json.RetireItemMessage,
            (context, message) => Retire(context, new ItemKey(message.Registrar, message.Item)));
    }

    /// <summary>The item, retired or not.</summary>
    public bool TryGet(ItemKey key, [NotNullWhen(true)] out ItemRow? item) =>
        items.TryGet(key, out item);

    /// <summary>The item as it was at the end of the block of that height.</summary>
    public bool TryGetAt(ItemKey key, long height, [NotNullWhen(true)] out ItemRow? item) =>
        items.TryGetAt(key, height, out item);

    /// <summary>The item's owner; unset if there is no such item or it is retired.</summary>
    public AccountId OwnerOf(ItemKey key) =>
        items.TryGet(key, out var item) && !item.IsRetired ? item.Owner : default;

    /// <summary>Registers an item of the party that acts.</summary>
    /// <returns><c>malformed_item</c>, <c>not_authorised</c>, <c>item_exists</c>,
    /// <c>sponsor_quota_exceeded</c>.</returns>
    public Refusal? Register(ExecutionContext context, RegisterItemMessage message)
    {
        if (CheckKind(message) is { } malformed)
            return malformed;
        var registrar = Authority.Of(context);
        if (registrar.IsUnset)
            return RegistryRefusals.NotAuthorised;
        var key = new ItemKey(registrar, message.Item);
        if (items.Contains(key))
            return RegistryRefusals.ItemExists;
        var owner = message.Owner ?? registrar;
        if (accounts.Address(context, owner) is { } refusal)
            return refusal;
        items.Set(key, new ItemRow(
            message.Kind, owner, message.Document ?? default, IsRuledByContract: context.Caller is not null,
                IsRetired: false, context.Height));
        Emit(context, "registry.registered", key, owner);
        return null;
    }

    /// <summary>
    /// Gives an item to another owner: by its owner's authority, or by the contract that registered
    /// it.
    /// </summary>
    /// <returns><c>unknown_item</c>, <c>item_retired</c>, <c>not_owner</c>, <c>same_owner</c>,
    /// <c>sponsor_quota_exceeded</c>.</returns>
    public Refusal? Transfer(ExecutionContext context, ItemKey key, AccountId to)
    {
        if (!items.TryGet(key, out var item))
            return RegistryRefusals.UnknownItem;
        if (item.IsRetired)
            return RegistryRefusals.ItemRetired;
        if (item.IsRuledByContract
            ? !accounts.IsAuthorised(context, key.Registrar) : !accounts.IsAuthorised(context, item.Owner))
            return RegistryRefusals.NotOwner;
        if (to == item.Owner)
            return RegistryRefusals.SameOwner;
        if (accounts.Address(context, to) is { } refusal)
            return refusal;
        items.Set(key, item with { Owner = to });
        Emit(context, "registry.transferred", key, to);
        return null;
    }

    /// <summary>
    /// Ends an item: by its owner's or its registrar's authority; that of a contract by the
    /// contract alone.
    /// </summary>
    /// <returns><c>unknown_item</c>, <c>item_retired</c>, <c>not_owner</c>.</returns>
    public Refusal? Retire(ExecutionContext context, ItemKey key)
    {
        if (!items.TryGet(key, out var item))
            return RegistryRefusals.UnknownItem;
        if (item.IsRetired)
            return RegistryRefusals.ItemRetired;
        if (!accounts.IsAuthorised(context, key.Registrar)
            && (item.IsRuledByContract || !accounts.IsAuthorised(context, item.Owner)))
            return RegistryRefusals.NotOwner;
        items.Set(key, item with { IsRetired = true });
        Emit(context, "registry.retired", key, item.Owner);
        return null;
    }

    private static Refusal? CheckKind(RegisterItemMessage message)
    {
        var isKind = message.Kind.Length is > 0 and <= MaximumKindLength;
        foreach (var letter in message.Kind)
            isKind &= char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)
                || letter is '.' or '-' or '_';
        return isKind ? null : (Refusal)RegistryRefusals.MalformedItem;
    }

    private static void Emit(ExecutionContext context, string happened, ItemKey key, AccountId owner) =>
        context.Emit(happened, ("registrar", key.Registrar.ToString()), ("item", key.Id.ToString()),
            ("owner", owner.ToString()));
}
