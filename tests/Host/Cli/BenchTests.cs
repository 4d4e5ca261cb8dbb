using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli;

public sealed class BenchTests
{
    [Fact]
    public async Task Bench_OfALedger_HasExactlyTheMembersThatAreChecked()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(
            "bench", "ledger", "--json", "--accounts", "64", "--connections", "4", "--batch", "50", "--warmup", "0", "--seconds", "1", "--home", folder.File("bench"));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Single(run.Output.TrimEnd().Split('\n'));
        CommandRun.RequireMembers(
            run.Json, "mode", "accounts", "batch", "transfers", "seconds", "tps", "tps_signed_inside", "tps_single", "bound_per_second", "bound_method",
            "share_of_verify_bound", "share_signed_inside", "share_single", "p50_ms", "p99_ms", "fsync_p99_ms", "read_model", "durable", "cores");
        Assert.Equal("presigned", run.Json.GetProperty("mode").GetString());
        Assert.True(run.Json.GetProperty("transfers").GetInt64() > 0);
        Assert.InRange(run.Json.GetProperty("share_of_verify_bound").GetDouble(), 0, 1);
        var verified = await CommandRun.OfAsync("ledger", "verify", "--home", folder.File("bench"), "--json");
        Assert.True(verified.Json.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public async Task Bench_OfANetwork_HasExactlyTheMembersThatAreChecked()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandRun.OfAsync(
            "bench", "network", "--validators", "2", "--sync", "100", "--json", "--accounts", "64", "--connections", "2", "--batch", "50", "--warmup", "0", "--seconds", "1",
            "--home", folder.File("bench"));
        Assert.True(run.ExitCode == 0, run.Error);
        CommandRun.RequireMembers(
            run.Json, "mode", "validators", "accounts", "batch", "transfers", "seconds", "tps", "p50_ms", "p99_ms", "half_tps", "half_p50_ms", "half_p95_ms", "half_p99_ms",
            "bound_per_second", "share_of_verify_bound", "sync_transfers", "sync_blocks", "sync_start_seconds", "sync_seconds", "sync_tps", "sync_share_of_verify_bound",
            "exhausted", "read_model", "durable", "cores");
        Assert.InRange(run.Json.GetProperty("share_of_verify_bound").GetDouble(), 0.000_1, 1);
        Assert.True(run.Json.GetProperty("sync_transfers").GetInt64() >= 100);
        Assert.True(run.Json.GetProperty("sync_blocks").GetInt64() >= 1);
    }

    [Fact]
    public async Task Bench_OnTmpfs_IsRefused()
    {
        // Where the machine has no such folder there is nothing to refuse.
        if (!Directory.Exists("/dev/shm"))
            return;
        var folder = $"/dev/shm/counterfoil-{Guid.NewGuid():N}";
        try
        {
            Assert.Equal("tmpfs", (await CommandRun.OfAsync("bench", "ledger", "--home", folder)).RequireFailure());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
