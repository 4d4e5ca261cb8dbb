using System.Diagnostics.CodeAnalysis;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Accounts;

public sealed partial class AccountsContract
{
    /// <summary>How much of the asset the account holds.</summary>
    public Amount BalanceOf(AccountId account, Digest<Asset> asset) =>
        new(asset, UnitsOf(new BalanceKey(account, asset)));

    /// <summary>What the account holds, in the order of the assets' ids; at most 100 of them.</summary>
    public IReadOnlyList<Amount> BalancesOf(AccountId account) =>
        [.. balances.From(new BalanceKey(account, default), MaximumListedBalances).TakeWhile(row => row.Key.Account == account)
            .Select(row => new Amount(row.Key.Asset, row.Value.Units))];

    private const int MaximumListedBalances = 100;

    /// <summary>How much of the asset exists.</summary>
    public Amount SupplyOf(Digest<Asset> asset) =>
        new(asset, supply.TryGet(new DigestKey<Asset>(asset), out var row) ? row.Units : 0);

    /// <summary>The asset's definition.</summary>
    public bool TryGetAsset(Digest<Asset> asset, [NotNullWhen(true)] out AssetRow? row) =>
        assets.TryGet(new DigestKey<Asset>(asset), out row);

    /// <summary>The claim of an action that spends an amount of an account's.</summary>
    public Claim FundsClaim(AccountId account, in Amount amount) =>
        new(Funds, new ClaimKey(account.Thumbprint.As<ClaimSubject>(), amount.Asset.As<ClaimSubject>()),
            amount.Units);

    /// <summary>
    /// Defines an asset of an account or contract whose authority stands under the call.
    /// </summary>
    /// <returns><c>malformed_asset</c>, <c>cap_too_large</c>, <c>asset_exists</c>,
    /// <c>not_authorised</c>.</returns>
    public Refusal? DefineAsset(ExecutionContext context, AccountId issuer, DefineAssetMessage definition)
    {
        if (CheckDefinition(definition) is { } malformed)
            return malformed;
        var key = new DigestKey<Asset>(Asset.IdOf(issuer, definition.Code));
        if (assets.Contains(key))
            return AccountsRefusals.AssetExists;
        if (!context.IsGenesis && !IsAuthorised(context, issuer))
            return AccountsRefusals.NotAuthorised;
        assets.Set(key, new AssetRow(
            issuer, definition.Code, definition.Name, (byte)definition.Decimals, definition.Cap,
                definition.Transferable, definition.Shieldable));
        supply.Set(key, default);
        context.Emit("accounts.asset_defined", ("asset", key.Digest.ToString()));
        return null;
    }

    /// <summary>
    /// Makes units of an asset whose issuer's authority stands under the call. The event
    /// <c>accounts.minted</c> tells of it within other contracts' actions only, as for
    /// <see cref="Transfer"/>: so the log alone tells every movement of units.
    /// </summary>
    /// <returns><c>zero_amount</c>, <c>unknown_asset</c>, <c>not_issuer</c>, <c>over_cap</c>,
    /// <c>sponsor_quota_exceeded</c>.</returns>
    public Refusal? Mint(ExecutionContext context, AccountId to, in Amount amount)
    {
        var refusal = Make(context, to, amount);
        if (refusal is null)
        {
            context.Emit(
                "accounts.minted",
                ("to", to.ToString()), ("asset", amount.Asset.ToString()), ("units", Text.Of(amount.Units)));
        }
        return refusal;
    }

    private Refusal? Make(ExecutionContext context, AccountId to, in Amount amount)
    {
        if (amount.IsZero)
            return AccountsRefusals.ZeroAmount;
        if (!assets.TryGet(new DigestKey<Asset>(amount.Asset), out var asset))
            return AccountsRefusals.UnknownAsset;
        if (!IsAuthorised(context, asset.Issuer))
            return AccountsRefusals.NotIssuer;
        var issued = SupplyOf(amount.Asset).Units;
        Invariant.Require(issued <= asset.Cap, "no more of an asset exists than its cap");
        if (amount.Units > asset.Cap - issued)
            return AccountsRefusals.OverCap.With(("needed", Text.Of(amount.Units)),
                ("available", Text.Of(asset.Cap - issued)));
        if (!accounts.Contains(new AccountKey(to)) && AddressBy(context, to, asset.Issuer) is { } refusal)
            return refusal;
        Issue(to, amount);
        return null;
    }

    /// <summary>
    /// Destroys units of an account whose authority stands under the call. The event
    /// <c>accounts.burned</c> tells of it within other contracts' actions only.
    /// </summary>
    /// <returns><c>zero_amount</c>, <c>unknown_asset</c>, <c>not_authorised</c>,
    /// <c>insufficient_funds</c>.</returns>
    public Refusal? Burn(ExecutionContext context, AccountId from, in Amount amount)
    {
        var refusal = Destroy(context, from, amount);
        if (refusal is null)
        {
            context.Emit(
                "accounts.burned",
                ("from", from.ToString()), ("asset", amount.Asset.ToString()), ("units", Text.Of(amount.Units)));
        }
        return refusal;
    }

    private Refusal? Destroy(ExecutionContext context, AccountId from, in Amount amount)
    {
        if (amount.IsZero)
            return AccountsRefusals.ZeroAmount;
        var assetKey = new DigestKey<Asset>(amount.Asset);
        if (!assets.Contains(assetKey))
            return AccountsRefusals.UnknownAsset;
        if (!IsAuthorised(context, from))
            return AccountsRefusals.NotAuthorised;
        var key = new BalanceKey(from, amount.Asset);
        var available = UnitsOf(key);
        if (available < amount.Units)
            return Insufficient(amount.Units, available);
        var issued = SupplyOf(amount.Asset).Units;
        Invariant.Require(available <= issued, "nobody holds more of an asset than exists");
        SetUnits(key, available - amount.Units);
        supply.Set(assetKey, new UnitsRow(issued - amount.Units));
        Invariant.Require(UnitsOf(key) + amount.Units == available, "a burn takes what it says");
        return null;
    }

    /// <summary>
    /// Moves units from an account whose authority stands under the call. An unknown recipient is
    /// addressed on the sender's quota. The event <c>accounts.transferred</c> tells of transfers
    /// within other contracts' actions only: an <c>accounts.transfer</c> says it itself.
    /// </summary>
    /// <param name="context">The handler's context, for the signers' authority, or an inner call's,
    /// for the calling contract's.</param>
    /// <param name="from">Who pays.</param>
    /// <param name="to">Who is paid.</param>
    /// <param name="amount">Asset and units, at least 1.</param>
    /// <returns>
    /// Null, or <c>zero_amount</c>, <c>same_account</c>, <c>unknown_asset</c>,
    /// <c>not_transferable</c>, <c>not_authorised</c>, <c>insufficient_funds</c>, the reason why nobody
    /// deals with the recipient (such as <c>certificate_revoked</c>), <c>sponsor_quota_exceeded</c>.
    /// </returns>
    public Refusal? Transfer(ExecutionContext context, AccountId from, AccountId to, in Amount amount)
    {
        var refusal = Move(context, from, to, amount);
        if (refusal is null)
        {
            context.Emit(
                "accounts.transferred",
                ("from", from.ToString()), ("to", to.ToString()), ("asset", amount.Asset.ToString()),
                    ("units", Text.Of(amount.Units)));
        }
        return refusal;
    }

    private Refusal? Move(ExecutionContext context, AccountId from, AccountId to, in Amount amount)
    {
        if (amount.IsZero)
            return AccountsRefusals.ZeroAmount;
        if (from == to)
            return AccountsRefusals.SameAccount;
        if (!assets.TryGet(new DigestKey<Asset>(amount.Asset), out var asset))
            return AccountsRefusals.UnknownAsset;
        if (!asset.IsTransferable)
            return AccountsRefusals.NotTransferable;
        if (!IsAuthorised(context, from))
            return AccountsRefusals.NotAuthorised;
        var fromKey = new BalanceKey(from, amount.Asset);
        var toKey = new BalanceKey(to, amount.Asset);
        var available = UnitsOf(fromKey);
        if (available < amount.Units)
            return Insufficient(amount.Units, available);
        if (context.IsSignedBy(from) && Bar?.BarOfRecipient(to) is { } barred)
            return barred;
        // Whoever holds something is known.
        var before = UnitsOf(toKey);
        if (before == 0 && !accounts.Contains(new AccountKey(to))
            && AddressBy(context, to, from) is { } refusal)
            return refusal;
        Invariant.Require(available <= asset.Cap
            && before <= asset.Cap - available, "two holders have no more of an asset than its cap");
        SetUnits(fromKey, available - amount.Units);
        SetUnits(toKey, before + amount.Units);
        Invariant.Require(UnitsOf(fromKey) + UnitsOf(toKey) == available + before,
            "a transfer keeps the sum");
        return null;
    }

    private static Refusal? CheckAmount(in Amount amount) =>
        amount.IsZero ? (Refusal)AccountsRefusals.ZeroAmount : null;

    private static Refusal? CheckDefineAsset(CheckContext context, DefineAssetMessage message) =>
        CheckDefinition(message);

    private static Refusal? CheckDefinition(DefineAssetMessage message)
    {
        if (!Asset.IsCode(message.Code) || message.Name.Length is 0 or > Asset.MaximumNameLength
            || message.Decimals is < 0 or > Asset.MaximumDecimals || message.Cap == 0)
            return AccountsRefusals.MalformedAsset;
        return message.Shieldable && message.Cap >= Asset.ShieldableCapLimit
            ? (Refusal)AccountsRefusals.CapTooLarge
            : null;
    }

    private Refusal? DefineAsset(ExecutionContext context, DefineAssetMessage message) =>
        DefineAsset(context, context.Issuer, message);

    private void Issue(AccountId to, in Amount amount)
    {
        var key = new BalanceKey(to, amount.Asset);
        var assetKey = new DigestKey<Asset>(amount.Asset);
        var before = UnitsOf(key);
        var issued = SupplyOf(amount.Asset).Units;
        Invariant.Require(before <= issued, "nobody holds more of an asset than exists");
        SetUnits(key, before + amount.Units);
        supply.Set(assetKey, new UnitsRow(issued + amount.Units));
        Invariant.Require(UnitsOf(key) == before + amount.Units, "a mint gives what it says");
    }

    private UInt128 UnitsOf(in BalanceKey key) =>
        balances.TryGet(in key, out var row) ? row.Units : 0;

    private void SetUnits(in BalanceKey key, UInt128 units)
    {
        if (units == 0)
            balances.Remove(in key);
        else
            balances.Set(in key, new UnitsRow(units));
    }

    private UInt128 FundsOf(ClaimKey key) =>
        UnitsOf(new BalanceKey(new AccountId(key.First.As<PublicKey>()), key.Second.As<Asset>()));

    private static Refusal Insufficient(UInt128 needed, UInt128 available) =>
        AccountsRefusals.InsufficientFunds.With(("needed", Text.Of(needed)),
            ("available", Text.Of(available)));
}
