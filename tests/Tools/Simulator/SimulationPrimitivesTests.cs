using Counterfoil.Simulator;
using Counterfoil.Simulator.Consensus;

namespace Counterfoil.Tools.Tests.Simulator;

public sealed class SimulationPrimitivesTests
{
    [Fact]
    public void KeyedHash_OfThePublishedVectors_IsSipHash()
    {
        // The reference implementation's vectors of 0, 8 and 16 bytes: key 00 … 0f, message 00, 01, ….
        var hash = new KeyedHash(0x0706050403020100, 0x0F0E0D0C0B0A0908);
        Assert.Equal(0x726FDB47DD0E0E31UL, hash.Of([]));
        Assert.Equal(0x93F5F5799A932462UL, hash.Of([0x0706050403020100]));
        Assert.Equal(0x3F2ACC7F57C29BDBUL, hash.Of([0x0706050403020100, 0x0F0E0D0C0B0A0908]));
    }

    [Fact]
    public void Random_OfSeedZero_IsXoshiro256StarStarSeededBySplitMix64()
    {
        var random = new SimulationRandom(0);
        Assert.Equal(0x99EC5F36CB75F2B4UL, random.Next());
    }

    [Fact]
    public void Random_BelowALimit_ReachesEveryNumberAndNoOther()
    {
        var random = new SimulationRandom(9);
        var seen = Enumerable.Range(0, 10_000).Select(_ => random.Below(7)).ToHashSet();
        Assert.Equal([0, 1, 2, 3, 4, 5, 6], seen.Order());
        Assert.All(Enumerable.Range(0, 1_000).Select(_ => random.Between(-3, 3)), number => Assert.InRange(number, -3, 3));
    }

    [Fact]
    public void Queue_OfEvents_GivesThemByTimeAndThenInOrder()
    {
        var (queue, random) = (new SimulationQueue(), new SimulationRandom(5));
        for (var i = 0; i < 3_000; i++)
            queue.Add(new SimulationEvent { Time = random.Below(50), Number = i });
        var taken = new List<(long Time, int Number)>();
        while (queue.Count > 0)
        {
            var next = queue.Take();
            taken.Add((next.Time, next.Number));
        }
        Assert.Equal(3_000, taken.Count);
        Assert.Equal(taken.Order(), taken);
    }

    [Fact]
    public void Signer_OfAMessageUnderAnotherName_IsRefused()
    {
        var committee = ConsensusCommittees.Even[3];
        var signer = new SimulatedSigner(committee.Count, new SimulationRandom(1));
        var vote = new Ledger.Consensus.VoteMessage(Ledger.Consensus.VotePhase.Precommit, 1, 0, null, committee[2]);
        Assert.True(signer.Verify(signer.Sign(2, vote)));
        Assert.False(signer.Verify(signer.Forge(1, 2, vote)));
    }
}
