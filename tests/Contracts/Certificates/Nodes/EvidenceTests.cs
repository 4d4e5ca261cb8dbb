using System.Text;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Accounts;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Blocks;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

public class EvidenceTests
{
    private static readonly string BlockA = Digest<Block>.Of("a"u8).ToString();
    private static readonly string BlockB = Digest<Block>.Of("b"u8).ToString();

    private static string Vote(NodesWorld world, ISigningKey key, long height, int round, string? block, string phase = "prevote") => Jws.SignCompact(
        $"cf-{phase}+jws",
        Encoding.UTF8.GetBytes($$"""{"net":"{{world.Bench.Net}}","height":{{height}},"round":{{round}},"block":{{(block is null ? "null" : $"\"{block}\"")}}}"""),
        key);

    private static string Proposal(NodesWorld world, ISigningKey key, string block, int validRound, string list) => Jws.SignCompact(
        "cf-proposal+jws",
        Encoding.UTF8.GetBytes(
            $$"""{"net":"{{world.Bench.Net}}","height":1,"round":2,"block":"{{block}}","valid_round":{{validRound}},"list":"{{list}}"}"""),
        key);

    private static string Report(NodesWorld world, PublicKey key, string first, string second) => world.Run(
        "certificates.report_equivocation", new EquivocationMessage(key, first, second), NodesJson.Instance.EquivocationMessage, world.Stranger).Code;

    internal static void Equivocate(NodesWorld world, int validator)
    {
        var key = world.Validators[validator].Consensus;
        Assert.Equal("accepted", Report(world, key.PublicKey, Vote(world, key, 1, 0, BlockA), Vote(world, key, 1, 0, BlockB)));
    }

    [Fact]
    public void Equivocation_SuspendsAtOnceAndLeavesTheSetTwoBlocksLater()
    {
        var world = new NodesWorld();
        Equivocate(world, 2);
        var height = world.Bench.Height;
        Assert.Equal(NodeStatus.Suspended, world.Entry(world.NodeOf(world.Validators[2])).Status);
        Assert.Equal(3, world.Registry.Validators.Count);
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        var counts = new List<int>();
        world.Probe.Rule = context =>
        {
            for (var at = height; at <= height + 2; at++)
                counts.Add(context.ValidatorsAt(at)!.Validators.Count);
            return null;
        };
        world.Bench.Run("probe.run", "{}", world.Stranger);
        Assert.Equal([4, 4, 3], counts);
        var key = world.Validators[2].Consensus;
        Assert.Equal("evidence_known", Report(world, key.PublicKey, Vote(world, key, 1, 0, BlockB), Vote(world, key, 1, 0, BlockA)));
        // Further evidence is kept too.
        Assert.Equal("accepted", Report(world, key.PublicKey, Vote(world, key, 2, 0, null), Vote(world, key, 2, 0, BlockA)));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Proposals_ThatDiffer_AreEquivocationToo()
    {
        var world = new NodesWorld();
        var key = world.Validators[0].Consensus;
        Assert.Equal("not_equivocation", Report(world, key.PublicKey, Proposal(world, key, BlockA, -1, BlockB), Proposal(world, key, BlockA, -1, BlockB)));
        Assert.Equal("accepted", Report(world, key.PublicKey, Proposal(world, key, BlockA, -1, BlockB), Proposal(world, key, BlockA, 1, BlockB)));
    }

    [Fact]
    public void Messages_ThatDoNotContradict_AreNoEvidence()
    {
        var world = new NodesWorld();
        var key = world.Validators[0].Consensus;
        var vote = Vote(world, key, 1, 0, BlockA);
        // The same again, another round, phase, height, key; a signature that does not verify; another ledger.
        Assert.Equal("not_equivocation", Report(world, key.PublicKey, vote, Vote(world, key, 1, 0, BlockA)));
        Assert.Equal("not_equivocation", Report(world, key.PublicKey, vote, Vote(world, key, 1, 1, BlockB)));
        Assert.Equal("not_equivocation", Report(world, key.PublicKey, vote, Vote(world, key, 1, 0, BlockB, "precommit")));
        Assert.Equal("not_equivocation", Report(world, key.PublicKey, vote, Vote(world, key, 2, 0, BlockB)));
        Assert.Equal("not_equivocation", Report(world, key.PublicKey, vote, Vote(world, world.Validators[1].Consensus, 1, 0, BlockB)));
        Assert.Equal("not_equivocation", Report(world, key.PublicKey, vote, Vote(world, key, 1, 0, BlockB)[..^6] + "AAAAAA"));
        Assert.Equal("not_equivocation", Report(world, key.PublicKey, vote, "x"));
        Assert.Equal("not_equivocation", Report(world, key.PublicKey,
            vote, Jws.SignCompact("cf-prevote+jws", Encoding.UTF8.GetBytes($$"""{"net":"{{BlockA}}","height":1,"round":0,"block":null}"""), key)));
        // No validator's key, and a height that no block has.
        using var stranger = TestAccount.KeyOf("no validator");
        Assert.Equal("unknown_validator", Report(world, stranger.PublicKey, Vote(world, stranger, 1, 0, BlockA), Vote(world, stranger, 1, 0, BlockB)));
        Assert.Equal("unknown_validator", Report(world, key.PublicKey, Vote(world, key, 900, 0, BlockA), Vote(world, key, 900, 0, BlockB)));
    }

    [Fact]
    public void Suspension_BelowTheMinimum_LeavesTheSetWithTheNextAdmission()
    {
        var world = new NodesWorld(4, NodeParameters.Default with { MinimumValidators = 4 });
        Equivocate(world, 2);
        Assert.Equal(NodeStatus.Suspended, world.Entry(world.NodeOf(world.Validators[2])).Status);
        Assert.Equal(4, world.Registry.Validators.Count);
        var (request, _) = world.Ask(world.Newcomer, "validator");
        foreach (var voter in (int[])[0, 1, 3])
            Assert.Equal("accepted", world.Vote(voter, request).Code);
        Assert.Equal(Verdict.Approved, world.VerdictOf(request));
        Assert.Equal(4, world.Registry.Validators.Count);
        Assert.DoesNotContain(world.Registry.Validators, validator => validator.Account == world.Validators[2].Account.Id);
        Assert.Contains(world.Registry.Validators, validator => validator.Account == world.Newcomer.Account.Id);
    }

    [Fact]
    public void Suspension_OfOneOfTwo_LeavesItInTheSetWithoutAVote()
    {
        var world = new NodesWorld(2, NodeParameters.Default with { MinimumValidators = 2 });
        Equivocate(world, 1);
        Assert.Equal(NodeStatus.Suspended, world.Entry(world.NodeOf(world.Validators[1])).Status);
        Assert.Equal(2, world.Registry.Validators.Count);
        // W stays 2 and the suspended one has no vote, so governance must seat another.
        Assert.Equal("void_vote", world.Vote(1, world.Ask(world.Second, "validator").Request).Code);
    }

    [Fact]
    public void Account_OfASuspendedValidator_IsFrozenUntilTheMembersAdmitTheNodeAgain()
    {
        var world = new NodesWorld();
        var liar = world.Validators[2];
        var (request, _) = world.Ask(world.Newcomer);
        var asset = Contracts.Accounts.Asset.IdOf(world.Authority.Id, "EUR");
        Assert.Equal("accepted", world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(liar.Account.Id, asset, 2), world.Authority).Code);
        Equivocate(world, 2);
        BenchResult Pay() => world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(world.Stranger.Id, asset, 1), liar.Account);
        var refused = Pay();
        Assert.Equal(("account_frozen", false), (refused.Code, refused.WasExecuted));
        Assert.Equal("account_frozen", world.Bench.Run("accounts.open", "{}", world.Stranger, liar.Account).Code);
        // What comes to it waits for it; what it holds goes nowhere; its vote is told that it is void.
        Assert.Equal("accepted", world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(liar.Account.Id, asset, 1), world.Authority).Code);
        var vote = world.Vote(2, request);
        Assert.Equal(("void_vote", true), (vote.Code, vote.WasExecuted));

        // A sponsor asks for it, with keys that never lied.
        var again = new TestNode(world.NodeOf(liar), "bench") { Account = liar.Account, Consensus = TestAccount.KeyOf("honest from now on") };
        var certificate = again.Certificate();
        var body = world.Body(again, certificate, "validator", version: 2);
        Assert.Equal("accepted", world.Send(world.Link(body, again), certificate).Code);
        foreach (var voter in (int[])[0, 1, 3])
            world.Vote(voter, body.Request);
        Assert.Equal(NodeStatus.Active, world.Entry(again.Name).Status);
        Assert.Equal("accepted", Pay().Code);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Account_OfASuspendedValidatorThatIsRevoked_IsBarredAsRevoked()
    {
        var world = new NodesWorld(5);
        Equivocate(world, 2);
        var node = world.NodeOf(world.Validators[2]);
        world.Approve(world.AskRevocation(node));
        Assert.Equal(NodeStatus.Revoked, world.Entry(node).Status);
        Assert.Equal("certificate_revoked", world.Bench.Run("accounts.open", "{}", world.Validators[2].Account).Code);
    }

    [Fact]
    public void LastValidator_ThatIsSuspended_StaysInTheSet()
    {
        var world = new NodesWorld(1);
        Equivocate(world, 0);
        Assert.Equal(world.Validators[0].Account.Id, Assert.Single(world.Registry.Validators).Account);
    }
}
