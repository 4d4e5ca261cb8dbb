using System.Diagnostics;
using System.Globalization;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Opening;

/// <summary>The wrapper as a process of its own: this assembly, started as a program.</summary>
public sealed class OpeningWrapperProcessTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>
    /// Set to a number, as many bids of a day with 24 periods are opened and the time is printed.
    /// </summary>
    private const string BidsVariable = "COUNTERFOIL_OPENING_BIDS";

    private readonly TemporaryFolder folder = new();

    private static string[] Command => ["dotnet", "exec", typeof(OpeningWrapperProcessTests).Assembly.Location, "opening-wrapper"];

    public void Dispose() => folder.Dispose();

    [TokenFact]
    public async Task Open_InAProcessOfItsOwn_OpensEveryBid()
    {
        var isMeasured = int.TryParse(Environment.GetEnvironmentVariable(BidsVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var count);
        var (bids, size) = isMeasured ? (count, 24_576) : (1_100, 4_096); // 1,100: past one portion of the list
        await using var market = await Market.OpenAsync();
        await using var wrapper = await StartAsync(market);
        var session = Market.NewSession();
        var key = await wrapper.CreateSessionKeyAsync(session);
        var opening = await market.OpenSessionAsync(session, key);
        var made = new SealedBid[bids];
        Parallel.For(0, bids, index => made[index] = market.Bid(key, size));
        await market.PutAsync(session, made);
        var closing = await market.CloseAsync(session);
        using var process = Process.GetProcessById(wrapper.ProcessId);
        var before = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();

        var answer = await wrapper.OpenAsync(new OpeningRequest
        {
            SessionOpen = opening, Closing = closing, EngineKey = market.Engine.PublicKey, Bids = made,
        });

        var elapsed = watch.ElapsedMilliseconds;
        process.Refresh();
        var used = (process.TotalProcessorTime - before).TotalMilliseconds;
        output.WriteLine($"{bids} bids of {size} bytes: {elapsed} ms, of the wrapper's processor time {used:F0} ms");
        Assert.Null(answer.Refusal);
        Assert.Equal(bids, answer.Bids.Count);
        foreach (var (bid, opened) in made.Zip(answer.Bids))
            OpeningTests.Decrypt(bid, opened, market.Engine);
    }

    [HostFact]
    public async Task Open_ByTheHostsCommand_OpensTheBid()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await StartAsync(market, ["dotnet", "exec", HostFactAttribute.HostPath, "opening-wrapper"]);
        var session = Market.NewSession();
        var key = await wrapper.CreateSessionKeyAsync(session);
        var opening = await market.OpenSessionAsync(session, key);
        var bid = market.Bid(key);
        await market.PutAsync(session, bid);
        var closing = await market.CloseAsync(session);

        var answer = await wrapper.OpenAsync(new OpeningRequest
        {
            SessionOpen = opening, Closing = closing, EngineKey = market.Engine.PublicKey, Bids = [bid],
        });

        OpeningTests.Decrypt(bid, Assert.Single(answer.Bids), market.Engine);
    }

    [TokenFact]
    public async Task Start_Again_FindsTheTokenOfTheFirstTime()
    {
        await using var market = await Market.OpenAsync();
        var session = Market.NewSession();
        var first = await StartAsync(market);
        var key = await first.CreateSessionKeyAsync(session);
        await first.DisposeAsync();
        await using var second = await StartAsync(market);
        Assert.Equal(key, await second.CreateSessionKeyAsync(session));
    }

    [TokenFact]
    public async Task Start_CommandLine_HasNoPin()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await StartAsync(market);
        var pin = await File.ReadAllTextAsync(Directory.GetFiles(folder.File("wrapper"), "*.pin").Single());
        Assert.DoesNotContain(pin, await File.ReadAllTextAsync($"/proc/{wrapper.ProcessId}/cmdline"), StringComparison.Ordinal);
        Assert.DoesNotContain(pin, await File.ReadAllTextAsync($"/proc/{wrapper.ProcessId}/environ"), StringComparison.Ordinal);
    }

    [TokenFact]
    public async Task Call_AfterTheProcessWasKilled_IsAFault()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await StartAsync(market);
        using (var process = Process.GetProcessById(wrapper.ProcessId))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
        await Assert.ThrowsAsync<OpeningWrapperException>(() => wrapper.CreateSessionKeyAsync(Market.NewSession()));
        await Assert.ThrowsAsync<OpeningWrapperException>(() => wrapper.CreateSessionKeyAsync(Market.NewSession()));
    }

    [TokenFact]
    public async Task Dispose_EndsTheProcess()
    {
        await using var market = await Market.OpenAsync();
        var wrapper = await StartAsync(market);
        using var process = Process.GetProcessById(wrapper.ProcessId);
        await wrapper.DisposeAsync();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)));
    }

    [TokenFact]
    public async Task Call_CancelledBeforeItBegan_LeavesTheProcess()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await StartAsync(market);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wrapper.CreateSessionKeyAsync(Market.NewSession(), cancelled.Token));
        Assert.False((await wrapper.CreateSessionKeyAsync(Market.NewSession())).IsUnset);
    }

    [TokenFact]
    public async Task Call_CancelledInTheExchange_EndsTheProcess()
    {
        await using var market = await Market.OpenAsync();
        await using var wrapper = await StartAsync(market);
        using var process = Process.GetProcessById(wrapper.ProcessId);
        Signal(process, "STOP");
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wrapper.CreateSessionKeyAsync(Market.NewSession(), limit.Token));
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)));
        await Assert.ThrowsAsync<OpeningWrapperException>(() => wrapper.CreateSessionKeyAsync(Market.NewSession()));
    }

    [Fact]
    public async Task Open_WithKeysInFiles_OpensToo()
    {
        await using var market = await Market.OpenAsync();
        var session = Market.NewSession();
        var first = await StartAsync(market, custody: OpeningCustody.File);
        var key = await first.CreateSessionKeyAsync(session);
        await first.DisposeAsync();
        await using var wrapper = await StartAsync(market, custody: OpeningCustody.File);
        var opening = await market.OpenSessionAsync(session, key);
        var bid = market.Bid(key);
        await market.PutAsync(session, bid);
        var closing = await market.CloseAsync(session);

        var answer = await wrapper.OpenAsync(new OpeningRequest
        {
            SessionOpen = opening, Closing = closing, EngineKey = market.Engine.PublicKey, Bids = [bid],
        });

        OpeningTests.Decrypt(bid, Assert.Single(answer.Bids), market.Engine);
        Assert.False(Directory.Exists(folder.File("wrapper/tokens")));
    }

    [Fact]
    public async Task Start_ProgramThatEnds_IsAFaultThatSaysWhatItSaid()
    {
        await using var market = await Market.OpenAsync();
        var fault = await Assert.ThrowsAsync<OpeningWrapperException>(() => StartAsync(market, ["sh", "-c", "echo no token >&2; exit 3"]));
        Assert.Contains("no token", fault.Message, StringComparison.Ordinal);
        Assert.Contains("3", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_ProgramThatIsNotReady_IsAFaultInTime()
    {
        await using var market = await Market.OpenAsync();
        await Assert.ThrowsAsync<OpeningWrapperException>(() => StartAsync(market, ["sh", "-c", "exec sleep 600"], timeoutSeconds: 1));
    }

    [Fact]
    public async Task Start_ProgramThatSpeaksOtherwise_IsAFault()
    {
        await using var market = await Market.OpenAsync();
        await Assert.ThrowsAsync<OpeningWrapperException>(() => StartAsync(market, ["sh", "-c", "echo hello"]));
        await Assert.ThrowsAsync<OpeningWrapperException>(() => StartAsync(market, ["/no/such/program"]));
    }

    private Task<OpeningWrapperProcess> StartAsync(Market market, string[]? command = null, int timeoutSeconds = 60, OpeningCustody custody = OpeningCustody.Token) =>
        OpeningWrapperProcess.StartAsync(new OpeningWrapperOptions
        {
            Folder = folder.File("wrapper"),
            GenesisBytes = market.Genesis.Bytes,
            Command = command ?? Command,
            StartTimeoutSeconds = timeoutSeconds,
            Custody = custody,
        });

    private static void Signal(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }
}

/// <summary>A fact that needs the host, built of this source, and SoftHSM2; skipped, saying so, where one is not there.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HostFactAttribute : FactAttribute
{
    public HostFactAttribute()
    {
        var ours = typeof(OpeningWrapper).Assembly.Location;
        var theirs = Path.Combine(Path.GetDirectoryName(HostPath)!, Path.GetFileName(ours));
        if (!File.Exists(OpeningWrapper.DefaultModulePath))
            Skip = $"{OpeningWrapper.DefaultModulePath} is not here (Debian: softhsm2)";
        else if (!File.Exists(theirs) || !File.ReadAllBytes(theirs).AsSpan().SequenceEqual(File.ReadAllBytes(ours)))
            Skip = $"{HostPath} is not built of this source";
    }

    /// <summary>The host of the same configuration as these tests.</summary>
    public static string HostPath { get; } = Path.Combine(
        Shared.Root, "src/Host/bin", Path.GetFileName(Path.GetDirectoryName(AppContext.BaseDirectory.TrimEnd('/'))!), "net10.0/counterfoil.dll");
}
