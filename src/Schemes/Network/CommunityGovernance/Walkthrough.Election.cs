using System.Security.Cryptography;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>
/// Members elect who validates: node1 to node4 sit since genesis, node5 is admitted with its three keys and stands for node4's seat.
/// </summary>
public sealed partial class CommunityWalkthrough
{
    private const string Newcomer = "node5";
    private const int NewcomerIndex = 4;
    private const int FormerIndex = 3;
    private const int Voters = 4;
    private const int ElectedSeats = 4;
    private const int Turns = 60;
    private const int Attempts = 1_200;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Term = TimeSpan.FromSeconds(
        OwnParameters.All.Single(parameter => parameter.Name == OwnParameters.ElectionTermSeconds).Default);

    private Timestamp began;
    private long seatsInForce;
    private ReceiptVerifier light = null!;

    private void TellElection(WalkScript script)
    {
        script.Step(Newcomer, LedgerName, "is admitted as a peer with its three keys: the validators approve", AdmitAsync);
        script.Step(ProposerName, LedgerName, "has it agreed that four validators are elected", AgreeOnSeatsAsync);
        script.Step(ProposerName, LedgerName, "nominates node1, node2, node3 and node5, who sign with it; each stake is locked", NominateAsync);
        script.Step(HolderName, LedgerName, "supports node5, the proposer the others; node4 does not stand", SupportAsync);
        script.Step(OperatorName, LedgerName, "lets the term end: the ledger itself gives node4's seat to node5", EndTermAsync);
        script.Step(AuditorName, LedgerName, "finds the new set two blocks later, certified from genesis on along the change", VerifySetAsync);
        script.Step(Newcomer, LedgerName, "validates: it builds a block that the others certify", BuildAsync);
    }

    private static AccountId AccountOf(WalkContext context, int index) => context.Nodes[index].Identity.Account;

    private static async Task UntilAsync(WalkContext context, string expectation, Func<Task<bool>> holds)
    {
        for (var attempt = 0; !await holds().ConfigureAwait(false); attempt++)
        {
            WalkContext.Require(attempt < Attempts, expectation);
            await Task.Delay(Pause, context.Cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<long> HeightAsync(WalkContext context) =>
        (await context.Operator.Node.GetStatusAsync(context.Cancellation).ConfigureAwait(false)).Height;

    private async Task AdmitAsync(WalkContext context)
    {
        var request = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var message = await AskAsync(context, request).ConfigureAwait(false);
        var certificate = context.Nodes[NewcomerIndex].Certificate!;
        (await context.Operator.SubmitAsync(
            "certificates.request", message, NodesJson.Instance.NodeRequestMessage,
            [new AttachmentContent(message.Node.Certificate, certificate.Der, [])], context.Cancellation).ConfigureAwait(false)).Required();
        // A committee of three is drawn; a vote of the fourth does not count.
        var isAdmitted = false;
        for (var index = 0; index < Voters && !isAdmitted; index++)
        {
            var vote = new NodeVoteMessage(
                request, message.Node.Certificate, "approve", new VoteChecks("pass", "pass", "pass", "pass", "pass", "pass", "pass"),
                await HeightAsync(context).ConfigureAwait(false));
            var answer = await VoterOf(context, index).SubmitAsync(
                "certificates.vote", vote, NodesJson.Instance.NodeVoteMessage, cancellation: context.Cancellation).ConfigureAwait(false);
            WalkContext.Require(answer.Code is null or "void_vote", $"the vote of node{index + 1} to count, or not to be asked for");
            isAdmitted = answer.Outcome?.Events.Any(happened => happened.Type == "certificates.node_admitted") == true;
        }
        WalkContext.Require(isAdmitted, "node5 to be admitted");
        await UntilAsync(context, "node5 to follow", async () =>
            (await context.NodeParty(NewcomerIndex).Node.GetStatusAsync(context.Cancellation).ConfigureAwait(false)).Height
                >= await HeightAsync(context).ConfigureAwait(false)).ConfigureAwait(false);
    }

    // The operator's keys are the first node's.
    private static Party VoterOf(WalkContext context, int index) => index == 0 ? context.Operator : context.NodeParty(index);

    private static async Task<NodeRequestMessage> AskAsync(WalkContext context, string request)
    {
        var node = context.Nodes[NewcomerIndex];
        var certificate = node.Certificate!;
        var last = (await context.Operator.Node.GetBlockAsync(await HeightAsync(context).ConfigureAwait(false), context.Cancellation)
            .ConfigureAwait(false)).Value.Header;
        using var tls = context.NodeParty(NewcomerIndex).Keys.OpenSigning("tls");
        using var consensus = context.NodeParty(NewcomerIndex).Keys.OpenSigning("consensus");
        using var vrf = context.NodeParty(NewcomerIndex).Keys.OpenVrf("vrf");
        var body = new NodeBody(
            request, context.Genesis.Net, new BlockReference(last.Height, last.Randomness), node.Name, certificate.Organisation!, node.Identity.Account,
            ["peer"], 1, certificate.Thumbprint.As<Attachment>(), "ES256", new NodeKeySet(tls.PublicKey, consensus.PublicKey, vrf.PublicKey),
            node.PeerEndpoint, certificate.NotBefore.ToUnixTimeSeconds(), certificate.NotAfter.ToUnixTimeSeconds());
        return new NodeRequestMessage(body, NodePossession.Prove(NodePossession.DigestOf(body), tls, consensus, vrf));
    }

    private async Task AgreeOnSeatsAsync(WalkContext context)
    {
        var id = await ProposeAsync(context, ProposerName, Terms.Parameter(OwnParameters.ElectionSeats, ElectedSeats)).ConfigureAwait(false);
        await PassAsync(context, id).ConfigureAwait(false);
        WalkContext.Require((await ExecuteAsync(context, id).ConfigureAwait(false)).Status == "done", "an election");
    }

    /// <summary>The nominator locks the stake; the candidate signs with it.</summary>
    private static async Task<SubmissionAnswer> TryNominateAsync(WalkContext context, AccountId node, Party candidate)
    {
        var proposer = context.Party(ProposerName);
        var draft = proposer.Draft("governance.nominate", new NominateMessage(candidate.Account, node), Json.NominateMessage, [candidate.Account]);
        var signed = TransactionSigner.Assemble(draft, [proposer.SignPart(draft), candidate.SignPart(draft)]);
        return await proposer.SubmitAsync(signed, null, context.Cancellation).ConfigureAwait(false);
    }

    private static async Task NominateAsync(WalkContext context)
    {
        foreach (var index in (int[])[0, 1, 2, NewcomerIndex])
            (await TryNominateAsync(context, AccountOf(context, index), VoterOf(context, index)).ConfigureAwait(false)).Required();
        var account = (await context.Operator.Node.GetGovernanceAccountAsync(context.Party(ProposerName).Account, context.Cancellation)
            .ConfigureAwait(false)).Value.Root;
        var locked = account.GetProperty("scenes").EnumerateArray().Single(scene => scene.GetProperty("scene").GetString() == SceneNames.ValidatorElection);
        WalkContext.Require(locked.GetProperty("locked").GetString() == "4000", "four stakes of 1,000 to be locked");
    }

    private static async Task SupportAsync(WalkContext context)
    {
        foreach (var (by, index, units) in new[] { (HolderName, NewcomerIndex, 100_000), (ProposerName, 0, 30_000), (ProposerName, 1, 20_000), (ProposerName, 2, 10_000) })
            (await SendAsync(
                context, by, "support", new SupportMessage(AccountOf(context, index), (UInt128)units), Json.SupportMessage).ConfigureAwait(false)).Required();
        // All the holder's tokens vote elsewhere all the same: locks of different scenes run in parallel.
        var candidates = (await context.Operator.Node.GetGovernanceAsync(context.Cancellation).ConfigureAwait(false)).Value.Root.GetProperty("candidates");
        WalkContext.Require(
            candidates.GetArrayLength() == ElectedSeats && candidates[0].GetProperty("candidate").GetString() == AccountOf(context, NewcomerIndex).ToString(),
            "node5 to have the most support");
    }

    private async Task EndTermAsync(WalkContext context)
    {
        var from = await HeightAsync(context).ConfigureAwait(false) + 1;
        await context.MoveAsync(began + Term + TimeSpan.FromMinutes(1)).ConfigureAwait(false);
        LedgerEvent? changed = null;
        await UntilAsync(context, "the term to end", async () =>
        {
            for (var last = await HeightAsync(context).ConfigureAwait(false); changed is null && from <= last; from++)
                changed = EventsOf((await context.Operator.Node.GetBlockAsync(from, context.Cancellation).ConfigureAwait(false)).Value)
                    .FirstOrDefault(happened => happened.Type == "certificates.validators_changed");
            return changed is not null;
        }).ConfigureAwait(false);
        // Of four of equal weight f is 1: without the supermajority one seat changes, and no more.
        WalkContext.Require((changed!["count"], changed["weight"]) == ("4", "4"), "four seats of weight 1");
        WalkContext.Require(changed["in_force"] == (from + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), "in force two blocks later");
        seatsInForce = from + 1;
    }

    private static IEnumerable<LedgerEvent> EventsOf(NodeBlock block) => block.Json.GetProperty("leaves").EnumerateArray().SelectMany(leaf =>
        Outcome.TryParse(JsonSerializer.SerializeToUtf8Bytes(leaf.GetProperty("outcome")), out var outcome) ? outcome.Events : []);

    private async Task VerifySetAsync(WalkContext context)
    {
        while (await HeightAsync(context).ConfigureAwait(false) < seatsInForce)
            (await PayAsync(context).ConfigureAwait(false)).Required();
        var (before, former) = await CertifiedAsync(context, seatsInForce - 1).ConfigureAwait(false);
        var (block, seats) = await CertifiedAsync(context, seatsInForce).ConfigureAwait(false);
        WalkContext.Require(
            former.Find(AccountOf(context, FormerIndex)) is not null && former.Find(AccountOf(context, NewcomerIndex)) is null, "the former set until then");
        WalkContext.Require(
            seats.Find(AccountOf(context, FormerIndex)) is null && seats.Find(AccountOf(context, NewcomerIndex)) is not null, "node5 in node4's seat");
        WalkContext.Require(before.Header.Validators == former.Digest && block.Header.Validators == seats.Digest, "the headers to say so");
    }

    private async Task<(NodeBlock Block, ValidatorSet Validators)> CertifiedAsync(WalkContext context, long height)
    {
        var node = context.Party(AuditorName).Node;
        light ??= new ReceiptVerifier(context.Genesis);
        var block = (await node.GetBlockAsync(height, context.Cancellation).ConfigureAwait(false)).Value;
        WalkContext.Require(await light.IsCertifiedAsync(node, block, context.Cancellation).ConfigureAwait(false), $"block {height} to be certified");
        return (block, light.Trusted.At(height));
    }

    private async Task BuildAsync(WalkContext context)
    {
        for (var turn = 0; turn < Turns; turn++)
        {
            var paid = (await PayAsync(context).ConfigureAwait(false)).Required();
            var (block, _) = await CertifiedAsync(context, paid.Height).ConfigureAwait(false);
            if (block.Header.Builder == AccountOf(context, NewcomerIndex))
                return;
        }
        throw new WalkFailedException("node5 to build a block");
    }

    private static void TellElectionRefusals(WalkScript script)
    {
        script.Refuse("to nominate with a node that has no entry", "unknown_node",
            context => OfAsync(TryNominateAsync(context, context.Party(HolderName).Account, context.Party(HolderName))));
        script.Refuse("to nominate one who does not sign", "no_governance_permission", context => OfAsync(SendAsync(
            context, ProposerName, "nominate", new NominateMessage(AccountOf(context, FormerIndex), AccountOf(context, FormerIndex)), Json.NominateMessage)));
        script.Refuse("a vote with tokens that support a candidate, in that scene", "no_governance_permission", context => OfAsync(SendAsync(
            context, HolderName, "support", new SupportMessage(AccountOf(context, 0), 200_001), Json.SupportMessage)));
        script.Refuse("a proposal that one validates who has no entry, as bad_proposal", "unknown_node", context => InnerOfAsync(TryProposeAsync(
            context, ProposerName,
            new Terms(SceneNames.ValidatorElection, "certificates.elect", $$"""{"seats":[{"node":"{{context.Party(HolderName).Account}}","weight":1}]}"""))));
    }
}
