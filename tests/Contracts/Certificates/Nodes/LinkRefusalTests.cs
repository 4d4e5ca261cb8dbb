using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

/// <summary>What a linking request is refused for, each by itself.</summary>
public class LinkRefusalTests
{
    private readonly NodesWorld world = new();

    private string SendOf(NodeBody body, OrganisationCertificate certificate, TestNode? node = null) =>
        world.Send(world.Link(body, node ?? world.Newcomer), certificate).Code;

    private (NodeBody Body, OrganisationCertificate Certificate) Fresh(string role = "peer", int fromDay = 0, int toDay = 365)
    {
        var certificate = world.Newcomer.Certificate(fromDay, toDay);
        return (world.Body(world.Newcomer, certificate, role), certificate);
    }

    [Fact]
    public void Proof_MadeForOneKey_ServesForNoOther()
    {
        var (body, certificate) = Fresh("validator");
        var good = world.Link(body, world.Newcomer).Possession;
        var digest = NodePossession.DigestOf(body);
        // A proof by another kind's key under this kind's label, and this kind's under another's label.
        string?[] jws = [null, good.Tls, good.Consensus, NodePossession.Prove(digest, world.Newcomer.Consensus).Tls,
            NodePossession.Prove(digest, world.Newcomer.Tls, world.Newcomer.Tls).Consensus,
            NodePossession.ProveRenewal(digest, world.Newcomer.Tls, world.Newcomer.Consensus).Tls];
        foreach (var tls in jws)
            foreach (var consensus in jws)
                if (tls != good.Tls || consensus != good.Consensus)
                    Assert.Equal("possession_failed", world.Send(
                        new NodeRequestMessage(body, new NodeProofs(tls, consensus, good.Vrf)), certificate).Code);
        var otherVrf = NodePossession.Prove(NodePossession.DigestOf(body with { Version = 2 }), world.Newcomer.Tls, vrf: world.Newcomer.Vrf).Vrf;
        foreach (var vrf in (string?[])[null, "", otherVrf, NodePossession.ProveRenewal(digest, vrf: world.Newcomer.Vrf).Vrf!.Proof, good.Tls])
            Assert.Equal("possession_failed", world.Send(new NodeRequestMessage(body, good with { Vrf = vrf }), certificate).Code);
        Assert.Equal("accepted", world.Send(new NodeRequestMessage(body, good), certificate).Code);
    }

    [Fact]
    public void Proof_ForAnotherRequestOrLedger_IsRefusedAsPossessionFailed()
    {
        var (body, certificate) = Fresh();
        var proofs = world.Link(body, world.Newcomer).Possession;
        Assert.Equal("possession_failed", world.Send(new NodeRequestMessage(body with { Request = world.NextRequest() }, proofs), certificate).Code);
        Assert.Equal("possession_failed", SendOf(body with { Net = Digest<Net>.Of("another ledger"u8) }, certificate));
        Assert.Equal("possession_failed", SendOf(body with { Block = body.Block with { Randomness = Digest<Cryptography.Vrf.VrfOutput>.Of("x"u8) } }, certificate));
    }

    [Fact]
    public void Proof_OverABlockTooOld_IsRefusedAsPossessionFailed()
    {
        var (body, certificate) = Fresh();
        world.Bench.Advance(TimeSpan.FromSeconds(60));
        world.Bench.Advance(TimeSpan.FromSeconds(601));
        // Its successor is 601 seconds and one block old.
        Assert.Equal("possession_failed", SendOf(body, certificate));
        var (again, _) = Fresh();
        world.Bench.Advance(TimeSpan.FromDays(2));
        // The last block may be as old as it likes: an idle ledger makes none.
        Assert.Equal("accepted", SendOf(again with { Certificate = certificate.Thumbprint.As<Attachment>() }, certificate));
    }

    [Fact]
    public void Request_ThatWasUsed_IsRefusedAsReplayed()
    {
        var (request, _) = world.Ask(world.Newcomer);
        var certificate = world.Second.Certificate();
        var body = world.Body(world.Second, certificate) with { Request = request };
        Assert.Equal("replayed", SendOf(body, certificate, world.Second));
        world.Approve(request);
        Assert.Equal("replayed", SendOf(body with { Block = world.LastBlock }, certificate, world.Second));
    }

    [Fact]
    public void Key_ThatStandsOrStoodInAnEntryOrRequest_IsRefusedAsKeyReused()
    {
        var (request, _) = world.Ask(world.Newcomer);
        world.Second.Tls = world.Newcomer.Tls;
        var certificate = world.Second.Certificate();
        Assert.Equal("key_reused", SendOf(world.Body(world.Second, certificate), certificate, world.Second));
        world.Approve(request);
        Assert.Equal("key_reused", SendOf(world.Body(world.Second, certificate), certificate, world.Second));
        // A consensus key of a validator of genesis.
        world.Second.Tls = TestAccount.KeyOf("second tls");
        world.Second.Consensus = world.Validators[0].Consensus;
        certificate = world.Second.Certificate();
        Assert.Equal("key_reused", SendOf(world.Body(world.Second, certificate, "validator"), certificate, world.Second));
    }

    [Fact]
    public void Key_OfARequestThatWasDenied_IsFreeAgain()
    {
        var (request, certificate) = world.Ask(world.Newcomer);
        Assert.True(world.Contract.Ballots.TryGet(request, out var row));
        foreach (var member in row.Committee.Take(2))
            world.Vote(world.Validators.Single(node => node.Account.Id == member.Account).Account, world.Ballot(request, "deny"));
        Assert.Equal((Verdict.Denied, "votes"), (world.VerdictOf(request), world.ReasonOf(request)));
        Assert.Equal("accepted", SendOf(world.Body(world.Newcomer, certificate), certificate));
    }

    [Fact]
    public void Key_ForTwoPurposes_IsRefusedAsKeyShared()
    {
        world.Newcomer.Consensus = world.Newcomer.Tls;
        var (body, certificate) = Fresh("validator");
        Assert.Equal("key_shared", SendOf(body, certificate));
        // An account's key is for transactions only.
        world.Newcomer.Consensus = world.Newcomer.Account.Key;
        (body, certificate) = Fresh("validator");
        Assert.Equal("key_shared", SendOf(body, certificate));
        world.Newcomer.Consensus = world.Stranger.Key;
        (body, certificate) = Fresh("validator");
        Assert.Equal("key_shared", SendOf(body, certificate));
    }

    [Theory]
    // validity, days   version
    [InlineData(10, 20, 1)]
    [InlineData(0, 731, 1)]
    [InlineData(0, 365, 2)]
    public void Certificate_OutsideThePolicy_IsRefusedBeforeAnyVote(int fromDay, int toDay, int version)
    {
        var certificate = world.Newcomer.Certificate(fromDay, toDay);
        Assert.Equal("certificate_policy", SendOf(world.Body(world.Newcomer, certificate, version: version), certificate));
        world.Bench.Advance(TimeSpan.FromDays(800));
        Assert.Equal("certificate_policy", SendOf(world.Body(world.Newcomer, certificate), certificate));
    }

    [Fact]
    public void Certificate_ThatIsNotWhatTheBodySays_IsRefusedAsCertificatePolicy()
    {
        var (body, certificate) = Fresh();
        Assert.Equal("certificate_policy", SendOf(body with { Organisation = "Another Ltd" }, certificate));
        Assert.Equal("certificate_policy", SendOf(body with { NotAfter = body.NotAfter + 1 }, certificate));
        Assert.Equal("certificate_policy", SendOf(body with { Algorithm = "ES384" }, certificate));
        Assert.Equal("certificate_policy", SendOf(body with { Keys = new NodeKeySet(world.Newcomer.Consensus.PublicKey) }, certificate));
        var authority = OrganisationCertificates.CreateRoot(world.Newcomer.Tls, NodesWorld.Subject("Newcomer Ltd", "newcomer", 0, 365));
        Assert.Equal("certificate_policy", SendOf(body with { Certificate = authority.Thumbprint.As<Attachment>() }, authority));
        var message = world.Link(body with { Certificate = Digest<Attachment>.Of("x"u8) }, world.Newcomer);
        Assert.Equal("certificate_policy", world.Bench.RunWith(
            "certificates.request", NodesWorld.Json(message, NodesJson.Instance.NodeRequestMessage), "x"u8.ToArray(), world.Sponsor).Code);
    }

    [Fact]
    public void Certificate_OfAWeakCurve_IsRefusedAsCertificatePolicy()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP384);
        var request = new System.Security.Cryptography.X509Certificates.CertificateRequest(
            "O=Newcomer Ltd, CN=newcomer", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(56), DateTimeOffset.UnixEpoch.AddYears(57));
        var (body, _) = Fresh();
        var message = world.Link(body with { Certificate = Digest<Attachment>.Of(made.RawData) }, world.Newcomer);
        Assert.Equal("certificate_policy", world.Bench.RunWith(
            "certificates.request", NodesWorld.Json(message, NodesJson.Instance.NodeRequestMessage), made.RawData, world.Sponsor).Code);
    }

    [Fact]
    public void Form_ThatIsNotTheRequired_IsRefusedAsMalformed()
    {
        var (body, certificate) = Fresh();
        foreach (var wrong in (NodeBody[])[
            body with { Request = "1" }, body with { Request = new string('F', 32) }, body with { Node = "" }, body with { Node = "a b" },
            body with { Node = new string('a', 49) }, body with { Organisation = "" }, body with { Roles = [] }, body with { Roles = ["king"] },
            body with { Roles = ["peer", "peer"] }, body with { Version = 0 }, body with { Endpoint = "" }, body with { Endpoint = "host" },
            body with { Endpoint = "host:0" }, body with { Endpoint = "host:70000" }, body with { Roles = ["validator"] },
            body with { Keys = body.Keys with { Consensus = world.Newcomer.Consensus.PublicKey } }, body with { Block = body.Block with { Height = 0 } },
            body with { Lost = true }])
            Assert.Equal("malformed_request", SendOf(wrong, certificate));
        var json = NodesWorld.Json(world.Link(body, world.Newcomer), NodesJson.Instance.NodeRequestMessage);
        Assert.Equal("malformed_argument", world.Bench.RunWith(
            "certificates.request", json.Replace("\"version\":1", "\"version\":1,\"more\":1", StringComparison.Ordinal), certificate.Der.ToArray(), world.Sponsor).Code);
    }

    [Fact]
    public void Name_OrAccountOfAnother_IsRefusedAsNodeTaken()
    {
        world.Admit(world.Newcomer);
        var impostor = new TestNode("newcomer", "Impostor Ltd") { Account = world.Second.Account, Tls = TestAccount.KeyOf("impostor") };
        var certificate = impostor.Certificate();
        Assert.Equal("node_taken", SendOf(world.Body(impostor, certificate, version: 2), certificate, impostor));
        // Another name with the same account.
        var alias = new TestNode("alias") { Account = world.Newcomer.Account };
        certificate = alias.Certificate();
        Assert.Equal("node_taken", SendOf(world.Body(alias, certificate), certificate, alias));
        var homeless = new TestNode("homeless");
        certificate = homeless.Certificate();
        Assert.Equal("unknown_account", SendOf(world.Body(homeless, certificate), certificate, homeless));
    }

    [Fact]
    public void Sponsor_ThatIsNoNode_IsRefusedAsNotLinked()
    {
        var (body, certificate) = Fresh();
        Assert.Equal("not_linked", world.Send(world.Link(body, world.Newcomer), certificate, world.Stranger).Code);
        Assert.Equal("not_linked", world.Send(world.Link(body, world.Newcomer), certificate, world.Newcomer.Account).Code);
        Assert.Equal("accepted", world.Send(world.Link(body, world.Newcomer), certificate, world.Validators[3].Account).Code);
    }

    [Fact]
    public void Flood_OfRequests_IsRefusedAsQuotaExceeded_AndVotesAreNot()
    {
        var small = new NodesWorld(4, NodeParameters.Default with { OpenRequests = 2, DailyRequests = 3 });
        string Ask(int number)
        {
            var node = new TestNode($"flood{number}") { Account = small.Newcomer.Account };
            var certificate = node.Certificate();
            return small.Send(small.Link(small.Body(node, certificate), node), certificate).Code;
        }

        Assert.Equal("accepted", Ask(1));
        var (request, _) = small.Ask(small.Second);
        Assert.Equal("quota_exceeded", Ask(2));
        small.Approve(request);
        // One is decided, so one more may be open; the day's quota is then used up.
        Assert.Equal("accepted", Ask(3));
        Assert.Equal("quota_exceeded", Ask(4));
        small.Bench.Advance(TimeSpan.FromDays(4));
        Assert.Equal("accepted", Ask(5));
    }
}
