using Counterfoil.Host.Roles;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage;

public sealed class BrokerageWalkTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Walk_EveryStepAndRefusal_IsOkAndReachesEveryPromisedCode()
    {
        using var folder = new TemporaryFolder();
        var scheme = new PowerBrokerageScheme(["dotnet", "exec", typeof(TestEntry).Assembly.Location, "opening-wrapper"]);
        await using var walk = await SchemeWalk.OpenAsync([scheme], folder.Path);

        var result = await walk.WalkAsync(scheme);

        output.WriteLine(string.Join("\n", result.Failures) + "\n" + result.ToJson());
        Assert.Empty(result.Failures);
        Assert.True(result.Ok);
        Assert.Empty(scheme.Refusals.Select(refusal => refusal.Code).Except(result.Refusals.Select(refusal => refusal.Expected)));
    }
}
