using System.Diagnostics;
using System.Text;
using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;
using Xunit.Abstractions;

namespace Counterfoil.Contracts.Tests.Governance;

/// <summary>
/// Random operations of 50 accounts: what was said of sums and locks holds after every block. 100,000 operations, a million with COUNTERFOIL_FULL=1.
/// </summary>
public class GovernancePropertyTests(ITestOutputHelper output)
{
    private const int OperationsPerBlock = 200;
    private static readonly string[] Options = ["yes", "yes", "yes", "no", "abstain", "spam"];
    private static readonly string[] Scenes = [SceneNames.OrdinaryProposal, SceneNames.Parameter];
    private static readonly TestAccount[] Members = [.. Enumerable.Range(0, 50).Select(number => new TestAccount($"member {number}"))];

    private readonly Dictionary<ProposalId, string> open = [];
    private readonly List<ProposalId> all = [];
    private readonly Dictionary<string, int> outcomes = [];
    private GovernanceWorld world = null!;
    private Random random = null!;

    [Fact]
    public void RandomOperations_Of50Accounts_KeepEverySumAndLock()
    {
        var isFull = Environment.GetEnvironmentVariable("COUNTERFOIL_FULL") == "1";
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        random = new Random(seed);
        var seats = new TestSeats([], []);
        world = new GovernanceWorld(
            extra: _ => seats = new TestSeats([], [.. Members.Select(member => member.Id)]),
            kernel: () => new KernelContracts(1, new LateSeats(() => seats)),
            // The first has more than half of all, votes with all of it and keeps it, so that something passes.
            shares: [.. Members.Select(member => (member, member == Members[0] ? (UInt128)100_000 : (UInt128)(uint)random.Next(0, 3_000) + 20))],
            ownParameters: "\"election_seats\":5,\"election_term_seconds\":7200,\"election_cooling_seconds\":1800",
            quorum: 10);
        var watch = Stopwatch.StartNew();
        var blocks = (isFull ? 1_000_000 : 100_000) / OperationsPerBlock;
        for (var block = 0; block < blocks; block++)
        {
            Refresh();
            var operations = Enumerable.Range(0, OperationsPerBlock).Select(_ => Operation()).ToList();
            foreach (var result in world.Bench.Block(operations))
                outcomes[result.Code] = outcomes.GetValueOrDefault(result.Code) + 1;
            Audit(seed, block);
            if (block % 3 == 0)
            {
                world.Bench.Advance(TimeSpan.FromSeconds(random.Next(1, 1_200)));
                Audit(seed, block);
            }
        }
        output.WriteLine($"{blocks * OperationsPerBlock} operations, {watch.Elapsed.TotalSeconds:F1} s: {string.Join(", ", outcomes.OrderByDescending(pair => pair.Value).Select(pair => $"{pair.Key} {pair.Value}"))}");
        output.WriteLine(string.Join(", ", all.GroupBy(id => world.Ballot(id).State).Select(group => $"{group.Key} {group.Count()}")));
        // The run has something to say.
        foreach (var code in new[] { "accepted", "locked", "no_governance_permission", "voting_closed", "delegation_depth", "cannot_cancel" })
            Assert.True(outcomes.GetValueOrDefault(code) > 0, $"seed {seed}: no {code}");
        foreach (var state in new[] { ProposalState.Executed, ProposalState.Rejected, ProposalState.Cancelled })
            Assert.Contains(all, id => world.Ballot(id).State == state);
        // In the end nothing is open, and some blocks later nothing is stored.
        foreach (var member in Members)
            world.Bench.Run("governance.withdraw", "{}", member);
        world.Bench.Advance(TimeSpan.FromDays(2));
        for (var block = 0; block < 5; block++)
            world.Bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, world.Governance.LockCount);
        Assert.All(Members, member => Assert.Equal(world.Governance.TotalOf(member.Id), world.Governance.TransferableOf(member.Id)));
        if (!isFull)
            Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    private void Refresh()
    {
        foreach (var id in open.Keys.Where(id => world.Ballot(id).State != ProposalState.Voting).ToList())
            open.Remove(id);
        foreach (var id in all.Skip(Math.Max(0, all.Count - 60)).Where(id => world.Ballot(id).State == ProposalState.Voting))
            open[id] = world.Proposal(id).Scene;
    }

    private BenchTransaction Operation()
    {
        var by = Members[random.Next(Members.Length)];
        var other = Members[random.Next(Members.Length)];
        switch (random.Next(20))
        {
            case 0 when open.Count < 25:
                return Propose(by);
            case 1 when open.Count > 0:
                return new(
                    "governance.vote",
                    $$"""{"proposal":"{{open.Keys.First()}}","option":"yes","amount":"{{world.Governance.AvailableOf(Members[0].Id, open.Values.First())}}"}""",
                    [Members[0]]);
            case <= 9 when all.Count > 0:
                var recent = all[Math.Max(0, all.Count - 1 - random.Next(30))];
                var delegators = Members.Where(member => world.Governance.TryGetDelegation(member.Id, world.Proposal(recent).Scene, out var to) && to.To == by.Id).Take(3);
                var others = string.Join(",", delegators.Select(owner => $$"""{"owner":"{{owner}}","amount":"{{random.Next(1, 400)}}"}"""));
                var own = random.Next(4) > 0 || others.Length == 0 ? $$""","amount":"{{random.Next(0, by == Members[0] ? 5_000 : 900)}}" """ : "";
                return new("governance.vote", $$"""{"proposal":"{{recent}}","option":"{{Options[random.Next(Options.Length)]}}"{{own}},"for":[{{others}}]}""", [by]);
            case <= 12:
                return new("governance.transfer", $$"""{"to":"{{other}}","amount":"{{random.Next(0, 400)}}"}""", [by == Members[0] ? other : by]);
            case 13:
                return new("governance.delegate", $$"""{"scene":"{{Scenes[random.Next(2)]}}","to":"{{other}}","until":{{world.Now + random.Next(1, 9_000)}}}""", [by]);
            case 14:
                return new("governance.delegate", $$"""{"scene":"{{Scenes[random.Next(2)]}}"}""", [by]);
            case 15 when all.Count > 0:
                return new("governance.cancel", $$"""{"proposal":"{{all[Math.Max(0, all.Count - 1 - random.Next(5))]}}"}""", [random.Next(2) == 0 ? Proposer(all[^1]) : by]);
            case 16:
                return new("governance.nominate", $$"""{"candidate":"{{by}}","node":"{{by}}"}""", [by]);
            case 17:
                return new("governance.support", $$"""{"candidate":"{{other}}","amount":"{{random.Next(0, 900)}}"}""", [by]);
            case 18:
                return new("governance.unsupport", $$"""{"candidate":"{{other}}","amount":"{{random.Next(1, 500)}}"}""", [by]);
            default:
                return random.Next(20) == 0 ? new("governance.withdraw", "{}", [by]) : new("governance.alive", "{}", [by]);
        }
    }

    private TestAccount Proposer(ProposalId id) => Members.First(member => member.Id == world.Proposal(id).Proposer);

    private BenchTransaction Propose(TestAccount by)
    {
        var id = new ProposalId((UInt128)(ulong)random.NextInt64(1, long.MaxValue));
        var text = Encoding.UTF8.GetBytes($"text {id}");
        var isParameter = random.Next(2) == 0;
        var (act, arg, reads) = isParameter
            ? ("governance.set_parameter", GovernanceWorld.SetParameter("sponsor_quota", random.Next(1, 1_000)), GovernanceWorld.ParameterRead("sponsor_quota"))
            : ("governance.resolve", "{}", "");
        var stop = world.Now + 1 + GovernanceWorld.VoteWindow + random.Next(0, 60);
        return new(
            "governance.propose",
            $$"""
            {"proposal":"{{id}}","scene":"{{Scenes[isParameter ? 1 : 0]}}","title":"A","text_digest":"{{Digest<Attachment>.Of(text)}}","args":{"min_vote_percent":51,
            "stop_vote_time":{{stop}}},"trigger":{"time":{{stop + GovernanceWorld.Delay}},"act":"{{act}}","arg":{{arg}},"reads":[{{reads}}]} }
            """,
            [by])
        { Attachments = [text] };
    }

    // The auditor knows nothing of locks: it adds up votes, deposits and totals as they are stored.
    private void Audit(int seed, int block)
    {
        var place = $"seed {seed}, block {block}";
        all.Clear();
        all.AddRange(world.Governance.ProposalsFrom(default, int.MaxValue - 1).OrderBy(id => world.Proposal(id).Stop).ThenBy(id => id.Value));
        var locked = new Dictionary<(Ledger.AccountId, string), UInt128>();
        foreach (var id in all.Skip(Math.Max(0, all.Count - 200)))
        {
            var (row, ballot) = (world.Proposal(id), world.Ballot(id));
            if (ballot.State != ProposalState.Voting)
                continue;
            Assert.True(world.Bench.Time < row.Stop, $"{place}: {id} is counted when its time is over");
            UInt128[] tally = new UInt128[5];
            foreach (var (owner, vote) in world.Governance.VotesOf(id, default, 1_000))
            {
                tally[(int)vote.Option] += vote.Units;
                locked[(owner, row.Scene)] = locked.GetValueOrDefault((owner, row.Scene)) + vote.Units;
            }
            Assert.True(tally.SequenceEqual<UInt128>([0, ballot.Yes, ballot.No, ballot.Abstain, ballot.Spam]), place);
            Assert.True(ballot.Cast <= world.Governance.Supply, place);
            locked[(row.Proposer, row.Scene)] = locked.GetValueOrDefault((row.Proposer, row.Scene)) + ballot.Deposit;
        }
        UInt128 sum = 0;
        foreach (var member in Members)
        {
            var total = world.Governance.TotalOf(member.Id);
            sum += total;
            foreach (var scene in Scenes)
                Assert.True(world.Governance.LockedOf(member.Id, scene) == locked.GetValueOrDefault((member.Id, scene)), place);
            var election = world.Governance.LockedOf(member.Id, SceneNames.ValidatorElection);
            Assert.True(election <= total, place);
            var most = UInt128.Max(election, Scenes.Select(scene => locked.GetValueOrDefault((member.Id, scene))).Max());
            Assert.True(most <= total && world.Governance.TransferableOf(member.Id) == total - most, place);
        }
        Assert.True(sum == world.Governance.Supply, place);
        Assert.True(world.Governance.Candidates.Aggregate((UInt128)0, (support, row) => support + row.Support) <= sum, place);
    }

    /// <summary>The seats that are made after the kernel.</summary>
    private sealed class LateSeats(Func<IElectedSeats> seats) : IElectedSeats
    {
        public IReadOnlyList<Seat> Seats => seats().Seats;

        public Counterfoil.Ledger.Refusal? CheckCandidate(ExecutionContext context, Ledger.AccountId candidate, Ledger.AccountId node) =>
            seats().CheckCandidate(context, candidate, node);

        public Counterfoil.Ledger.Refusal? Fill(ExecutionContext context, IReadOnlyList<Seat> next) => seats().Fill(context, next);
    }
}
