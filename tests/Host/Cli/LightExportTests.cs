using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Tests.Chain;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Cli;

public sealed class LightExportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CommitteeChain chain;

    public LightExportTests()
    {
        using (var made = CommitteeChain.WithThreeChanges(new FileDisk(Path.Combine(folder.Path, "ledger"))))
            chain = made;
        File.WriteAllBytes(folder.File("genesis.json"), chain.Genesis.Bytes);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task ExportLight_OfALedgerWhoseValidatorsChanged_ProvesReceiptsOfEveryHeight()
    {
        var ids = chain.Blocks.Select(block => block.Leaves[0].Id).ToList();
        var run = await CommandRun.OfAsync(["ledger", "export-light", .. ids.Select(id => id.ToString()), "--home", folder.Path, "-o", folder.File("light.json"), "--json"]);
        Assert.Equal(0, run.ExitCode);
        CommandRun.RequireMembers(run.Json, "file", "net", "height", "changes", "receipts");
        var light = LightFile.Parse(await File.ReadAllBytesAsync(folder.File("light.json")))!;
        var trusted = new TrustedValidators(Genesis.Parse(light.Genesis));
        Assert.Equal(chain.Genesis.Net, trusted.Net);
        Assert.All(light.Changes, change => Assert.Null(trusted.Advance(change)));
        Assert.Equal(3, trusted.Changes);
        Assert.Equal(ids, light.Receipts.Select(receipt => receipt.Id));
        Assert.All(light.Receipts, receipt => Assert.Null(receipt.Verify(trusted, out _)));
    }

    [Fact]
    public async Task ExportLight_OfAnUnknownTransaction_SaysSoAndWritesNothing()
    {
        var target = folder.File("none.json");
        Assert.Equal("unknown_transaction", (await CommandRun.OfAsync("ledger", "export-light", new string('f', 64), "--home", folder.Path, "-o", target)).RequireFailure());
        Assert.Equal("usage", (await CommandRun.OfAsync("ledger", "export-light", "x", "--home", folder.Path, "-o", target)).RequireFailure());
        Assert.False(File.Exists(target));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(26)]
    [InlineData(30)]
    public async Task Show_OfABlockAfterChanges_FindsItCertified(int height)
    {
        var block = await CommandRun.OfAsync("ledger", "show", $"{height}", "--home", folder.Path, "--json");
        Assert.True(block.Json.GetProperty("certified").GetBoolean());
        var receipt = await CommandRun.OfAsync("ledger", "show", $"{chain.Blocks[height - 1].Leaves[0].Id}", "--home", folder.Path, "--json");
        Assert.True(receipt.Json.GetProperty("verified").GetBoolean());
    }
}
