using System.Diagnostics;
using System.Globalization;
using Counterfoil.Schemes.Markets.PowerBrokerage;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Determinism;

/// <summary>The same opened bids give the same bytes, wherever and however they are cleared: an auditor or a backup operator can only come to the same result.</summary>
public sealed class EngineDeterminismTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private static bool IsFull => Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1";

    [Fact]
    public void Clear_WithOtherThreadsAndOrders_ChangesNoByte()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var bids = OpenedBids.Make(seed, 60, 24, 6);
        var expected = OpenedBids.DigestOf(bids.Clear(1));
        foreach (var threads in new[] { 1, 2, 8 })
            for (var shuffle = 0; shuffle < 5; shuffle++)
                Assert.Equal(expected, OpenedBids.DigestOf(bids.Clear(threads, unchecked(seed + shuffle))));
        // The digest sees what it should: another bid less is another result.
        bids.Bids.RemoveAt(0);
        Assert.NotEqual(expected, OpenedBids.DigestOf(bids.Clear(1)));
    }

    [Fact]
    public void Clear_WithTiesEverywhere_RationsSomebodyInSomePeriod()
    {
        var result = OpenedBids.Make(11, 60, 24, 6).Clear(1);
        Assert.Contains(result.Result.Periods, period => period.Side is not null);
        Assert.Contains(result.Result.Periods, period => period.Volume > 0);
        Assert.Equal(60 / 7, result.Result.Rejected.Count);
        Assert.Empty(result.Withheld);
    }

    [Fact]
    public void Clear_OfAThinMarketTwice_DiffersInNothingButTheEnvelopesToTheAuditor()
    {
        var bids = OpenedBids.Make(5, 12, 24, 4, minimumParties: 50);
        var first = bids.Clear(1);
        var second = bids.Clear(2, 3);
        Assert.Equal(24, first.Withheld.Count);
        Assert.Equal(first.Curves, second.Curves);
        Assert.Equal(first.Awards.Select(award => (award.Bid, Convert.ToHexString(award.Body))), second.Awards.Select(award => (award.Bid, Convert.ToHexString(award.Body))));
        Assert.Equal(
            first.Result.Periods.Select(period => period with { WithheldDigest = null }), second.Result.Periods.Select(period => period with { WithheldDigest = null }));
        Assert.Equal(first.Result.UsedRidsRoot, second.Result.UsedRidsRoot);
    }

    [Fact]
    public async Task Clear_InProcessesOfOtherCultureTimeZoneThreadsAndCompilation_IsByteIdenticalByOneEngine()
    {
        using var folder = new TemporaryFolder();
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var bids = OpenedBids.Make(seed, 60, 24, 6);
        bids.WriteTo(folder.File("bids"));
        var expected = OpenedBids.DigestOf(bids.Clear(1));
        var hash = EngineHash.Of(typeof(ClearingEngine).Assembly).Digest.ToString();

        var kathmandu = await RunAsync(folder.File("bids"), 1, 7, ("TZ", "Asia/Kathmandu"), ("LC_ALL", "tr_TR.UTF-8"), ("DOTNET_TieredPGO", "0"), ("DOTNET_TieredCompilation", "0"));
        var newfoundland = await RunAsync(
            folder.File("bids"), 2, 8, ("TZ", "America/St_Johns"), ("LC_ALL", "ar_SA.UTF-8"), ("DOTNET_TieredPGO", "1"), ("DOTNET_ReadyToRun", "0"), ("DOTNET_gcServer", "1"));

        output.WriteLine($"{string.Join(' ', kathmandu)}\n{string.Join(' ', newfoundland)}");
        foreach (var child in new[] { kathmandu, newfoundland })
        {
            Assert.Equal(expected, child[0]);
            Assert.Equal(hash, child[1]);
            // The settings took effect in the child.
            Assert.Equal("~1·5", child[3]);
        }
        Assert.NotEqual(kathmandu[2], newfoundland[2]);
    }

    [Fact]
    public void Clear_OfManyPortfolios_IsFastEnough()
    {
        // Time is asserted in the full run only: an ordinary one shares its machine.
        var (periods, portfolios) = IsFull ? (96, 2_000) : (96, 40);
        var bids = OpenedBids.Make(1, portfolios, periods, 25, share: true);
        var stopwatch = Stopwatch.StartNew();
        var result = bids.Clear(2);
        output.WriteLine($"{periods} periods × {portfolios} portfolios × 25 steps: {stopwatch.Elapsed.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture)} s");
        if (IsFull)
            Assert.True(stopwatch.Elapsed < TimeSpan.FromSeconds(10), $"{stopwatch.Elapsed.TotalSeconds} s");
        Assert.Equal(portfolios, result.Awards.Count);
        Assert.All(result.Result.Periods, period => Assert.True(period.Volume > 0));
    }

    [Fact]
    public async Task EngineHash_OfTwoBuildsInDifferentFolders_IsTheSame()
    {
        if (!IsFull)
        {
            output.WriteLine("Two builds take minutes: COUNTERFOIL_FULL=1 runs them.");
            return;
        }
        using var folder = new TemporaryFolder();
        var hashes = new List<EngineHash>();
        foreach (var name in new[] { "a", "another-folder/deeper" })
        {
            var root = folder.File(name);
            CopySources(SolutionFolder(), root);
            await ExecuteAsync("dotnet", ["build", Path.Combine(root, "src/Schemes/Markets"), "-c", "Release", "--nologo", "-v", "q", "-p:CopyLocalLockFileAssemblies=true"], root);
            hashes.Add(EngineHash.OfFile(Path.Combine(root, "src/Schemes/Markets/bin/Release/net10.0/Counterfoil.Schemes.Markets.dll")));
        }
        foreach (var line in hashes[0].Lines)
            output.WriteLine(line);
        Assert.Equal(hashes[0].Lines, hashes[1].Lines);
        Assert.Equal(hashes[0].Digest, hashes[1].Digest);
    }

    private static async Task<string[]> RunAsync(string path, int threads, int shuffle, params (string Name, string Value)[] environment) =>
        (await ExecuteAsync("dotnet", ["exec", typeof(TestEntry).Assembly.Location, "clear-bids", path, $"{threads}", $"{shuffle}"], Path.GetDirectoryName(path)!, environment))
            .Trim().Split(' ');

    private static async Task<string> ExecuteAsync(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        using var patience = new CancellationTokenSource(Patience);
        var said = process.StandardOutput.ReadToEndAsync(patience.Token);
        var complained = process.StandardError.ReadToEndAsync(patience.Token);
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await complained} {await said}");
        return await said;
    }

    private static string SolutionFolder()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Counterfoil.slnx")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The solution is not above the tests.");
        return folder;
    }

    private static void CopySources(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from).Where(file => Path.GetFileName(file) != ".git"))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(Path.Combine(from, "src"), "*", SearchOption.AllDirectories).Prepend(Path.Combine(from, "src")))
        {
            var relative = Path.GetRelativePath(from, folder);
            if (relative.Split('/').Any(part => part is "bin" or "obj"))
                continue;
            Directory.CreateDirectory(Path.Combine(to, relative));
            foreach (var file in Directory.GetFiles(folder))
                File.Copy(file, Path.Combine(to, relative, Path.GetFileName(file)));
        }
    }
}
