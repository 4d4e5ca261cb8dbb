using System.Text.Json.Serialization;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Accounts;

/// <summary>
/// <c>accounts.open</c>: opens the accounts of the signers that come with <c>jwk</c>; nothing else.
/// </summary>
public sealed record OpenMessage;

/// <summary>
/// <c>accounts.sponsor</c>: lets these accounts open by themselves later, on the issuer's quota.
/// Known ones are passed over.
/// </summary>
/// <param name="Accounts">1 to 1,000, each once.</param>
public sealed record SponsorMessage(IReadOnlyList<AccountId> Accounts);

/// <summary><c>accounts.add_key</c>: gives the issuer's account another key.</summary>
/// <param name="Key">The new key.</param>
/// <param name="Possession">Its compact JWS (see <see cref="KeyPossession"/>).</param>
public sealed record AddKeyMessage(PublicKey Key, string Possession);

/// <summary>
/// <c>accounts.remove_key</c>: takes a key from the issuer's account, never the last.
/// </summary>
/// <param name="KeyId">The key's thumbprint, 64 hexadecimal digits.</param>
public sealed record RemoveKeyMessage([property: JsonPropertyName("kid")] Digest<PublicKey> KeyId);

/// <summary><c>accounts.rotate_key</c>: puts a new key in an old one's place.</summary>
/// <param name="KeyId">The old key's thumbprint, 64 hexadecimal digits.</param>
/// <param name="Key">The new key.</param>
/// <param name="Possession">Its compact JWS (see <see cref="KeyPossession"/>).</param>
public sealed record RotateKeyMessage([property: JsonPropertyName("kid")] Digest<PublicKey> KeyId,
    PublicKey Key, string Possession);

/// <summary><c>accounts.define_asset</c>: an asset that the issuer mints.</summary>
/// <param name="Code">3 to 12 upper-case letters and digits, unique for the issuer.</param>
/// <param name="Name">For people, 1 to 64 characters.</param>
/// <param name="Decimals">Where people put the point, 0 to 18.</param>
/// <param name="Cap">The most units that exist at one time, at least 1; immutable.</param>
/// <param name="Transferable">False: it goes from the issuer to a holder and is burned
/// there.</param>
/// <param name="Shieldable">True if amounts may be hidden in commitments; the cap is then below
/// 2^63.</param>
public sealed record DefineAssetMessage(
    string Code,
    string Name,
    int Decimals,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Cap,
    bool Transferable,
    bool Shieldable);

/// <summary><c>accounts.mint</c>: the asset's issuer makes units.</summary>
/// <param name="To">Who gets them.</param>
/// <param name="Amount">Asset and units.</param>
public sealed record MintMessage(AccountId To, Amount Amount);

/// <summary>
/// <c>accounts.burn</c>: the issuer of the transaction destroys units of its own.
/// </summary>
/// <param name="Amount">Asset and units.</param>
public sealed record BurnMessage(Amount Amount);

/// <summary>
/// <c>accounts.transfer</c>: from the issuer of the transaction to another account, which is
/// addressed on its quota if it is unknown.
/// </summary>
/// <param name="To">Who gets them.</param>
/// <param name="Amount">Asset and units.</param>
public sealed record TransferMessage(AccountId To, Amount Amount);

/// <summary>The section <c>accounts</c> of the genesis document; applied in this order.</summary>
/// <param name="Accounts">Accounts that are open from the beginning.</param>
/// <param name="Assets">Assets.</param>
/// <param name="Balances">What exists at the beginning; its sum is the issued supply.</param>
public sealed record AccountsGenesis(
    IReadOnlyList<GenesisAccount> Accounts, IReadOnlyList<GenesisAsset>? Assets = null,
        IReadOnlyList<GenesisBalance>? Balances = null);

/// <summary>An account of the beginning.</summary>
/// <param name="Key">Its first key.</param>
public sealed record GenesisAccount(PublicKey Key);

/// <summary>An asset of the beginning; members as in <see cref="DefineAssetMessage"/>.</summary>
/// <param name="Issuer">Its issuer.</param>
/// <param name="Code">Its code.</param>
/// <param name="Name">Its name.</param>
/// <param name="Decimals">Its decimals.</param>
/// <param name="Cap">Its cap, smallest units.</param>
/// <param name="Transferable">Whether it moves between holders.</param>
/// <param name="Shieldable">Whether amounts may be hidden.</param>
public sealed record GenesisAsset(
    AccountId Issuer,
    string Code,
    string Name,
    int Decimals,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Cap,
    bool Transferable,
    bool Shieldable);

/// <summary>A balance of the beginning.</summary>
/// <param name="Account">An account of this section.</param>
/// <param name="Asset">The id of an asset, 64 hexadecimal digits, or its code where only one asset
/// of this section has it.</param>
/// <param name="Units">Smallest units, at least 1.</param>
public sealed record GenesisBalance(
    AccountId Account, string Asset, [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Units);

/// <summary>The strict JSON forms of the messages.</summary>
[JsonSerializable(typeof(OpenMessage))]
[JsonSerializable(typeof(SponsorMessage))]
[JsonSerializable(typeof(AddKeyMessage))]
[JsonSerializable(typeof(RemoveKeyMessage))]
[JsonSerializable(typeof(RotateKeyMessage))]
[JsonSerializable(typeof(DefineAssetMessage))]
[JsonSerializable(typeof(MintMessage))]
[JsonSerializable(typeof(BurnMessage))]
[JsonSerializable(typeof(TransferMessage))]
[JsonSerializable(typeof(AccountsGenesis))]
public sealed partial class AccountsJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static AccountsJson Instance { get; } = new(MessageJson.NewOptions());
}
