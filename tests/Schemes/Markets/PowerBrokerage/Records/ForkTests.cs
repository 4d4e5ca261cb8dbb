using Counterfoil.Client;
using Counterfoil.Schemes.Markets.PowerBrokerage.Records;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Records;

/// <summary>An operator with the only validator's key shows two ledgers: whoever compares block ids finds both.</summary>
public sealed class ForkTests
{
    [Fact]
    public async Task Check_AnotherNodeShowsAnotherCertifiedBlock_FindsTheFork()
    {
        await using var market = await RecordMarket.StartAsync();
        var other = await market.ForkAsync();
        var guarantee = market.Guarantee;
        await market.PutNextBidAsync();
        while (other.Ledger.Tip.Height < market.Node.Ledger.Tip.Height)
            await market.TouchAsync(other.Address);
        var evidence = new AnchorEvidence(
            market.Broker.Node, await market.Broker.Node.GetGenesisAsync(), [market.Own(new NodeClient(other.Address)), market.Own(new NodeClient(market.Node.Address))]);
        using var checker = new RecordChecker(market.Broker, market.ClientOf(market.Broker), evidence, market.Book);

        var forked = await checker.CheckAsync(market.Bid.Rid);
        var before = await checker.CheckAsync(guarantee.Rid);

        Assert.True(forked.IsForked);
        Assert.Equal("anchor_missing", forked.Code);
        Assert.Equal(1, forked.Witnesses);
        Assert.False(before.IsForked);
        Assert.Equal("match", before.Code);
        Assert.Equal(2, before.Witnesses);
    }

    [Fact]
    public async Task Check_AnotherNodeIsSilent_StillFinds()
    {
        await using var market = await RecordMarket.StartAsync();
        var evidence = new AnchorEvidence(
            market.Broker.Node, await market.Broker.Node.GetGenesisAsync(), [market.Own(new NodeClient(new Uri("http://127.0.0.1:9")))]);
        using var checker = new RecordChecker(market.Broker, market.ClientOf(market.Broker), evidence, market.Book);

        var finding = await checker.CheckAsync(market.Bid.Rid);

        Assert.Equal("match", finding.Code);
        Assert.Equal(0, finding.Witnesses);
    }

    [Fact]
    public async Task Check_NewVersionAnchoredSinceTheCheckpoint_IsCurrentByItsReceipt()
    {
        await using var market = await RecordMarket.StartAsync();
        await market.PassCheckpointAsync();
        await market.PutNextBidAsync();

        var young = await market.Checker.CheckAsync(market.Bid.Rid);
        await market.PassCheckpointAsync();
        var proved = await market.Checker.CheckAsync(market.Bid.Rid);

        Assert.Equal(("match", 3L, 0L), (young.Code, young.Ver, young.CheckpointHeight));
        Assert.Equal(("match", 3L), (proved.Code, proved.Ver));
        Assert.True(proved.CheckpointHeight > proved.AnchoredHeight);
    }
}
