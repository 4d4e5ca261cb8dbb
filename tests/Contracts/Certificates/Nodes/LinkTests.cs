using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

public class LinkTests
{
    [Fact]
    public void Peer_ThatACommitteeApproves_IsLinkedWithItsOwnCertificate()
    {
        var world = new NodesWorld();
        var (request, certificate) = world.Ask(world.Newcomer);
        Assert.False(world.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out _));
        Assert.True(world.Contract.Ballots.TryGet(request, out var row));
        // W = 4: the committee weighs q = 3; T1 = ⌊2·3/3⌋, T2 = max(⌊3/2⌋, f).
        Assert.Equal(3, row.Committee.Count);
        Assert.Equal((2L, 1L, 1L), (row.Rules.Participation, row.Rules.Approval, row.Rules.Faulty));
        var before = world.Registry.Validators;
        world.Approve(request);
        var entry = world.Entry("newcomer");
        Assert.Equal((NodeStatus.Active, 1, NodeRoles.Peer, 0L, request), (entry.Status, entry.Version, entry.Roles, entry.Weight, entry.Decision));
        Assert.True(world.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out var linked));
        Assert.Equal((world.Newcomer.Account.Id, "node.example:7000"), (linked.Account, linked.Endpoint));
        Assert.Contains(world.Registry.Peers(), peer => peer.Node == "newcomer");
        // A peer does not vote, so nothing changed for validators: not even the object.
        Assert.Same(before, world.Registry.Validators);
        Assert.False(world.Registry.TryGetAt("newcomer", row.Height, out _));
        Assert.True(world.Registry.TryGetAt("newcomer", world.Bench.Height, out _));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 4)]
    [InlineData(7, 5)]
    public void Validator_IsAdmittedByAQuorumAndInForceTwoBlocksLater(int count, int approvalsNeeded)
    {
        var world = new NodesWorld(count);
        var (request, _) = world.Ask(world.Newcomer, "validator");
        for (var voter = 0; voter < approvalsNeeded; voter++)
        {
            Assert.Equal(Verdict.Open, world.VerdictOf(request));
            Assert.Equal("accepted", world.Vote(voter, request).Code);
        }
        Assert.Equal(Verdict.Approved, world.VerdictOf(request));
        var decided = world.Bench.Height;
        Assert.Contains(world.Registry.Validators, validator => validator.Account == world.Newcomer.Account.Id);
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        var inForce = new Dictionary<long, bool>();
        world.Probe.Rule = context =>
        {
            for (var height = decided; height <= context.Height; height++)
                inForce[height] = context.ValidatorsAt(height)!.Find(world.Newcomer.Account.Id) is not null;
            return null;
        };
        world.Bench.Run("probe.run", "{}", world.Stranger);
        Assert.Equal((false, false, true), (inForce[decided], inForce[decided + 1], inForce[decided + 2]));
    }

    [Fact]
    public void Validator_WithUnevenWeights_IsAdmittedByFortyAndThirtyOnly()
    {
        var world = new NodesWorld(4, null, 40, 30, 20, 10);
        var (request, _) = world.Ask(world.Newcomer, "validator");
        world.Vote(0, request);
        world.Vote(2, request);
        Assert.Equal(Verdict.Open, world.VerdictOf(request));
        world.Vote(1, request);
        Assert.Equal(Verdict.Approved, world.VerdictOf(request));
    }

    [Fact]
    public void Renewal_SignedByTheOldKeys_TakesThePlaceAndKeepsThePast()
    {
        var world = new NodesWorld();
        var first = world.Admit(world.Newcomer, "validator");
        var admitted = world.Bench.Height;
        var old = new TestNode("newcomer");
        world.Newcomer.Tls = TestAccount.KeyOf("renewed tls");
        world.Newcomer.Consensus = TestAccount.KeyOf("renewed consensus");
        var certificate = world.Newcomer.Certificate(toDay: 400);
        var body = world.Body(world.Newcomer, certificate, "validator", version: 2);
        var digest = NodePossession.DigestOf(body);

        Assert.Equal("possession_failed", world.Send(world.Link(body, world.Newcomer), certificate).Code);
        Assert.Equal("possession_failed", world.Send(
            world.Link(body, world.Newcomer, NodePossession.ProveRenewal(digest, tls: old.Tls)), certificate).Code);
        Assert.Equal("possession_failed", world.Send(
            world.Link(body, world.Newcomer, NodePossession.ProveRenewal(digest, world.Newcomer.Tls, old.Consensus)), certificate).Code);
        Assert.Equal("accepted", world.Send(
            world.Link(body, world.Newcomer, NodePossession.ProveRenewal(digest, old.Tls, old.Consensus)), certificate, world.Newcomer.Account).Code);
        Assert.True(world.Contract.Ballots.TryGet(body.Request, out var row));
        Assert.False(row.Rules.Required.HasFlag(CheckSet.Entitlement));
        for (var voter = 0; world.VerdictOf(body.Request) == Verdict.Open; voter++)
            Assert.Equal("accepted", world.Vote(voter, body.Request, checks: NodesWorld.AllPass with { C6 = "not_mine" }).Code);

        Assert.Equal((2, 1L, NodeStatus.Active), (world.Entry("newcomer").Version, world.Entry("newcomer").Weight, world.Entry("newcomer").Status));
        Assert.False(world.Registry.TryFindByTlsCertificate(first.Thumbprint, out _));
        Assert.True(world.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out _));
        Assert.Contains(world.Registry.Validators, validator => validator.ConsensusKey == world.Newcomer.Consensus.PublicKey);
        Assert.True(world.Registry.TryGetAt("newcomer", admitted, out var past));
        Assert.Equal(old.Tls.PublicKey, past.TlsKey);
        // A key that was given up is nobody's any more, its former owner's neither.
        world.Second.Tls = old.Tls;
        var reused = world.Second.Certificate();
        Assert.Equal("key_reused", world.Send(world.Link(world.Body(world.Second, reused), world.Second), reused).Code);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void LostKeys_AreReplacedByAStatementAndAnOrdinaryVote()
    {
        var world = new NodesWorld();
        world.Admit(world.Newcomer, "validator");
        world.Newcomer.Tls = TestAccount.KeyOf("found tls");
        var certificate = world.Newcomer.Certificate();
        var body = world.Body(world.Newcomer, certificate, "validator", version: 2) with { Lost = true };
        Assert.Equal("malformed_request", world.Send(world.Link(body, world.Newcomer), certificate).Code);
        body = body with { Statement = Cryptography.Digest<Statement>.Of("we lost a disk"u8) };
        // A lost key must not come back; the consensus and VRF keys are new too.
        Assert.Equal("key_reused", world.Send(world.Link(body, world.Newcomer), certificate).Code);
        world.Newcomer.Consensus = TestAccount.KeyOf("found consensus");
        world.Newcomer.Vrf = Cryptography.Vrf.VrfKey.Import(Cryptography.Digest<Statement>.Of("found vrf"u8).ToArray());
        body = world.Body(world.Newcomer, certificate, "validator", version: 2) with { Lost = true, Statement = body.Statement };
        Assert.Equal("accepted", world.Send(world.Link(body, world.Newcomer), certificate).Code);
        Assert.True(world.Contract.Ballots.TryGet(body.Request, out var row));
        Assert.True(row.Rules.Required.HasFlag(CheckSet.Entitlement));
        world.Approve(body.Request);
        Assert.Equal(world.Newcomer.Consensus.PublicKey, world.Entry("newcomer").ConsensusKey);
    }

    [Fact]
    public void FirstValidator_GetsItsCertificateByARenewal()
    {
        var world = new NodesWorld(1);
        var node = new TestNode(world.NodeOf(world.Validators[0]), "bench")
        {
            Account = world.Validators[0].Account,
            Consensus = world.Validators[0].Consensus,
            Vrf = world.Validators[0].Vrf,
        };
        var certificate = node.Certificate();
        var body = world.Body(node, certificate, "validator", version: 2);
        Assert.Equal("accepted", world.Send(world.Link(body, node), certificate).Code);
        world.Vote(0, body.Request);
        Assert.Equal(Verdict.Approved, world.VerdictOf(body.Request));
        Assert.True(world.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out _));
        Assert.Equal(node.Account.Id, Assert.Single(world.Registry.Validators).Account);
    }

    [Fact]
    public void TwoRequestsForOneNode_EndWithOneEntry()
    {
        var world = new NodesWorld();
        var (first, _) = world.Ask(world.Newcomer);
        var rival = new TestNode("newcomer") { Tls = TestAccount.KeyOf("rival tls") };
        var (second, _) = world.Ask(rival);
        world.Approve(second);
        Assert.True(world.Contract.Ballots.TryGet(first, out var row));
        foreach (var member in row.Committee)
            if (world.VerdictOf(first) == Verdict.Open)
                world.Vote(world.Validators.Single(node => node.Account.Id == member.Account).Account, world.Ballot(first));
        Assert.Equal((Verdict.Denied, "certificate_policy"), (world.VerdictOf(first), world.ReasonOf(first)));
        Assert.Equal(rival.Tls.PublicKey, world.Entry("newcomer").TlsKey);
        Assert.Equal(1, world.Entry("newcomer").Version);
    }

    [Fact]
    public void Checks_BeyondTheFirstThree_AreDividedAmongMembersWhoWeighTwoFPlusOne()
    {
        var world = new NodesWorld(7);
        var (request, _) = world.Ask(world.Newcomer, "validator");
        Assert.True(world.Contract.Ballots.TryGet(request, out var row));
        Assert.Equal(7, row.Committee.Count);
        foreach (var check in (CheckSet[])[CheckSet.Keys, CheckSet.NotRevoked, CheckSet.Entitlement, CheckSet.Endpoint])
            Assert.Equal(5, row.Committee.Count(member => member.Checks.HasFlag(check)));
        Assert.All(row.Committee, member => Assert.True(member.Checks.HasFlag(CheckSet.Possession | CheckSet.Validity | CheckSet.Version)));
        // The parts differ, since they follow from the seed.
        Assert.True(row.Committee.Select(member => member.Checks).Distinct().Count() > 1);
    }

    [Fact]
    public void Committee_ForAPeer_IsTheHeaviestUntilTheQuorumsWeight()
    {
        var world = new NodesWorld(4, null, 40, 30, 20, 10);
        var (request, _) = world.Ask(world.Newcomer);
        Assert.True(world.Contract.Ballots.TryGet(request, out var row));
        Assert.Equal([40L, 30L], row.Committee.Select(member => member.Weight));
        Assert.Equal((46L, 35L, 33L), (row.Rules.Participation, row.Rules.Approval, row.Rules.Faulty));
    }

    [Fact]
    public void GenesisNode_WithItsCertificate_IsFoundByIt()
    {
        var validator = new TestNode("first", "bench");
        var certificate = validator.Certificate();
        var node = new GenesisNode("first", validator.Account.Id, certificate.Der.ToArray(), "first.example:7000", new NodeProofs());
        var proofs = NodePossession.Prove(NodePossession.DigestOf(node), validator.Tls, validator.Consensus, validator.Vrf);

        ContractBench Begin(GenesisNode entry) => new(
            ContractBench.GenesisOf([validator.Account], "", "", $$""","certificates":{{System.Text.Json.JsonSerializer.Serialize(
                new Contracts.Certificates.CertificatesGenesis([], [entry]), Contracts.Certificates.CertificatesJson.Instance.CertificatesGenesis)}}"""),
            validators: [new Validator("bench", validator.Account.Id, validator.Consensus.PublicKey, validator.Vrf.PublicKey, 1)]);

        var bench = Begin(node with { Possession = proofs });
        Assert.True(bench.Kernel.Certificates.Nodes.TryFindByTlsCertificate(certificate.Thumbprint, out var found));
        Assert.Equal((validator.Account.Id, "first.example:7000"), (found.Account, found.Endpoint));
        Assert.Equal(validator.Account.Id, Assert.Single(bench.Kernel.Certificates.Validators).Account);
        Assert.Throws<Ledger.Execution.GenesisException>(() => Begin(node with { Possession = proofs with { Consensus = null } }));
        Assert.Throws<Ledger.Execution.GenesisException>(() => Begin(node with { Possession = proofs with { Tls = proofs.Consensus } }));
        Assert.Throws<Ledger.Execution.GenesisException>(() => Begin(node with { Endpoint = "elsewhere.example:1", Possession = proofs }));
        Assert.Throws<Ledger.Execution.GenesisException>(() => Begin(node with { Account = new TestAccount("nobody").Id, Possession = proofs }));
    }
}
