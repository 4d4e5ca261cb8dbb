using Counterfoil.Schemes.Markets.PowerBrokerage;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Rules;

public sealed class ContractRuleTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact]
    public void Contract_OfferedAndAccepted_BeginsAndEndsAtItsTimes()
    {
        using var world = new BrokerageBench();
        var offer = world.Offer(world.Resource(), 1 * Day, 30 * Day);
        Assert.Equal(BrokerageBench.Accepted, offer.Code);
        Assert.Equal(ContractState.Draft, world.StateOf(offer.Message));
        Assert.Equal("not_party", world.Accept(offer, world.Rival));
        Assert.Equal(BrokerageBench.Accepted, world.Accept(offer));
        Assert.Equal(ContractState.Agreed, world.StateOf(offer.Message));
        Assert.Equal("replayed", world.Accept(offer));

        world.Bench.Advance(2 * Day);
        Assert.Equal(ContractState.Active, world.StateOf(offer.Message));
        world.Bench.Advance(30 * Day);
        Assert.Equal(ContractState.Ended, world.StateOf(offer.Message));
    }

    [Fact]
    public void Offer_NotAcceptedInTime_LapsesAndLeavesTheVersionFree()
    {
        using var world = new BrokerageBench();
        var offer = world.Offer(world.Resource(), 1 * Day, 30 * Day);
        world.Bench.Advance(TimeSpan.FromHours(2));

        Assert.Equal(ContractState.Lapsed, world.StateOf(offer.Message));
        Assert.Equal("offer_lapsed", world.Accept(offer));
    }

    [Fact]
    public void Resource_UnderAnExclusiveMandate_IsNotMandatedTwiceForOverlappingTimes()
    {
        using var world = new BrokerageBench();
        var resource = world.Resource();
        world.Accept(world.Offer(resource, 10 * Day, 20 * Day));

        Assert.Equal("double_mandate", world.Offer(resource, 15 * Day, 25 * Day, world.Rival).Code);
        Assert.Equal("double_mandate", world.Offer(resource, 1 * Day, 30 * Day, world.Rival, exclusive: false).Code);
        Assert.Equal(BrokerageBench.Accepted, world.Offer(world.Resource(), 15 * Day, 25 * Day, world.Rival).Code);
    }

    [Fact]
    public void Offers_OfTwoBrokersOverlapping_OnlyTheFirstIsAccepted()
    {
        using var world = new BrokerageBench();
        var resource = world.Resource();
        var first = world.Offer(resource, 10 * Day, 20 * Day);
        var second = world.Offer(resource, 12 * Day, 14 * Day, world.Rival);

        Assert.Equal(BrokerageBench.Accepted, world.Accept(first));
        Assert.Equal("double_mandate", world.Accept(second));
    }

    [Fact]
    public void Termination_ByEither_FreesTheResourceFromThenOn()
    {
        using var world = new BrokerageBench();
        var resource = world.Resource();
        var offer = world.Offer(resource, 1 * Day, 300 * Day);
        world.Accept(offer);
        var end = (world.Bench.Time + 50 * Day).UnixMilliseconds;

        Assert.Equal("not_party", Terminate(world, offer.Message, end, world.Rival));
        Assert.Equal(BrokerageBench.Accepted, Terminate(world, offer.Message, end, world.Owner));
        Assert.Equal(ContractState.Terminating, world.StateOf(offer.Message));
        Assert.Equal("double_mandate", world.Offer(resource, 40 * Day, 60 * Day, world.Rival).Code);
        Assert.Equal(BrokerageBench.Accepted, world.Offer(resource, 51 * Day, 60 * Day, world.Rival).Code);
        world.Bench.Advance(51 * Day);
        Assert.Equal(ContractState.Ended, world.StateOf(offer.Message));
    }

    [Fact]
    public void Offer_OverAnothersResource_IsRefused()
    {
        using var world = new BrokerageBench();
        var resource = world.Resource();

        Assert.Equal("not_holder", world.Offer(resource with { Registrar = world.Rival.Id }, 1 * Day, 2 * Day).Code);
        Assert.Equal("malformed_contract", world.Offer(resource, 2 * Day, 1 * Day).Code);
    }

    [Fact]
    public void Amendment_OfferedAndAccepted_TakesThePlaceOfTheVersionBefore()
    {
        using var world = new BrokerageBench();
        var resource = world.Resource();
        var first = world.Offer(resource, 1 * Day, 100 * Day);
        world.Accept(first);
        var second = world.Offer(resource, 1 * Day, 50 * Day, previous: first.Record.Signed.Original);

        Assert.Equal(BrokerageBench.Accepted, second.Code);
        Assert.Equal(BrokerageBench.Accepted, world.Accept(second));
        Assert.Equal(2, world.Rules.FindContract(second.Message.Rid)!.AgreedVersion);
        Assert.Equal(BrokerageBench.Accepted, world.Offer(resource, 60 * Day, 70 * Day, world.Rival).Code);
    }

    private static string Terminate(BrokerageBench world, OfferMessage offer, long to, Counterfoil.Contracts.Tests.Harness.TestAccount by) =>
        world.Send("contract.terminate", new TerminateMessage(offer.Rid, to), BrokerageJson.Instance.TerminateMessage, [], by);
}
