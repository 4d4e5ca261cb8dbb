using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Accounts;

/// <summary>
/// An account, table <c>accounts.accounts</c>, key: account (32 bytes). Bytes: standing 1, sponsor
/// 32 (zeros: genesis or a contract), height 8, keys 4, sponsored 4.
/// </summary>
/// <param name="Standing">Addressed or open.</param>
/// <param name="Sponsor">Whose quota it counts on; unset for accounts of genesis and of
/// contracts.</param>
/// <param name="Height">The block in which it came to its standing.</param>
/// <param name="KeyCount">Active keys, at most <see cref="AccountsContract.MaximumKeys"/>.</param>
/// <param name="Sponsored">How many accounts count on its own quota.</param>
public readonly record struct AccountRow(AccountStanding Standing, AccountId Sponsor, long Height,
    int KeyCount, int Sponsored)
    : IStateRow<AccountRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Byte((byte)Standing);
        writer.Account(Sponsor);
        writer.Int64(Height);
        writer.UInt32((uint)KeyCount);
        writer.UInt32((uint)Sponsored);
    }

    /// <inheritdoc/>
    public static AccountRow Read(ref StateReader reader) =>
        new((AccountStanding)reader.Byte(), reader.Account(), reader.Int64(), (int)reader.UInt32(),
            (int)reader.UInt32());
}

/// <summary>Names a key of an account: account 32, key id 32.</summary>
/// <param name="Account">The account.</param>
/// <param name="KeyId">The key's thumbprint.</param>
public readonly record struct AccountKeyName(AccountId Account,
    Digest<PublicKey> KeyId) : IStateKey<AccountKeyName>
{
    /// <inheritdoc/>
    public int CompareTo(AccountKeyName other)
    {
        var order = Account.CompareTo(other.Account);
        return order != 0 ? order : KeyId.CompareTo(other.KeyId);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Account);
        writer.Digest(KeyId);
    }

    /// <inheritdoc/>
    public static AccountKeyName Read(ref StateReader reader) =>
        new(reader.Account(), reader.Digest<PublicKey>());
}

/// <summary>
/// An active key, history table <c>accounts.keys</c>, key: <see cref="AccountKeyName"/>. Bytes: the
/// point, 64.
/// </summary>
/// <param name="Key">A point on the curve.</param>
public readonly record struct KeyRow(PublicKey Key) : IStateRow<KeyRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.PublicKey(Key);

    /// <inheritdoc/>
    public static KeyRow Read(ref StateReader reader) => new(reader.PublicKey());
}

/// <summary>
/// A keyless account's owner, table <c>accounts.contract_accounts</c>, key: account. Bytes:
/// contract and purpose, each its length 4 and UTF-8.
/// </summary>
/// <param name="Contract">The contract that acts for it.</param>
/// <param name="Purpose">What the contract keeps in it; empty for the contract itself.</param>
public sealed record ContractAccountRow(string Contract, string Purpose) : IStateRow<ContractAccountRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Text(Contract);
        writer.Text(Purpose);
    }

    /// <inheritdoc/>
    public static ContractAccountRow Read(ref StateReader reader) =>
        new(reader.Text(), reader.Text());
}

/// <summary>
/// An asset, immutable; table <c>accounts.assets</c>, key: asset id (32 bytes). Bytes: issuer 32,
/// code and name (length 4 and UTF-8), decimals 1, cap 16, transferable 1, shieldable 1.
/// </summary>
/// <param name="Issuer">Who mints it.</param>
/// <param name="Code">3 to 12 upper-case letters and digits, unique for the issuer.</param>
/// <param name="Name">For people.</param>
/// <param name="Decimals">Where people put the point, 0 to 18.</param>
/// <param name="Cap">The most units that exist at one time.</param>
/// <param name="IsTransferable">False: it goes from the issuer to a holder and is burned
/// there.</param>
/// <param name="IsShieldable">True if amounts of it may be hidden in commitments; the cap is then
/// below 2^63.</param>
public sealed record AssetRow(
    AccountId Issuer, string Code, string Name, byte Decimals, UInt128 Cap, bool IsTransferable,
        bool IsShieldable) : IStateRow<AssetRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Issuer);
        writer.Text(Code);
        writer.Text(Name);
        writer.Byte(Decimals);
        writer.UInt128(Cap);
        writer.Bool(IsTransferable);
        writer.Bool(IsShieldable);
    }

    /// <inheritdoc/>
    public static AssetRow Read(ref StateReader reader) =>
        new(reader.Account(), reader.Text(), reader.Text(), reader.Byte(), reader.UInt128(), reader.Bool(),
            reader.Bool());
}

/// <summary>Names a balance: account 32, asset 32.</summary>
/// <param name="Account">The holder.</param>
/// <param name="Asset">The asset.</param>
public readonly record struct BalanceKey(AccountId Account, Digest<Asset> Asset) : IStateKey<BalanceKey>
{
    /// <inheritdoc/>
    public int CompareTo(BalanceKey other)
    {
        var order = Account.CompareTo(other.Account);
        return order != 0 ? order : Asset.CompareTo(other.Asset);
    }

    /// <inheritdoc/>
    public void Write(ref StateWriter writer)
    {
        writer.Account(Account);
        writer.Digest(Asset);
    }

    /// <inheritdoc/>
    public static BalanceKey Read(ref StateReader reader) =>
        new(reader.Account(), reader.Digest<Asset>());
}

/// <summary>
/// Units: a balance in the table <c>accounts.balances</c> under <see cref="BalanceKey"/>, where a
/// balance of zero has no row, or an asset's issued supply in <c>accounts.supply</c> under the
/// asset. Bytes: 16.
/// </summary>
/// <param name="Units">Smallest units.</param>
public readonly record struct UnitsRow(UInt128 Units) : IStateRow<UnitsRow>
{
    /// <inheritdoc/>
    public void Write(ref StateWriter writer) => writer.UInt128(Units);

    /// <inheritdoc/>
    public static UnitsRow Read(ref StateReader reader) => new(reader.UInt128());
}
