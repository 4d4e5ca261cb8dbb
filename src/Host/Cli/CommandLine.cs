using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Reflection;
using Counterfoil.Client;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Host.Composition;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Storage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Exchanges;

namespace Counterfoil.Host.Cli;

/// <summary>
/// The program <c>counterfoil</c>. What goes wrong is one line on standard error, <c>counterfoil: SENTENCE (code)</c>, and exit code 1.
/// </summary>
public static class CommandLine
{
    private const int Interrupted = 130;

    /// <summary>How long a command that is told to stop may take to stop.</summary>
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(60);

    /// <summary>Runs a command and gives the exit code.</summary>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, CancellationToken cancellation = default)
    {
        var parsed = CreateRoot().Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is ParseErrorAction)
            return Fail(error, "usage", UsageSentence(parsed));
        try
        {
            var configuration = new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = StopPatience,
            };
            return await parsed.InvokeAsync(configuration, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        catch (Exception fault)
        {
            var (code, sentence) = Describe(fault);
            return Fail(error, code, sentence);
        }
    }

    /// <summary>The commands.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand("Rights that are spent by matching two halves, once.")
        {
            CommonOptions.Json(),
            new MarketDayCommand(),
            new WalkCommand(),
            new SchemesCommand(),
            new ServeCommand(),
            new AdmitCommand(),
            new StatusCommand(),
            new DoctorCommand(),
            new CommandGroup("ledger", "Look at a ledger, verify it, export it",
                new LedgerShowCommand(), new LedgerVerifyCommand(), new LedgerFsckCommand(), new LedgerExportCommand(),
                new LedgerExportLightCommand()),
            new CommandGroup("network", "Run several nodes of one ledger on this machine",
                new Networks.NetworkUpCommand(), new Networks.NetworkStatusCommand(), new Networks.NetworkKillCommand(),
                new Networks.NetworkRestartCommand(), new Networks.NetworkDownCommand()),
            new CommandGroup("vault", "Fetch documents from a vault", new VaultGetCommand()),
            new CommandGroup("key", "Make and list keys", new KeyNewCommand(), new KeyListCommand()),
            new CommandGroup("bench", "Measure this machine", new Bench.BenchLedgerCommand(), new Bench.BenchAdmissionCommand(),
                new Bench.BenchNetworkCommand()),
            new Bench.BenchClientCommand(),
            new SimulateCommand(),
            new OpeningWrapperCommand(),
        };
        foreach (var version in root.Options.OfType<VersionOption>())
            version.Action = new ShowVersion();
        return root;
    }

    private static string UsageSentence(ParseResult parsed)
    {
        var message = parsed.UnmatchedTokens.Count > 0
            ? $"There is no command, argument or option {parsed.UnmatchedTokens[0]} here" : parsed.Errors[0].Message.TrimEnd('.');
        var command = parsed.CommandResult.Command is RootCommand ? "" : $" {string.Join(' ', Path(parsed.CommandResult))}";
        return $"{message}; see counterfoil{command} --help";
    }

    private static IEnumerable<string> Path(CommandResult result) =>
        result.Parent is CommandResult parent ? [.. Path(parent), result.Command.Name] : [];

    private static (string Code, string Sentence) Describe(Exception fault) => fault switch
    {
        CliException known => (known.Code, known.Message),
        NodeStartException known => (known.Code, known.Message),
        KeyStoreException known => (known.Code, known.Message),
        MarketDataException known => (known.Code, known.Message),
        GenesisException => ("genesis_malformed", fault.Message),
        LedgerDamagedException => ("ledger_damaged", fault.Message),
        LogDamagedException => ("ledger_damaged", fault.Message),
        NodeRefusedException refused => (refused.Refusal.Code, refused.Refusal.Detail is { Length: > 0 } detail ? detail : "The node refused."),
        NodeFaultException => ("node_unreachable", fault.Message),
        UnauthorizedAccessException => ("not_permitted", fault.Message),
        IOException => ("io_failed", fault.Message),
        AggregateException { InnerExceptions.Count: 1 } one => Describe(one.InnerException!),
        TargetInvocationException { InnerException: { } inner } => Describe(inner),
        _ => ("internal_error", $"{fault.GetType().Name}: {fault.Message}"),
    };

    private static int Fail(TextWriter error, string code, string sentence)
    {
        error.WriteLine($"counterfoil: {sentence.ReplaceLineEndings(" ").Trim()} ({code})");
        return 1;
    }

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var terminal = new Terminal(
                parseResult.InvocationConfiguration.Output, parseResult.InvocationConfiguration.Error, parseResult.GetValue<bool>(CommonOptions.JsonName));
            if (terminal.IsJson)
                terminal.WriteJson(new { version = NodeVersion.Text });
            else
                terminal.WriteLine(NodeVersion.Text);
            return 0;
        }
    }
}
