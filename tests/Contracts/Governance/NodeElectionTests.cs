using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Contracts.Tests.Governance;

/// <summary>
/// Elections among the registry's real entries: v0 to v3 sit since genesis, each with 150 of 1,000 tokens; the stranger has the other 400.
/// A scene of 67 %, a term of an hour.
/// </summary>
public class NodeElectionTests
{
    private const int Term = 3_600;

    [Fact]
    public void Election_AmongRealEntries_ChangesTheSetTwoBlocksLater()
    {
        var world = Make();
        var (admitted, certificate) = (world.Newcomer, AdmitWithAllKeys(world, world.Newcomer));
        Assert.Equal(NodeRoles.Peer, world.Entry("newcomer").Roles);
        Assert.Equal("accepted", Nominate(world, admitted.Account).Code);
        // 67 % stand behind those that are to sit.
        Support(world, world.Stranger, admitted.Account, 390);
        foreach (var validator in world.Validators.Take(3))
        {
            Assert.Equal("accepted", Nominate(world, validator.Account).Code);
            Support(world, validator.Account, validator.Account, 130);
        }
        var due = ToEndOfTerm(world);
        Assert.Equal("done", GovernanceWorld.Codes(due));
        var height = world.Bench.Height;
        Assert.Equal(
            world.Validators.Take(3).Append(admitted).Select(node => node.Account.Id).Order(),
            world.Contract.Validators.Select(validator => validator.Account));
        Assert.All(world.Contract.Validators, validator => Assert.Equal(1, validator.Weight));
        Assert.Equal(admitted.Consensus.PublicKey, world.Contract.Validators.Single(validator => validator.Account == admitted.Account.Id).ConsensusKey);
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "certificates.validators_changed" && happened["in_force"] == $"{height + 2}");
        // Roles follow: who lost the seat stays linked, who won it keeps its certificate.
        var entry = world.Entry("newcomer");
        Assert.Equal((NodeRoles.Validator | NodeRoles.Peer, certificate, "governance"), (entry.Roles, entry.Certificate, entry.Decision));
        var former = world.Entry(world.NodeOf(world.Validators[3]));
        Assert.Equal((NodeRoles.Peer, NodeStatus.Active, 0L), (former.Roles, former.Status, former.Weight));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Election_WithoutTheSupermajority_ChangesNoMoreThanWeighF()
    {
        // Four seats of weight 1: f = 1. Two newcomers stand with 50 % together; the one with less support stays out.
        var world = Make();
        AdmitWithAllKeys(world, world.Newcomer);
        AdmitWithAllKeys(world, world.Second);
        Nominate(world, world.Newcomer.Account);
        Nominate(world, world.Second.Account);
        Support(world, world.Stranger, world.Second.Account, 260);
        Support(world, world.Validators[0].Account, world.Newcomer.Account, 100);
        Assert.Equal("done", GovernanceWorld.Codes(ToEndOfTerm(world)));
        Assert.Equal(4, world.Contract.Validators.Count);
        Assert.Contains(world.Second.Account.Id, world.Contract.Validators.Select(validator => validator.Account));
        Assert.DoesNotContain(world.Newcomer.Account.Id, world.Contract.Validators.Select(validator => validator.Account));
        Assert.Equal("done", GovernanceWorld.Codes(ToEndOfTerm(world)));
        Assert.Contains(world.Newcomer.Account.Id, world.Contract.Validators.Select(validator => validator.Account));
    }

    [Fact]
    public void Election_WithFewerThanFourValidators_NeedsTheSupermajorityForEveryChange()
    {
        var world = Make(count: 3, seats: 3);
        AdmitWithAllKeys(world, world.Newcomer);
        Nominate(world, world.Newcomer.Account);
        Support(world, world.Stranger, world.Newcomer.Account, 390);
        // 390 of 850.
        ToEndOfTerm(world);
        Assert.DoesNotContain(world.Newcomer.Account.Id, world.Contract.Validators.Select(validator => validator.Account));
        foreach (var validator in world.Validators.Take(2))
        {
            Nominate(world, validator.Account);
            Support(world, validator.Account, validator.Account, 100);
        }
        // 590 of 850 are 69 %.
        ToEndOfTerm(world);
        Assert.Equal(
            world.Validators.Take(2).Append(world.Newcomer).Select(node => node.Account.Id).Order(),
            world.Contract.Validators.Select(validator => validator.Account));
    }

    [Fact]
    public void Nominate_WithANodeThatIsNotAdmittedOrHasNotItsKeys_IsRefused()
    {
        var world = Make();
        Assert.Equal("unknown_node", Nominate(world, world.Newcomer.Account).Code);
        world.Admit(world.Second);
        Assert.Equal("unknown_node", Nominate(world, world.Second.Account).Code);
        // With another's node; its own account agrees for no one else.
        Assert.Equal("not_linked", world.Bench.Run(
            "governance.nominate", $$"""{"candidate":"{{world.Stranger}}","node":"{{world.Validators[0].Account}}"}""", world.Stranger).Code);
        AdmitWithAllKeys(world, world.Newcomer);
        Assert.Equal("accepted", Nominate(world, world.Newcomer.Account).Code);
    }

    [Fact]
    public void Candidate_WhoseNodeIsRevokedBeforeTheEndOfTheTerm_HoldsUpNobody()
    {
        var world = Make();
        var certificate = AdmitWithAllKeys(world, world.Newcomer);
        AdmitWithAllKeys(world, world.Second);
        Nominate(world, world.Newcomer.Account);
        Nominate(world, world.Second.Account);
        Support(world, world.Stranger, world.Newcomer.Account, 200);
        Support(world, world.Stranger, world.Second.Account, 100);
        var request = world.NextRequest();
        Assert.Equal("accepted", world.Revoke(new RevokeNodeMessage(request, "compromised", certificate.As<Ledger.Transactions.Attachment>())).Code);
        world.Approve(request);
        Assert.Equal("done", GovernanceWorld.Codes(ToEndOfTerm(world)));
        var sitting = world.Contract.Validators.Select(validator => validator.Account).ToList();
        Assert.Contains(world.Second.Account.Id, sitting);
        Assert.DoesNotContain(world.Newcomer.Account.Id, sitting);
    }

    [Fact]
    public void ValidatorSet_ChangedByAProposal_IsInForceTwoBlocksLater()
    {
        var world = Make();
        AdmitWithAllKeys(world, world.Newcomer);
        var accounts = world.Validators.Take(3).Select(node => node.Account.Id).Append(world.Newcomer.Account.Id).ToList();
        var arg = $$"""{"seats":[{{string.Join(",", accounts.Select(account => $$"""{"node":"{{account}}","weight":2}"""))}}]}""";
        var id = new ProposalId(77);
        var refused = Propose(world, id, arg, "");
        Assert.Equal(("bad_proposal", "incomplete_reads"), (refused.Code, GovernanceWorld.Fact(refused, "inner_code")));
        // The dry run names what a proposal must name, row by row.
        List<string> reads = [];
        for (; refused.Code == "bad_proposal" && reads.Count < 64; refused = Propose(world, id, arg, string.Join(",", reads)))
            reads.Add($$"""{"table":"{{GovernanceWorld.Fact(refused, "table")}}","key":"{{GovernanceWorld.Fact(refused, "key")}}"}""");
        Assert.Equal("accepted", refused.Code);
        foreach (var (voter, units) in world.Validators.Select(node => (node.Account, 130)).Append((world.Stranger, 390)))
            Assert.Equal("accepted", world.Bench.Run(
                "governance.vote", $$"""{"proposal":"{{id}}","option":"yes","amount":"{{units}}"}""", voter).Code);
        Assert.True(world.Bench.Kernel.Governance.TryGetProposal(id, out var row, out var ballot));
        // A term without candidates ends meanwhile.
        Assert.Equal("done done", GovernanceWorld.Codes(world.Bench.Advance(row.Stop - world.Bench.Time)));
        world.Bench.Advance(ballot.Due - world.Bench.Time);
        Assert.Contains(
            world.Bench.LastEvents,
            happened => happened.Type == "certificates.validators_changed" && happened["in_force"] == $"{world.Bench.Height + 2}" && happened["weight"] == "8");
        Assert.Equal(accounts.Order(), world.Contract.Validators.Select(validator => validator.Account));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void ProposalOfTooFewValidators_IsRefusedAtTheDryRun()
    {
        var world = Make(minimum: 4);
        var arg = $$"""{"seats":[{"node":"{{world.Validators[0].Account}}","weight":1}]}""";
        var refused = Propose(world, new ProposalId(78), arg, "");
        Assert.Equal(("bad_proposal", "too_few_validators"), (refused.Code, GovernanceWorld.Fact(refused, "inner_code")));
    }

    private static NodesWorld Make(int count = 4, int seats = 4, int minimum = 1) => new(
        world => Governance(world, seats), count, NodeParameters.Default with { MinimumValidators = minimum });

    private static string Governance(NodesWorld world, int seats)
    {
        (TestAccount, UInt128)[] shares = [.. world.Validators.Select(node => (node.Account, (UInt128)150)), (world.Stranger, 400)];
        var supply = 150 * world.Validators.Count + 400;
        return $$"""
            ,"governance":{"founders":["{{world.Stranger}}"],"scenes":[{{GovernanceWorld.Scene(SceneNames.ValidatorElection, 0, pass: 67, hold: 0)}}],
            "supply":"{{supply}}","distribution":{{GovernanceWorld.Distribution(shares)}},
            "parameters":{"election_seats":{{seats}},"election_term_seconds":{{Term}}} }
            """;
    }

    private static Counterfoil.Cryptography.Digest<Counterfoil.Cryptography.X509.OrganisationCertificate> AdmitWithAllKeys(NodesWorld world, TestNode node)
    {
        var certificate = node.Certificate();
        var body = world.Body(node, certificate, withAllKeys: true);
        Assert.Equal("accepted", world.Send(world.Link(body, node), certificate).Code);
        world.Approve(body.Request);
        return certificate.Thumbprint;
    }

    private static BenchResult Nominate(NodesWorld world, TestAccount node) =>
        world.Bench.Run("governance.nominate", $$"""{"candidate":"{{node}}","node":"{{node}}"}""", node);

    private static void Support(NodesWorld world, TestAccount by, TestAccount candidate, int units) => Assert.Equal(
        "accepted", world.Bench.Run("governance.support", $$"""{"candidate":"{{candidate}}","amount":"{{units}}"}""", by).Code);

    private static IReadOnlyList<Outcome> ToEndOfTerm(NodesWorld world)
    {
        var since = world.Bench.Time.UnixSeconds - DateTimeOffset.Parse(
            ContractBench.DefaultGenesisTime, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds();
        return world.Bench.Advance(TimeSpan.FromSeconds(Term - since % Term));
    }

    private static BenchResult Propose(NodesWorld world, ProposalId id, string arg, string reads)
    {
        var text = "Other validators."u8.ToArray();
        var stop = world.Bench.Time.UnixSeconds + 1 + GovernanceWorld.VoteWindow;
        return world.Bench.RunWith(
            "governance.propose",
            $$"""
            {"proposal":"{{id}}","scene":"validator_election","title":"Other validators","text_digest":"{{Cryptography.Digest<Ledger.Transactions.Attachment>.Of(text)}}",
            "args":{"min_vote_percent":67,"stop_vote_time":{{stop}}},
            "trigger":{"time":{{stop + GovernanceWorld.Delay}},"act":"certificates.elect","arg":{{arg}},"reads":[{{reads}}]} }
            """,
            text,
            world.Stranger);
    }
}
