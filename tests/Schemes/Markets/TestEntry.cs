using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

namespace Counterfoil.Schemes.Markets.Tests;

/// <summary>Where this assembly is run as a program, by a test that needs a process of its own.</summary>
internal static class TestEntry
{
    private const int WrongUse = 2;

    private static Task<int> Main(string[] args) => args is ["opening-wrapper", .. var rest]
        ? OpeningWrapper.RunAsync(rest)
        : Task.FromResult(WrongUse);
}
