using System.Text;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

public class HeldVotesTests
{
    private int sequence;

    [Fact]
    public void Votes_OfMoreThanF_CloseUntilTheRequestIsDecided()
    {
        var world = new NodesWorld(5);
        var held = Linked(world, out var target);
        var request = world.Revocation(target);
        held.Take(Vote(world.Validators[0].Account, world.Ballot(request)));
        // The same again, and by somebody whose vote counts nothing.
        held.Take(Vote(world.Validators[0].Account, world.Ballot(request)));
        held.Take(Vote(world.Stranger, world.Ballot(request)));
        held.Take(Vote(target.Account, world.Ballot(request)));
        Assert.Empty(held.ClosedAgainst(world.Bench.Time));
        // Against it, or for something else.
        held.Take(Vote(world.Validators[1].Account, world.Ballot(request, "deny")));
        held.Take(Vote(world.Validators[2].Account, world.Ballot(request) with { Certificate = Digest<Attachment>.Of("another"u8) }));
        held.Take(Transaction("certificates.vote", world.Validators[3].Account, "{}"));
        held.Take(Transaction(
            "certificates.revoke_node", world.Validators[3].Account, NodesWorld.Json(world.Ballot(request), NodesJson.Instance.NodeVoteMessage)));
        Assert.Empty(held.ClosedAgainst(world.Bench.Time));
        held.Take(Vote(world.Validators[3].Account, world.Ballot(request)));
        Assert.Equal([target.Account.Id], held.ClosedAgainst(world.Bench.Time));
        // What becomes final counts once.
        world.Vote(0, request, checks: new VoteChecks());
        world.Vote(3, request, "deny", new VoteChecks());
        Assert.Empty(held.ClosedAgainst(world.Bench.Time));
        world.Vote(1, request, checks: new VoteChecks());
        Assert.Equal([target.Account.Id], held.ClosedAgainst(world.Bench.Time));
        world.Vote(2, request, checks: new VoteChecks());
        world.Vote(4, request, checks: new VoteChecks());
        Assert.Equal(Verdict.Approved, world.VerdictOf(request));
        held.Review(world.Bench.Time);
        Assert.Empty(held.ClosedAgainst(world.Bench.Time));
    }

    [Fact]
    public void Votes_ThatAreHeld_EndWithTheWindowByTheNodesOwnTime()
    {
        var world = new NodesWorld(4);
        var held = Linked(world, out var target);
        var request = world.Revocation(target);
        foreach (var voter in (int[])[0, 1])
            held.Take(Vote(world.Validators[voter].Account, world.Ballot(request)));
        Assert.True(world.Contract.Ballots.TryGet(request, out var row));
        Assert.Single(held.ClosedAgainst(row.Close + TimeSpan.FromSeconds(-1)));
        Assert.Empty(held.ClosedAgainst(row.Close));
    }

    [Fact]
    public void Votes_ThatComeBeforeTheirRequest_AreHeldForValidatorsAlone()
    {
        var world = new NodesWorld(4);
        var held = Linked(world, out var target);
        // The next request's id and subject are known to whoever saw the request before this node did.
        var message = new NodeVoteMessage(
            new string('a', 32), world.Entry(target.Name).Certificate.As<Attachment>(), "approve", new VoteChecks(), world.Bench.Height);
        held.Take(Vote(world.Validators[0].Account, message));
        held.Take(Vote(world.Validators[1].Account, message));
        held.Take(Vote(world.Stranger, message));
        Assert.Equal("accepted", world.Revoke(new RevokeNodeMessage(message.Request, "stolen", message.Certificate)).Code);
        Assert.Equal([target.Account.Id], held.ClosedAgainst(world.Bench.Time));
    }

    [Fact]
    public void Votes_OfOneVoter_DisplaceItsOwnOldestAlone()
    {
        var world = new NodesWorld(4);
        var held = Linked(world, out var target);
        var request = world.Revocation(target);
        foreach (var voter in (int[])[0, 1])
            held.Take(Vote(world.Validators[voter].Account, world.Ballot(request)));
        for (var count = 0; count < HeldVotes.MaximumForVoter; count++)
            held.Take(Vote(world.Validators[2].Account, world.Ballot(request) with { Request = $"f{count:x31}" }));
        Assert.Single(held.ClosedAgainst(world.Bench.Time));
        for (var count = 0; count < HeldVotes.MaximumForVoter; count++)
            held.Take(Vote(world.Validators[1].Account, world.Ballot(request) with { Request = $"f{count:x31}" }));
        Assert.Empty(held.ClosedAgainst(world.Bench.Time));
    }

    [Theory]
    [InlineData(2, false)]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Validator_WithoutWhichNoQuorumIsLeft_StaysConnectedUntilTheDecision(int count, bool isClosed)
    {
        var world = new NodesWorld(count);
        var held = new HeldVotes(world.Contract);
        var request = world.AskRevocation(world.NodeOf(world.Validators[^1]));
        for (var voter = 0; voter < count - 1; voter++)
            held.Take(Vote(world.Validators[voter].Account, world.Ballot(request)));
        Assert.Equal(isClosed ? [world.Validators[^1].Account.Id] : [], held.ClosedAgainst(world.Bench.Time));
    }

    private static HeldVotes Linked(NodesWorld world, out TestNode target)
    {
        target = world.Newcomer;
        world.Admit(target);
        return new HeldVotes(world.Contract);
    }

    private Transaction Vote(TestAccount voter, NodeVoteMessage message) =>
        Transaction("certificates.vote", voter, NodesWorld.Json(message, NodesJson.Instance.NodeVoteMessage));

    // As admission leaves it: verified.
    private Transaction Transaction(string action, TestAccount issuer, string argument)
    {
        var bytes = BitConverter.GetBytes(++sequence);
        return new Transaction(bytes, Digest<Transaction>.Of(bytes), new TransactionPayload(
            Digest<Net>.Of("net"u8), issuer.Id, [issuer.Id], Digest<ReplayKey>.Of(bytes), 0, 100, action, Encoding.UTF8.GetBytes(argument)), []);
    }
}
