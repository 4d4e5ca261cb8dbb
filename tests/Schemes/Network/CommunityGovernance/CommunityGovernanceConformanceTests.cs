using System.Text.Json;
using Counterfoil.Contracts;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Conformance;
using Counterfoil.Schemes.Network.CommunityGovernance;

namespace Counterfoil.Schemes.Network.Tests.CommunityGovernance;

public sealed class CommunityGovernanceConformanceTests(WalkedScheme<CommunityGovernanceScheme> walked)
    : SchemeConformance<CommunityGovernanceScheme>(walked)
{
    private static readonly AccountId Alice = AccountId.OfContract("sample", "alice");
    private static readonly AccountId Bob = AccountId.OfContract("sample", "bob");
    private static readonly ProposalId Proposal = new(0x1234);
    private static readonly PublicKey Key = EphemeralSigningKey.Create().PublicKey;

    protected override string Folder => Path.Combine("src", "Schemes", "Network", "CommunityGovernance");

    protected override IReadOnlyList<MessageSample> Messages
    {
        get
        {
            var json = GovernanceJson.Instance;
            return
            [
                MessageSample.Of(new InitMessage(10, [new GovernanceShare(Alice, 10)]), json.InitMessage),
                MessageSample.Of(new GovernanceTransferMessage(Alice, 10), json.GovernanceTransferMessage),
                MessageSample.Of(GovernanceDefaults.Scenes[0], json.SceneMessage),
                MessageSample.Of(Propose(), json.ProposeMessage),
                MessageSample.Of(new VoteMessage(Proposal, "yes", 5, [new DelegatedVote(Bob, 7)]), json.VoteMessage),
                MessageSample.Of(new MemberVoteMessage(Proposal, "yes", "a.b.c~d.e.f"), json.MemberVoteMessage),
                MessageSample.Of(new SetMembersMessage("treasury", 3), json.SetMembersMessage),
                MessageSample.Of(
                    GovernanceDefaults.Scenes[1] with { Weighting = Weightings.Membership, Issuer = Bob, Members = 3 }, json.SceneMessage),
                MessageSample.Of(new EnrolMessage(Alice), CommunityJson.Instance.EnrolMessage),
                MessageSample.Of(new CredentialRequest(Proposal, Key), CommunityJson.Instance.CredentialRequest),
                MessageSample.Of(new CredentialAnswer("a.b.c~", "AAAA"), CommunityJson.Instance.CredentialAnswer),
                MessageSample.Of(new AssociationCard(Alice, Key, 3), CommunityJson.Instance.AssociationCard),
                MessageSample.Of(new CancelMessage(Proposal), json.CancelMessage),
                MessageSample.Of(new RequeueMessage(Proposal), json.RequeueMessage),
                MessageSample.Of(new DelegateMessage("parameter", Bob, 1_800_000_000), json.DelegateMessage),
                MessageSample.Of(new PauseMessage("rights", "incident"), json.PauseMessage),
                MessageSample.Of(new NominateMessage(Alice, Bob), json.NominateMessage),
                MessageSample.Of(new SupportMessage(Alice, 3), json.SupportMessage),
                MessageSample.Of(new UnsupportMessage(Alice, 3), json.UnsupportMessage),
                MessageSample.Of(new SetParameterMessage("sponsor_quota", 5), json.SetParameterMessage),
                MessageSample.Of(new ActivateRulesMessage(2, 100), json.ActivateRulesMessage),
                MessageSample.Of(new CommitteeMessage([Alice, Bob], 2), json.CommitteeMessage),
                MessageSample.Of(new ConfirmPauseMessage("rights", 1_800_000_000), json.ConfirmPauseMessage),
                MessageSample.Of(new LiftPauseMessage("rights"), json.LiftPauseMessage),
                MessageSample.Of(new ReclaimMessage(Alice), json.ReclaimMessage),
                MessageSample.Of(
                    new VoteExport(Proposal, "A title", ["yes"], ["5"], 5, [new ExportedVote(Alice, Bob, "yes", 5)]), CommunityJson.Instance.VoteExport),
            ];
        }
    }

    [Fact]
    public void Walk_OfTheStory_LeavesOpenOnlyAMembersVoteAndTheElection()
    {
        var governance = GovernanceAtTheEnd();
        var ids = governance.ProposalsFrom(default, 100);
        var states = ids.Select(id => governance.TryGetProposal(id, out _, out var ballot) ? ballot.State : default).ToList();

        Assert.True(states.Count >= 8, $"{states.Count} proposals");
        Assert.Single(states, state => state == ProposalState.Voting);
        Assert.DoesNotContain(states, state => state is ProposalState.Passed);
        Assert.Single(states, state => state == ProposalState.Failed);
        // Its deposit, and of four candidates stake and support.
        Assert.Equal(1 + 2 * 4, governance.LockCount);
        Assert.Equal(1, governance.NullifierCount);
        Assert.All(ids, id => Assert.Empty(governance.VotesOf(id, default, 10)));
    }

    [Fact]
    public void Supply_OfTheToken_IsWhatItWasCreatedWith() => Assert.Equal((UInt128)1_000_000, GovernanceAtTheEnd().Supply);

    private GovernanceContract GovernanceAtTheEnd()
    {
        var kernel = new KernelContracts();
        var contracts = new ContractSet(kernel.Accounts, kernel.All);
        using var snapshot = new MemoryStream(Walked.Snapshot);
        contracts.State.ReadSnapshot(snapshot);
        return kernel.Governance;
    }

    private static ProposeMessage Propose()
    {
        // Any JSON here: its form is the target action's, whose messages are samples of their own.
        using var arg = JsonDocument.Parse("\"any JSON\"");
        return new ProposeMessage(
            Proposal, "parameter", "A title", Digest<Attachment>.Of("text"u8), new ProposalArgs(51, 1_800_000_000),
            new ProposalTrigger(
                1_800_000_600, "governance.set_parameter", arg.RootElement.Clone(), [RowName.Of("governance.parameters", new TextKey("sponsor_quota"))]),
            Digest<Attachment>.Of("annex"u8), new ProposalId(0x99));
    }
}
