using System.Text;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Tests.Harness;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Tests.Certificates.Nodes;

public class VoteTests
{
    private readonly NodesWorld world = new();

    private static string ReasonOf(BenchResult result) => result.Facts.Single(fact => fact.Name == "reason").Value;

    private void IsVoid(string reason, BenchResult result) => Assert.Equal(("void_vote", reason), (result.Code, ReasonOf(result)));

    [Fact]
    public void Vote_OfAStrangerOrANodeAddedLater_IsVoid()
    {
        var (request, _) = world.Ask(world.Second, "validator");
        IsVoid("not_member", world.Vote(world.Stranger, world.Ballot(request)));
        world.Admit(world.Newcomer, "validator");
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        world.Bench.Advance(TimeSpan.FromSeconds(1));
        IsVoid("not_member", world.Vote(world.Newcomer.Account, world.Ballot(request)));
        world.Approve(request);
    }

    [Fact]
    public void Vote_ForAnotherCertificateOrASecondOneOrUnknown_IsNotCounted()
    {
        var (request, _) = world.Ask(world.Newcomer, "validator");
        IsVoid("other_certificate", world.Vote(world.Sponsor, world.Ballot(request) with { Certificate = Digest<Attachment>.Of("another"u8) }));
        Assert.Equal("accepted", world.Vote(0, request).Code);
        IsVoid("second", world.Vote(0, request, "deny"));
        IsVoid("second", world.Vote(0, request));
        IsVoid("height", world.Vote(world.Validators[1].Account, world.Ballot(request) with { HeightSeen = world.Bench.Height + 5 }));
        Assert.Equal("unknown_request", world.Vote(world.Sponsor, world.Ballot(request) with { Request = world.NextRequest() }).Code);
        Assert.Equal("malformed_request", world.Vote(world.Sponsor, world.Ballot(request) with { Decision = "maybe" }).Code);
        Assert.Equal("malformed_request", world.Vote(world.Sponsor, world.Ballot(request) with { Checks = new VoteChecks("yes") }).Code);
        Assert.True(world.Contract.Ballots.TryGet(request, out var row));
        Assert.Equal((1, 1L, 1L), (row.Votes, row.Messages, row.Approvals));
    }

    [Fact]
    public void Vote_WithoutEverybodysChecksOrApprovingAFailure_IsVoid()
    {
        var (request, _) = world.Ask(world.Newcomer, "validator");
        IsVoid("checks", world.Vote(0, request, checks: NodesWorld.AllPass with { C2 = "not_mine" }));
        IsVoid("checks", world.Vote(0, request, checks: NodesWorld.AllPass with { C7 = "fail" }));
        Assert.Equal("accepted", world.Vote(0, request, checks: new VoteChecks("pass", "pass", "pass")).Code);
        Assert.Equal("accepted", world.Vote(1, request, "deny", new VoteChecks("pass", "fail", "pass")).Code);
    }

    [Fact]
    public void Vote_OfASuspendedVoter_IsVoidAndItsWeightStays()
    {
        var (request, _) = world.Ask(world.Newcomer, "validator");
        EvidenceTests.Equivocate(world, 3);
        IsVoid("not_active", world.Vote(3, request));
        world.Vote(0, request);
        world.Vote(1, request);
        Assert.Equal(Verdict.Open, world.VerdictOf(request));
        world.Vote(2, request);
        Assert.Equal(Verdict.Approved, world.VerdictOf(request));
    }

    [Fact]
    public void Vote_AfterClose_IsVoid()
    {
        var (request, _) = world.Ask(world.Newcomer, "validator");
        world.Bench.Advance(TimeSpan.FromDays(3));
        Assert.Equal(Verdict.Lapsed, world.VerdictOf(request));
        IsVoid("closed", world.Vote(0, request));
    }

    [Fact]
    public void Messages_NotMoreThanT1_LapseThoughAllApprove()
    {
        var three = new NodesWorld(3);
        var (request, certificate) = three.Ask(three.Newcomer, "validator");
        three.Vote(0, request);
        three.Vote(1, request);
        Assert.Equal(Verdict.Open, three.VerdictOf(request));
        var due = three.Bench.Advance(TimeSpan.FromDays(3));
        Assert.Equal("done", Assert.Single(due).Status);
        Assert.Equal((Verdict.Lapsed, "participation"), (three.VerdictOf(request), three.ReasonOf(request)));
        Assert.False(three.Registry.TryFindByTlsCertificate(certificate.Thumbprint, out _));
        Assert.Equal(three.Bench.Root(), three.Bench.Replay().Root());
    }

    [Fact]
    public void Approvals_NotMoreThanT2_AreDeniedAtOnceOrAtClose()
    {
        var (request, _) = world.Ask(world.Newcomer, "validator");
        world.Vote(0, request, "deny");
        Assert.Equal(Verdict.Open, world.VerdictOf(request));
        // Two of four denied: three approvals are out of reach.
        world.Vote(1, request, "deny");
        Assert.Equal((Verdict.Denied, "votes"), (world.VerdictOf(request), world.ReasonOf(request)));
        var (other, _) = world.Ask(world.Newcomer, "validator");
        world.Vote(0, other, "deny");
        world.Vote(1, other);
        world.Vote(2, other);
        Assert.Equal(Verdict.Open, world.VerdictOf(other));
        world.Bench.Advance(TimeSpan.FromDays(3));
        Assert.Equal((Verdict.Denied, "votes"), (world.VerdictOf(other), world.ReasonOf(other)));
    }

    [Fact]
    public void Approvals_OfWhomTooFewPerformedACheck_LapseForCoverage()
    {
        var (request, _) = world.Ask(world.Newcomer, "validator");
        for (var voter = 0; voter < 4; voter++)
            Assert.Equal("accepted", world.Vote(voter, request, checks: voter == 0 ? NodesWorld.AllPass : NodesWorld.AllPass with { C7 = "not_mine" }).Code);
        // f = 1: one approver that looked at the endpoint is not enough.
        Assert.Equal(Verdict.Open, world.VerdictOf(request));
        world.Bench.Advance(TimeSpan.FromDays(3));
        Assert.Equal((Verdict.Lapsed, "coverage"), (world.VerdictOf(request), world.ReasonOf(request)));
    }

    [Theory]
    // rule     weights              approving voters   admitted
    [InlineData("count", new long[] { 40, 30, 20, 10 }, new[] { 0, 1 }, false)]
    [InlineData("count", new long[] { 40, 30, 20, 10 }, new[] { 1, 2, 3 }, true)]
    [InlineData("weight", new long[] { 40, 30, 20, 10 }, new[] { 1, 2, 3 }, false)]
    [InlineData("weight", new long[] { 40, 30, 20, 10 }, new[] { 0, 1 }, true)]
    [InlineData("ratio", new long[] { 40, 30, 20, 10 }, new[] { 0, 1 }, false)]
    [InlineData("ratio", new long[] { 40, 30, 20, 10 }, new[] { 0, 1, 2 }, true)]
    public void Rule_ThatMembersChose_Decides(string rule, long[] weights, int[] approving, bool admitted)
    {
        var chosen = new NodesWorld(4, NodeParameters.Default with { Rule = rule }, weights);
        var (request, _) = chosen.Ask(chosen.Newcomer, "validator");
        foreach (var voter in approving)
            Assert.Equal("accepted", chosen.Vote(voter, request).Code);
        Assert.Equal(admitted ? Verdict.Approved : Verdict.Open, chosen.VerdictOf(request));
    }

    [Fact]
    public void ContradictoryVotes_AreKeptAsEvidenceOnce()
    {
        var (request, _) = world.Ask(world.Newcomer, "validator");
        string Sign(TestAccount voter, string decision, string? other = null)
        {
            var ballot = world.Ballot(request, decision) with { Request = other ?? request };
            var draft = TransactionDraft.Create(
                world.Bench.Net, voter.Id, "certificates.vote", Encoding.UTF8.GetBytes(NodesWorld.Json(ballot, NodesJson.Instance.NodeVoteMessage)),
                world.Bench.Time, TimeSpan.FromSeconds(100));
            return Encoding.UTF8.GetString(TransactionSigner.Sign(draft, voter.Key));
        }

        string Report(PublicKey key, string first, string second) => world.Run(
            "certificates.report_contradiction", new ContradictionMessage(key, first, second), NodesJson.Instance.ContradictionMessage, world.Stranger).Code;
        var voter = world.Validators[1].Account;
        var (yes, no) = (Sign(voter, "approve"), Sign(voter, "deny"));
        Assert.Equal("not_contradiction", Report(voter.Key.PublicKey, yes, yes));
        Assert.Equal("not_contradiction", Report(voter.Key.PublicKey, yes, Sign(voter, "deny", world.NextRequest())));
        Assert.Equal("not_contradiction", Report(voter.Key.PublicKey, yes, Sign(world.Validators[2].Account, "deny")));
        Assert.Equal("not_contradiction", Report(world.Sponsor.Key.PublicKey, yes, no));
        Assert.Equal("not_contradiction", Report(voter.Key.PublicKey, yes, no[..^4] + "AAAA"));
        Assert.Equal("unknown_validator", Report(world.Stranger.Key.PublicKey, Sign(world.Stranger, "approve"), Sign(world.Stranger, "deny")));
        Assert.Equal("accepted", Report(voter.Key.PublicKey, yes, no));
        Assert.Contains(world.Bench.LastEvents, happened => happened.Type == "certificates.contradiction_recorded" && happened["voter"] == $"{voter}");
        Assert.Equal("evidence_known", Report(voter.Key.PublicKey, no, yes));
    }

    [Fact]
    public void RandomElections_AdmitExactlyWhereTheTallySaysSo()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            var count = random.Next(1, 8);
            var weights = Enumerable.Range(0, count).Select(_ => (long)random.Next(1, 50)).ToArray();
            var election = new NodesWorld(count, null, weights);
            var (request, _) = election.Ask(election.Newcomer, "validator");
            var total = weights.Sum();
            long approved = 0;
            foreach (var voter in Enumerable.Range(0, count).OrderBy(_ => random.Next()))
            {
                if (election.VerdictOf(request) != Verdict.Open)
                    break;
                var approves = random.Next(10) > 0;
                Assert.Equal("accepted", election.Vote(voter, request, approves ? "approve" : "deny").Code);
                approved += approves ? weights[voter] : 0;
                Assert.True(approved > 2 * total / 3 == (election.VerdictOf(request) == Verdict.Approved), $"seed {seed}");
            }
        }
    }
}
