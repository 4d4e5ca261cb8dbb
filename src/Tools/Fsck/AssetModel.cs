namespace Counterfoil.Tools;

/// <summary>An asset as the chain defined it; parts that an inner call defined are not known.</summary>
internal sealed class StoredAsset
{
    public Hash? Issuer { get; init; }

    public UInt128? Cap { get; init; }

    public bool? IsTransferable { get; init; }

    public UInt128 Supply { get; set; }
}

/// <summary>
/// Assets and who holds how much of them, followed through the chain: plain sums over transfers, without the
/// ledger's tables.
/// </summary>
internal sealed class AssetModel
{
    private readonly Dictionary<Hash, StoredAsset> assets = [];
    private readonly Dictionary<(Hash Account, Hash Asset), UInt128> balances = [];

    public int BalanceCount => balances.Count;

    public int AssetCount => assets.Count;

    public StoredAsset? Find(Hash asset) => assets.GetValueOrDefault(asset);

    public UInt128 BalanceOf(Hash account, Hash asset) => balances.GetValueOrDefault((account, asset));

    public static Hash IdOf(Hash issuer, string code) =>
        Hash.Of("cf-asset\0"u8, [.. issuer.ToArray(), .. System.Text.Encoding.ASCII.GetBytes(code)]);

    public bool Define(Hash id, StoredAsset asset) => assets.TryAdd(id, asset);

    /// <summary>Makes units.</summary>
    /// <returns>False if there is no such asset or more than its cap.</returns>
    public bool Mint(Hash to, Hash asset, UInt128 units)
    {
        if (Find(asset) is not { } definition || units == 0
            || units > (definition.Cap ?? UInt128.MaxValue) - definition.Supply)
            return false;
        definition.Supply += units;
        Put(to, asset, BalanceOf(to, asset) + units);
        return true;
    }

    /// <summary>Destroys units.</summary>
    /// <returns>False if the account has fewer.</returns>
    public bool Burn(Hash from, Hash asset, UInt128 units)
    {
        var held = BalanceOf(from, asset);
        if (Find(asset) is not { } definition || units == 0 || held < units)
            return false;
        definition.Supply -= units;
        Put(from, asset, held - units);
        return true;
    }

    /// <summary>Moves units.</summary>
    /// <returns>False if the account has fewer.</returns>
    public bool Move(Hash from, Hash to, Hash asset, UInt128 units)
    {
        var held = BalanceOf(from, asset);
        if (Find(asset) is null || units == 0 || from == to || held < units)
            return false;
        Put(from, asset, held - units);
        Put(to, asset, BalanceOf(to, asset) + units);
        return true;
    }

    /// <summary>The first asset whose balances do not add up to its supply, or null.</summary>
    public Hash? FindUnbalanced()
    {
        var sums = new Dictionary<Hash, UInt128>();
        foreach (var ((_, asset), units) in balances)
            sums[asset] = checked(sums.GetValueOrDefault(asset) + units);
        foreach (var (id, asset) in assets)
            if (sums.GetValueOrDefault(id) != asset.Supply || asset.Supply > (asset.Cap ?? UInt128.MaxValue))
                return id;
        return null;
    }

    private void Put(Hash account, Hash asset, UInt128 units)
    {
        if (units == 0)
            balances.Remove((account, asset));
        else
            balances[(account, asset)] = units;
    }
}
