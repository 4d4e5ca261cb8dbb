using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli;

[NeedsPostgreSql]
public sealed class BenchAdmissionTests
{
    [DatabaseFact]
    public async Task Bench_OfAdmission_SaysWhatServersClientAndDatabaseUse()
    {
        using var folder = new TemporaryFolder();
        // The database's user enters it.
        File.SetUnixFileMode(folder.Path, File.GetUnixFileMode(folder.Path) | UnixFileMode.OtherExecute);
        var run = await CommandRun.OfAsync(
            "bench", "admission", "--servers", "2", "--json", "--accounts", "64", "--connections", "4", "--batch", "20", "--rounds", "1", "--warmup", "1", "--seconds", "2",
            "--home", folder.File("bench"));
        Assert.True(run.ExitCode == 0, run.Error);
        CommandRun.RequireMembers(run.Json, "mode", "servers", "threads", "rounds", "batch", "cores", "one", "many", "ratio", "ratio_by_cpu");
        Assert.Equal("admission_alone", run.Json.GetProperty("mode").GetString());
        foreach (var (name, servers) in new[] { ("one", 1), ("many", 2) })
        {
            var document = run.Json.GetProperty(name);
            CommandRun.RequireMembers(
                document, "transfers", "seconds", "tps", "p50_ms", "server_cpu_us", "client_cpu_us", "database_cpu_us", "overhead", "others_share");
            Assert.True(document.GetProperty("transfers").GetInt64() >= 20 * servers);
            Assert.All(["server_cpu_us", "client_cpu_us", "database_cpu_us"], member => Assert.True(document.GetProperty(member).GetDouble() > 0, member));
        }
        Assert.InRange(run.Json.GetProperty("ratio_by_cpu").GetDouble(), 0.1, 2);
    }
}
