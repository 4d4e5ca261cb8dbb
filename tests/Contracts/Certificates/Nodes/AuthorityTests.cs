using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Accounts;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

/// <summary>What a recognised authority writes: certificates with a payment, and revocation lists.</summary>
public class AuthorityTests
{
    private readonly NodesWorld world;

    public AuthorityTests() : this(new NodesWorld())
    {
    }

    private AuthorityTests(NodesWorld world) => this.world = world;

    private Digest<Asset> Euro => Asset.IdOf(world.Authority.Id, "EUR");

    private ulong Balance(TestAccount account) => (ulong)world.Bench.Kernel.Accounts.BalanceOf(account.Id, Euro).Units;

    private static DateTimeOffset Day(int day) => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day);

    private BenchResult SendRecognition(TestAccount? by = null, EphemeralSigningKey? prover = null, string? request = null)
    {
        request ??= world.NextRequest();
        var digest = NodePossession.DigestOfAuthority(world.Bench.Net, request, world.Authority.Id);
        var message = new RecogniseMessage(
            request, world.Authority.Id, "Authority", world.Root.Thumbprint.As<Attachment>(), world.AuthorityKey.PublicKey,
            world.Root.NotBefore.ToUnixTimeSeconds(), world.Root.NotAfter.ToUnixTimeSeconds(),
            NodePossession.ProveAuthority(digest, prover ?? world.AuthorityKey));
        return world.Bench.RunWith(
            "certificates.recognise", NodesWorld.Json(message, NodesJson.Instance.RecogniseMessage), world.Root.Der.ToArray(), by ?? world.Sponsor);
    }

    private void Recognise()
    {
        var request = world.NextRequest();
        Assert.Equal("accepted", SendRecognition(request: request).Code);
        world.Approve(request);
    }

    private OrganisationCertificate Issue(TestNode node, int toDay = 365) => OrganisationCertificates.Issue(
        world.AuthorityKey, world.Root, node.Tls.PublicKey, NodesWorld.Subject(node.Organisation, node.Name, 0, toDay), CertificateUse.Tls);

    private static string SerialOf(OrganisationCertificate certificate) => Convert.ToHexStringLower(certificate.SerialNumber.Span);

    private WriteCertificateMessage Written(TestNode node, OrganisationCertificate certificate, ulong payment = 0, string role = "peer", int version = 1)
    {
        var body = world.Body(node, certificate, role, version);
        return new WriteCertificateMessage(
            body, [world.Root.Thumbprint.As<Attachment>()], SerialOf(certificate),
            role == "validator" ? world.Link(body, node).Possession : null,
            payment == 0 ? null : new CertificateTransfer(world.Stranger.Id, new Amount(Euro, payment)));
    }

    private BenchResult Write(WriteCertificateMessage message, OrganisationCertificate certificate, TestAccount? by = null) =>
        world.Bench.Block(new BenchTransaction(
            "certificates.write", NodesWorld.Json(message, NodesJson.Instance.WriteCertificateMessage), [by ?? world.Authority])
        { Attachments = [certificate.Der.ToArray(), world.Root.Der.ToArray()] })[0];

    private BenchResult WriteList(string request, long number, int nextDay, params IReadOnlyList<OrganisationCertificate> revoked)
    {
        RevokedCertificate[] entries = [.. revoked.Select(certificate => new RevokedCertificate(certificate.SerialNumber, 1, Day(0)))];
        var der = OrganisationCertificates.CreateRevocationList(world.AuthorityKey, world.Root, number, Day(0), Day(nextDay), entries);
        var message = ListOf(request, der, number, nextDay, revoked);
        return world.Bench.RunWith("certificates.write_crl", NodesWorld.Json(message, NodesJson.Instance.WriteListMessage), der, world.Authority);
    }

    private WriteListMessage ListOf(string request, byte[] der, long number, int nextDay, IReadOnlyList<OrganisationCertificate> revoked) => new(
        request, world.AuthorityKey.PublicKey, Digest<Attachment>.Of(der), number, Day(0).ToUnixTimeSeconds(), Day(nextDay).ToUnixTimeSeconds(),
        [.. revoked.Select(certificate => new RevokedSerial(SerialOf(certificate), 1, Day(0).ToUnixTimeSeconds()))]);

    private void Approve(string request) => world.Approve(request);

    [Fact]
    public void Certificate_OfARecognisedAuthority_IsStoredAndPaidInTheDecidingVote()
    {
        var certificate = Issue(world.Newcomer);
        Assert.Equal("unknown_issuer", Write(Written(world.Newcomer, certificate), certificate).Code);
        Recognise();
        var message = Written(world.Newcomer, certificate, payment: 300);
        Assert.Equal("accepted", Write(message, certificate).Code);
        Assert.Equal((700UL, 0UL), (Balance(world.Authority), Balance(world.Stranger)));
        Approve(message.Node.Request);
        Assert.Equal((700UL, 300UL), (Balance(world.Authority), Balance(world.Stranger)));
        var entry = world.Entry("newcomer");
        Assert.Equal((world.Authority.Id, SerialOf(certificate), NodeStatus.Active), (entry.Authority, entry.Serial, entry.Status));
        Assert.True(world.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out _));
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "accounts.transferred");
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Payment_OfACertificateThatIsDeniedOrLapses_IsGivenBack()
    {
        Recognise();
        var certificate = Issue(world.Newcomer);
        var message = Written(world.Newcomer, certificate, payment: 1_000);
        Assert.Equal("accepted", Write(message, certificate).Code);
        Assert.Equal(0UL, Balance(world.Authority));
        Assert.True(world.Contract.Ballots.TryGet(message.Node.Request, out var row));
        foreach (var member in row.Committee.Take(2))
            world.Vote(world.Validators.Single(node => node.Account.Id == member.Account).Account, world.Ballot(message.Node.Request, "deny", NodesWorld.AllPass with { C1 = "fail" }));
        Assert.Equal(Verdict.Denied, world.VerdictOf(message.Node.Request));
        Assert.Equal(1_000UL, Balance(world.Authority));

        message = Written(world.Newcomer, certificate, payment: 400);
        Assert.Equal("accepted", Write(message, certificate).Code);
        world.Bench.Advance(TimeSpan.FromDays(3));
        Assert.Equal(Verdict.Lapsed, world.VerdictOf(message.Node.Request));
        Assert.Equal(1_000UL, Balance(world.Authority));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Payment_BeyondTheFunds_IsRefusedAndNothingIsOpened()
    {
        Recognise();
        var certificate = Issue(world.Newcomer);
        var message = Written(world.Newcomer, certificate, payment: 1_001);
        Assert.Equal("insufficient_funds", Write(message, certificate).Code);
        Assert.False(world.Contract.Ballots.TryGet(message.Node.Request, out _));
        Assert.Equal("zero_amount", Write(message with { Transfer = message.Transfer! with { Amount = new Amount(Euro, 0) } }, certificate).Code);
    }

    [Fact]
    public void Votes_OnACertificate_HaveTheirSequenceFromTheLedger()
    {
        Recognise();
        var certificate = Issue(world.Newcomer);
        var message = Written(world.Newcomer, certificate, role: "validator");
        Assert.Equal("accepted", Write(message, certificate).Code);
        foreach (var voter in (int[])[2, 0, 3])
            Assert.Equal("accepted", world.Vote(voter, message.Node.Request).Code);
        Assert.Equal(Verdict.Approved, world.VerdictOf(message.Node.Request));
        Assert.Equal([2, 1, 3], ((int[])[0, 2, 3]).Select(voter =>
            world.Contract.Ballots.TryGetVote(message.Node.Request, world.Validators[voter].Account.Id, out var vote) ? vote.Number : 0));
        Assert.Equal(5, world.Registry.Validators.Count);
    }

    [Fact]
    public void RogueAuthority_AndFPlusOneColludingVoters_AdmitNoValidator()
    {
        for (var count = 4; count <= 7; count++)
        {
            var rogue = new AuthorityTests(new NodesWorld(count));
            rogue.Recognise();
            var certificate = rogue.Issue(rogue.world.Newcomer);
            var message = rogue.Written(rogue.world.Newcomer, certificate, role: "validator");
            Assert.Equal("accepted", rogue.Write(message, certificate).Code);
            for (var voter = 0; voter < (count - 1) / 3 + 1; voter++)
                Assert.Equal("accepted", rogue.world.Vote(voter, message.Node.Request).Code);
            Assert.Equal(Verdict.Open, rogue.world.VerdictOf(message.Node.Request));
            rogue.world.Bench.Advance(TimeSpan.FromDays(3));
            Assert.Equal(Verdict.Lapsed, rogue.world.VerdictOf(message.Node.Request));
        }
    }

    [Fact]
    public void Write_ThatIsNotInOrder_IsRefused()
    {
        Recognise();
        var certificate = Issue(world.Newcomer);
        var message = Written(world.Newcomer, certificate);
        Assert.Equal("unknown_issuer", Write(message, certificate, world.Stranger).Code);
        Assert.Equal("certificate_policy", Write(message with { Serial = "01" }, certificate).Code);
        Assert.Equal("malformed_request", Write(message with { Serial = "XY" }, certificate).Code);
        // Validators prove all three keys themselves.
        Assert.Equal("possession_failed", Write(Written(world.Newcomer, certificate, role: "validator") with { Possession = null }, certificate).Code);
        // Self-made under the name of a path: the root did not sign it.
        var selfMade = world.Newcomer.Certificate();
        Assert.Equal("certificate_policy", Write(Written(world.Newcomer, selfMade), selfMade).Code);
        Approve(Accepted(message, certificate));
        // Held by another organisation.
        var impostor = new TestNode("newcomer", "Impostor Ltd") { Account = world.Second.Account, Tls = TestAccount.KeyOf("impostor") };
        var theirs = Issue(impostor);
        Assert.Equal("node_taken", Write(Written(impostor, theirs, version: 2), theirs).Code);
    }

    private string Accepted(WriteCertificateMessage message, OrganisationCertificate certificate)
    {
        Assert.Equal("accepted", Write(message, certificate).Code);
        return message.Node.Request;
    }

    [Fact]
    public void Recognition_IsHeldToProofSponsorAndForm()
    {
        Assert.Equal("not_linked", SendRecognition(by: world.Stranger).Code);
        Assert.Equal("possession_failed", SendRecognition(prover: world.Newcomer.Tls).Code);
        Assert.Equal("accepted", SendRecognition().Code);
        Assert.Equal("key_reused", SendRecognition().Code);
    }

    [Fact]
    public void Dismissal_LapsesPendingWritesAndLeavesCertificates()
    {
        Recognise();
        var first = Issue(world.Newcomer);
        Approve(Accepted(Written(world.Newcomer, first), first));
        var second = Issue(world.Second);
        var pending = Accepted(Written(world.Second, second, payment: 100), second);
        Assert.Equal(900UL, Balance(world.Authority));
        var dismissal = world.NextRequest();
        string Dismiss(string request) => world.Run(
            "certificates.dismiss", new DismissMessage(request, world.Authority.Id, "audit failed"), NodesJson.Instance.DismissMessage, world.Sponsor).Code;
        Assert.Equal("accepted", Dismiss(dismissal));
        Approve(dismissal);
        Assert.Equal((Verdict.Lapsed, "unknown_issuer"), (world.VerdictOf(pending), world.ReasonOf(pending)));
        Assert.Equal(1_000UL, Balance(world.Authority));
        Assert.True(world.Registry.TryFindByTlsCertificate(first.Thumbprint, out _));
        Assert.Equal("unknown_issuer", Write(Written(world.Second, second), second).Code);
        Assert.Equal("unknown_issuer", Dismiss(world.NextRequest()));
    }

    [Fact]
    public void List_ThatMembersAccept_RevokesEntriesAndBarsTheirAccounts()
    {
        Recognise();
        var certificate = Issue(world.Newcomer);
        Approve(Accepted(Written(world.Newcomer, certificate), certificate));
        var unused = Issue(world.Second);
        var request = world.NextRequest();
        Assert.Equal("accepted", WriteList(request, 7, 30, certificate, unused).Code);
        Approve(request);
        Assert.Equal(NodeStatus.Revoked, world.Entry("newcomer").Status);
        Assert.False(world.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out _));
        Assert.Equal("certificate_revoked", world.Bench.Run("accounts.transfer", AccountsWorld.Transfer(world.Newcomer.Account.Id, Euro, 1), world.Authority).Code);
        Assert.Equal("certificate_revoked", world.Bench.Run("accounts.open", "{}", world.Newcomer.Account).Code);
        // Not yet written, and on the list.
        Assert.Equal("certificate_revoked", Write(Written(world.Second, unused), unused).Code);
        Assert.Equal("crl_old", WriteList(world.NextRequest(), 7, 30).Code);
        Assert.Equal("crl_old", WriteList(world.NextRequest(), 6, 30).Code);
        // An overdue list forgives nothing.
        world.Bench.Advance(TimeSpan.FromDays(40));
        Assert.Equal("crl_old", WriteList(world.NextRequest(), 8, 30).Code);
        Assert.Equal("certificate_revoked", Write(Written(world.Second, unused), unused).Code);
        Assert.True(world.Contract.Authorities.TryGet(world.Authority.Id, out var authority));
        Assert.Equal(7, authority.ListNumber);
        // A newer list without the entry does not forgive either.
        request = world.NextRequest();
        Assert.Equal("accepted", WriteList(request, 8, 60).Code);
        Approve(request);
        Assert.True(world.Contract.Authorities.IsRevoked(world.Authority.Id, SerialOf(unused)));
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void List_ThatIsNotWhatTheMessageSays_IsRefused()
    {
        Recognise();
        var der = OrganisationCertificates.CreateRevocationList(world.AuthorityKey, world.Root, 3, Day(0), Day(30), []);
        var good = ListOf(world.NextRequest(), der, 3, 30, []);
        string Send(WriteListMessage message, byte[] list) => world.Bench.RunWith(
            "certificates.write_crl", NodesWorld.Json(message with { List = Digest<Attachment>.Of(list) }, NodesJson.Instance.WriteListMessage), list, world.Authority).Code;
        Assert.Equal("malformed_request", Send(good with { Number = 4 }, der));
        Assert.Equal("malformed_request", Send(good with { NextUpdate = good.NextUpdate + 1 }, der));
        Assert.Equal("malformed_request", Send(good with { Revoked = [new RevokedSerial("01", 0, 0)] }, der));
        Assert.Equal("malformed_request", Send(good, [.. der, 0]));
        for (var length = 0; length < der.Length; length += 7)
            Assert.Equal("malformed_request", Send(good, der[..length]));
        var forged = der.ToArray();
        forged[^1] ^= 1;
        Assert.Equal("certificate_policy", Send(good, forged));
        Assert.Equal("certificate_policy", Send(good with { Key = world.Stranger.Key.PublicKey }, der));
        Assert.Equal("accepted", Send(good, der));
    }
}
