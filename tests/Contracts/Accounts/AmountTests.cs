using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;

namespace Counterfoil.Contracts.Tests.Accounts;

public class AmountTests
{
    private static readonly Digest<Asset> Euro = Digest<Asset>.Of("EUR"u8);

    private static Amount Of(UInt128 units) => new(Euro, units);

    [Fact]
    public void Arithmetic_OfAnotherAssetOrOutOfRange_IsAFault()
    {
        var other = new Amount(Digest<Asset>.Of("USD"u8), 1);
        Assert.Throws<InvalidOperationException>(() => Of(1) + other);
        Assert.Throws<InvalidOperationException>(() => Of(1) < other);
        Assert.Throws<OverflowException>(() => Of(UInt128.MaxValue) + Of(1));
        Assert.Throws<OverflowException>(() => Of(1) - Of(2));
        Assert.Equal(Of(5), Of(7) - Of(2));
        Assert.Equal(Of(9), Of(7) + Of(2));
    }

    [Theory]
    [InlineData(10, 3, new ulong[] { 4, 3, 3 })]
    [InlineData(2, 3, new ulong[] { 1, 1, 0 })]
    [InlineData(9, 3, new ulong[] { 3, 3, 3 })]
    [InlineData(0, 2, new ulong[] { 0, 0 })]
    public void Split_WithARemainder_GivesItToTheFirstParts(ulong units, int parts, ulong[] expected) =>
        Assert.Equal(expected, Of(units).Split(parts).Select(part => (ulong)part.Units));

    [Fact]
    public void Split_OfAnyAmount_KeepsTheSum()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        for (var run = 0; run < 2_000; run++)
        {
            var amount = Of(new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()) >> random.Next(128));
            var parts = amount.Split(random.Next(1, 50));
            Assert.True(amount == parts.Aggregate((sum, part) => sum + part), $"seed {seed}");
            Assert.True(parts.Max(part => part.Units) - parts.Min(part => part.Units) <= 1, $"seed {seed}");
        }
    }

    //           units  numerator  denominator  down  up  half even  half up
    [Theory]
    [InlineData(10u,    1u,        4u,          2u,   3u, 2u,        3u)]
    [InlineData(14u,    1u,        4u,          3u,   4u, 4u,        4u)]
    [InlineData(10u,    1u,        3u,          3u,   4u, 3u,        3u)]
    [InlineData(11u,    1u,        3u,          3u,   4u, 4u,        4u)]
    [InlineData(12u,    1u,        3u,          4u,   4u, 4u,        4u)]
    [InlineData(0u,     7u,        3u,          0u,   0u, 0u,        0u)]
    public void MulDiv_WithAFraction_RoundsAsTold(uint units, uint numerator, uint denominator, uint down, uint up, uint halfEven, uint halfUp) =>
        Assert.Equal(
            [down, up, halfEven, halfUp],
            new[] { Rounding.Down, Rounding.Up, Rounding.HalfEven, Rounding.HalfUp }.Select(rounding => (uint)Of(units).MulDiv(numerator, denominator, rounding).Units));

    [Fact]
    public void MulDiv_ThroughMoreThan128Bits_IsExact()
    {
        Assert.Equal(Of(UInt128.MaxValue), Of(UInt128.MaxValue).MulDiv(UInt128.MaxValue, UInt128.MaxValue, Rounding.Down));
        Assert.Throws<OverflowException>(() => Of(UInt128.MaxValue).MulDiv(2, 1, Rounding.Down));
        Assert.Throws<ArgumentOutOfRangeException>(() => Of(1).MulDiv(1, 0, Rounding.Down));
    }
}
