using Counterfoil.Host.Roles;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Testing;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage;

/// <summary>The walk where it is not as usual; the usual one is the conformance suite's.</summary>
public sealed class WalkthroughTests
{
    [Fact]
    public async Task Walk_OnASandboxWithoutAToken_KeepsSessionKeysInFilesAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var scheme = new PowerBrokerageScheme(null, Path.Combine(folder.Path, "no-such-library.so"));

        var result =
            await SchemeWalk.RunAsync([scheme], "power-brokerage", Path.Combine(folder.Path, "home"));

        Assert.Empty(result.Failures);
        Assert.True(result.Ok);
        Assert.Contains(
            result.Steps, step =>
                step.Name.EndsWith("in files, as no token is installed here", StringComparison.Ordinal));
        var told = Assert.Single(
            result.Messages, message =>
                message is { To: "trading-server", Path: "/schemes/power-brokerage/trading-server/market" });
        Assert.Equal("file", told.Response!.Decoded!["custody"]!.GetValue<string>());
        Assert.Empty(Directory.GetDirectories(folder.Path, "tokens", SearchOption.AllDirectories));
    }
}
