using System.Diagnostics;
using System.Text.Json;
using Counterfoil.Host.Composition;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>What a run showed. The seconds last until the read model had caught up.</summary>
internal sealed record BenchRun(long Transfers, double Seconds, double MedianMilliseconds, double P99Milliseconds, double FlushP99Milliseconds)
{
    public double PerSecond => Transfers / Seconds;
}

/// <summary>The runs of a measurement, each with a fresh client process.</summary>
internal sealed class BenchRuns(CounterfoilNode node, TimedDisk disk, Terminal terminal, ClientPlan plan)
{
    private const double TrialSeconds = 3;

    // The rate of a short trial is below that of a long run, which everything is compiled for.
    private const double Reserve = 1.5;
    private const int ConnectionsOfSingles = 64;

    /// <summary>Everything signed beforehand. A short trial says how much has to be.</summary>
    public async Task<BenchRun> PresignedAsync(double boundPerSecond, CancellationToken cancellation)
    {
        var expected = boundPerSecond;
        for (var attempt = 1; ; attempt++)
        {
            terminal.ShowProgress("Trying how much has to be signed beforehand");
            var trial = await RunAsync(
                plan with { Presigned = (int)(expected * TrialSeconds), WarmupSeconds = 1, Seconds = TrialSeconds - 1 }, cancellation).ConfigureAwait(false);
            var rate = Math.Min(trial.Run.PerSecond * Reserve * attempt, expected);
            terminal.ShowProgress($"Signing {Terminal.Number((long)(rate * (plan.WarmupSeconds + plan.Seconds)))} transfers beforehand");
            var (run, exhausted) = await RunAsync(plan with { Presigned = (int)(rate * (plan.WarmupSeconds + plan.Seconds)) }, cancellation).ConfigureAwait(false);
            if (!exhausted)
                return run;
            if (attempt == 3)
                throw new CliException("bench_exhausted", "The node took all that was signed beforehand before the window was over.");
        }
    }

    public async Task<BenchRun> SignedInsideAsync(CancellationToken cancellation)
    {
        terminal.ShowProgress("Sending transfers that are signed inside the window");
        return (await RunAsync(plan with { Presigned = 0 }, cancellation).ConfigureAwait(false)).Run;
    }

    public async Task<BenchRun> SingleAsync(CancellationToken cancellation)
    {
        terminal.ShowProgress("Sending one transfer a request");
        return (await RunAsync(plan with { Presigned = 0, Batch = 1, Connections = ConnectionsOfSingles }, cancellation).ConfigureAwait(false)).Run;
    }

    private async Task<(BenchRun Run, bool Exhausted)> RunAsync(ClientPlan run, CancellationToken cancellation)
    {
        var start = OwnProcess.StartInfo("bench-client", CommonOptions.JsonName);
        // The client shares the processors with the node: a heap for each of them would only be in the way.
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        using var client = Process.Start(start) ?? throw new CliException("bench_client_failed", "The client's process did not start.");
        try
        {
            await client.StandardInput.WriteLineAsync(JsonSerializer.Serialize(run, CliJson.Options)).ConfigureAwait(false);
            await client.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
            _ = await ReadAsync<ClientReady>(client, cancellation).ConfigureAwait(false);
            if (run.Presigned > 0)
                terminal.ShowProgress("Sending transfers that were signed beforehand");
            await client.StandardInput.WriteLineAsync("go").ConfigureAwait(false);
            await client.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
            var result = await ReadAsync<ClientResult>(client, cancellation).ConfigureAwait(false);
            if (result.Refused is { } refused)
                throw new CliException("bench_refused", $"The node refused a transfer: {refused}");
            await CatchUpAsync(cancellation).ConfigureAwait(false);
            var seconds = Stopwatch.GetElapsedTime(result.BeganAt).TotalSeconds;
            await client.WaitForExitAsync(cancellation).ConfigureAwait(false);
            return (new BenchRun(
                result.Transfers, seconds, result.MedianMilliseconds, result.P99Milliseconds, ClientLoad.At(disk.Since(result.BeganAt), 0.99)), result.Exhausted);
        }
        finally
        {
            if (!client.HasExited)
                client.Kill(entireProcessTree: true);
        }
    }

    private async Task CatchUpAsync(CancellationToken cancellation)
    {
        while (node.ReadModel.Height < node.Ledger.Tip.Height)
            await Task.Delay(5, cancellation).ConfigureAwait(false);
    }

    public static async Task<T> ReadAsync<T>(Process client, CancellationToken cancellation)
    {
        var line = await client.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false)
            ?? throw new CliException("bench_client_failed", "The client's process ended before its answer.");
        return JsonSerializer.Deserialize<T>(line, CliJson.Options) ?? throw new CliException("bench_client_failed", "The client's process answered null.");
    }
}
