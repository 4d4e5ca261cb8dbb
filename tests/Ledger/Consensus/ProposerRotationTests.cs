using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Ledger.Tests.Consensus;

public sealed class ProposerRotationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(5_000)]
    public void At_OfEqualWeights_IsHeightPlusRoundModuloTheirNumber(long weight)
    {
        var validators = AgreementBench.SetOf(weight, weight, weight, weight, weight);
        for (var height = 0; height < 20; height++)
            for (var round = 0; round < 12; round++)
                Assert.Equal(validators.Validators[(height + round) % 5], ProposerRotation.At(validators, height, round));
    }

    [Theory]
    [InlineData(40, 30, 20, 10)]
    [InlineData(1, 1, 1, 97)]
    [InlineData(7, 5, 3, 2)]
    [InlineData(1000, 999, 3, 1)]
    public void At_OverAsManyHeightsAsWeight_GivesEachItsShare(long a, long b, long c, long d)
    {
        long[] weights = [a, b, c, d];
        var validators = AgreementBench.SetOf(weights);
        foreach (var first in (long[])[0, 1, 12_345_678_901])
        {
            var turns = new Dictionary<AccountId, long>();
            for (var height = first; height < first + validators.TotalWeight; height++)
            {
                var proposer = ProposerRotation.At(validators, height, 3).Account;
                turns[proposer] = turns.GetValueOrDefault(proposer) + 1;
            }
            Assert.Equal(weights, validators.Validators.Select(validator => turns.GetValueOrDefault(validator.Account)));
        }
    }

    [Fact]
    public void At_OfUnevenWeights_SpreadsTheTurns()
    {
        var validators = AgreementBench.SetOf(4, 3, 2, 1);
        var order = string.Concat(Enumerable.Range(0, 10).Select(height => ProposerRotation.At(validators, height, 0).Name[1..]));
        Assert.Equal("0120130210", order);
    }

    [Fact]
    public void At_OfTheLargestWeights_DoesNotOverflow()
    {
        const long Half = long.MaxValue / 2;
        var validators = AgreementBench.SetOf(Half, Half, 1);
        // The only turn of weight 1 is at 1/2, after (Half + 1) / 2 turns of each of the others.
        Assert.Equal("v2", ProposerRotation.At(validators, Half + 1, 0).Name);
        Assert.Equal("v1", ProposerRotation.At(validators, Half, 0).Name);
        Assert.Equal("v0", ProposerRotation.At(validators, 0, 0).Name);
        Assert.Equal("v1", ProposerRotation.At(validators, 1, 0).Name);
    }
}
