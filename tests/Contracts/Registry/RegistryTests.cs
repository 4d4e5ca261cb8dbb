using Counterfoil.Contracts.Registry;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Tests.Registry;

public class RegistryTests
{
    private static readonly Digest<Item> Id = Digest<Item>.Of("plant"u8);

    private readonly TestAccount registrar = new("registrar");
    private readonly TestAccount owner = new("owner");
    private readonly TestAccount buyer = new("buyer");
    private readonly ProbeContract probe = new();
    private readonly ContractBench bench;

    public RegistryTests() => bench = new ContractBench(ContractBench.GenesisOf(registrar, owner, buyer), extra: _ => probe);

    private RegistryContract Items => bench.Kernel.Registry;

    private ItemKey Key => new(registrar.Id, Id);

    private string Register(string kind = "resource", AccountId? to = null) =>
        bench.Run("registry.register", $$"""{"item":"{{Id}}","kind":"{{kind}}","owner":"{{to ?? owner.Id}}"}""", registrar).Code;

    private string Transfer(TestAccount by, AccountId to) => bench.Run("registry.transfer", $$"""{"registrar":"{{registrar}}","item":"{{Id}}","to":"{{to}}"}""", by).Code;

    private string Retire(TestAccount by) => bench.Run("registry.retire", $$"""{"registrar":"{{registrar}}","item":"{{Id}}"}""", by).Code;

    private string InProbe(Func<ExecutionContext, Refusal?> rule, TestAccount by)
    {
        probe.Rule = rule;
        return bench.Run("probe.run", "{}", by).Code;
    }

    [Fact]
    public void Item_FromRegistrationToRetirement_ByItsOwners()
    {
        Assert.Equal("unknown_item", Transfer(owner, buyer.Id));
        Assert.Equal("unknown_item", Retire(owner));
        Assert.Equal("accepted", Register());
        Assert.Equal("item_exists", Register());
        Assert.Equal(owner.Id, Items.OwnerOf(Key));
        var height = bench.Height;
        Assert.Equal("not_owner", Transfer(registrar, buyer.Id));
        Assert.Equal("not_owner", Transfer(buyer, buyer.Id));
        Assert.Equal("same_owner", Transfer(owner, owner.Id));
        Assert.Equal("accepted", Transfer(owner, buyer.Id));
        Assert.Equal("not_owner", Transfer(owner, owner.Id));
        Assert.Equal("not_owner", Retire(owner));
        Assert.Equal("accepted", Retire(buyer));
        Assert.Equal("item_retired", Retire(buyer));
        Assert.Equal("item_retired", Transfer(buyer, owner.Id));
        Assert.Equal("item_exists", Register());
        Assert.True(Items.OwnerOf(Key).IsUnset);
        Assert.True(Items.TryGetAt(Key, height, out var past));
        Assert.Equal(owner.Id, past.Owner);
        Assert.Equal(bench.Root(), bench.Replay().Root());
    }

    [Fact]
    public void Item_OfSomebodyElse_IsRetiredByItsRegistrar()
    {
        Assert.Equal("accepted", Register());
        Assert.Equal("accepted", Retire(registrar));
        Assert.True(Items.TryGet(Key, out var item) && item.IsRetired);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Resource")]
    [InlineData("res tag")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public void Register_OfAnotherKind_IsRefusedAsMalformed(string kind) => Assert.Equal("malformed_item", Register(kind));

    [Fact]
    public void Item_OfAContract_MovesByThatContractAlone()
    {
        var key = new ItemKey(Authority.OfContract("probe"), Id);
        var message = new RegisterItemMessage(Id, "resource", owner.Id);
        Assert.Equal("accepted", InProbe(context => context.Call(inner => Items.Register(inner, message)), registrar));
        Assert.Equal("not_owner", bench.Run("registry.transfer", $$"""{"registrar":"{{key.Registrar}}","item":"{{Id}}","to":"{{buyer}}"}""", owner).Code);
        Assert.Equal("not_owner", bench.Run("registry.retire", $$"""{"registrar":"{{key.Registrar}}","item":"{{Id}}"}""", owner).Code);
        Assert.Equal("not_owner", InProbe(context => Items.Transfer(context, key, buyer.Id), owner));
        Assert.Equal("accepted", InProbe(context => context.Call(inner => Items.Transfer(inner, key, buyer.Id)), owner));
        Assert.Equal(buyer.Id, Items.OwnerOf(key));
        Assert.Equal("accepted", InProbe(context => context.Call(inner => Items.Retire(inner, key)), owner));
        Assert.True(Items.OwnerOf(key).IsUnset);
    }

    [Fact]
    public void Item_ForAnUnknownOwner_AddressesIt()
    {
        var stranger = new TestAccount("stranger");
        Assert.Equal("accepted", Register(to: stranger.Id));
        Assert.Equal("accepted", Transfer(stranger, buyer.Id));
    }
}
