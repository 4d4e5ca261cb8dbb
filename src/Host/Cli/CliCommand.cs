using System.CommandLine;

namespace Counterfoil.Host.Cli;

/// <summary>A command of the program: its name and options in the constructor, its work in one method.</summary>
internal abstract class CliCommand : Command
{
    protected const int Succeeded = 0;
    protected const int Failed = 1;

    protected CliCommand(string name, string description)
        : base(name, description) =>
        SetAction(async (parsed, cancellation) =>
        {
            var terminal = new Terminal(
                parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, parsed.GetValue<bool>(CommonOptions.JsonName));
            return await RunAsync(parsed, terminal, cancellation).ConfigureAwait(false);
        });

    /// <summary>Does the work and gives the exit code. What cannot be done is a <see cref="CliException"/>.</summary>
    protected abstract Task<int> RunAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellation);
}

/// <summary>A command that only holds others.</summary>
internal sealed class CommandGroup : Command
{
    public CommandGroup(string name, string description, params ReadOnlySpan<Command> commands)
        : base(name, description)
    {
        foreach (var command in commands)
            Subcommands.Add(command);
    }
}
