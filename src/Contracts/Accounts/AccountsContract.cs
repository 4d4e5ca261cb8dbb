using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Accounts;

/// <summary>
/// Accounts with their key sets, and fungible assets: who may sign for whom, and who holds how
/// much. Other contracts call its public operations; where they pass the context of their own
/// handler, the signers' authority stands under the call, and through
/// <see cref="ExecutionContext.Call"/> their own, which reaches the keyless accounts that they
/// opened.
/// </summary>
public sealed partial class AccountsContract : Contract, IAccountDirectory
{
    /// <summary>The most active keys of an account.</summary>
    public const int MaximumKeys = 16;

    /// <summary>The most accounts in one <c>accounts.sponsor</c>.</summary>
    public const int MaximumSponsored = 1_000;

    private Table<AccountKey, AccountRow> accounts = null!;
    private HistoryTable<AccountKeyName, KeyRow> keys = null!;
    private Table<AccountKey, ContractAccountRow> contractAccounts = null!;
    private Table<DigestKey<Asset>, AssetRow> assets = null!;
    private Table<DigestKey<Asset>, UnitsRow> supply = null!;
    private Table<BalanceKey, UnitsRow> balances = null!;

    /// <inheritdoc/>
    public override string Name => "accounts";

    /// <summary>
    /// Funds of (account, asset): what an action that spends claims; answered with
    /// <c>insufficient_funds</c>.
    /// </summary>
    public ClaimKind Funds { get; private set; } = null!;

    /// <summary>
    /// Who is paid nothing by a signature either, since whoever they are was put out; null for nobody. Contracts still give back what they hold.
    /// </summary>
    internal IAccountBar? Bar { get; set; }

    /// <inheritdoc/>
    public override void Register(ContractRegistration registration)
    {
        accounts = registration.Table<AccountKey, AccountRow>("accounts");
        keys = registration.HistoryTable<AccountKeyName, KeyRow>("keys", ordered: true);
        contractAccounts = registration.Table<AccountKey, ContractAccountRow>("contract_accounts");
        assets = registration.Table<DigestKey<Asset>, AssetRow>("assets");
        supply = registration.Table<DigestKey<Asset>, UnitsRow>("supply");
        balances = registration.Table<BalanceKey, UnitsRow>("balances", ordered: true);
        Funds = new ClaimKind("accounts.funds", AccountsRefusals.InsufficientFunds, FundsOf);

        var json = AccountsJson.Instance;
        registration.Action("open", json.OpenMessage, (_, _) => null);
        registration.Action("sponsor", json.SponsorMessage, Sponsor, CheckSponsor);
        registration.Action("add_key", json.AddKeyMessage, AddKey, CheckAddKey);
        registration.Action("remove_key", json.RemoveKeyMessage, RemoveKey);
        registration.Action("rotate_key", json.RotateKeyMessage, RotateKey, CheckRotateKey);
        registration.Action("define_asset", json.DefineAssetMessage, DefineAsset, CheckDefineAsset);
        registration.Action(
            "mint",
            json.MintMessage,
            (context, message) => Make(context, message.To, message.Amount), (_, message) =>
                CheckAmount(message.Amount));
        registration.Action(
            "burn",
            json.BurnMessage,
            (context, message) => Destroy(context, context.Issuer, message.Amount),
            (_, message) => CheckAmount(message.Amount),
            (payload, message, claims) => claims.Add(FundsClaim(payload.Issuer, message.Amount)));
        registration.Action(
            "transfer",
            json.TransferMessage,
            (context, message) => Move(context, context.Issuer, message.To, message.Amount),
            (_, message) => CheckAmount(message.Amount),
            (payload, message, claims) => claims.Add(FundsClaim(payload.Issuer, message.Amount)));
    }

    /// <inheritdoc/>
    public override void Initialise(ExecutionContext context, JsonElement section) =>
        new GenesisLoader(this, context).Load(section);

    /// <inheritdoc/>
    public AccountStanding StandingOf(AccountId account) =>
        accounts.TryGet(new AccountKey(account), out var row) ? row.Standing : AccountStanding.Unknown;

    /// <inheritdoc/>
    public bool TryGetActiveKey(AccountId account, Digest<PublicKey> keyId, out PublicKey key)
    {
        var found = keys.TryGet(new AccountKeyName(account, keyId), out var row);
        key = row.Key;
        return found;
    }

    /// <summary>
    /// The key, if it was an active key of the account at the end of the block of that height.
    /// </summary>
    /// <param name="account">The account.</param>
    /// <param name="keyId">The key's thumbprint.</param>
    /// <param name="height">0 for genesis; the open block's height for now.</param>
    /// <param name="key">The key.</param>
    public bool TryGetKeyAt(AccountId account, Digest<PublicKey> keyId, long height, out PublicKey key)
    {
        var found = keys.TryGetAt(new AccountKeyName(account, keyId), height, out var row);
        key = row.Key;
        return found;
    }

    /// <summary>The account's row, for quotas and for people.</summary>
    public bool TryGetAccount(AccountId account, out AccountRow row) =>
        accounts.TryGet(new AccountKey(account), out row);

    /// <summary>
    /// The account's active keys, in the order of their thumbprints; at most <see cref="MaximumKeys"/>.
    /// </summary>
    public IReadOnlyList<PublicKey> KeysOf(AccountId account) =>
    [
        .. keys.From(new AccountKeyName(account, default), MaximumKeys)
            .TakeWhile(row => row.Key.Account == account)
            .Select(row => row.Value.Key),
    ];

    /// <summary>
    /// True if the account's authority stands under the call: it signed, or it is a keyless account
    /// of the calling contract.
    /// </summary>
    public bool IsAuthorised(ExecutionContext context, AccountId account)
    {
        if (context.IsSignedBy(account))
            return true;
        return context.Caller is { } caller
            && (contractAccounts.TryGet(new AccountKey(account), out var owner)
                ? owner.Contract == caller
                : account == Authority.OfContract(caller));
    }

    /// <summary>
    /// Opens a keyless account of the calling contract; the same again changes nothing. Call it
    /// through <see cref="ExecutionContext.Call"/>, or in genesis.
    /// </summary>
    /// <param name="context">An inner call.</param>
    /// <param name="purpose">What the contract keeps in it, 0 to 100 characters.</param>
    /// <param name="account">The account.</param>
    /// <returns><c>not_authorised</c> where no contract calls.</returns>
    public Refusal? OpenContractAccount(ExecutionContext context, string purpose, out AccountId account)
    {
        account = default;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(purpose.Length, 100);
        if (context.Caller is not { } caller)
            return AccountsRefusals.NotAuthorised;
        account = AccountId.OfContract(caller, purpose);
        var key = new AccountKey(account);
        if (contractAccounts.Contains(key))
            return null;
        contractAccounts.Set(key, new ContractAccountRow(caller, purpose));
        if (!accounts.Contains(key))
            accounts.Set(key, new AccountRow(AccountStanding.Addressed, default, context.Height, 0, 0));
        return null;
    }

    /// <summary>
    /// Makes an account known before it has a key, so that it can be given something: on the quota
    /// of the party that acts (<see cref="Authority.Of"/>). Known accounts cost nothing.
    /// </summary>
    /// <returns><c>not_authorised</c> where nobody acts, <c>sponsor_quota_exceeded</c>.</returns>
    public Refusal? Address(ExecutionContext context, AccountId account)
    {
        if (accounts.Contains(new AccountKey(account)))
            return null;
        if (context.Caller is not null && OpenContractAccount(context, "", out _) is { } refusal)
            return refusal;
        return AddressBy(context, account, Authority.Of(context));
    }

    /// <inheritdoc/>
    /// <returns>
    /// Null, or <c>malformed_key</c>, <c>account_exists</c>, <c>unknown_account</c> or
    /// <c>sponsor_quota_exceeded</c>.
    /// </returns>
    public Refusal? Open(ExecutionContext context, AccountId account, PublicKey firstKey, AccountId sponsor)
    {
        if (AccountId.Of(firstKey) != account || !Es256.IsOnCurve(firstKey))
            return AccountsRefusals.MalformedKey;
        var name = new AccountKey(account);
        if (accounts.TryGet(name, out var row))
        {
            if (row.Standing == AccountStanding.Open)
                return TransactionRefusals.AccountExists;
        }
        else if (sponsor.IsUnset && !context.IsGenesis)
        {
            return TransactionRefusals.UnknownAccount;
        }
        else if (AddressBy(context, account, sponsor) is { } refusal)
        {
            return refusal;
        }
        accounts.TryGet(name, out row);
        accounts.Set(name,
            row with { Standing = AccountStanding.Open, Height = context.Height, KeyCount = 1 });
        keys.Set(new AccountKeyName(account, firstKey.Thumbprint), new KeyRow(firstKey));
        return null;
    }

    private Refusal? AddressBy(ExecutionContext context, AccountId account, AccountId sponsor)
    {
        if (!context.IsGenesis)
        {
            var sponsorKey = new AccountKey(sponsor);
            if (!accounts.TryGet(sponsorKey, out var sponsorRow))
                return AccountsRefusals.NotAuthorised;
            if (sponsorRow.Sponsored >= context.Parameters.SponsorQuota)
                return AccountsRefusals.SponsorQuotaExceeded.With(("quota",
                    Text.Of(context.Parameters.SponsorQuota)));
            accounts.Set(sponsorKey, sponsorRow with { Sponsored = sponsorRow.Sponsored + 1 });
        }
        accounts.Set(new AccountKey(account), new AccountRow(AccountStanding.Addressed, context.IsGenesis
            ? default
            : sponsor, context.Height, 0, 0));
        return null;
    }

    private static Refusal? CheckSponsor(CheckContext context, SponsorMessage message) =>
        message.Accounts.Count is 0 or > MaximumSponsored
            || message.Accounts.ToHashSet().Count != message.Accounts.Count
            ? (Refusal)AccountsRefusals.MalformedList
            : null;

    private Refusal? Sponsor(ExecutionContext context, SponsorMessage message)
    {
        foreach (var account in message.Accounts)
            if (!accounts.Contains(new AccountKey(account))
                && AddressBy(context, account, context.Issuer) is { } refusal)
                return refusal;
        return null;
    }
}
