using System.CommandLine;
using System.Text;
using Counterfoil.Host.Cli;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli;

public sealed class HelpTests
{
    private const string RewriteVariable = "COUNTERFOIL_REWRITE_GOLDEN";

    private static string Golden => Path.Combine(Shared.Root, "tests", "Host", "Cli", "help.golden.txt");

    [Fact]
    public async Task Help_OfEveryCommand_IsTheGoldenFile()
    {
        var text = new StringBuilder();
        await WriteAsync(CommandLine.CreateRoot(), [], text);
        if (Environment.GetEnvironmentVariable(RewriteVariable) == "1")
            await File.WriteAllTextAsync(Golden, text.ToString());
        Assert.Equal(await File.ReadAllTextAsync(Golden), text.ToString());
    }

    [Fact]
    public void Commands_All_HaveADescriptionAndSoHasWhatTheyTake()
    {
        Assert.All(All(CommandLine.CreateRoot()), command =>
        {
            Assert.False(string.IsNullOrWhiteSpace(command.Description), command.Name);
            Assert.All(command.Options, option => Assert.False(string.IsNullOrWhiteSpace(option.Description), option.Name));
        });
    }

    private static async Task WriteAsync(Command command, string[] path, StringBuilder text)
    {
        var run = await CommandRun.OfAsync([.. path, "--help"]);
        Assert.Equal(0, run.ExitCode);
        text.Append("$ counterfoil").Append(string.Concat(path.Select(word => " " + word))).Append(" --help\n");
        foreach (var line in run.Output.TrimEnd().Split('\n'))
            text.Append(line.TrimEnd()).Append('\n');
        text.Append('\n');
        foreach (var child in command.Subcommands.Where(child => !child.Hidden))
            await WriteAsync(child, [.. path, child.Name], text);
    }

    private static IEnumerable<Command> All(Command command) => [command, .. command.Subcommands.SelectMany(All)];
}
