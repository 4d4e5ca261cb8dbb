using System.Diagnostics;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>Starts this program again as a process of its own.</summary>
internal static class OwnProcess
{
    /// <summary>How to start it with these arguments, its input and output in the caller's hands.</summary>
    public static ProcessStartInfo StartInfo(params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "counterfoil")
        {
            start.FileName = Environment.ProcessPath!;
        }
        else
        {
            start.FileName = "dotnet";
            start.ArgumentList.Add("exec");
            start.ArgumentList.Add(typeof(CommandLine).Assembly.Location);
        }
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return start;
    }
}
