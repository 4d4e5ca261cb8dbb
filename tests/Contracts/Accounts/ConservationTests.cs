using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Tests.Harness;

namespace Counterfoil.Contracts.Tests.Accounts;

public class ConservationTests
{
    // Against a model of three lines: a dictionary of balances.
    [Fact]
    public void RandomOrders_OverManyBlocks_KeepTheSumAndAgreeWithTheModel()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var world = new AccountsWorld(sponsorQuota: 100, others: 8);
        TestAccount[] parties = [world.Alice, world.Bob, world.Bank, .. world.Others];
        var model = parties.ToDictionary(party => party.Id, _ => (UInt128)0);
        model[world.Alice.Id] = 1000;
        UInt128 supply = 1000;
        var accepted = 0;
        for (var block = 0; block < 150; block++)
        {
            var orders = new List<BenchTransaction>();
            var expected = new List<string>();
            for (var count = random.Next(1, 12); count > 0; count--)
            {
                var from = parties[random.Next(parties.Length)];
                var to = parties[random.Next(parties.Length)];
                UInt128 units = (uint)random.Next(1, 600);
                var code = "accepted";
                string action;
                switch (random.Next(10))
                {
                    case 0:
                        (action, from) = ("accounts.mint", world.Bank);
                        if (supply + units > 1_000_000) code = "over_cap";
                        else { supply += units; model[to.Id] += units; }
                        break;
                    case 1:
                        action = "accounts.burn";
                        if (model[from.Id] < units) code = "insufficient_funds";
                        else { supply -= units; model[from.Id] -= units; }
                        break;
                    default:
                        action = "accounts.transfer";
                        if (from == to) code = "same_account";
                        else if (model[from.Id] < units) code = "insufficient_funds";
                        else { model[from.Id] -= units; model[to.Id] += units; }
                        break;
                }
                var argument = action == "accounts.burn" ? $$"""{"amount":{"asset":"{{world.Euro}}","units":"{{units}}"} }""" : AccountsWorld.Transfer(to.Id, world.Euro, units);
                orders.Add(new BenchTransaction(action, argument, [from]));
                expected.Add(code);
            }
            var results = world.Bench.Block([.. orders]);
            Assert.True(expected.SequenceEqual(results.Select(result => result.Code)), $"seed {seed}, block {block}");
            accepted += results.Count(result => result.Code == "accepted");
        }
        Assert.True(accepted > 100, $"seed {seed}: the run has something to say");
        Assert.All(model, entry => Assert.Equal(entry.Value, world.Accounts.BalanceOf(entry.Key, world.Euro).Units));
        Assert.Equal(supply, world.Accounts.SupplyOf(world.Euro).Units);
        Assert.Equal(supply, model.Values.Aggregate((sum, units) => sum + units));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Genesis_OfTenThousandEntries_IsAppliedAndCounted()
    {
        var issuer = new TestAccount("issuer");
        var accounts = Enumerable.Range(0, 10_000).Select(number => new TestAccount($"holder {number}")).ToArray();
        var asset = $$"""{"issuer":"{{issuer}}","code":"EUR","name":"Euro","decimals":2,"cap":"100000","transferable":true,"shieldable":false}""";
        var balances = string.Join(",", accounts.Select(account => $$"""{"account":"{{account}}","asset":"EUR","units":"7"}"""));
        var bench = new ContractBench(ContractBench.GenesisOf([issuer, .. accounts], asset, balances));
        Assert.Equal((UInt128)70_000, bench.Kernel.Accounts.SupplyOf(Asset.IdOf(issuer.Id, "EUR")).Units);
        Assert.Equal((UInt128)7, bench.Kernel.Accounts.BalanceOf(accounts[9_999].Id, Asset.IdOf(issuer.Id, "EUR")).Units);
    }

    //           balances
    [Theory]
    [InlineData("""{"account":"A","asset":"USD","units":"1"}""")]
    [InlineData("""{"account":"A","asset":"EUR","units":"101"}""")]
    [InlineData("""{"account":"A","asset":"EUR","units":"0"}""")]
    [InlineData("""{"account":"A","asset":"EUR","units":"1"},{"account":"A","asset":"EUR","units":"1"}""")]
    [InlineData("""{"account":"S","asset":"EUR","units":"1"}""")]
    [InlineData("""{"account":"A","asset":"EUR","units":1}""")]
    public void Genesis_ThatContradictsItself_IsAFault(string balances)
    {
        var issuer = new TestAccount("issuer");
        var asset = $$"""{"issuer":"{{issuer}}","code":"EUR","name":"Euro","decimals":2,"cap":"100","transferable":true,"shieldable":false}""";
        var text = balances.Replace("\"A\"", $"\"{issuer}\"", StringComparison.Ordinal).Replace("\"S\"", $"\"{new TestAccount("stranger")}\"", StringComparison.Ordinal);
        Assert.Throws<Counterfoil.Ledger.Execution.GenesisException>(() => new ContractBench(ContractBench.GenesisOf([issuer], asset, text)));
    }
}
