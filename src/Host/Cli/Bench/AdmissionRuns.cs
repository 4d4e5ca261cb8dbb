using System.Diagnostics;
using System.Text.Json;
using Counterfoil.Host.Admission;
using Counterfoil.Ledger.Execution;
using Npgsql;

namespace Counterfoil.Host.Cli.Bench;

/// <summary>Admission servers as processes of their own, each on one processor, and the runs against them.</summary>
internal sealed class AdmissionRuns(Terminal terminal, string folder, string pool, ClientPlan plan) : IDisposable
{
    private const long PoolCapacity = 50_000_000;
    private const string TaskSet = "/usr/bin/taskset";

    private readonly List<(Process Process, string Address)> servers = [];
    private DatabaseTime database = null!;

    public List<AdmissionKey> Keys { get; } = [];

    /// <summary>Starts a server on the processor of its number and reads its key; it admits once the node has taken that.</summary>
    public async Task StartAsync(Uri node, CancellationToken cancellation)
    {
        var start = OwnProcess.StartInfo(
            "admit", "--home", Path.Combine(folder, $"server-{servers.Count}"), "--node", node.ToString(), "--pool", pool, "--urls", "http://127.0.0.1:0",
            "--threads", "1", "--pool-capacity", PoolCapacity.ToString(System.Globalization.CultureInfo.InvariantCulture), "--unprotected", CommonOptions.JsonName);
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        // As on a machine with one processor: what is threaded inside a server must not take another's.
        if (File.Exists(TaskSet))
        {
            foreach (var argument in (string[])[start.FileName, (servers.Count % Environment.ProcessorCount).ToString(System.Globalization.CultureInfo.InvariantCulture), "-c"])
                start.ArgumentList.Insert(0, argument);
            start.FileName = TaskSet;
        }
        else
        {
            start.Environment["DOTNET_PROCESSOR_COUNT"] = "1";
        }
        var process = Process.Start(start) ?? throw new CliException("bench_server_failed", "An admission server did not start.");
        servers.Add((process, ""));
        var line = await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false)
            ?? throw new CliException("bench_server_failed", "An admission server ended before it answered.");
        var announced = JsonSerializer.Deserialize<JsonElement>(line);
        Keys.Add(announced.GetProperty("admission_key").Deserialize<AdmissionKey>(MessageJson.NewOptions())!);
        servers[^1] = (process, announced.GetProperty("address").GetString()!);
    }

    /// <summary>Waits until all servers admit.</summary>
    public async Task WaitUntilOpenAsync(int height, CancellationToken cancellation)
    {
        foreach (var (_, address) in servers)
        {
            using var client = new Client.NodeClient(new Uri(address));
            while ((await client.GetStatusAsync(cancellation).ConfigureAwait(false)).Height < height)
                await Task.Delay(50, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>One run with the first servers, on an empty pool.</summary>
    public async Task<AdmissionRun> RunAsync(int count, double expectedPerSecond, CancellationToken cancellation)
    {
        await EmptyAsync(cancellation).ConfigureAwait(false);
        database = DatabaseTime.Of(pool);
        var run = plan with
        {
            Address = servers[0].Address,
            MoreAddresses = [.. servers.Skip(1).Take(count - 1).Select(server => server.Address)],
            IsAdmissionOnly = true,
            Presigned = (int)(expectedPerSecond * (plan.WarmupSeconds + plan.Seconds)),
        };
        terminal.ShowProgress($"Signing {Terminal.Number(run.Presigned)} transfers beforehand");
        var start = OwnProcess.StartInfo("bench-client", CommonOptions.JsonName);
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment["DOTNET_gcConcurrent"] = "0";
        // What is compiled is compiled while it signs, not in the window.
        start.Environment["DOTNET_TieredCompilation"] = "0";
        // One thread less is woken for each answer.
        start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        using var client = Process.Start(start) ?? throw new CliException("bench_client_failed", "The client's process did not start.");
        try
        {
            await SayAsync(client, JsonSerializer.Serialize(run, CliJson.Options), cancellation).ConfigureAwait(false);
            _ = await BenchRuns.ReadAsync<ClientReady>(client, cancellation).ConfigureAwait(false);
            terminal.ShowProgress($"Admitting with {count} {(count == 1 ? "server" : "servers")}");
            await SayAsync(client, "go", cancellation).ConfigureAwait(false);
            // Processor times count inside the window only: before, everything is still being compiled.
            await Task.Delay(TimeSpan.FromSeconds(plan.WarmupSeconds), cancellation).ConfigureAwait(false);
            var before = Take();
            var watch = Stopwatch.StartNew();
            var result = await BenchRuns.ReadAsync<ClientResult>(client, cancellation).ConfigureAwait(false);
            var after = Take();
            var available = watch.Elapsed * Environment.ProcessorCount;
            if (result.Refused is { } refused)
                throw new CliException("bench_refused", $"A server refused a transfer: {refused}");
            if (result.Exhausted)
                throw new CliException("bench_exhausted", "All that was signed beforehand was sent before the window was over; give a larger --expected.");
            var seconds = (double)(result.EndedAt - result.BeganAt) / Stopwatch.Frequency;
            var (servers, load, store) = (after.Servers - before.Servers, TimeSpan.FromSeconds(result.ProcessorSeconds), after.Database - before.Database);
            return new AdmissionRun(
                count, result.Transfers, seconds, result.MedianMilliseconds, PerTransfer(servers), PerTransfer(load), PerTransfer(store),
                after.Machine - before.Machine is { } worked ? Math.Max(0, (worked - servers - load - store) / available) : null);

            double PerTransfer(TimeSpan used) => used.TotalMicroseconds / result.Transfers;
        }
        finally
        {
            if (!client.HasExited)
                client.Kill(entireProcessTree: true);
        }
    }

    public void Dispose()
    {
        foreach (var (process, _) in servers)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            process.Dispose();
        }
    }

    private (TimeSpan Servers, TimeSpan Database, TimeSpan? Machine) Take()
    {
        var used = TimeSpan.Zero;
        foreach (var (process, _) in servers)
        {
            process.Refresh();
            used += process.TotalProcessorTime;
        }
        return (used, database.Used(), MachineTime.Worked());
    }

    private async Task EmptyAsync(CancellationToken cancellation)
    {
        await using var source = NpgsqlDataSource.Create(Vault.Storage.Database.ToPostgreSql(pool));
        await using var command = source.CreateCommand(
            "TRUNCATE admission_transactions, admission_reservations, admission_attestations; UPDATE admission_pool SET waiting = 0; CHECKPOINT");
        try
        {
            await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            // No server has used the pool yet.
        }
    }

    private static async Task SayAsync(Process client, string line, CancellationToken cancellation)
    {
        await client.StandardInput.WriteLineAsync(line.AsMemory(), cancellation).ConfigureAwait(false);
        await client.StandardInput.FlushAsync(cancellation).ConfigureAwait(false);
    }
}
