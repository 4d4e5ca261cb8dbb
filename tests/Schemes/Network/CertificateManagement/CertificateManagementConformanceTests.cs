using Counterfoil.Contracts.Accounts;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Conformance;
using Counterfoil.Schemes.Network.CertificateManagement;

namespace Counterfoil.Schemes.Network.Tests.CertificateManagement;

public sealed class CertificateManagementConformanceTests(WalkedScheme<CertificateManagementScheme> walked)
    : SchemeConformance<CertificateManagementScheme>(walked)
{
    private const CheckSet EverybodysChecks = CheckSet.Possession | CheckSet.Validity | CheckSet.Version;

    private const string Request = "00112233445566778899aabbccddeeff";

    private static readonly AccountId Account = AccountId.OfContract("sample", "applicant");
    private static readonly Digest<Attachment> Document = Digest<Attachment>.Of("document"u8);

    protected override string Folder => Path.Combine("src", "Schemes", "Network", "CertificateManagement");

    protected override IReadOnlyList<MessageSample> Messages
    {
        get
        {
            var json = NodesJson.Instance;
            using var applicant = new SampleApplicant();
            var ask = applicant.Link();
            var digest = NodePossession.DigestOf(ask.Node);
            var renewal = NodePossession.ProveRenewal(digest, applicant.Tls, applicant.Consensus, applicant.Vrf);
            var key = applicant.Tls.PublicKey;
            var authority = NodePossession.DigestOfAuthority(ask.Node.Net, Request, Account);
            var transfer = new CertificateTransfer(Account, new Amount(Digest<Asset>.Of("PAY"u8), 300));
            return
            [
                MessageSample.Of(ask with { Renewal = renewal }, ManagementJson.Instance.LinkRequest),
                MessageSample.Of(new LinkAnswer(Digest<Transaction>.Of("transaction"u8), 7), ManagementJson.Instance.LinkAnswer),
                MessageSample.Of(new NodeRequestMessage(ask.Node, ask.Possession, renewal), json.NodeRequestMessage),
                MessageSample.Of(
                    new RecogniseMessage(Request, Account, "Authority", Document, key, 1, 2, NodePossession.ProveAuthority(authority, applicant.Tls)),
                    json.RecogniseMessage),
                MessageSample.Of(new DismissMessage(Request, Account, "its vault was opened"), json.DismissMessage),
                MessageSample.Of(new WriteCertificateMessage(ask.Node, [Document], "0a1b", ask.Possession, transfer), json.WriteCertificateMessage),
                MessageSample.Of(new WriteListMessage(Request, key, Document, 3, 1, 2, [new RevokedSerial("0a1b", 1, 1)]), json.WriteListMessage),
                MessageSample.Of(
                    new RevokeNodeMessage(Request, "a reason", Document, Digest<Statement>.Of("evidence"u8), "node"), json.RevokeNodeMessage),
                MessageSample.Of(
                    new NodeVoteMessage(
                        Request, Document, "approve", new VoteChecks("pass", "pass", "pass", "pass", "pass", "pass", "not_mine"), 9, "a reason"),
                    json.NodeVoteMessage),
                MessageSample.Of(new EquivocationMessage(key, "first", "second"), json.EquivocationMessage),
                MessageSample.Of(new ContradictionMessage(key, "first", "second"), json.ContradictionMessage),
            ];
        }
    }

    [Fact]
    public void Duties_OfEveryLinkingRequest_AreThoseThatTheLedgerDrew()
    {
        var compared = 0;
        foreach (var (_, value) in SnapshotTables.Rows(Walked.Snapshot, "certificates.requests"))
        {
            var reader = new StateReader(value);
            var row = RequestRow.Read(ref reader);
            if (row.Kind != RequestKind.Link)
                continue;
            var duties = Duties.Divide([.. row.Committee.Select(member => (member.Account, member.Weight))], row.Rules.Faulty, row.Seed);
            foreach (var (duty, member) in duties.Zip(row.Committee))
            {
                var part = duty.Checks.Aggregate(CheckSet.None, (set, check) => set | (CheckSet)(1 << (check - 1)));
                Assert.Equal(member.Checks & ~EverybodysChecks, part & row.Rules.Required);
                compared++;
            }
        }
        Assert.True(compared > 50, $"{compared} parts");
    }

    [Fact]
    public void Registry_AfterTheWalk_HasTheFourFirstValidatorsAndBothLies()
    {
        Assert.Equal(4, SnapshotTables.Rows(Walked.Snapshot, "certificates.linked_nodes").Count);
        Assert.Equal(2, SnapshotTables.Rows(Walked.Snapshot, "certificates.evidence").Count);
        Assert.Empty(SnapshotTables.Rows(Walked.Snapshot, "certificates.open_revocations"));
    }

    /// <summary>Somebody with all three keys.</summary>
    private sealed class SampleApplicant : IDisposable
    {
        public EphemeralSigningKey Tls { get; } = EphemeralSigningKey.Create();

        public EphemeralSigningKey Consensus { get; } = EphemeralSigningKey.Create();

        public VrfKey Vrf { get; } = VrfKey.Create();

        public LinkRequest Link()
        {
            var now = DateTimeOffset.UnixEpoch.AddYears(55);
            var certificate = OrganisationCertificates.CreateSelfSignedTls(Tls, new CertificateSubject("Sample Ltd", "sample", now, now.AddDays(1)));
            var applicant = new Applicant("sample", Account, Digest<Net>.Of("net"u8), Tls, certificate, "node.example:7000", Consensus, Vrf);
            var body = applicant.Body(["validator"], new BlockReference(1, Digest<VrfOutput>.Of("block"u8)));
            return applicant.Ask(body with { Statement = Digest<Statement>.Of("statement"u8), Lost = true });
        }

        public void Dispose()
        {
            Tls.Dispose();
            Consensus.Dispose();
            Vrf.Dispose();
        }
    }
}
