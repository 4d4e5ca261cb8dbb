using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Tests.Governance;

public class ElectionTests
{
    private const string Scene = SceneNames.ValidatorElection;
    private static readonly TestAccount[] Nodes = [.. Enumerable.Range(0, 8).Select(number => new TestAccount($"node {number}"))];
    private TestSeats seats = null!;

    [Fact]
    public void Locks_OfDifferentScenes_RunInParallelOverTheSameTokens()
    {
        // 600 of 1,000 are locked for an election: 1,000 still vote in an ordinary proposal, 400 can be transferred.
        var holder = new TestAccount("holder");
        var world = Make(4, shares: [(holder, 1_000), (new TestAccount("alice"), 100)], deposit: 0);
        Assert.Equal("accepted", Nominate(world, world.Alice, Nodes[0]).Code);
        Assert.Equal("accepted", Support(world, holder, world.Alice, 600).Code);
        Assert.Equal((UInt128)400, world.Governance.AvailableOf(holder.Id, Scene));
        Assert.Equal((UInt128)1_000, world.Governance.AvailableOf(holder.Id, SceneNames.OrdinaryProposal));
        Assert.Equal((UInt128)400, world.Governance.TransferableOf(holder.Id));
        var id = world.ProposeOrdinary();
        Assert.Equal("locked", world.Give(holder, world.Bob, 401).Code);
        Assert.Equal("accepted", world.Vote(holder, id, "yes", 1_000).Code);
        Assert.Equal((UInt128)0, world.Governance.TransferableOf(holder.Id));
        world.ToStop(id);
        Assert.Equal("accepted", world.Give(holder, world.Bob, 400).Code);
        Assert.Equal("locked", world.Give(holder, world.Bob, 1).Code);
    }

    [Fact]
    public void Nominate_WithoutStakeSignatureOrNode_IsRefused()
    {
        var world = Make(4);
        Assert.Equal("no_governance_permission", Nominate(world, world.Dora, Nodes[0]).Code);
        Assert.Equal("no_governance_permission", world.Bench.Run(
            "governance.nominate", $$"""{"candidate":"{{world.Bob}}","node":"{{Nodes[0]}}"}""", world.Alice).Code);
        Assert.Equal("unfit_node", Nominate(world, world.Alice, new TestAccount("elsewhere")).Code);
        Assert.Equal("accepted", world.Bench.Run("governance.nominate", $$"""{"candidate":"{{world.Dora}}","node":"{{Nodes[0]}}"}""", world.Alice, world.Dora).Code);
        Assert.Equal((UInt128)10, world.Governance.LockedOf(world.Alice.Id, Scene));
        Assert.Equal("candidate_exists", Nominate(world, world.Dora, Nodes[1], world.Alice).Code);
        Assert.Equal("candidate_exists", Nominate(world, world.Bob, Nodes[0]).Code);
        Assert.Equal("unknown_candidate", Support(world, world.Bob, world.Carol, 1).Code);
        Assert.Equal("bad_amount", Support(world, world.Bob, world.Dora, 0).Code);
        Assert.Equal("no_governance_permission", Support(world, world.Bob, world.Dora, 301).Code);
        Assert.Equal("no_election", Nominate(new GovernanceWorld(), world.Alice, Nodes[0]).Code);
    }

    [Fact]
    public void Unsupport_OfATokenThatSupports_FreesItAfterTheCoolingPeriod()
    {
        var world = Make(4);
        Nominate(world, world.Alice, Nodes[0]);
        Assert.Equal("accepted", Support(world, world.Bob, world.Alice, 200).Code);
        Assert.Equal("no_governance_permission", Unsupport(world, world.Bob, world.Alice, 201).Code);
        Assert.Equal("accepted", Unsupport(world, world.Bob, world.Alice, 150).Code);
        Assert.Equal((UInt128)50, world.Governance.Candidates[0].Support);
        Assert.Equal((UInt128)200, world.Governance.LockedOf(world.Bob.Id, Scene));
        world.Bench.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        Assert.Equal((UInt128)200, world.Governance.LockedOf(world.Bob.Id, Scene));
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((UInt128)50, world.Governance.LockedOf(world.Bob.Id, Scene));
    }

    [Fact]
    public void Withdraw_OfACandidate_FreesStakeAndSupportAtOnceAndClearsThemLater()
    {
        var world = Make(4);
        Nominate(world, world.Alice, Nodes[0]);
        Support(world, world.Bob, world.Alice, 200);
        Assert.Equal("unknown_candidate", world.Bench.Run("governance.withdraw", "{}", world.Bob).Code);
        Assert.Equal("accepted", world.Bench.Run("governance.withdraw", "{}", world.Alice).Code);
        Assert.Equal((UInt128)300, world.Governance.AvailableOf(world.Bob.Id, Scene));
        Assert.Equal((UInt128)600, world.Governance.AvailableOf(world.Alice.Id, Scene));
        // Who stands again begins without support.
        Assert.Equal("accepted", Nominate(world, world.Alice, Nodes[0]).Code);
        Assert.Equal((UInt128)0, world.Governance.Candidates[0].Support);
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, world.Governance.LockCount);
    }

    [Fact]
    public void Term_AtItsEnd_SeatsTheFirstBySupportAndThenByNomination()
    {
        // The supermajority of 51 % stands behind the four: all seats change.
        var world = Make(2);
        foreach (var (candidate, node) in new[] { (world.Carol, 5), (world.Bob, 6), (world.Alice, 7) })
            Nominate(world, candidate, Nodes[node]);
        Support(world, world.Alice, world.Carol, 300);
        Support(world, world.Bob, world.Bob, 290);
        Support(world, world.Alice, world.Alice, 290);
        Assert.Equal([world.Carol.Id, world.Bob.Id, world.Alice.Id], world.Governance.Candidates.Select(row => row.Candidate));
        world.Bench.Advance(TimeSpan.FromDays(100));
        Assert.Equal(Sorted(5, 6), seats.Seats.Select(seat => seat.Node));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Term_WithoutASupermajority_ChangesNoMoreSeatsThanWeighF()
    {
        // Seven seats of weight 1: f = 2. Three stand with 45 % together; the one with the lowest support stays out.
        var world = Make(7, sitting: 5);
        Assert.Equal(5, seats.Seats.Count);
        foreach (var (candidate, node) in new[] { (world.Alice, 5), (world.Bob, 6), (world.Carol, 7) })
            Nominate(world, candidate, Nodes[node]);
        Support(world, world.Alice, world.Alice, 250);
        Support(world, world.Bob, world.Bob, 150);
        Support(world, world.Carol, world.Carol, 50);
        world.Bench.Advance(TimeSpan.FromDays(100));
        // W = 5: f = 1.
        Assert.Equal(5, seats.Seats.Count);
        Assert.Contains(Nodes[5].Id, seats.Seats.Select(seat => seat.Node));
        Assert.DoesNotContain(Nodes[6].Id, seats.Seats.Select(seat => seat.Node));
        world.Bench.Advance(TimeSpan.FromDays(100));
        Assert.Contains(Nodes[6].Id, seats.Seats.Select(seat => seat.Node));
    }

    [Fact]
    public void Term_WithFewerThanFourValidators_ChangesNothingWithoutASupermajority()
    {
        var world = Make(1, sitting: 3);
        Nominate(world, world.Alice, Nodes[7]);
        Support(world, world.Alice, world.Alice, 509);
        world.Bench.Advance(TimeSpan.FromDays(100));
        Assert.Equal(Sorted(0, 1, 2), seats.Seats.Select(seat => seat.Node).Order());
        Support(world, world.Alice, world.Alice, 1);
        world.Bench.Advance(TimeSpan.FromDays(100));
        Assert.Equal([Nodes[7].Id], seats.Seats.Select(seat => seat.Node));
    }

    [Fact]
    public void Term_ThatTheSeatsRefuse_FailsAndTheNextComes()
    {
        var world = Make(1, sitting: 2, minimum: 2);
        Nominate(world, world.Alice, Nodes[7]);
        Support(world, world.Alice, world.Alice, 590);
        Assert.Equal("execution_failed", GovernanceWorld.Codes(world.Bench.Advance(TimeSpan.FromDays(100))));
        Assert.Equal(2, seats.Seats.Count);
        Assert.Equal("execution_failed", GovernanceWorld.Codes(world.Bench.Advance(TimeSpan.FromDays(100))));
    }

    [Theory]
    [InlineData(10, 4, 3)]
    [InlineData(7, 7, 2)]
    [InlineData(4, 4, 1)]
    public void Decide_OverAnySeats_ChangesAtMostF(int sitting, int standing, int most)
    {
        AccountId Node(int number) => new TestAccount($"seat {number}").Id;
        Seat[] present = [.. Enumerable.Range(0, sitting).Select(number => new Seat(Node(number), 1))];
        NominationRow[] candidates = [.. Enumerable.Range(0, standing).Select(number => new NominationRow(Node(100 + number), Node(100 + number), Node(100), 0, 1, number))];
        var next = SeatElection.Decide(present, candidates, sitting, 1_000, 51);
        Assert.Equal(Math.Min(most, standing), next.Except(present).Count());
        Assert.Equal(Math.Min(sitting, standing), SeatElection.Decide(present, candidates, sitting, 1, 51).Except(present).Count());
    }

    private static IEnumerable<AccountId> Sorted(params IEnumerable<int> nodes) => nodes.Select(node => Nodes[node].Id).Order();

    private GovernanceWorld Make(
        int wanted, int sitting = 2, int minimum = 1, IReadOnlyList<(TestAccount Account, UInt128 Units)>? shares = null, UInt128? deposit = null) => new(
            extra: _ => seats,
            kernel: () => new KernelContracts(
                1, seats = new TestSeats([.. Nodes.Take(sitting).Select(node => new Seat(node.Id, 1))], [.. Nodes.Select(node => node.Id)]) { Minimum = minimum }),
            ownParameters: $"\"election_seats\":{wanted},\"election_term_seconds\":{100 * 86_400}",
            shares: shares,
            deposit: deposit);

    private static BenchResult Nominate(GovernanceWorld world, TestAccount candidate, TestAccount node, TestAccount? by = null) => world.Bench.Run(
        "governance.nominate", $$"""{"candidate":"{{candidate}}","node":"{{node}}"}""", by is null ? [candidate] : [by, candidate]);

    private static BenchResult Support(GovernanceWorld world, TestAccount by, TestAccount candidate, int amount) =>
        world.Bench.Run("governance.support", $$"""{"candidate":"{{candidate}}","amount":"{{amount}}"}""", by);

    private static BenchResult Unsupport(GovernanceWorld world, TestAccount by, TestAccount candidate, int amount) =>
        world.Bench.Run("governance.unsupport", $$"""{"candidate":"{{candidate}}","amount":"{{amount}}"}""", by);
}
