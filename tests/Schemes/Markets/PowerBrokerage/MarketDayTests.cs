using Counterfoil.Host.Roles;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage;

public sealed class MarketDayTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<string> WrapperCommand = ["dotnet", "exec", typeof(TestEntry).Assembly.Location, "opening-wrapper"];

    [Fact]
    public async Task ExampleDay_ThroughTheScheme_ClearsAsTheBooksAloneAndMatchesEverywhere()
    {
        using var folder = new TemporaryFolder();
        var day = MarketFolder.ReadExample();
        await using var walk = await SchemeWalk.OpenAsync([new PowerBrokerageScheme(WrapperCommand)], folder.Path);

        var result = await MarketDayRunner.RunAsync(
            day, new MarketDayOptions { Folder = Path.Combine(folder.Path, "participants") }, null, walk);

        output.WriteLine(result.ToJson());
        Assert.Empty(result.Failures);
        Assert.True(result.Ok);
        Assert.Equal(day.Bids(OrderSelection.All).Length, result.Bids);
        Assert.Equal(3 * result.Participants, result.Records);
        Assert.Equal(result.Records, result.Verified);
        Assert.Equal(0, result.Mismatched);
        var alone = Exchanges.DayClearing.Prices(day, OrderSelection.All);
        Assert.Equal(alone.Select(price => price * day.PriceTick), result.Periods.Select(period => period.Price));
    }
}
