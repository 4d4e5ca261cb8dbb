using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Confidentiality;
using Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Determinism;

namespace Counterfoil.Schemes.Markets.Tests;

/// <summary>Where this assembly is run as a program, by a test that needs a process of its own.</summary>
internal static class TestEntry
{
    private const int WrongUse = 2;

    private static Task<int> Main(string[] args) => args switch
    {
        ["opening-wrapper", .. var rest] => OpeningWrapper.RunAsync(rest),
        ["clear-bids", var path, var threads, var shuffle] => Task.FromResult(OpenedBids.Run(path, threads, shuffle)),
        ["serve-market", var home] => LiveMarket.ServeAsync(home),
        _ => Task.FromResult(WrongUse),
    };
}
