using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Accounts;

public sealed partial class AccountsContract
{
    /// <summary>
    /// Fills the tables from the genesis document; every contradiction is a fault of configuration
    /// that names its place.
    /// </summary>
    private sealed class GenesisLoader(AccountsContract contract, ExecutionContext context)
    {
        private readonly Dictionary<string, Digest<Asset>> byCode = new(StringComparer.Ordinal);
        private readonly HashSet<string> ambiguous = new(StringComparer.Ordinal);

        public void Load(JsonElement section)
        {
            var genesis = Read(section);
            foreach (var account in genesis.Accounts)
                Accept(contract.Open(context, AccountId.Of(account.Key), account.Key, default),
                    $"account {account.Key}");
            foreach (var asset in genesis.Assets ?? [])
                Define(asset);
            foreach (var balance in genesis.Balances ?? [])
                Credit(balance);
        }

        private static AccountsGenesis Read(JsonElement section)
        {
            try
            {
                return section.Deserialize(AccountsJson.Instance.AccountsGenesis) ?? throw new GenesisException("The section accounts is null.");
            }
            catch (JsonException fault)
            {
                throw new GenesisException($"The section accounts has not the right form: {fault.Message}");
            }
        }

        private void Define(GenesisAsset asset)
        {
            var definition = new DefineAssetMessage(asset.Code, asset.Name, asset.Decimals, asset.Cap,
                asset.Transferable, asset.Shieldable);
            Accept(contract.DefineAsset(context, asset.Issuer, definition), $"asset {asset.Code}");
            if (!byCode.TryAdd(asset.Code, Asset.IdOf(asset.Issuer, asset.Code)))
                ambiguous.Add(asset.Code);
        }

        private void Credit(GenesisBalance balance)
        {
            var place = $"balance of {balance.Account} in {balance.Asset}";
            if (!byCode.TryGetValue(balance.Asset, out var id)
                && !Digest<Asset>.TryParse(balance.Asset, out id))
                throw new GenesisException($"The {place} names no asset.");
            if (ambiguous.Contains(balance.Asset))
                throw new GenesisException($"The {place}: several assets have this code; give the id.");
            if (!contract.TryGetAsset(id, out var asset))
                throw new GenesisException($"The {place} names no asset.");
            if (contract.StandingOf(balance.Account) == AccountStanding.Unknown)
                throw new GenesisException($"The {place} names no account of this section.");
            if (balance.Units == 0 || !contract.BalanceOf(balance.Account, id).IsZero)
                throw new GenesisException($"The {place} is zero or given twice.");
            if (balance.Units > asset.Cap - contract.SupplyOf(id).Units)
                throw new GenesisException($"The {place} exceeds the asset's cap.");
            contract.Issue(balance.Account, new Amount(id, balance.Units));
        }

        private static void Accept(Refusal? refusal, string place)
        {
            if (refusal is not null)
                throw new GenesisException($"The section accounts, {place}: {refusal}.");
        }
    }
}
