using Counterfoil.Contracts.Exchange;
using Counterfoil.Cryptography;
using Xunit.Abstractions;

namespace Counterfoil.Contracts.Tests.Exchange;

public class LargestRemainderTests(ITestOutputHelper output)
{
    private static Digest<TieBreak> Key(int index) => TieBreak.Key(new byte[32], new byte[32], 0, (uint)index);

    [Fact]
    public void Split_OfThePublishedStatement_GivesTheOwnersTheirCents() =>
        Assert.Equal([16_565, 8_747, 3_313], LargestRemainder.Split(28_625, [5_000, 2_640, 1_000], Key));

    [Fact]
    public void Split_OfANegativeTotal_MirrorsThePositiveOne() =>
        Assert.Equal([-16_565, -8_747, -3_313], LargestRemainder.Split(-28_625, [5_000, 2_640, 1_000], Key));

    [Fact]
    public void Split_OfExtremes_DoesNotOverflow()
    {
        Assert.Equal([long.MinValue, 0], LargestRemainder.Split(long.MinValue, [long.MaxValue, 0], Key));
        Assert.Equal(long.MaxValue, LargestRemainder.Split(long.MaxValue, [long.MaxValue, long.MaxValue, 1], Key).Sum());
        Assert.Equal([UInt128.MaxValue - 1, UInt128.One], LargestRemainder.SplitAmount(UInt128.MaxValue, [UInt128.MaxValue - 1, UInt128.One], Key));
        Assert.Throws<OverflowException>(() => LargestRemainder.SplitAmount(1, [UInt128.MaxValue, UInt128.One], Key));
    }

    [Fact]
    public void Split_WithNothingToSplitBy_IsAFaultUnlessTheTotalIsZero()
    {
        Assert.Equal([0, 0], LargestRemainder.Split(0, [0L, 0L], Key));
        Assert.Throws<ArgumentException>(() => LargestRemainder.Split(1, [0L, 0L], Key));
        Assert.Throws<ArgumentException>(() => LargestRemainder.Split(1, [1L, -1L], Key));
    }

    [Fact]
    public void Split_WithOneKeyForTwoTiedParts_IsAFault() =>
        Assert.Throws<ArgumentException>(() => LargestRemainder.Split(1, [1L, 1L], _ => Key(0)));

    [Fact]
    public void Split_OfRandomTotals_SumsAndStaysWithinOneUnitOfTheShare()
    {
        const int seed = 97;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var number = 0; number < 5_000; number++)
        {
            var weights = Enumerable.Range(0, random.Next(1, 12)).Select(_ => (long)random.Next(0, 6)).Append(1).ToArray();
            var total = random.Next(-200, 200);
            var parts = LargestRemainder.Split(total, weights, Key);
            Assert.Equal(total, parts.Sum());
            for (var index = 0; index < parts.Length; index++)
                Assert.True(Math.Abs(parts[index] * weights.Sum() - (total * weights[index])) < weights.Sum());
            var wide = LargestRemainder.SplitAmount((UInt128)Math.Abs(total), [.. weights.Select(weight => (UInt128)weight)], Key);
            Assert.Equal(parts.Select(part => (UInt128)Math.Abs(part)), wide);
        }
    }

    [Fact]
    public void Key_OfAStep_IsTheDigestOfFixedWidths()
    {
        var input = new byte[72];
        input.AsSpan(0, 32).Fill(1);
        input.AsSpan(32, 32).Fill(2);
        (input[66], input[67], input[71]) = (1, 2, 3);
        Assert.Equal(Digest<TieBreak>.Of(input), TieBreak.Key(input.AsSpan(0, 32), input.AsSpan(32, 32), 258, 3));
    }
}
