using System.Collections.Immutable;
using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using static Counterfoil.Contracts.Tests.Exchange.RandomBooks;

namespace Counterfoil.Contracts.Tests.Exchange;

public class CallMarketTests
{
    private static readonly CallMarketLimits Wide = new(-50_000, 400_000, 99_999_999, 25);

    private static CallMarketResult Clear(CallMarketLimits limits, params CallMarketOrder[] orders) =>
        CallMarket.Clear(orders, limits, TieBreakByIndex(orders.Length));

    [Fact]
    public void Clear_FirstPublishedCase_SharesTheMarginProRata()
    {
        // Prices in hundredths, quantities in tenths: sells 20×30, 35×40, 35×50, 60×20; buys 80×50, 50×60, 30×30.
        var result = Clear(Wide,
            Sell((2000, 300)), Sell((3500, 400)), Sell((3500, 500)), Sell((6000, 200)),
            Buy((8000, 500)), Buy((5000, 600)), Buy((3000, 300)));
        Assert.Equal(3500, result.Summary.Price);
        Assert.Equal(1100, result.Summary.Volume);
        Assert.Equal([300, 356, 444, 0, 500, 600, 0], Enumerable.Range(0, 7).Select(result.Allocated));
        Assert.Equal((MarketSide.Sell, 800L, 900L),
            (result.Summary.RationedSide, result.Summary.RationNumerator, result.Summary.RationDenominator));
        Assert.False(result.Summary.Curtailed);
    }

    [Fact]
    public void Clear_SecondPublishedCase_TakesTheMidpointOfTheInterval()
    {
        var result = Clear(Wide, Sell((2000, 300)), Sell((4000, 200)), Buy((8000, 300)), Buy((3000, 500)));
        Assert.Equal((3000L, 4000L, 3500L, 300L),
            (result.Summary.Low, result.Summary.High, result.Summary.Price!.Value, result.Summary.Volume));
        Assert.Equal(MarketSide.None, result.Summary.RationedSide);
    }

    [Theory]
    [InlineData(-4, -1, -2)]
    [InlineData(-5, -2, -3)]
    [InlineData(-4, -2, -3)]
    [InlineData(-1, 0, 0)]
    [InlineData(1, 2, 2)]
    [InlineData(-3, 2, 0)]
    [InlineData(-40_000, -39_999, -39_999)]
    public void Clear_IntervalOfOddWidth_RoundsHalfUpBelowZeroToo(long low, long high, long price)
    {
        var result = Clear(Wide, Sell((low, 5)), Buy((high, 5)));
        Assert.Equal((low, high, price), (result.Summary.Low, result.Summary.High, result.Summary.Price!.Value));
    }

    [Fact]
    public void Clear_BuyersBelowSellers_IsNoTradeWithAnIndicativePrice()
    {
        var result = Clear(Wide, Sell((30, 5), (90, 5)), Buy((20, 5), (10, 5)));
        Assert.True(result.Summary.NoTrade);
        Assert.Equal((20L, 30L, 25L), (result.Summary.Low, result.Summary.High, result.Summary.Price!.Value));
        Assert.Equal([0, 0], Enumerable.Range(0, 2).Select(result.Allocated));
    }

    [Fact]
    public void Clear_OneSideWithoutOrders_HasNoPrice()
    {
        var sellersOnly = Clear(Wide, Sell((30, 5)));
        Assert.Null(sellersOnly.Summary.Price);
        Assert.True(sellersOnly.Summary.OneSided && sellersOnly.Summary.NoTrade);
        Assert.Equal((-50_000L, 30L), (sellersOnly.Summary.Low, sellersOnly.Summary.High));

        var buyersOnly = Clear(Wide, Buy((30, 5)));
        Assert.Equal((30L, 400_000L), (buyersOnly.Summary.Low, buyersOnly.Summary.High));

        var empty = Clear(Wide);
        Assert.Equal((-50_000L, 400_000L, null), (empty.Summary.Low, empty.Summary.High, empty.Summary.Price));
    }

    [Fact]
    public void Clear_BuyersAtTheMaximumBeyondSupply_AreCurtailed()
    {
        var result = Clear(Wide, Sell((10, 30)), Buy((400_000, 20)), Buy((400_000, 40)));
        Assert.Equal((400_000L, 30L), (result.Summary.Price!.Value, result.Summary.Volume));
        Assert.True(result.Summary.Curtailed);
        Assert.Equal((MarketSide.Buy, 30L, 60L),
            (result.Summary.RationedSide, result.Summary.RationNumerator, result.Summary.RationDenominator));
        Assert.Equal([30, 10, 20], Enumerable.Range(0, 3).Select(result.Allocated));
    }

    [Fact]
    public void Clear_SellersAtTheMinimumBeyondDemand_AreCurtailed()
    {
        var result = Clear(Wide, Sell((-50_000, 100)), Sell((-50_000, 300)), Buy((10, 100)));
        Assert.Equal((-50_000L, 100L), (result.Summary.Price!.Value, result.Summary.Volume));
        Assert.True(result.Summary.Curtailed);
        Assert.Equal([25, 75, 100], Enumerable.Range(0, 3).Select(result.Allocated));
    }

    [Fact]
    public void Clear_SellersCutAtTheMaximumPrice_AreNotCurtailed()
    {
        var result = Clear(Wide, Sell((400_000, 100)), Buy((400_000, 60)));
        Assert.Equal(MarketSide.Sell, result.Summary.RationedSide);
        Assert.False(result.Summary.Curtailed);
    }

    [Fact]
    public void Clear_TiedRemainders_GoByAscendingKeyAndAskOnlyTheMargin()
    {
        var asked = new List<int>();
        var orders = new[] { Sell((10, 3)), Sell((10, 3)), Sell((10, 3)), Sell((5, 1)), Buy((10, 6)) };
        // Five ticks remain for three equal steps: one each, and two of three get one more.
        var result = CallMarket.Clear(orders, Wide, (order, step) =>
        {
            asked.Add(order);
            var bytes = new byte[32];
            bytes[0] = (byte)(9 - order);
            return new Digest<TieBreak>(bytes);
        });
        Assert.Equal([1, 2, 2, 1, 6], Enumerable.Range(0, 5).Select(result.Allocated));
        Assert.Equal([0, 1, 2], asked.Order());
    }

    [Fact]
    public void Clear_MarginWithoutATie_AsksForNoKey()
    {
        var orders = new[] { Sell((3500, 400)), Sell((3500, 500)), Buy((8000, 800)) };
        var result = CallMarket.Clear(orders, Wide, (_, _) => throw new InvalidOperationException("not a tie"));
        Assert.Equal([356, 444, 800], Enumerable.Range(0, 3).Select(result.Allocated));
    }

    [Fact]
    public void Clear_QuantitiesPastTheLargestSum_IsRefused()
    {
        var largest = new CallMarketLimits(0, 10, CallMarketLimits.LargestQuantity, 10_000);
        var steps = ImmutableArray.CreateRange(Enumerable.Repeat(new CallMarketStep(5, CallMarketLimits.LargestQuantity), 9_224));
        Assert.Equal("quantity_overflow", new CallMarketOrder(MarketSide.Buy, steps).Refusal(largest));
        var half = new CallMarketOrder(MarketSide.Buy, steps[..4_612]);
        Assert.Null(half.Refusal(largest));
        Assert.Throws<OverflowException>(() => Clear(largest, half, half));
    }

    [Fact]
    public void Clear_LargestQuantities_SharesWithoutOverflow()
    {
        var largest = new CallMarketLimits(0, 10, CallMarketLimits.LargestQuantity, 10_000);
        var steps = ImmutableArray.CreateRange(Enumerable.Repeat(new CallMarketStep(5, CallMarketLimits.LargestQuantity), 9_000));
        var result = Clear(largest, new CallMarketOrder(MarketSide.Sell, steps), Buy((5, 1_000_000_007)));
        Assert.Equal(1_000_000_007, result.Allocated(0));
        Assert.All(result.Allocations(0).ToArray(), part => Assert.InRange(part, 111_111, 111_112));
    }

    [Fact]
    public void Clear_StepOutsideTheLimits_IsAFault()
    {
        Assert.Throws<ArgumentException>(() => Clear(Wide, Sell((400_001, 1))));
        Assert.Throws<ArgumentException>(() => Clear(Wide, Sell((1, 0))));
        Assert.Throws<ArgumentException>(() => Clear(Wide, new CallMarketOrder(MarketSide.None, [])));
    }

    [Theory]
    [InlineData(MarketSide.None, "side_unset", 1, 1)]
    [InlineData(MarketSide.Sell, "no_steps")]
    [InlineData(MarketSide.Sell, "too_many_steps", 1, 1, 1, 1, 1, 1, 1, 1)]
    [InlineData(MarketSide.Sell, "price_out_of_range", 101, 1)]
    [InlineData(MarketSide.Buy, "price_out_of_range", -101, 1)]
    [InlineData(MarketSide.Buy, "quantity_out_of_range", 1, 0)]
    [InlineData(MarketSide.Buy, "quantity_out_of_range", 1, 11)]
    [InlineData(MarketSide.Sell, "price_not_monotone", 5, 1, 4, 1)]
    [InlineData(MarketSide.Buy, "price_not_monotone", 4, 1, 5, 1)]
    [InlineData(MarketSide.Buy, null, 5, 1, 5, 10, -100, 1)]
    [InlineData(MarketSide.Sell, null, -5, 1, -5, 10, 100, 1)]
    public void Refusal_OfAnOrder_NamesTheFirstFailure(MarketSide side, string? code, params int[] steps)
    {
        var order = new CallMarketOrder(side, [.. steps.Chunk(2).Select(step => new CallMarketStep(step[0], step[1]))]);
        Assert.Equal(code, order.Refusal(new CallMarketLimits(-100, 100, 10, 3)));
    }

    [Fact]
    public void ClearAll_OnAnyNumberOfThreads_GivesTheSameResults()
    {
        const int seed = 20_250_621;
        var random = new Random(seed);
        var limits = Limits(random);
        var books = Enumerable.Range(0, 200).Select(_ => Book(random, limits)).ToArray();
        var one = CallMarket.ClearAll([.. books.Select(Keyed)], limits, 1);
        var four = CallMarket.ClearAll([.. books.Select(Keyed)], limits, 4);
        for (var index = 0; index < books.Length; index++)
        {
            Assert.Equal(one[index].Summary, four[index].Summary);
            for (var order = 0; order < books[index].Count; order++)
                Assert.Equal(one[index].Allocations(order), four[index].Allocations(order));
        }

        static CallMarketBook Keyed(List<CallMarketOrder> book) => new(book, TieBreakByIndex(book.Count));
    }
}
