using System.Diagnostics;
using System.Text.Json;
using Counterfoil.Host.Cli;

namespace Counterfoil.Host.Tests.Cli;

/// <summary><c>counterfoil serve</c> as a process of its own.</summary>
internal sealed class ServedNode : IAsyncDisposable
{
    private const int Terminate = 15;
    private readonly Process process;
    private readonly Task<string> errors;

    private ServedNode(Process process, JsonElement announced, Task<string> errors)
    {
        this.process = process;
        this.errors = errors;
        Announced = announced;
        Address = new Uri(announced.GetProperty("address").GetString()!);
    }

    public Uri Address { get; }

    /// <summary>What it said when it answered first.</summary>
    public JsonElement Announced { get; }

    public static async Task<ServedNode> StartAsync(string home, params string[] more)
    {
        var node = await RunAsync(["serve", "--home", home, "--urls", "http://127.0.0.1:0", "--sandbox", "--json", .. more]);
        CommandRun.RequireMembers(node.Announced, "address", "net", "height", "sandbox");
        return node;
    }

    /// <summary>Any command that goes on serving once it has said where.</summary>
    public static async Task<ServedNode> RunAsync(params string[] command)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["exec", typeof(CommandLine).Assembly.Location, .. command])
            start.ArgumentList.Add(argument);
        // Small and quick to start: what is tested is not the collector.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_TieredPGO"] = "0";
        var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var line = await process.StandardOutput.ReadLineAsync(patience.Token);
        if (line is null)
            throw new InvalidOperationException($"The node did not start: {await errors}");
        return new ServedNode(process, JsonSerializer.Deserialize<JsonElement>(line), errors);
    }

    /// <summary>SIGKILL: no code of the process runs any more.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
        _ = await errors;
        process.Dispose();
    }

    /// <summary>SIGTERM: the process ends by itself.</summary>
    public async Task<int> StopAsync()
    {
        Assert.Equal(0, Signals.Send(process.Id, Terminate));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(patience.Token);
        var code = process.ExitCode;
        _ = await errors;
        process.Dispose();
        return code;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!process.HasExited)
                await KillAsync();
        }
        catch (InvalidOperationException)
        {
            // It was stopped or killed already.
        }
    }
}

internal static partial class Signals
{
    [System.Runtime.InteropServices.LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Send(int process, int signal);
}
