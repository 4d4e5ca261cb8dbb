using System.Text;
using System.Text.Json;
using Counterfoil.Contracts.Governance;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Jose.SdJwt;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;

namespace Counterfoil.Contracts.Tests.Governance;

/// <summary>A scene in which the members of Dora's association vote, each once: five of them.</summary>
public sealed class MemberVoteTests : IDisposable
{
    private const string Scene = "members";
    private readonly VrfKey vrf = VrfKey.Import(Digest<VrfKey>.Of("association vrf"u8).ToArray());
    private readonly GovernanceWorld world;
    private readonly string membership;

    public MemberVoteTests()
    {
        world = new GovernanceWorld(extra: kernel => new MemberTarget(kernel));
        membership = MembershipOf(world.Dora, 5);
        Assert.Equal("done", GovernanceWorld.Codes(SetScene(membership)));
    }

    public void Dispose() => vrf.Dispose();

    [Fact]
    public void Members_VoteOnceEach_AndTheResultIsOfAllMembers()
    {
        // Two of five are 40 %: too few for 51 %. Three are enough.
        var (rejected, passed) = (Propose(), Propose());
        foreach (var (id, yes) in new[] { (rejected, 2), (passed, 3) })
        {
            for (var member = 0; member < yes; member++)
                Assert.Equal("accepted", Vote(id, member).Code);
            Assert.Equal("accepted", Vote(id, 4, "abstain").Code);
        }
        Assert.Equal((UInt128)5, world.Governance.ElectorateOf(passed));
        Assert.Equal(7, world.Governance.NullifierCount);
        world.ToStop(passed);
        Assert.Equal(ProposalState.Rejected, world.Ballot(rejected).State);
        Assert.Equal(((UInt128)3, (UInt128)1, ProposalState.Passed), (world.Ballot(passed).Yes, world.Ballot(passed).Abstain, world.Ballot(passed).State));
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((0, 0), (world.Governance.NullifierCount, world.Governance.LockCount));
        Assert.Equal("done", GovernanceWorld.Codes(world.ToTrigger(passed)));
        Assert.Equal(ProposalState.Executed, world.Ballot(passed).State);
        Assert.Equal(world.Bench.Root(), world.Bench.Replay().Root());
    }

    [Fact]
    public void Member_WithASecondCredential_HasTheSameNullifierAndIsReplayed()
    {
        var (id, other) = (Propose(), Propose());
        Assert.Equal("accepted", Vote(id, 1).Code);
        Assert.Equal("replayed", Vote(id, 1, "no").Code);
        // Another key, another choice, another sender: the same member.
        Assert.Equal("replayed", Send(id, "no", Present(Credential(id, 1, holder: KeyOf("second key")), KeyOf("second key"), id, "no"), world.Bob).Code);
        Assert.Equal("accepted", Vote(other, 1).Code);
        Assert.Equal((UInt128)1, world.Ballot(id).Cast);
        Assert.NotEqual(NullifierOf(id, 1), NullifierOf(other, 1));
        Assert.NotEqual(NullifierOf(id, 1), NullifierOf(id, 2));
    }

    [Fact]
    public void Nullifier_OfAMember_IsProvenToTheMember()
    {
        var id = Propose();
        var nullifier = MembershipCredential.NullifierOf(vrf, world.Bench.Net, id, "member 1", out var proof);
        Assert.True(MembershipCredential.IsNullifierOf(vrf.PublicKey, world.Bench.Net, id, "member 1", proof, nullifier));
        Assert.False(MembershipCredential.IsNullifierOf(vrf.PublicKey, world.Bench.Net, id, "member 2", proof, nullifier));
        Assert.False(MembershipCredential.IsNullifierOf(vrf.PublicKey, world.Bench.Net, id, "member 1", proof, NullifierOf(id, 2)));
    }

    [Fact]
    public void Vote_OnTheLedger_SaysNothingOfTheMember()
    {
        var id = Propose();
        var presented = Present(Credential(id, 1), KeyOf("member 1"), id, "yes");
        var token = SdJwtToken.Parse(presented).Value;
        Assert.DoesNotContain("member 1", Encoding.UTF8.GetString(token.Issued.Payload.Span), StringComparison.Ordinal);
        Assert.Equal(
            ["cnf", "exp", "iat", "iss", "net", "nullifier", "proposal", "vct"],
            token.Claims.EnumerateObject().Select(claim => claim.Name).Order(StringComparer.Ordinal));
        var result = Send(id, "yes", presented, world.Dora);
        Assert.Equal(["nullifier", "option", "proposal"], result.Events.Single().Facts.Select(fact => fact.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Credential_OfAnotherIssuerTypeProposalOrTime_IsRefused()
    {
        var (id, other) = (Propose(), Propose());
        var holder = KeyOf("member 1");
        Assert.Equal("wrong_issuer", Send(id, "yes", Present(Credential(id, 1, issuer: world.Bob), holder, id, "yes")).Code);
        // Bob's key in Dora's name.
        Assert.Equal("wrong_issuer", Send(id, "yes", Present(Credential(id, 1, key: world.Bob.Key), holder, id, "yes")).Code);
        Assert.Equal("wrong_credential_scope", Send(id, "yes", Present(Credential(other, 1), holder, id, "yes")).Code);
        Assert.Equal("wrong_credential_scope", Send(id, "yes", Present(Credential(id, 1, net: Digest<Ledger.Transactions.Net>.Of("else"u8)), holder, id, "yes")).Code);
        Assert.Equal("credential_expired", Send(id, "yes", Present(Credential(id, 1, expires: world.Now), holder, id, "yes")).Code);
        var credential = Credential(id, 1, expires: world.Now + 20);
        world.Bench.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal("credential_expired", Send(id, "yes", Present(credential, holder, id, "yes")).Code);
        Assert.Equal((UInt128)0, world.Ballot(id).Cast);
    }

    [Fact]
    public void KeyBinding_OfAnotherChoiceAudienceOrKey_IsRefused()
    {
        var id = Propose();
        var (issued, holder) = (Credential(id, 1), KeyOf("member 1"));
        string InnerOf(BenchResult result)
        {
            Assert.Equal("wrong_key_binding", result.Code);
            return GovernanceWorld.Fact(result, "inner_code");
        }
        // Signed for yes and sent as no: the sender cannot turn a vote.
        Assert.Equal("nonce_mismatch", InnerOf(Send(id, "no", Present(issued, holder, id, "yes"))));
        Assert.Equal("key_binding_invalid", InnerOf(Send(id, "yes", Present(issued, KeyOf("thief"), id, "yes"))));
        var token = SdJwtToken.Parse(issued).Value;
        var elsewhere = SdJwtIssuance.Present(token, _ => false, holder, "urn:counterfoil:ledger:other", $"{id}.yes", DateTimeOffset.UnixEpoch);
        Assert.Equal("audience_mismatch", InnerOf(Send(id, "yes", elsewhere)));
        var presented = Present(issued, holder, id, "yes");
        var again = Present(Credential(id, 1), holder, id, "yes");
        Assert.Equal("disclosures_mismatch", InnerOf(Send(id, "yes", presented[..(presented.LastIndexOf('~') + 1)] + again[(again.LastIndexOf('~') + 1)..])));
        Assert.Equal("accepted", Send(id, "yes", presented).Code);
    }

    [Fact]
    public void Presentation_OfAnotherForm_IsRefused()
    {
        var id = Propose();
        var (issued, holder) = (Credential(id, 1), KeyOf("member 1"));
        var presented = Present(issued, holder, id, "yes");
        var token = SdJwtToken.Parse(issued).Value;
        Assert.Equal("credential_discloses", Send(id, "yes", SdJwtIssuance.Present(
            token, _ => true, holder, $"urn:counterfoil:ledger:{world.Bench.Net}", $"{id}.yes", DateTimeOffset.UnixEpoch)).Code);
        foreach (var malformed in new[] { "", "a.b.c", presented + "~", presented[..(presented.LastIndexOf('~') + 1)], "x" + presented, new string('a', 5_000) })
            Assert.Equal("malformed_credential", Send(id, "yes", malformed).Code);
        var tampered = presented.ToCharArray();
        var at = presented.IndexOf('.', StringComparison.Ordinal) + 20;
        tampered[at] = tampered[at] == 'A' ? 'B' : 'A';
        Assert.Contains(Send(id, "yes", new string(tampered)).Code, new[] { "malformed_credential", "wrong_credential_type", "bad_credential_signature", "wrong_credential_scope" });
        Assert.Equal("bad_credential_signature", Send(id, "yes", SwapSignature(presented)).Code);
        Assert.Equal("wrong_credential_type", Send(id, "yes", Raw(id, "vc+sd-jwt")).Code);
        Assert.Equal("wrong_credential_type", Send(id, "yes", Raw(id, vct: "urn:example:driver")).Code);
        // A name in the clear is not taken, whoever wants to give it away.
        Assert.Equal("malformed_credential", Send(id, "yes", Raw(id, more: ""","name":"Ada" """)).Code);
        Assert.Equal("malformed_request", Send(id, "maybe", presented).Code);
        Assert.Equal("accepted", Send(id, "yes", Raw(id)).Code);
    }

    [Fact]
    public void Weighting_OfAScene_DecidesWhoVotes()
    {
        var (members, tokens) = (Propose(), world.ProposeOrdinary());
        Assert.Equal("no_governance_permission", world.Vote(world.Alice, members, "yes", 100).Code);
        Assert.Equal("no_governance_permission", Vote(tokens, 1).Code);
        Assert.Equal("unknown_proposal", Vote(new ProposalId(999), 1).Code);
        world.ToStop(members);
        Assert.Equal("voting_closed", Vote(members, 1).Code);
    }

    [Fact]
    public void Association_ThatVouchesForMoreThanItHas_IsStoppedAtItsNumber()
    {
        var id = Propose();
        Assert.Equal("accepted", SetMembers(world.Dora, 2).Code);
        // What runs keeps the number of when it was proposed.
        for (var member = 0; member < 5; member++)
            Assert.Equal("accepted", Vote(id, member).Code);
        Assert.Equal("no_governance_permission", Vote(id, 5).Code);
        var next = Propose();
        Assert.Equal((UInt128)2, world.Governance.ElectorateOf(next));
        Assert.Equal("accepted", Vote(next, 0).Code);
        Assert.Equal("accepted", Vote(next, 1).Code);
        Assert.Equal("no_governance_permission", Vote(next, 2).Code);
        Assert.Equal("caller_denied", SetMembers(world.Bob, 9).Code);
        Assert.Equal("bad_amount", SetMembers(world.Dora, 0).Code);
        Assert.Equal("unknown_scene", SetMembers(world.Dora, 3, SceneNames.OrdinaryProposal).Code);
    }

    [Fact]
    public void Scene_OfAWrongForm_IsNotSet()
    {
        string InnerOf(string more, string scene = Scene)
        {
            var result = world.Propose(
                world.NextId(), world.Alice, SceneNames.ContractUpgrade, "governance.set_scene", Text(more, scene), Reads);
            Assert.Equal("bad_proposal", result.Code);
            return GovernanceWorld.Fact(result, "inner_code");
        }
        Assert.Equal("malformed_request", InnerOf(""","weighting":"membership" """));
        Assert.Equal("malformed_request", InnerOf(""","weighting":"age" """));
        Assert.Equal("malformed_request", InnerOf($$""","issuer":"{{world.Dora}}" """));
        Assert.Equal("malformed_request", InnerOf(MembershipOf(world.Dora, 0)));
        Assert.Equal("malformed_request", InnerOf(membership, SceneNames.ValidatorElection));
        Assert.Equal("unknown_account", InnerOf(MembershipOf(new TestAccount("nobody"), 5)));
        Assert.Equal("done", GovernanceWorld.Codes(SetScene("")));
        Assert.False(world.Governance.TryGetMembership(Scene, out _));
    }

    private static string MembershipOf(TestAccount issuer, int members) =>
        $$""","weighting":"membership","issuer":"{{issuer}}","members":{{members}}""";

    private static string Text(string more, string scene = Scene) =>
        GovernanceWorld.Scene(scene, 10).TrimEnd()[..^1] + more + "}";

    private static string Reads { get; } =
        GovernanceWorld.Read("governance.scenes", new TextKey(Scene)) + "," + GovernanceWorld.Read("governance.memberships", new TextKey(Scene));

    private IReadOnlyList<Ledger.Execution.Outcome> SetScene(string more)
    {
        var id = world.NextId();
        Assert.Equal("accepted", world.Propose(id, world.Alice, SceneNames.ContractUpgrade, "governance.set_scene", Text(more), Reads).Code);
        return world.Pass(id);
    }

    private ProposalId Propose()
    {
        var id = world.NextId();
        Assert.Equal("accepted", world.Propose(id, world.Alice, Scene, "members.decide", "{}").Code);
        return id;
    }

    private BenchResult SetMembers(TestAccount by, int members, string scene = Scene) =>
        world.Bench.Run("governance.set_members", $$"""{"scene":"{{scene}}","members":{{members}}}""", by);

    private static EphemeralSigningKey KeyOf(string name) => TestAccount.KeyOf(name);

    private Digest<VrfOutput> NullifierOf(ProposalId id, int member) =>
        MembershipCredential.NullifierOf(vrf, world.Bench.Net, id, $"member {member}", out _);

    private string Credential(
        ProposalId id, int member, TestAccount? issuer = null, EphemeralSigningKey? key = null, EphemeralSigningKey? holder = null,
        Digest<Ledger.Transactions.Net>? net = null, long? expires = null) =>
        MembershipCredential.Issue(
            key ?? (issuer ?? world.Dora).Key, (issuer ?? world.Dora).Id, net ?? world.Bench.Net, id, NullifierOf(id, member),
            (holder ?? KeyOf($"member {member}")).PublicKey, $"member {member}", world.Bench.Time,
            Timestamp.FromSeconds(expires ?? world.Now + 1_000_000));

    private string Present(string issued, EphemeralSigningKey holder, ProposalId id, string option) =>
        MembershipCredential.Present(issued, holder, world.Bench.Net, id, option, world.Bench.Time);

    private BenchResult Vote(ProposalId id, int member, string option = "yes") =>
        Send(id, option, Present(Credential(id, member), KeyOf($"member {member}"), id, option));

    private BenchResult Send(ProposalId id, string option, string credential, TestAccount? by = null) => world.Bench.Run(
        "governance.vote_as_member", $$"""{"proposal":"{{id}}","option":"{{option}}","credential":{{JsonSerializer.Serialize(credential)}}}""", by ?? world.Carol);

    /// <summary>The same credential under another signature of the association's.</summary>
    private static string SwapSignature(string presented)
    {
        var end = presented.IndexOf('~', StringComparison.Ordinal);
        var dot = presented.LastIndexOf('.', end);
        var other = KeyOf("other").Sign(Encoding.ASCII.GetBytes(presented[..dot]));
        return presented[..(dot + 1)] + Base64Url.Encode(other) + presented[end..];
    }

    /// <summary>A credential of Dora's by hand, of any type and with more claims.</summary>
    private string Raw(ProposalId id, string type = SdJwtToken.CredentialType, string vct = MembershipCredential.VerifiableType, string more = "")
    {
        var key = JsonSerializer.Serialize(KeyOf("by hand").PublicKey);
        var payload = $$"""
            {"iss":"{{world.Dora}}","iat":1,"exp":9999999999,"vct":"{{vct}}","net":"{{world.Bench.Net}}","proposal":"{{id}}",
            "nullifier":"{{NullifierOf(id, 3)}}","cnf":{"jwk":{{key}}}{{more}}}
            """;
        var issued = Jws.SignCompact(type, Encoding.UTF8.GetBytes(payload), world.Dora.Key, reference: KeyReference.Key) + "~";
        return SdJwtIssuance.Present(
            SdJwtToken.Parse(issued).Value, _ => false, KeyOf("by hand"), $"urn:counterfoil:ledger:{world.Bench.Net}", $"{id}.yes", DateTimeOffset.UnixEpoch);
    }
}
