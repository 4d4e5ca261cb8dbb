using System.Text.Json;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli;

/// <summary>The main job and the walk, as they are checked from outside.</summary>
public sealed class MarketDayTests
{
    [Fact]
    public async Task MarketDay_OfTheExample_HasExactlyTheMembersThatAreCheckedAndALedgerThatVerifies()
    {
        using var folder = new TemporaryFolder();
        var home = folder.File("home");
        var run = await CommandRun.OfAsync("market-day", "--exit", "--json", "--home", home);
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Single(run.Output.TrimEnd().Split('\n'));
        CommandRun.RequireMembers(
            run.Json, "ok", "periods", "exact", "compared", "mae", "participants", "bids", "records", "verified", "mismatched", "seconds");
        CommandRun.RequireMembers(run.Json.GetProperty("seconds"), "seal", "clear", "verify", "total");
        Assert.True(run.Json.GetProperty("ok").GetBoolean());
        Assert.Equal(24, run.Json.GetProperty("periods").GetArrayLength());
        Assert.All(run.Json.GetProperty("periods").EnumerateArray(), period => CommandRun.RequireMembers(period, "period", "zone", "price", "published", "volume"));
        Assert.Equal(0, run.Json.GetProperty("mismatched").GetInt32());
        Assert.True(run.Json.GetProperty("records").GetInt32() >= run.Json.GetProperty("participants").GetInt32());
        Assert.Equal(run.Json.GetProperty("records").GetInt32(), run.Json.GetProperty("verified").GetInt32());

        Assert.Equal("home_not_empty", (await CommandRun.OfAsync("market-day", "--exit", "--home", home)).RequireFailure());
        var verified = await CommandRun.OfAsync("ledger", "verify", "--home", home, "--json");
        Assert.True(verified.Json.GetProperty("ok").GetBoolean());
    }

    [Theory]
    [InlineData("missing_file", "/nowhere/at/all")]
    [InlineData("missing_file", null)]
    public async Task MarketDay_OfAFolderWithoutADay_SaysWhatIsMissing(string code, string? path)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(code, (await CommandRun.OfAsync("market-day", path ?? folder.Path, "--exit")).RequireFailure());
    }

    [Fact]
    public async Task Walk_OfPowerBrokerage_EndsWithTheResultThatIsChecked()
    {
        var run = await CommandRun.OfAsync("walk", "power-brokerage", "--json");
        Assert.True(run.ExitCode == 0, run.Error);
        CommandRun.RequireMembers(run.Json, "id", "slug", "ok", "seconds", "steps", "refusals", "ledger");
        Assert.All(run.Json.GetProperty("steps").EnumerateArray(), step => CommandRun.RequireMembers(step, "n", "from", "to", "name", "ok"));
        Assert.All(run.Json.GetProperty("refusals").EnumerateArray(), refusal =>
            CommandRun.RequireMembers(refusal, "name", "expected", "got", "state_unchanged", "effects", "ok"));
        CommandRun.RequireMembers(run.Json.GetProperty("ledger"), "height", "transactions");
        Assert.Equal(JsonValueKind.True, run.Json.GetProperty("ok").ValueKind);
    }
}
