using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Tests.Accounts;

public class TransferTests
{
    private readonly AccountsWorld world = new();

    //           from     to         units     code                   alice  bob
    [Theory]
    [InlineData("alice", "bob",      1u,       "accepted",            999,   1)]
    [InlineData("alice", "bob",      1000u,    "accepted",            0,     1000)]
    [InlineData("alice", "bob",      1001u,    "insufficient_funds",  1000,  0)]
    [InlineData("bob",   "alice",    1u,       "insufficient_funds",  1000,  0)]
    [InlineData("alice", "alice",    1u,       "same_account",        1000,  0)]
    [InlineData("alice", "bob",      0u,       "zero_amount",         1000,  0)]
    public void Transfer_ByScenario(string from, string to, uint units, string code, ulong alice, ulong bob)
    {
        Assert.Equal(code, world.Pay(new TestAccount(from), new TestAccount(to).Id, units).Code);
        Assert.Equal((alice, bob), (world.Balance(world.Alice.Id), world.Balance(world.Bob.Id)));
    }

    [Fact]
    public void Transfer_Insufficient_TellsWhatIsNeededAndThere() =>
        Assert.Equal([("needed", "2000"), ("available", "1000")], world.Pay(world.Alice, world.Bob.Id, 2000).Facts);

    [Theory]
    [InlineData("""{"to":"TO","amount":{"asset":"EUR","units":1}}""")]
    [InlineData("""{"to":"TO","amount":{"asset":"EUR","units":"01"}}""")]
    [InlineData("""{"to":"TO","amount":{"asset":"EUR","units":"-1"}}""")]
    [InlineData("""{"to":"TO","amount":{"asset":"EUR","units":"340282366920938463463374607431768211456"}}""")]
    [InlineData("""{"to":"TO","amount":{"asset":"EUR","units":"1","memo":""}}""")]
    [InlineData("""{"to":"TO","amount":{"asset":"EUR","units":"1"},"to":"TO"}""")]
    [InlineData("""{"to":"TO","amount":{"asset":"EUR"}}""")]
    [InlineData("""{"to":"TO","amount":null}""")]
    [InlineData("""{"amount":{"asset":"EUR","units":"1"}}""")]
    [InlineData("""{"to":"TO="}""")]
    public void Transfer_OfAnotherForm_IsRefusedAsMalformed(string argument)
    {
        var text = argument.Replace("TO", world.Bob.Id.ToString(), StringComparison.Ordinal).Replace("EUR", world.Euro.ToString(), StringComparison.Ordinal);
        Assert.Equal("malformed_argument", world.Bench.Run("accounts.transfer", text, world.Alice).Code);
    }

    [Fact]
    public void Transfer_OfAnUnknownOrFixedAsset_IsRefused()
    {
        Assert.Equal("unknown_asset", world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(world.Bob.Id, Digest<Asset>.Of("x"u8), 1), world.Alice).Code);
        Assert.Equal("not_transferable", world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(world.Bob.Id, world.Points, 1), world.Alice).Code);
    }

    [Fact]
    public void Transfer_ToAnUnknownAccount_AddressesItOnTheSendersQuota()
    {
        var strangers = Enumerable.Range(0, 4).Select(number => new TestAccount($"stranger {number}")).ToArray();
        foreach (var stranger in strangers[..3])
            Assert.Equal("accepted", world.Pay(world.Alice, stranger.Id, 5).Code);
        Assert.Equal("sponsor_quota_exceeded", world.Pay(world.Alice, strangers[3].Id, 5).Code);
        Assert.Equal(0ul, world.Balance(strangers[3].Id));
        Assert.Equal(AccountStanding.Addressed, world.Accounts.StandingOf(strangers[0].Id));
        Assert.Equal(AccountStanding.Unknown, world.Accounts.StandingOf(strangers[3].Id));

        // It opens by spending what it was sent, and can be paid again without quota.
        Assert.Equal("accepted", world.Pay(strangers[0], world.Bob.Id, 2).Code);
        Assert.Equal(AccountStanding.Open, world.Accounts.StandingOf(strangers[0].Id));
        Assert.Equal("accepted", world.Pay(world.Alice, strangers[0].Id, 5).Code);
        Assert.Equal(8ul, world.Balance(strangers[0].Id));
    }

    [Fact]
    public void Transfer_OutOfAnothersAccount_IsNotAuthorised()
    {
        var code = world.InProbe(context => world.Accounts.Transfer(context, world.Alice.Id, world.Bob.Id, new Amount(world.Euro, 1)), world.Bob).Code;
        Assert.Equal("not_authorised", code);
        // The signer's authority stands under the handler's own context, not under an inner call.
        Refusal? Inner(ExecutionContext context) =>
            context.Call(inner => world.Accounts.Transfer(inner, world.Alice.Id, world.Bob.Id, new Amount(world.Euro, 1)));
        Assert.Equal("not_authorised", world.InProbe(Inner, world.Alice).Code);
        Assert.Equal("accepted", world.InProbe(context => world.Accounts.Transfer(context, world.Alice.Id, world.Bob.Id, new Amount(world.Euro, 1)), world.Alice).Code);
        Assert.Equal("accounts.transferred", Assert.Single(world.Bench.LastEvents).Type);
    }

    [Fact]
    public void ContractAccount_IsSpentByItsContractOnly()
    {
        var escrow = AccountId.OfContract("probe", "escrow");
        var amount = new Amount(world.Euro, 40);
        Refusal? Lock(ExecutionContext context) =>
            context.Call(inner => world.Accounts.OpenContractAccount(inner, "escrow", out _)) ?? world.Accounts.Transfer(context, world.Alice.Id, escrow, amount);
        Assert.Equal("accepted", world.InProbe(Lock, world.Alice).Code);
        Assert.Equal(40ul, world.Balance(escrow));
        Assert.Equal("not_authorised", world.InProbe(context => world.Accounts.Transfer(context, escrow, world.Bob.Id, amount), world.Bob).Code);
        Assert.Equal("not_authorised", world.InProbe(context => world.Accounts.OpenContractAccount(context, "escrow", out _), world.Bob).Code);
        world.Bench.Stranger.Rule = context => context.Call(inner => world.Accounts.Transfer(inner, escrow, world.Bob.Id, amount));
        Assert.Equal("not_authorised", world.Bench.Run("stranger.run", "{}", world.Bob).Code);
        Assert.Equal("accepted", world.InProbe(context => context.Call(inner => world.Accounts.Transfer(inner, escrow, world.Bob.Id, amount)), world.Bob).Code);
        Assert.Equal((0ul, 40ul), (world.Balance(escrow), world.Balance(world.Bob.Id)));
    }

    //           precedence: each row has the faults of the codes from its own on
    [Theory]
    [InlineData(0u, "alice", "none", "zero_amount")]
    [InlineData(1u, "alice", "none", "same_account")]
    [InlineData(1u, "bob",   "none", "unknown_asset")]
    [InlineData(1u, "bob",   "PTS",  "not_transferable")]
    [InlineData(9u, "bob",   "EUR",  "not_authorised")]
    public void Transfer_WithSeveralFaults_NamesTheFirst(uint units, string to, string asset, string code)
    {
        // Alice's account, signed by Bob.
        var amount = new Amount(asset switch { "PTS" => world.Points, "EUR" => world.Euro, _ => Digest<Asset>.Of("x"u8) }, units);
        Assert.Equal(code, world.InProbe(context => world.Accounts.Transfer(context, world.Alice.Id, new TestAccount(to).Id, amount), world.Bob).Code);
    }

    [Fact]
    public void Funds_AsClaimed_AreTheBalance()
    {
        var claim = world.Accounts.FundsClaim(world.Alice.Id, new Amount(world.Euro, 7));
        Assert.Equal((UInt128)7, claim.Amount);
        Assert.Equal((UInt128)1000, claim.Kind.Capacity(claim.Key));
        Assert.True(claim.Kind.TransientConflict is { Code: "insufficient_funds", Transient: true });
    }
}
