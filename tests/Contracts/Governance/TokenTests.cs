using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Tests.Governance;

public class TokenTests
{
    private static readonly string TooMuch = ((UInt128.One << 120) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public void Init_ByAllFoundersOnce_CreatesTheToken()
    {
        var world = new GovernanceWorld(withToken: false);
        Assert.False(world.Governance.IsInitialised);
        Assert.Equal("not_initialised", world.Give(world.Alice, world.Bob, 1).Code);
        var arg = $$"""{"supply":"100","distribution":{{GovernanceWorld.Distribution([(world.Alice, 60), (world.Dora, 40)])}}}""";
        Assert.Equal("caller_denied", world.Bench.Run("governance.init", arg, world.Alice).Code);
        Assert.Equal("accepted", world.Bench.Run("governance.init", arg, world.Alice, world.Bob).Code);
        Assert.Equal((UInt128)100, world.Governance.Supply);
        Assert.Equal((UInt128)40, world.Governance.TotalOf(world.Dora.Id));
        Assert.Equal("already_initialised", world.Bench.Run("governance.init", arg, world.Alice, world.Bob).Code);
    }

    //          supply      Alice   Dora    code
    [Theory]
    [InlineData("0", "0", "0", "bad_amount")]
    [InlineData("100", "60", "0", "bad_amount")]
    [InlineData("100", "60", "39", "bad_amount")]
    [InlineData("100", "60", "41", "bad_amount")]
    [InlineData("max+1", "max+1", "1", "bad_amount")]
    [InlineData("-5", "60", "40", "malformed_argument")]
    [InlineData("1.5", "60", "40", "malformed_argument")]
    public void Init_WithAmountsThatAreNotRight_IsRefused(string units, string alice, string dora, string code)
    {
        var world = new GovernanceWorld(withToken: false);
        var arg = $$"""
            {"supply":"{{units}}","distribution":[{"account":"{{world.Alice}}","amount":"{{alice}}"},{"account":"{{world.Dora}}","amount":"{{dora}}"}]}
            """.Replace("max+1", TooMuch, StringComparison.Ordinal);
        Assert.Equal(code, world.Bench.Run("governance.init", arg, world.Alice, world.Bob).Code);
        Assert.False(world.Governance.IsInitialised);
    }

    [Fact]
    public void Init_ForAnUnknownAccountOrOneTwice_IsRefused()
    {
        var world = new GovernanceWorld(withToken: false);
        string Arg(TestAccount first, TestAccount second) => $$"""{"supply":"100","distribution":{{GovernanceWorld.Distribution([(first, 60), (second, 40)])}}}""";
        Assert.Equal("unknown_account", world.Bench.Run("governance.init", Arg(world.Alice, new TestAccount("nobody")), world.Alice, world.Bob).Code);
        Assert.Equal("malformed_request", world.Bench.Run("governance.init", Arg(world.Alice, world.Alice), world.Alice, world.Bob).Code);
    }

    [Fact]
    public void Mint_Ever_IsRefusedAsNoMint()
    {
        var world = new GovernanceWorld();
        Assert.Equal("no_mint", world.Bench.Run("governance.mint", $$"""{"to":"{{world.Alice}}","amount":"1"}""", world.Alice, world.Bob).Code);
        Assert.Equal((UInt128)1_000, world.Governance.Supply);
    }

    [Fact]
    public void Ledger_WithoutASectionGovernance_KeepsGenesisForEver()
    {
        var alice = new TestAccount("alice");
        var bench = new ContractBench(ContractBench.GenesisOf(alice));
        Assert.Equal("not_initialised", bench.Run("governance.alive", "{}", alice).Code);
        Assert.Equal("not_initialised", bench.Run("governance.init", """{"supply":"1","distribution":[]}""", alice).Code);
        Assert.Null(bench.Kernel.Governance.Parameters);
        Assert.Null(bench.Kernel.Governance.RulesAt(5));
        Assert.DoesNotContain(bench.Set.State.Tables, table => table.Name.StartsWith("governance.", StringComparison.Ordinal) && table.Count > 0);
    }

    [Fact]
    public void Transfer_OfWhatIsThere_MovesIt()
    {
        var world = new GovernanceWorld();
        Assert.Equal("accepted", world.Give(world.Alice, world.Dora, 600).Code);
        Assert.Equal((UInt128)0, world.Governance.TotalOf(world.Alice.Id));
        Assert.Equal((UInt128)600, world.Governance.TotalOf(world.Dora.Id));
        Assert.Equal("no_governance_permission", world.Give(world.Alice, world.Dora, 1).Code);
        Assert.Equal("bad_amount", world.Give(world.Dora, world.Alice, 0).Code);
        Assert.Equal("malformed_request", world.Give(world.Dora, world.Dora, 1).Code);
        Assert.Equal("unknown_account", world.Give(world.Dora, new TestAccount("nobody"), 1).Code);
    }

    [Fact]
    public void Tokens_VotedTransferredAndVotedAgain_AreRefusedAsLocked()
    {
        var world = new GovernanceWorld();
        var id = world.ProposeOrdinary(world.Bob);
        Assert.Equal("accepted", world.Vote(world.Alice, id, "yes", 500).Code);
        var result = world.Give(world.Alice, world.Dora, 101);
        Assert.Equal("locked", result.Code);
        Assert.Equal(("101", "100"), (GovernanceWorld.Fact(result, "needed"), GovernanceWorld.Fact(result, "available")));
        // Flash accumulation: what she receives is what was never locked, so no token is counted twice.
        Assert.Equal("accepted", world.Give(world.Alice, world.Dora, 100).Code);
        Assert.Equal("accepted", world.Vote(world.Dora, id, "yes", 100).Code);
        Assert.Equal("no_governance_permission", world.Vote(world.Dora, id, "yes", 101).Code);
        Assert.Equal((UInt128)600, world.Ballot(id).Yes);
        world.ToStop(id);
        Assert.Equal((UInt128)500, world.Governance.TransferableOf(world.Alice.Id));
        Assert.Equal("accepted", world.Give(world.Alice, world.Dora, 500).Code);
    }

    [Fact]
    public void Genesis_ThatContradictsItself_IsAFault()
    {
        var alice = new TestAccount("alice");
        string Section(string section) => ContractBench.GenesisOf([alice], "", "", $$""","governance":{{section}}""");
        var scene = GovernanceWorld.Scene("parameter", 1);
        Assert.NotNull(new ContractBench(Section($$"""{"founders":["{{alice}}"],"scenes":[{{scene}}]}""")));
        foreach (var wrong in new[]
        {
            $$"""{"founders":[],"scenes":[{{scene}}]}""",
            $$"""{"founders":["{{alice}}"],"scenes":[{{scene}},{{scene}}]}""",
            $$"""{"founders":["{{alice}}"],"scenes":[{{GovernanceWorld.Scene("parameter", 1, pass: 50)}}]}""",
            $$"""{"founders":["{{alice}}"],"scenes":[{{scene}}],"supply":"5"}""",
            $$"""{"founders":["{{alice}}"],"scenes":[{{scene}}],"parameters":{"vote_quota":0} }""",
            $$"""{"founders":["{{alice}}"],"scenes":[{{scene}}],"parameters":{"colour":1} }""",
            $$"""{"founders":["{{alice}}"],"scenes":[{{scene}}],"committee":{"members":["{{alice}}"],"threshold":2} }""",
            $$"""{"founders":["{{alice}}"],"scenes":[{{scene}}],"unknown":1}""",
        })
            Assert.Throws<GenesisException>(() => new ContractBench(Section(wrong)));
    }

    [Fact]
    public void Lock_OfMoreThan64OpenVotesInAScene_IsRefused()
    {
        var world = new GovernanceWorld(deposit: 0);
        var ids = Enumerable.Range(0, 65).Select(_ => world.ProposeOrdinary(world.Bob)).ToList();
        foreach (var id in ids.Take(64))
            Assert.Equal("accepted", world.Vote(world.Alice, id, "yes", 1).Code);
        Assert.Equal("too_many_locks", world.Vote(world.Alice, ids[64], "yes", 1).Code);
        // Another scene has locks of its own, and a replaced vote needs no further one.
        Assert.Equal("accepted", world.Vote(world.Alice, ids[0], "no", 2).Code);
        world.ToStop(ids[0]);
        Assert.Equal("accepted", world.Vote(world.Alice, ids[64], "yes", 1).Code);
    }
}
