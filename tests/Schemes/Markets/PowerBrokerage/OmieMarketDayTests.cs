using Counterfoil.Host.Roles;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage;

/// <summary>A day of a real exchange through the whole scheme: minutes, so only in a full run.</summary>
public sealed class OmieMarketDayTests(ITestOutputHelper output)
{
    private const string FolderName = "data/electricity/omie-2025-06-21";

    [FullTheory]
    [InlineData(OrderSelection.All, 4, 12.518)]
    [InlineData(OrderSelection.Simple, 9, 1.807)]
    public async Task OmieDay_ThroughTheScheme_GivesTheReferencePricesAndMatchesEverywhere(OrderSelection orders, int exact, double meanAbsoluteError)
    {
        if (Shared.Find(FolderName) is not { } data)
        {
            output.WriteLine($"../shared/{FolderName} is absent");
            return;
        }
        using var folder = new TemporaryFolder();
        var scheme = new PowerBrokerageScheme(["dotnet", "exec", typeof(TestEntry).Assembly.Location, "opening-wrapper"]);
        await using var walk = await SchemeWalk.OpenAsync([scheme], folder.Path);

        var result = await MarketDayRunner.RunAsync(
            MarketFolder.Read(data), new MarketDayOptions { Folder = Path.Combine(folder.Path, "participants"), Orders = orders }, null, walk);

        output.WriteLine(result.ToJson());
        Assert.Empty(result.Failures);
        Assert.True(result.Ok);
        Assert.Equal(24, result.Compared);
        Assert.Equal(exact, result.Exact);
        Assert.Equal((decimal)meanAbsoluteError, result.Mae);
        Assert.Equal(0, result.Mismatched);
    }
}

/// <summary>A theory that runs where COUNTERFOIL_FULL is set, as <c>./test --full</c> does.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FullTheoryAttribute : TheoryAttribute
{
    public FullTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") != "1")
            Skip = "runs in ./test --full";
    }
}
