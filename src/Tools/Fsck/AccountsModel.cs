using System.Globalization;
using System.Text.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Tools;

/// <summary>What a leaf's outcome should have been.</summary>
/// <param name="Code">The refusal's code; null for accepted.</param>
/// <param name="Facts">Facts that the refusal must have; null where any will do.</param>
/// <param name="IsKnown">False if nothing can be said.</param>
internal readonly record struct Verdict(
    string? Code, IReadOnlyList<(string Name, string Value)>? Facts, bool IsKnown)
{
    public static readonly Verdict Accepted = new(null, null, true);
    public static readonly Verdict Unknown = new(null, null, false);

    public static Verdict Refused(string code, params (string Name, string Value)[] facts) =>
        new(code, facts.Length == 0 ? null : facts, true);
}

/// <summary>
/// A small model of the contract <c>accounts</c>, written from its rules and not from its code's tables: says
/// what a transaction's outcome must be and follows what was accepted. Quotas of sponsors are not modelled.
/// </summary>
internal sealed class AccountsModel(KeyModel keys, AssetModel assets)
{
    private const int MostKeys = 16;

    public KeyModel Keys => keys;

    public AssetModel Assets => assets;

    /// <summary>
    /// True once something happened to accounts that this model does not know; nothing is said about keys and
    /// balances from then on.
    /// </summary>
    public bool IsLost { get; private set; }

    /// <summary>Fills the model from the section of genesis.</summary>
    /// <returns>False if the section has not the form that the contract asks for.</returns>
    public bool Begin(JsonElement section)
    {
        var members = new StrictMembers(section);
        var isWhole = true;
        foreach (var element in members.Array("accounts"))
        {
            var account = new StrictMembers(element);
            var key = account.Key("key");
            isWhole &= account.AreExact && Es256.IsOnCurve(key);
            keys.Add(KeyModel.IdOf(key), key);
        }
        var byCode = new Dictionary<string, Hash>(StringComparer.Ordinal);
        foreach (var element in members.Array("assets", isOptional: true))
        {
            var definition = new StrictMembers(element);
            var issuer = definition.Account("issuer");
            var (id, asset, code) = ReadDefinition(definition, issuer);
            isWhole &= definition.AreExact && assets.Define(id, asset);
            byCode[code] = id;
        }
        foreach (var element in members.Array("balances", isOptional: true))
        {
            var balance = new StrictMembers(element);
            var (account, name) = (balance.Account("account"), balance.AnyText("asset"));
            var units = balance.Units("units");
            var isNamed = byCode.TryGetValue(name, out var id)
                || Cryptography.Digest<Stored>.TryParse(name, out id);
            isWhole &= balance.AreExact && isNamed && assets.Mint(account, id, units);
        }
        return isWhole && members.AreExact;
    }

    /// <summary>What the action itself should answer, its signers being in order.</summary>
    /// <param name="transaction">A transaction of <c>accounts</c>.</param>
    /// <param name="isMalformed">True if the argument has not the members of the action.</param>
    public Verdict Judge(StoredTransaction transaction, out bool isMalformed)
    {
        var members = new StrictMembers(transaction.Argument);
        var verdict = transaction.Action switch
        {
            "accounts.open" => Verdict.Accepted,
            "accounts.sponsor" => members.Array("accounts").Count is > 0 and <= 1_000 ? Verdict.Accepted : Verdict.Unknown,
            "accounts.add_key" => JudgeAddKey(transaction.Issuer, members),
            "accounts.remove_key" => JudgeRemoveKey(transaction.Issuer, members),
            "accounts.rotate_key" => JudgeRotateKey(transaction.Issuer, members),
            "accounts.define_asset" => JudgeDefinition(transaction.Issuer, members),
            "accounts.mint" => JudgeMint(transaction.By, members),
            "accounts.burn" => JudgeBurn(transaction.Issuer, members),
            "accounts.transfer" => JudgeTransfer(transaction.Issuer, members),
            _ => Verdict.Unknown,
        };
        isMalformed = verdict.IsKnown && !members.AreExact;
        return verdict;
    }

    /// <summary>Follows an accepted transaction of <c>accounts</c>.</summary>
    public void Follow(StoredTransaction transaction)
    {
        var members = new StrictMembers(transaction.Argument);
        var issuer = transaction.Issuer;
        switch (transaction.Action)
        {
            case "accounts.open" or "accounts.sponsor":
                break;
            case "accounts.rotate_key":
                keys.Remove(issuer, members.Hash("kid"));
                keys.Add(issuer, members.Key("key"));
                break;
            case "accounts.add_key":
                keys.Add(issuer, members.Key("key"));
                break;
            case "accounts.remove_key":
                keys.Remove(issuer, members.Hash("kid"));
                break;
            case "accounts.define_asset":
                var (id, asset, _) = ReadDefinition(members, issuer);
                assets.Define(id, asset);
                break;
            case "accounts.mint":
                assets.Mint(members.Account("to"), ReadAmount(members).Asset, ReadAmount(members).Units);
                break;
            case "accounts.burn":
                assets.Burn(issuer, ReadAmount(members).Asset, ReadAmount(members).Units);
                break;
            case "accounts.transfer":
                assets.Move(
                    issuer, members.Account("to"), ReadAmount(members).Asset, ReadAmount(members).Units);
                break;
            default:
                IsLost = true;
                break;
        }
    }

    /// <summary>Follows an event of <c>accounts</c> in another contract's outcome.</summary>
    /// <returns>False if it cannot have happened.</returns>
    public bool Follow(StoredEvent happened)
    {
        if (!Cryptography.Digest<Stored>.TryParse(happened.Find("asset"), out var asset))
            return Lose();
        if (happened.Type == "accounts.asset_defined")
            return assets.Define(asset, new StoredAsset());
        var hasFrom = StrictMembers.TryAccount(happened.Find("from"), out var from);
        var hasTo = StrictMembers.TryAccount(happened.Find("to"), out var to);
        if (!StrictMembers.TryUnits(happened.Find("units"), out var units))
            return Lose();
        return happened.Type switch
        {
            "accounts.transferred" => hasFrom && hasTo && assets.Move(from, to, asset, units),
            "accounts.minted" => hasTo && assets.Mint(to, asset, units),
            "accounts.burned" => hasFrom && assets.Burn(from, asset, units),
            _ => Lose(),
        };
    }

    private bool Lose()
    {
        IsLost = true;
        return true;
    }

    private Verdict JudgeAddKey(Hash issuer, StrictMembers members)
    {
        var key = members.Key("key");
        members.AnyText("possession");
        if (keys.IsActive(issuer, KeyModel.IdOf(key)))
            return Verdict.Refused("key_exists");
        return keys.CountOf(issuer) >= MostKeys ? Verdict.Refused("too_many_keys") : Verdict.Accepted;
    }

    private Verdict JudgeRemoveKey(Hash issuer, StrictMembers members)
    {
        if (!keys.IsActive(issuer, members.Hash("kid")))
            return Verdict.Refused("key_inactive");
        return keys.CountOf(issuer) == 1 ? Verdict.Refused("last_key") : Verdict.Accepted;
    }

    private Verdict JudgeRotateKey(Hash issuer, StrictMembers members)
    {
        var (old, key) = (members.Hash("kid"), members.Key("key"));
        members.AnyText("possession");
        if (!keys.IsActive(issuer, old))
            return Verdict.Refused("key_inactive");
        return keys.IsActive(issuer, KeyModel.IdOf(key)) ? Verdict.Refused("key_exists") : Verdict.Accepted;
    }

    private Verdict JudgeDefinition(Hash issuer, StrictMembers members) =>
        assets.Find(ReadDefinition(members, issuer).Id) is null
            ? Verdict.Accepted
            : Verdict.Refused("asset_exists");

    private Verdict JudgeMint(IReadOnlyList<Hash> by, StrictMembers members)
    {
        members.Account("to");
        var (id, units) = ReadAmount(members);
        if (assets.Find(id) is not { } asset)
            return Verdict.Refused("unknown_asset");
        if (asset.Issuer is not { } issuer || asset.Cap is not { } cap)
            return Verdict.Unknown;
        if (!by.Contains(issuer))
            return Verdict.Refused("not_issuer");
        var available = cap - asset.Supply;
        return units > available
            ? Verdict.Refused("over_cap", ("needed", TextOf(units)), ("available", TextOf(available)))
            : Verdict.Accepted;
    }

    private Verdict JudgeBurn(Hash issuer, StrictMembers members)
    {
        var (id, units) = ReadAmount(members);
        return assets.Find(id) is null ? Verdict.Refused("unknown_asset") : JudgeFunds(issuer, id, units);
    }

    private Verdict JudgeTransfer(Hash issuer, StrictMembers members)
    {
        var to = members.Account("to");
        var (id, units) = ReadAmount(members);
        if (issuer == to)
            return Verdict.Refused("same_account");
        if (assets.Find(id) is not { } asset)
            return Verdict.Refused("unknown_asset");
        return asset.IsTransferable == false
            ? Verdict.Refused("not_transferable")
            : JudgeFunds(issuer, id, units);
    }

    private Verdict JudgeFunds(Hash account, Hash asset, UInt128 units)
    {
        var held = assets.BalanceOf(account, asset);
        return held < units
            ? Verdict.Refused("insufficient_funds", ("needed", TextOf(units)), ("available", TextOf(held)))
            : Verdict.Accepted;
    }

    private static (Hash Id, StoredAsset Asset, string Code) ReadDefinition(
        StrictMembers members, Hash issuer)
    {
        var code = members.AnyText("code");
        members.AnyText("name");
        members.Integer("decimals", 0, 18);
        var asset = new StoredAsset
        {
            Issuer = issuer,
            Cap = members.Units("cap"),
            IsTransferable = members.Flag("transferable"),
        };
        members.Flag("shieldable");
        return (AssetModel.IdOf(issuer, code), asset, code);
    }

    private static (Hash Asset, UInt128 Units) ReadAmount(StrictMembers members)
    {
        var amount = new StrictMembers(members.Element("amount"));
        return (amount.Hash("asset"), amount.Units("units"));
    }

    private static string TextOf(UInt128 number) => number.ToString(CultureInfo.InvariantCulture);
}
