using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Rights;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;

namespace Counterfoil.Contracts.Tests.Rights;

public class RedemptionTests
{
    private static readonly Digest<Asset> Euro = Digest<Asset>.Of("EUR"u8);
    private static readonly byte[] Salt = Convert.FromHexString("000102030405060708090a0b0c0d0e0f");
    private readonly RightsWorld world = new();

    private static Amount Of(UInt128 units) => new(Euro, units);

    [Fact]
    public void Redeem_ByTenThousandInOneBlockAndLater_SucceedsOnce()
    {
        Assert.Equal("accepted", world.Issue());
        var order = new BenchTransaction("rights.redeem", $$"""{"issuer":"{{world.Issuer}}","right":"{{RightsWorld.Id()}}"}""", [world.Holder]);
        var results = Enumerable.Range(0, 4).SelectMany(_ => world.Bench.Block([.. Enumerable.Repeat(order, 2_500)])).ToArray();
        Assert.Equal(10_000, results.Length);
        Assert.Equal("accepted", results[0].Code);
        Assert.Equal(9_999, results.Count(result => result.Code == "already_redeemed"));
        Assert.Equal((1u, 1u), (world.Row().UsesMade, world.Row().Sequence));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Redeem_OfSeveralUsesAndALimit_CountsBoth()
    {
        Assert.Equal("accepted", world.Issue(message => message with { Uses = 3, Limit = Of(100) }));
        Assert.Equal("over_limit", world.Redeem(world.Holder));
        Assert.Equal("over_limit", world.Redeem(world.Holder, message => message with { Amount = Of(0) }));
        Assert.Equal("over_limit", world.Redeem(world.Holder, message => message with { Amount = Of(101) }));
        Assert.Equal("over_limit", world.Redeem(world.Holder, message => message with { Amount = new Amount(Digest<Asset>.Of("USD"u8), 1) }));
        Assert.Equal("accepted", world.Redeem(world.Holder, message => message with { Amount = Of(60) }));
        Assert.Equal("over_limit", world.Redeem(world.Holder, message => message with { Amount = Of(41) }));
        Assert.Equal("accepted", world.Redeem(world.Holder, message => message with { Amount = Of(10) }));
        Assert.Equal((2u, (UInt128)70), (world.Row().UsesMade, world.Row().UnitsUsed));
        var amount = $$""","amount":{"asset":"{{Euro}}","units":"71"}""";
        Assert.Equal("nothing_to_restore", world.Restore(world.Issuer, amount));
        Assert.Equal("accepted", world.Restore(world.Issuer, amount.Replace("71", "10", StringComparison.Ordinal)));
        Assert.Equal("accepted", world.Redeem(world.Holder, message => message with { Amount = Of(40) }));
        Assert.Equal(RightState.Redeemed, world.State);
        Assert.Equal("already_redeemed", world.Redeem(world.Holder, message => message with { Amount = Of(1) }));
        Assert.Equal(3u, world.Row().Sequence);
    }

    [Fact]
    public void Redeem_OfTheLastUse_EndsARightWithLimitLeft()
    {
        Assert.Equal("accepted", world.Issue(message => message with { Uses = 1, Limit = Of(100) }));
        Assert.Equal("accepted", world.Redeem(world.Holder, message => message with { Amount = Of(1) }));
        Assert.Equal(RightState.Redeemed, world.State);
    }

    [Fact]
    public void Redeem_WithAnAmountWhereThereIsNoLimit_IsOverLimit()
    {
        Assert.Equal("accepted", world.Issue());
        Assert.Equal("over_limit", world.Redeem(world.Holder, message => message with { Amount = Of(1) }));
    }

    [Fact]
    public void Redeem_WithinTheReuseWindow_IsTooSoon()
    {
        Assert.Equal("accepted", world.Issue(message => message with { Uses = 3, ReuseWindowSeconds = 60 }));
        Assert.Equal("accepted", world.Redeem(world.Holder));
        world.Bench.Advance(TimeSpan.FromSeconds(58));
        Assert.Equal("reused_too_soon", world.Redeem(world.Holder));
        Assert.Equal("accepted", world.Redeem(world.Holder));
    }

    [Fact]
    public void Redeem_ByANamedShop_WantsTheHoldersSignatureForThisUse()
    {
        Assert.Equal("accepted", world.Issue(message => message with { Redeemer = world.Shop.Id, Uses = 4 }));
        var key = world.Key();
        string Sign(uint use, TestAccount? by = null, Amount? amount = null) => RedemptionSignature.Sign(world.Bench.Net, key, use, amount, (by ?? world.Holder).Key);
        Assert.Equal("not_redeemer", world.Redeem(world.Holder));
        Assert.Equal("not_redeemer", world.Redeem(world.Other, message => message with { Use = 1, HolderSignature = Sign(1) }));
        Assert.Equal("not_holder", world.Redeem(world.Shop));
        Assert.Equal("malformed_right", world.Redeem(world.Shop, message => message with { HolderSignature = Sign(1) }));
        Assert.Equal("malformed_right", world.Redeem(world.Shop, message => message with { Use = 1 }));
        Assert.Equal("signature_invalid", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = Sign(2) }));
        Assert.Equal("signature_invalid", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = Sign(1, amount: Of(5)) }));
        Assert.Equal("signature_invalid", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = "e30.e30.AA" }));
        Assert.Equal("not_holder", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = Sign(1, world.Other) }));
        Assert.Equal("not_holder", world.Redeem(world.Shop, message => message with { Use = 2, HolderSignature = Sign(2) }));
        Assert.Equal("accepted", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = Sign(1) }));
        Assert.Equal("replayed", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = Sign(1) }));
        // What was restored needs a signature of its own.
        Assert.Equal("not_redeemer", world.Restore(world.Other));
        Assert.Equal("accepted", world.Restore(world.Shop));
        Assert.Equal("replayed", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = Sign(1) }));
        Assert.Equal("accepted", world.Redeem(world.Shop, message => message with { Use = 2, HolderSignature = Sign(2) }));
    }

    [Fact]
    public void Redeem_ByShopAndHolderTogether_NeedsNoInnerSignature()
    {
        Assert.Equal("accepted", world.Issue(message => message with { Redeemer = world.Shop.Id }));
        var argument = $$"""{"issuer":"{{world.Issuer}}","right":"{{RightsWorld.Id()}}"}""";
        Assert.Equal("accepted", world.Bench.Run("rights.redeem", argument, world.Shop, world.Holder).Code);
    }

    [Fact]
    public void Redeem_OfAHiddenHolder_OpensTheCommitment()
    {
        using var once = TestAccount.KeyOf("a key for one right");
        Assert.Equal("accepted", world.Issue(message => message with { Holder = null, Commitment = HolderCommitment.Of(Salt, once.PublicKey.Thumbprint), Redeemer = world.Shop.Id }));
        var signature = RedemptionSignature.Sign(world.Bench.Net, world.Key(), 1, null, once);
        byte[] wrong = [.. Salt];
        wrong[0] ^= 1;
        Assert.Equal("not_holder", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = signature }));
        Assert.Equal("not_holder", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = signature, Salt = wrong }));
        var others = RedemptionSignature.Sign(world.Bench.Net, world.Key(), 1, null, world.Other.Key);
        Assert.Equal("not_holder", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = others, Salt = Salt }));
        Assert.Equal("accepted", world.Redeem(world.Shop, message => message with { Use = 1, HolderSignature = signature, Salt = Salt }));
    }

    [Fact]
    public void Redeem_ByAHiddenHolderItself_OpensToItsAccount()
    {
        Assert.Equal("accepted", world.Issue(message => message with { Holder = null, Commitment = HolderCommitment.Of(Salt, world.Holder.Id.Thumbprint) }));
        Assert.Equal("not_holder", world.Redeem(world.Holder));
        Assert.Equal("not_holder", world.Redeem(world.Other, message => message with { Salt = Salt }));
        Assert.Equal("accepted", world.Redeem(world.Holder, message => message with { Salt = Salt }));
    }

    [Fact]
    public void Transfer_OfATransferableRight_MovesItToAccountOrCommitment()
    {
        Assert.Equal("accepted", world.Issue(message => message with { Transferable = true }));
        Assert.Equal("malformed_right", world.Transfer(world.Holder, message => message));
        Assert.Equal("not_holder", world.Transfer(world.Other, message => message with { To = world.Other.Id }));
        Assert.Equal("accepted", world.Transfer(world.Holder, message => message with { To = world.Other.Id }));
        Assert.Equal("not_holder", world.Redeem(world.Holder));
        var hidden = HolderCommitment.Of(Salt, world.Shop.Id.Thumbprint);
        Assert.Equal("accepted", world.Transfer(world.Other, message => message with { Commitment = hidden }));
        Assert.Equal("not_holder", world.Transfer(world.Shop, message => message with { To = world.Other.Id }));
        Assert.Equal("accepted", world.Transfer(world.Shop, message => message with { To = world.Holder.Id, Salt = Salt }));
        Assert.Equal("accepted", world.Rule("suspend", world.Issuer));
        Assert.Equal("suspended", world.Transfer(world.Holder, message => message with { To = world.Other.Id }));
        Assert.Equal("accepted", world.Rule("resume", world.Issuer));
        Assert.Equal("accepted", world.Redeem(world.Holder));
        Assert.Equal("already_redeemed", world.Transfer(world.Holder, message => message with { To = world.Other.Id }));
    }

    [Fact]
    public void Transfer_OfAFixedOrUnknownRight_IsRefused()
    {
        Assert.Equal("unknown_right", world.Transfer(world.Holder, message => message with { To = world.Other.Id }));
        Assert.Equal("accepted", world.Issue());
        Assert.Equal("not_transferable", world.Transfer(world.Holder, message => message with { To = world.Other.Id }));
    }

    [Fact]
    public void Redeem_ByAContractForASigner_RestsOnTheProofItPasses()
    {
        var kernel = world.Bench.Kernel.Rights;
        Assert.Equal("accepted", world.Issue(message => message with { Redeemer = Authority.OfContract("probe"), Uses = 5 }));
        Ledger.Refusal? Redeem(ExecutionContext context) =>
            context.Call(inner => kernel.Redeem(inner, world.Key(), null, HolderProof.OfSigner(context, world.Holder.Id)));
        Assert.Equal("not_redeemer", world.Redeem(world.Holder));
        Assert.Equal("not_holder", world.InProbe(Redeem, world.Other));
        Assert.Equal("accepted", world.InProbe(Redeem, world.Holder));
        var keyId = world.Holder.Key.PublicKey.Thumbprint;
        Assert.Equal("accepted", world.InProbe(context => context.Call(inner => kernel.Redeem(inner, world.Key(), null, HolderProof.OfKey(keyId))), world.Other));
        Assert.Equal("not_redeemer", world.InProbe(context => kernel.Redeem(context, world.Key()), world.Holder));
        Assert.Equal("accepted", world.InProbe(context => context.Call(inner => kernel.Restore(inner, world.Key())), world.Other));
        Assert.Equal((1u, 2u), (world.Row().UsesMade, world.Row().Sequence));
    }

    [Fact]
    public void Uses_AsClaimed_LeaveRoomForTheLast()
    {
        var claim = world.Bench.Kernel.Rights.UseClaim(world.Key());
        Assert.Equal((UInt128)1, claim.Kind.Capacity(claim.Key));
        Assert.Equal("accepted", world.Issue(message => message with { Uses = 3 }));
        Assert.Equal((UInt128)3, claim.Kind.Capacity(claim.Key));
        Assert.Equal("accepted", world.Redeem(world.Holder));
        Assert.Equal((UInt128)2, claim.Kind.Capacity(claim.Key));
        Assert.True(claim.Kind.TransientConflict is { Code: "already_redeemed", Transient: true });
    }
}
