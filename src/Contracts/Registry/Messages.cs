using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Registry;

/// <summary>
/// <c>registry.register</c>: a non-fungible item under the id of the transaction's issuer.
/// </summary>
/// <param name="Item">The id that the registrar chooses, 64 hexadecimal digits; not derived from
/// anything that should stay hidden.</param>
/// <param name="Kind">What it is: 1 to 64 of a–z, 0–9, '.', '-', '_'.</param>
/// <param name="Owner">Who gets it; absent for the registrar. Addressed on the registrar's quota if
/// unknown.</param>
/// <param name="Document">The digest of a salted document about it; may be absent.</param>
public sealed record RegisterItemMessage(
    Digest<Item> Item, string Kind, AccountId? Owner = null, Digest<ItemDocument>? Document = null);

/// <summary>
/// <c>registry.transfer</c>: by the owner; an item of a contract moves by that contract only.
/// </summary>
/// <param name="Registrar">Who registered it.</param>
/// <param name="Item">The item.</param>
/// <param name="To">Who gets it.</param>
public sealed record TransferItemMessage(AccountId Registrar, Digest<Item> Item, AccountId To);

/// <summary><c>registry.retire</c>: by the owner or the registrar, for good.</summary>
/// <param name="Registrar">Who registered it.</param>
/// <param name="Item">The item.</param>
public sealed record RetireItemMessage(AccountId Registrar, Digest<Item> Item);

/// <summary>The strict JSON forms of the messages.</summary>
[JsonSerializable(typeof(RegisterItemMessage))]
[JsonSerializable(typeof(TransferItemMessage))]
[JsonSerializable(typeof(RetireItemMessage))]
public sealed partial class RegistryJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static RegistryJson Instance { get; } = new(MessageJson.NewOptions());
}
