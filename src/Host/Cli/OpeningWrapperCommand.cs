using System.CommandLine;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

namespace Counterfoil.Host.Cli;

/// <summary><c>opening-wrapper</c>: the process that alone holds the session key of sealed auctions; started by the operator's role, not by people.</summary>
internal sealed class OpeningWrapperCommand : CliCommand
{
    private readonly Argument<string[]> arguments = new("ARGUMENTS") { Arity = ArgumentArity.ZeroOrMore };

    public OpeningWrapperCommand()
        : base("opening-wrapper", "Hold a session key and open bids after the gate")
    {
        Hidden = true;
        Arguments.Add(arguments);
        TreatUnmatchedTokensAsErrors = false;
    }

    protected override Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation) =>
        OpeningWrapper.RunAsync([.. parsed.GetValue(arguments) ?? [], .. parsed.UnmatchedTokens], cancellation);
}
