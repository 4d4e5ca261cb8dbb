using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Certificates;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

/// <summary>A node with its three keys and a self-made certificate.</summary>
internal sealed class TestNode
{
    public TestNode(string name, string organisation = "Newcomer Ltd")
    {
        Name = name;
        Organisation = organisation;
        Account = new TestAccount(name);
        Tls = TestAccount.KeyOf(name + " tls");
        Consensus = TestAccount.KeyOf(name + " consensus");
        Vrf = VrfKey.Import(Digest<VrfKey>.Of(Encoding.UTF8.GetBytes(name + " vrf")).ToArray());
    }

    public string Name { get; }

    public string Organisation { get; }

    public TestAccount Account { get; set; }

    public EphemeralSigningKey Tls { get; set; }

    public EphemeralSigningKey Consensus { get; set; }

    public VrfKey Vrf { get; set; }

    public OrganisationCertificate Certificate(int fromDay = 0, int toDay = 365) =>
        OrganisationCertificates.CreateSelfSignedTls(Tls, NodesWorld.Subject(Organisation, Name, fromDay, toDay));
}

/// <summary>
/// A ledger of several validators, each of which votes: theirs are the only accounts of nodes at first. Applicants' and the authority's accounts are open.
/// </summary>
internal sealed class NodesWorld
{
    private int requests;

    public NodesWorld(int count = 4, NodeParameters? parameters = null, params long[] weights)
        : this(_ => "", count, parameters, weights)
    {
    }

    /// <summary>The same with more sections of genesis, each after a comma.</summary>
    public NodesWorld(Func<NodesWorld, string> sections, int count = 4, NodeParameters? parameters = null, params long[] weights)
    {
        Validators = [.. Enumerable.Range(0, count).Select(at => new TestNode($"v{at}", "bench"))];
        Newcomer = new TestNode("newcomer");
        Second = new TestNode("second");
        Authority = new TestAccount("authority");
        AuthorityKey = TestAccount.KeyOf("authority root");
        Root = OrganisationCertificates.CreateRoot(AuthorityKey, Subject("Authority", "Root", 0, 3650));
        Stranger = new TestAccount("stranger account");
        Probe = new ProbeContract();
        var given = parameters is null ? "" : $""","parameters":{Json(parameters, NodesJson.Instance.NodeParameters)}""";
        Bench = new ContractBench(
            ContractBench.GenesisOf(
                [.. Validators.Select(node => node.Account), Newcomer.Account, Second.Account, Authority, Stranger],
                $$"""{"issuer":"{{Authority}}","code":"EUR","name":"Euro","decimals":2,"cap":"1000000","transferable":true,"shieldable":false}""",
                $$"""{"account":"{{Authority}}","asset":"EUR","units":"1000"}""",
                $$""","certificates":{"registrars":[]{{given}}}""" + sections(this)),
            extra: _ => Probe,
            validators: [.. Validators.Select((node, at) => new Validator(
                "bench", node.Account.Id, node.Consensus.PublicKey, node.Vrf.PublicKey, at < weights.Length ? weights[at] : 1))]);
        // Proofs name a block that was made.
        Bench.Advance(TimeSpan.FromSeconds(1));
    }

    public IReadOnlyList<TestNode> Validators { get; }

    public TestNode Newcomer { get; }

    public TestNode Second { get; }

    public TestAccount Authority { get; }

    public EphemeralSigningKey AuthorityKey { get; }

    public OrganisationCertificate Root { get; }

    public TestAccount Stranger { get; }

    public ProbeContract Probe { get; }

    public ContractBench Bench { get; }

    public CertificatesContract Contract => Bench.Kernel.Certificates;

    public NodeRegistry Registry => Contract.Nodes;

    public TestAccount Sponsor => Validators[0].Account;

    public static CertificateSubject Subject(string organisation, string name, int fromDay, int toDay)
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        return new CertificateSubject(organisation, name, start.AddDays(fromDay), start.AddDays(toDay));
    }

    public string NextRequest() => $"{++requests:x32}";

    public BlockReference LastBlock => new(Bench.Height, Digest<VrfOutput>.Of(BitConverter.GetBytes(Bench.Height)));

    public NodeBody Body(TestNode node, OrganisationCertificate certificate, string role = "peer", int version = 1, bool withAllKeys = false)
    {
        var all = withAllKeys || role == "validator";
        return new NodeBody(
            NextRequest(), Bench.Net, LastBlock, node.Name, node.Organisation, node.Account.Id, [role], version,
            certificate.Thumbprint.As<Attachment>(), "ES256",
            new NodeKeySet(node.Tls.PublicKey, all ? node.Consensus.PublicKey : null, all ? node.Vrf.PublicKey : null),
            "node.example:7000", certificate.NotBefore.ToUnixTimeSeconds(), certificate.NotAfter.ToUnixTimeSeconds());
    }

    public NodeRequestMessage Link(NodeBody body, TestNode node, RenewalProofs? renewal = null) => new(
        body,
        NodePossession.Prove(
            NodePossession.DigestOf(body), node.Tls, body.Keys.Consensus is null ? null : node.Consensus, body.Keys.Vrf is null ? null : node.Vrf),
        renewal);

    public BenchResult Send(NodeRequestMessage message, OrganisationCertificate certificate, TestAccount? by = null) =>
        Bench.RunWith("certificates.request", Json(message, NodesJson.Instance.NodeRequestMessage), certificate.Der.ToArray(), by ?? Sponsor);

    /// <summary>An ordinary linking request.</summary>
    /// <returns>The request's id and the certificate.</returns>
    public (string Request, OrganisationCertificate Certificate) Ask(TestNode node, string role = "peer", int toDay = 365)
    {
        var certificate = node.Certificate(toDay: toDay);
        var body = Body(node, certificate, role);
        Assert.Equal("accepted", Send(Link(body, node), certificate).Code);
        return (body.Request, certificate);
    }

    public static VoteChecks AllPass { get; } = new("pass", "pass", "pass", "pass", "pass", "pass", "pass");

    public NodeVoteMessage Ballot(string request, string decision = "approve", VoteChecks? checks = null)
    {
        Assert.True(Contract.Ballots.TryGet(request, out var row));
        return new NodeVoteMessage(request, row.Subject, decision, checks ?? (decision == "approve" ? AllPass : AllPass with { C6 = "fail" }), Bench.Height);
    }

    public BenchResult Vote(TestAccount voter, NodeVoteMessage ballot) =>
        Bench.Run("certificates.vote", Json(ballot, NodesJson.Instance.NodeVoteMessage), voter);

    public BenchResult Vote(int voter, string request, string decision = "approve", VoteChecks? checks = null) =>
        Vote(Validators[voter].Account, Ballot(request, decision, checks));

    /// <summary>Members of the committee approve, in its order, until it is decided.</summary>
    public void Approve(string request)
    {
        Assert.True(Contract.Ballots.TryGet(request, out var row));
        foreach (var member in row.Committee)
        {
            if (VerdictOf(request) != Verdict.Open)
                break;
            var voter = Validators.FirstOrDefault(node => node.Account.Id == member.Account)?.Account ?? Newcomer.Account;
            Assert.Equal("accepted", Vote(voter, Ballot(request)).Code);
        }
        Assert.Equal(Verdict.Approved, VerdictOf(request));
    }

    public OrganisationCertificate Admit(TestNode node, string role = "peer", int toDay = 365)
    {
        var (request, certificate) = Ask(node, role, toDay);
        Approve(request);
        return certificate;
    }

    public Verdict VerdictOf(string request)
    {
        Assert.True(Contract.Ballots.TryGet(request, out var row));
        return row.Verdict;
    }

    public string ReasonOf(string request)
    {
        Assert.True(Contract.Ballots.TryGet(request, out var row));
        return row.Reason;
    }

    public NodeRow Entry(string node)
    {
        Assert.True(Registry.TryGet(node, out var row));
        return row;
    }

    public string NodeOf(TestNode validator) => validator.Account.Id.ToString();

    public BenchResult Run<TMessage>(string action, TMessage message, JsonTypeInfo<TMessage> format, params IReadOnlyList<TestAccount> signers) =>
        Bench.Run(action, Json(message, format), signers);

    public BenchResult Revoke(RevokeNodeMessage message, TestAccount? by = null) =>
        Run("certificates.revoke_node", message, NodesJson.Instance.RevokeNodeMessage, by ?? Sponsor);

    /// <summary>A revocation of a node without a certificate, such as a first validator.</summary>
    public string AskRevocation(string node)
    {
        var request = NextRequest();
        Assert.Equal("accepted", Revoke(new RevokeNodeMessage(request, "compromised", Node: node)).Code);
        return request;
    }

    /// <summary>A revocation of a node by its certificate.</summary>
    public string Revocation(TestNode node)
    {
        var request = NextRequest();
        Assert.Equal("accepted", Revoke(new RevokeNodeMessage(request, "compromised", Entry(node.Name).Certificate.As<Attachment>())).Code);
        return request;
    }

    /// <summary>What governance would run.</summary>
    public BenchResult Govern(Func<ExecutionContext, Refusal?> rule)
    {
        Probe.Rule = context => context.For(Bench.Kernel.Governance).Call(rule);
        return Bench.Run("probe.run", "{}", Stranger);
    }

    public BenchResult SetParameters(NodeParameters parameters) => Govern(context => Registry.SetParameters(context.For(Contract), parameters));

    public static string Json<TMessage>(TMessage message, JsonTypeInfo<TMessage> format) => JsonSerializer.Serialize(message, format);
}
