using System.Diagnostics;
using System.Text.Json;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>A run of the client's process: told what to do, awaited, its result read.</summary>
internal static class ClientRun
{
    /// <exception cref="CliException"><c>bench_refused</c> or <c>bench_client_failed</c>.</exception>
    public static async Task<ClientResult> RunAsync(ClientPlan plan, Action? onReady, CancellationToken cancellation)
    {
        var start = OwnProcess.StartInfo("bench-client", CommonOptions.JsonName);
        // The client shares the processors with the nodes: a heap for each of them would only be in the way.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        using var client = Process.Start(start) ?? throw new CliException("bench_client_failed", "The client's process did not start.");
        try
        {
            await WriteAsync(client, JsonSerializer.Serialize(plan, CliJson.Options), cancellation).ConfigureAwait(false);
            _ = await BenchRuns.ReadAsync<ClientReady>(client, cancellation).ConfigureAwait(false);
            onReady?.Invoke();
            await WriteAsync(client, "go", cancellation).ConfigureAwait(false);
            var result = await BenchRuns.ReadAsync<ClientResult>(client, cancellation).ConfigureAwait(false);
            if (result.Refused is { } refused)
                throw new CliException("bench_refused", $"The node refused a transfer: {refused}");
            await client.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return result;
        }
        finally
        {
            if (!client.HasExited)
                client.Kill(entireProcessTree: true);
        }
    }

    private static async Task WriteAsync(Process client, string line, CancellationToken cancellation)
    {
        await client.StandardInput.WriteLineAsync(line).ConfigureAwait(false);
        await client.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
