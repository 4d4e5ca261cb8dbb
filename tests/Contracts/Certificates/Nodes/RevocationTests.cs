using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Accounts;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

public class RevocationTests
{
    [Fact]
    public void Validator_ThatTheOthersRevoke_IsOutAndItsAccountBarred()
    {
        var world = new NodesWorld();
        var target = world.Validators[3];
        var request = world.AskRevocation(world.NodeOf(target));
        Assert.True(world.Contract.Ballots.TryGet(request, out var row));
        // W' = 3: T1 = T2 = max(⌊2·3/3⌋, f).
        Assert.Equal((2L, 2L), (row.Rules.Participation, row.Rules.Approval));
        Assert.DoesNotContain(row.Committee, member => member.Account == target.Account.Id);
        Assert.Equal("void_vote", world.Vote(3, request).Code);
        for (var voter = 0; voter < 3; voter++)
        {
            Assert.Equal(Verdict.Open, world.VerdictOf(request));
            Assert.Equal("accepted", world.Vote(voter, request, checks: new VoteChecks()).Code);
        }
        Assert.Equal(NodeStatus.Revoked, world.Entry(world.NodeOf(target)).Status);
        Assert.Equal(3, world.Registry.Validators.Count);
        // Of a revoked one, and with it.
        var asset = Contracts.Accounts.Asset.IdOf(world.Authority.Id, "EUR");
        var result = world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(world.Stranger.Id, asset, 1), target.Account);
        Assert.Equal(("certificate_revoked", false), (result.Code, result.WasExecuted));
        Assert.Equal("certificate_revoked", world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(target.Account.Id, asset, 1), world.Authority).Code);
        Assert.Equal("accepted", world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(world.Stranger.Id, asset, 1), world.Authority).Code);
        Assert.Equal("certificate_revoked", world.Revoke(new RevokeNodeMessage(world.NextRequest(), "again", Node: world.NodeOf(target))).Code);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Peer_IsRevokedByItsCertificateAndMayComeBackWithNewKeys()
    {
        var world = new NodesWorld();
        var certificate = world.Admit(world.Newcomer);
        var target = certificate.Thumbprint.As<Attachment>();
        Assert.Equal("unknown_node", world.Revoke(new RevokeNodeMessage(world.NextRequest(), "x", Digest<Attachment>.Of("x"u8))).Code);
        Assert.Equal("malformed_request", world.Revoke(new RevokeNodeMessage(world.NextRequest(), "x", target, Node: "newcomer")).Code);
        Assert.Equal("malformed_request", world.Revoke(new RevokeNodeMessage(world.NextRequest(), "", target)).Code);
        Assert.Equal("not_linked", world.Revoke(new RevokeNodeMessage(world.NextRequest(), "x", target), world.Stranger).Code);
        var request = world.NextRequest();
        Assert.Equal("accepted", world.Revoke(new RevokeNodeMessage(request, "stolen", target)).Code);
        Assert.Equal("revocation_open", world.Revoke(new RevokeNodeMessage(world.NextRequest(), "stolen", target)).Code);
        Assert.Equal(request, world.Contract.OpenRevocationOf("newcomer"));
        world.Approve(request);
        Assert.Null(world.Contract.OpenRevocationOf("newcomer"));
        Assert.False(world.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out _));
        Assert.DoesNotContain(world.Registry.Peers(), peer => peer.Node == "newcomer");

        var again = world.Newcomer.Certificate(toDay: 300);
        Assert.Equal("key_reused", world.Send(world.Link(world.Body(world.Newcomer, again, version: 2), world.Newcomer), again).Code);
        world.Newcomer.Tls = TestAccount.KeyOf("after the theft");
        again = world.Newcomer.Certificate();
        var body = world.Body(world.Newcomer, again, version: 2);
        Assert.Equal("accepted", world.Send(world.Link(body, world.Newcomer), again).Code);
        world.Approve(body.Request);
        Assert.True(world.Registry.TryFindByTlsCertificate(again.Thumbprint, out _));
        Assert.Null(world.Contract.BarOf(world.Newcomer.Account.Id, "accounts.transfer"));
    }

    [Fact]
    public void Revocation_BelowTheMinimum_IsRefusedAsTooFewValidators()
    {
        var world = new NodesWorld(2, NodeParameters.Default with { MinimumValidators = 2 });
        string Revoke() => world.Revoke(new RevokeNodeMessage(world.NextRequest(), "x", Node: world.NodeOf(world.Validators[1]))).Code;
        Assert.Equal("too_few_validators", Revoke());
        world.Admit(world.Newcomer, "validator");
        Assert.Equal("accepted", Revoke());
        var single = new NodesWorld(1);
        Assert.Equal("too_few_validators", single.Revoke(
            new RevokeNodeMessage(single.NextRequest(), "x", Node: single.NodeOf(single.Validators[0]))).Code);
    }

    [Fact]
    public void TwoRevocations_ThatTogetherLeaveTooFew_AreNotBothExecuted()
    {
        var world = new NodesWorld(4, NodeParameters.Default with { MinimumValidators = 3 });
        var first = world.AskRevocation(world.NodeOf(world.Validators[2]));
        var second = world.AskRevocation(world.NodeOf(world.Validators[3]));
        foreach (var voter in (int[])[0, 1, 3])
            world.Vote(voter, first, checks: new VoteChecks());
        foreach (var voter in (int[])[0, 1])
            world.Vote(voter, second, checks: new VoteChecks());
        // The third is revoked and cannot vote any more.
        Assert.Equal(Verdict.Approved, world.VerdictOf(first));
        Assert.Equal("certificate_revoked", world.Vote(2, second, checks: new VoteChecks()).Code);
        Assert.Equal(3, world.Registry.Validators.Count);
    }

    [Fact]
    public void Emergency_WithApprovalsOfMoreThanF_ClosesConnectionsBeforeTheDecision()
    {
        var world = new NodesWorld(5);
        var request = world.AskRevocation(world.NodeOf(world.Validators[4]));
        bool IsClosed(params int[] admitted) => world.Contract.Ballots.IsClosedAgainst(
            request, [.. admitted.Select(at => world.Validators[at].Account.Id)], world.Bench.Time, out _);
        Assert.False(IsClosed());
        Assert.False(IsClosed(0));
        Assert.True(IsClosed(0, 1));
        // Neither the target's own nor a stranger's vote counts, nor one vote twice.
        Assert.False(IsClosed(0, 4));
        world.Vote(0, request, checks: new VoteChecks());
        Assert.False(IsClosed(0));
        Assert.True(IsClosed(1));
        world.Vote(1, request, "deny", new VoteChecks());
        Assert.False(IsClosed(1));
        Assert.True(world.Contract.Ballots.IsClosedAgainst(request, [world.Validators[2].Account.Id], world.Bench.Time, out var target));
        Assert.Equal(world.Validators[4].Account.Id, target);
        world.Bench.Advance(TimeSpan.FromDays(3));
        Assert.False(IsClosed(1, 2));
        Assert.Null(world.Contract.OpenRevocationOf(world.NodeOf(world.Validators[4])));
    }
}
