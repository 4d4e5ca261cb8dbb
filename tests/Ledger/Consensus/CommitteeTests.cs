using Counterfoil.Cryptography.Keys;
using Xunit.Abstractions;

namespace Counterfoil.Ledger.Tests.Consensus;

public class CommitteeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Validators_GivenTransactionsAtEach_AgreeOnTheSameBlocksAndState(int count)
    {
        await using var committee = new Committee([.. Enumerable.Repeat(1L, count)]) { GatherTime = TimeSpan.FromMilliseconds(100) };
        await committee.StartAsync();
        var (rounds, wasWarm) = (0, false);
        // On a busy machine a block may overtake a body; where none does, every node verifies each signature once, and none within a round.
        for (; rounds < 5 || !wasWarm && rounds < 20; rounds++)
        {
            var before = Signatures();
            var results = await Task.WhenAll(Enumerable.Range(0, count).Select(to => committee.SendAsync(to, committee.Add("apples"))));
            Assert.All(results, result => Assert.Equal("accepted", result.Outcome?.Status));
            await committee.AgreeAsync(1);
            wasWarm |= Signatures().Zip(before).All(pair => pair.First == (pair.Second.Checked + count, pair.Second.InRound));
        }
        await committee.AgreeAsync(1);
        Assert.All(committee.Members, member => Assert.Equal(rounds * count, member.Counter!.CountOf("apples")));
        Assert.True(wasWarm);
        foreach (var member in committee.Members)
            output.WriteLine($"height {member.Ledger!.Tip.Height}, built {member.Ledger.Consensus.BlocksBuilt}, followed {member.Ledger.Consensus.BlocksFollowed}, rounds {member.Ledger.Consensus.FurtherRounds}, invalid {string.Join(" ", member.Ledger.Consensus.InvalidProposals)}");

        (long Checked, long InRound)[] Signatures() =>
            [.. committee.Members.Select(member => (member.Ledger!.Counters.SignaturesChecked, member.Ledger.Consensus.TransactionSignaturesInRound))];
    }

    [Fact]
    public async Task ThreeOfFour_WithoutTheFourth_GoOn_AndTheFourthCatchesUp()
    {
        await using var committee = new Committee([1, 1, 1, 1]);
        await committee.StartAsync(0, 1, 2);
        for (var i = 0; i < 8; i++)
            Assert.Equal("accepted", (await committee.SendAsync(i % 3, committee.Add("apples"))).Outcome?.Status);
        await committee.StartAsync(3);
        var height = committee.Members[0].Ledger!.Tip.Height;
        await committee.AgreeAsync(height);
        Assert.Equal(8, committee.Members[3].Counter!.CountOf("apples"));
        Assert.Equal("accepted", (await committee.SendAsync(3, committee.Add("apples"))).Outcome?.Status);
    }

    [Fact]
    public async Task NewNode_FarBehind_TakesASnapshotAndThenBlocks_AndVotes()
    {
        await using var committee = new Committee([1, 1, 1, 1]) { BlocksWorthASnapshot = 10 };
        await committee.StartAsync(0, 1, 2);
        for (var i = 0; i < 14; i++)
        {
            if (i == 6)
                committee.Members[0].Ledger!.WriteSnapshot();
            await committee.SendAsync(i % 3, committee.Add($"apples {i}"));
        }
        foreach (var member in committee.Members.Take(3))
            member.Ledger!.WriteSnapshot();
        for (var i = 0; i < 14; i++)
            await committee.SendAsync(i % 3, committee.Add($"pears {i}"));
        await committee.StartAsync(3);
        await committee.AgreeAsync(committee.Members[0].Ledger!.Tip.Height);
        var late = committee.Members[3];
        Assert.Equal(1, late.Ledger!.Consensus.SnapshotsTaken);
        Assert.False(late.Ledger.TryReadBlock(1, out _));
        Assert.Equal((1, 1), (late.Counter!.CountOf("apples 0"), late.Counter.CountOf("pears 13")));
        // Without it there is no quorum.
        await committee.StopAsync(0);
        Assert.Equal("accepted", (await committee.SendAsync(3, committee.Add("apples 0"))).Outcome?.Status);
        await committee.StopAsync(3);
        await committee.StartAsync(3);
        Assert.Equal("accepted", (await committee.SendAsync(3, committee.Add("apples 0"))).Outcome?.Status);
        Assert.Equal(3, committee.Members[3].Counter!.CountOf("apples 0"));
        await committee.StopAsync(3);
        var counter = new Counterfoil.Ledger.Tests.Chain.CounterContract();
        Assert.Null(LedgerVerification.Run(committee.Genesis, new Counterfoil.Ledger.Execution.ContractSet(counter, counter), late.Disk, null).Fault);
    }

    [Fact]
    public async Task Transaction_WhoseRivalWasExecuted_IsFinalAsRefusedThoughOneNodeAloneHoldsItEligible()
    {
        await using var committee = new Committee([1, 1, 1, 1], new LedgerParameters { CheckpointIntervalBlocks = 10_000, CheckpointIntervalSeconds = 3_000 });
        await committee.StartAsync();
        var apart = committee.Members[1];
        foreach (var other in committee.Members.Where(member => member != apart))
            committee.Network.Cut(apart.Account, other.Account, isCut: true);
        var late = committee.SendAsync(1, committee.Single("apples"));
        Assert.Equal("accepted", (await committee.SendAsync(0, committee.Single("apples"))).Outcome?.Status);
        foreach (var other in committee.Members.Where(member => member != apart))
            committee.Network.Cut(apart.Account, other.Account, isCut: false);
        // Nothing else comes that would have the others make blocks.
        var result = await late;
        Assert.Equal(("refused", "already_counted"), (result.Outcome?.Status, result.Outcome?.Code));
        await committee.AgreeAsync(result.Height);
        Assert.All(committee.Members, member => Assert.Equal(1, member.Counter!.CountOf("apples")));
    }

    [Fact]
    public async Task Transaction_ThatOpensAnAccountWhichAnotherOpenedMeanwhile_IsStoredByAllAndFinal()
    {
        await using var committee = new Committee([1, 1, 1, 1], new LedgerParameters { CheckpointIntervalBlocks = 10_000, CheckpointIntervalSeconds = 3_000 });
        await committee.StartAsync();
        var newcomer = EphemeralSigningKey.Create();
        var apart = committee.Members[1];
        foreach (var other in committee.Members.Where(member => member != apart))
            committee.Network.Cut(apart.Account, other.Account, isCut: true);
        var late = committee.SendAsync(1, committee.AddWith(newcomer, "apples"));
        Assert.Equal("accepted", (await committee.SendAsync(0, committee.AddWith(newcomer, "pears"))).Outcome?.Status);
        foreach (var other in committee.Members.Where(member => member != apart))
            committee.Network.Cut(apart.Account, other.Account, isCut: false);
        var result = await late;
        Assert.Equal("accepted", result.Outcome?.Status);
        await committee.AgreeAsync(result.Height);
        Assert.Equal("account_exists", (await committee.SendAsync(0, committee.AddWith(newcomer, "plums"))).Refusal?.Code);
    }

    [Fact]
    public async Task TwoOfFour_WaitForAQuorum_AndGoOnWhenItIsBack()
    {
        await using var committee = new Committee([1, 1, 1, 1]);
        await committee.StartAsync();
        await committee.SendAsync(0, committee.Add("apples"));
        await committee.AgreeAsync(1);
        await committee.StopAsync(2);
        await committee.StopAsync(3);
        var waiting = committee.SendAsync(0, committee.Add("apples"));
        await Task.Delay(1_000);
        Assert.False(waiting.IsCompleted);
        await committee.StartAsync(2);
        Assert.Equal("accepted", (await waiting).Outcome?.Status);
        await committee.StartAsync(3);
        await committee.AgreeAsync(2);
        Assert.All(committee.Members, member => Assert.Equal(2, member.Counter!.CountOf("apples")));
    }
}
