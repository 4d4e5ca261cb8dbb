using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Governance;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

public class ExpiryTests
{
    [Fact]
    public void Validator_WhoseTimeIsOver_IsWarnedThenExpiresAndLeaves()
    {
        var world = new NodesWorld();
        var certificate = world.Admit(world.Newcomer, "validator", toDay: 100);
        world.Bench.Advance(TimeSpan.FromDays(69));
        Assert.DoesNotContain(world.Bench.LastEvents, happened => happened.Type == "certificates.node_expiring");
        world.Bench.Advance(TimeSpan.FromDays(1));
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "certificates.node_expiring" && happened["node"] == "newcomer");
        Assert.Equal(5, world.Registry.Validators.Count);
        world.Bench.Advance(TimeSpan.FromDays(31));
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "certificates.node_expired" && happened["node"] == "newcomer");
        Assert.Equal((NodeStatus.Expired, "expiry"), (world.Entry("newcomer").Status, world.Entry("newcomer").Decision));
        Assert.Equal(4, world.Registry.Validators.Count);
        Assert.False(world.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out _));
        // Expired is not revoked: its account still acts, as in its renewal.
        Assert.Null(world.Contract.BarOf(world.Newcomer.Account.Id, "accounts.transfer"));
        var renewed = world.Newcomer.Certificate(toDay: 400);
        var body = world.Body(world.Newcomer, renewed, "validator", version: 2);
        Assert.Equal("accepted", world.Send(world.Link(body, world.Newcomer), renewed).Code);
        world.Approve(body.Request);
        Assert.Equal(5, world.Registry.Validators.Count);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Expiry_BelowTheMinimum_KeepsTheValidatorAndWarnsUntilItIsRenewed()
    {
        var world = new NodesWorld(4, NodeParameters.Default with { MinimumValidators = 5 - 1 });
        world.Admit(world.Newcomer, "validator", toDay: 100);
        Assert.Equal("accepted", world.SetParameters(NodeParameters.Default with { MinimumValidators = 5 }).Code);
        world.Bench.Advance(TimeSpan.FromDays(101));
        Assert.Equal(NodeStatus.Expired, world.Entry("newcomer").Status);
        Assert.Equal(5, world.Registry.Validators.Count);
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "certificates.expiry_overdue");
        world.Bench.Advance(TimeSpan.FromDays(1));
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "certificates.expiry_overdue");
        var renewed = world.Newcomer.Certificate(toDay: 400);
        var body = world.Body(world.Newcomer, renewed, "validator", version: 2);
        Assert.Equal("accepted", world.Send(world.Link(body, world.Newcomer), renewed).Code);
        world.Approve(body.Request);
        world.Bench.Advance(TimeSpan.FromDays(1));
        Assert.DoesNotContain(world.Bench.LastEvents, happened => happened.Type == "certificates.expiry_overdue");
    }

    [Fact]
    public void OnlyValidator_WhoseTimeIsOver_RenewsItselfByItsOwnVote()
    {
        var world = new NodesWorld(1);
        var only = world.Validators[0];
        var node = new TestNode(world.NodeOf(only), "bench") { Account = only.Account, Consensus = only.Consensus, Vrf = only.Vrf };
        void Renew(int version, int toDay)
        {
            var certificate = node.Certificate(toDay: toDay);
            var body = world.Body(node, certificate, "validator", version);
            Assert.Equal("accepted", world.Send(world.Link(body, node), certificate, only.Account).Code);
            Assert.Equal("accepted", world.Vote(0, body.Request).Code);
            Assert.Equal((NodeStatus.Active, version), (world.Entry(node.Name).Status, world.Entry(node.Name).Version));
        }

        Renew(2, 100);
        world.Bench.Advance(TimeSpan.FromDays(150));
        Assert.Equal(NodeStatus.Expired, world.Entry(node.Name).Status);
        Assert.Single(world.Registry.Validators);
        Renew(3, 600);
    }

    [Fact]
    public void Renewal_MovesTheExpiry()
    {
        var world = new NodesWorld();
        world.Admit(world.Newcomer, toDay: 100);
        var renewed = world.Newcomer.Certificate(toDay: 500);
        var body = world.Body(world.Newcomer, renewed, version: 2);
        Assert.Equal("accepted", world.Send(world.Link(body, world.Newcomer), renewed).Code);
        world.Approve(body.Request);
        world.Bench.Advance(TimeSpan.FromDays(200));
        Assert.Equal(NodeStatus.Active, world.Entry("newcomer").Status);
    }

    [Fact]
    public void Parameters_AreChangedByGovernanceOnly()
    {
        var world = new NodesWorld();
        var changed = NodeParameters.Default with { WindowSeconds = 60, NewValidatorWeight = 7 };
        world.Probe.Rule = context => world.Registry.SetParameters(context, changed);
        Assert.Equal("not_governance", world.Bench.Run("probe.run", "{}", world.Stranger).Code);
        Assert.Equal("unknown_action", world.Bench.Run("certificates.set_parameters", "{}", world.Sponsor).Code);
        Assert.Equal("malformed_request", world.SetParameters(changed with { WindowSeconds = 59 }).Code);
        Assert.Equal("malformed_request", world.SetParameters(changed with { ValidatorApproval = new Fraction(1, 2) }).Code);
        Assert.Equal("malformed_request", world.SetParameters(changed with { ValidatorApproval = new Fraction(1, 1) }).Code);
        Assert.Equal("malformed_request", world.SetParameters(changed with { Algorithms = ["RS256"] }).Code);
        Assert.Equal("too_few_validators", world.SetParameters(changed with { MinimumValidators = 5 }).Code);
        var (before, _) = world.Ask(world.Second);
        Assert.Equal("accepted", world.SetParameters(changed).Code);
        Assert.Equal(changed.WindowSeconds, world.Registry.Parameters.WindowSeconds);
        // What was open keeps its window.
        world.Bench.Advance(TimeSpan.FromSeconds(120));
        Assert.Equal(Verdict.Open, world.VerdictOf(before));
        world.Admit(world.Newcomer, "validator");
        Assert.Equal(7, world.Entry("newcomer").Weight);
    }

    [Fact]
    public void Election_GivesAndTakesSeats()
    {
        var world = new NodesWorld();
        var peer = world.Newcomer;
        var certificate = peer.Certificate();
        var body = world.Body(peer, certificate, withAllKeys: true);
        Assert.Equal("accepted", world.Send(world.Link(body, peer), certificate).Code);
        world.Approve(body.Request);
        world.Admit(world.Second);
        string Fill(params IReadOnlyList<Seat> seats) => world.Govern(context => world.Contract.Fill(context, seats)).Code;
        Seat SeatOf(TestNode node, long weight) => new(node.Account.Id, weight);
        Assert.Equal("unknown_node", Fill(SeatOf(world.Second, 1)));
        Assert.Equal("malformed_request", Fill());
        Assert.Equal("malformed_request", Fill(SeatOf(peer, 0)));
        Assert.Equal("malformed_request", Fill(SeatOf(peer, 1), SeatOf(peer, 1)));
        world.Probe.Rule = context => world.Contract.Fill(context, [SeatOf(peer, 1)]);
        Assert.Equal("not_governance", world.Bench.Run("probe.run", "{}", world.Stranger).Code);
        Assert.Equal("accepted", Fill(SeatOf(peer, 5), SeatOf(world.Validators[1], 3)));
        Assert.Equal([3L, 5L], world.Contract.Seats.Select(seat => seat.Weight).Order());
        Assert.Equal((NodeRoles.Peer, NodeStatus.Active), (world.Entry(world.NodeOf(world.Validators[0])).Roles, world.Entry(world.NodeOf(world.Validators[0])).Status));
        Assert.Null(world.Contract.CheckCandidate(null!, peer.Account.Id, peer.Account.Id));
        Assert.Equal("not_linked", world.Contract.CheckCandidate(null!, world.Stranger.Id, peer.Account.Id)!.Code);
        Assert.Equal("unknown_node", world.Contract.CheckCandidate(null!, world.Second.Account.Id, world.Second.Account.Id)!.Code);
    }
}
