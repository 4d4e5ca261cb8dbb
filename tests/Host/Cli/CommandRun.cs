using System.Text.Json;
using Counterfoil.Host.Cli;

namespace Counterfoil.Host.Tests.Cli;

/// <summary>A command run to its end in this process, with what it wrote.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>The last line of standard output as JSON.</summary>
    public JsonElement Json => JsonSerializer.Deserialize<JsonElement>(Output.TrimEnd('\n').Split('\n')[^1]);

    public static async Task<CommandRun> OfAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.RunAsync(arguments, output, error);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Requires the one line of a failed command and gives its code.</summary>
    public string RequireFailure()
    {
        Assert.Equal(1, ExitCode);
        Assert.Empty(Output);
        var match = System.Text.RegularExpressions.Regex.Match(Error, @"\Acounterfoil: [^\n]+ \((?<code>[a-z0-9_]+)\)\n\z");
        Assert.True(match.Success, Error);
        return match.Groups["code"].Value;
    }

    /// <summary>Requires an object with exactly these members, in this order.</summary>
    public static void RequireMembers(JsonElement json, params string[] names) =>
        Assert.Equal(names, json.EnumerateObject().Select(member => member.Name));
}
