using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Tests.Accounts;

public class AssetTests
{
    private readonly AccountsWorld world = new();

    private static string Definition(string code, string name, int decimals, string cap, bool shieldable) =>
        $$"""{"code":"{{code}}","name":"{{name}}","decimals":{{decimals}},"cap":"{{cap}}","transferable":true,"shieldable":{{(shieldable ? "true" : "false")}}}""";

    //           code             name      decimals  cap                                        shieldable  result
    [Theory]
    [InlineData("USD",           "Dollar",  2,        "1",                                       true,       "accepted")]
    [InlineData("A1B2C3D4E5F6",  "Long",    18,       "340282366920938463463374607431768211455", false,      "accepted")]
    [InlineData("EUR",           "Euro",    2,        "5",                                       false,      "asset_exists")]
    [InlineData("US",            "Dollar",  2,        "5",                                       false,      "malformed_asset")]
    [InlineData("A1B2C3D4E5F67", "Long",    2,        "5",                                       false,      "malformed_asset")]
    [InlineData("usd",           "Dollar",  2,        "5",                                       false,      "malformed_asset")]
    [InlineData("USD",           "",        2,        "5",                                       false,      "malformed_asset")]
    [InlineData("USD",           "Dollar",  19,       "5",                                       false,      "malformed_asset")]
    [InlineData("USD",           "Dollar",  -1,       "5",                                       false,      "malformed_asset")]
    [InlineData("USD",           "Dollar",  2,        "0",                                       false,      "malformed_asset")]
    [InlineData("USD",           "Dollar",  2,        "9223372036854775807",                     true,       "accepted")]
    [InlineData("USD",           "Dollar",  2,        "9223372036854775808",                     true,       "cap_too_large")]
    public void DefineAsset_ByScenario(string code, string name, int decimals, string cap, bool shieldable, string result) =>
        Assert.Equal(result, world.Bench.Run("accounts.define_asset", Definition(code, name, decimals, cap, shieldable), world.Bank).Code);

    [Fact]
    public void IdOf_IsTheDocumentedHash()
    {
        byte[] input = [.. "cf-asset\0"u8, .. world.Bank.Id.Thumbprint.ToArray(), .. "EUR"u8];
        Assert.Equal(Digest<Asset>.Of(input), world.Euro);
    }

    [Fact]
    public void Mint_UpToTheCap_IsAcceptedFromTheIssuerOnly()
    {
        var all = AccountsWorld.Transfer(world.Bob.Id, world.Euro, 999_000);
        Assert.Equal("not_issuer", world.Bench.Run("accounts.mint", all, world.Alice).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.mint", all, world.Bank).Code);
        var more = world.Bench.Run("accounts.mint", AccountsWorld.Transfer(world.Bob.Id, world.Euro, 1), world.Bank);
        Assert.Equal("over_cap", more.Code);
        Assert.Equal([("needed", "1"), ("available", "0")], more.Facts);
        Assert.Equal((UInt128)1_000_000, world.Accounts.SupplyOf(world.Euro).Units);
        Assert.Equal("unknown_asset", world.Bench.Run("accounts.mint", AccountsWorld.Transfer(world.Bob.Id, Digest<Asset>.Of("x"u8), 1), world.Bank).Code);
        Assert.Equal("zero_amount", world.Bench.Run("accounts.mint", AccountsWorld.Transfer(world.Bob.Id, world.Euro, 0), world.Bank).Code);
    }

    [Fact]
    public void Burn_OfOnesOwn_ShrinksTheSupply()
    {
        string Burn(UInt128 units) => $$"""{"amount":{"asset":"{{world.Euro}}","units":"{{units}}"} }""";
        Assert.Equal("insufficient_funds", world.Bench.Run("accounts.burn", Burn(1), world.Bob).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.burn", Burn(400), world.Alice).Code);
        Assert.Equal((600ul, (UInt128)600), (world.Balance(world.Alice.Id), world.Accounts.SupplyOf(world.Euro).Units));
        Assert.Equal("insufficient_funds", world.Bench.Run("accounts.burn", Burn(601), world.Alice).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.burn", Burn(600), world.Alice).Code);
        Assert.Equal("not_authorised", world.InProbe(context => world.Accounts.Burn(context, world.Alice.Id, new Amount(world.Euro, 1)), world.Bob).Code);
        Assert.Equal("unknown_asset", world.Bench.Run("accounts.burn", Burn(1).Replace(world.Euro.ToString(), Digest<Asset>.Of("x"u8).ToString(), StringComparison.Ordinal), world.Alice).Code);
        Assert.Equal("zero_amount", world.Bench.Run("accounts.burn", Burn(0), world.Alice).Code);
    }

    [Fact]
    public void ContractAsset_IsMintedByItsContractOnly()
    {
        var issuer = Authority.OfContract("probe");
        var definition = new DefineAssetMessage("SHARE", "Share", 0, 100, true, false);
        var share = new Amount(Asset.IdOf(issuer, "SHARE"), 60);
        Refusal? Define(ExecutionContext context) => context.Call(inner => world.Accounts.DefineAsset(inner, issuer, definition));
        Refusal? Mint(ExecutionContext context) => context.Call(inner => world.Accounts.Mint(inner, world.Bob.Id, share));
        Assert.Equal("not_authorised", world.InProbe(context => world.Accounts.DefineAsset(context, issuer, definition), world.Bank).Code);
        Assert.Equal("accepted", world.InProbe(Define, world.Bank).Code);
        Assert.Equal("not_issuer", world.InProbe(context => world.Accounts.Mint(context, world.Bob.Id, share), world.Bank).Code);
        Assert.Equal("accepted", world.InProbe(Mint, world.Bank).Code);
        Assert.Equal("over_cap", world.InProbe(Mint, world.Bank).Code);
        Assert.Equal((UInt128)60, world.Accounts.BalanceOf(world.Bob.Id, share.Asset).Units);
    }
}
