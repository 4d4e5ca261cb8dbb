using Counterfoil.Client;
using Counterfoil.Contracts.Certificates.Nodes;
using Counterfoil.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.Transactions;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>How the voters work.</summary>
public sealed partial class ManagementWalkthrough
{
    private const int Possession = 1, Validity = 2, Version = 3, Keys = 4, NotRevoked = 5, Entitlement = 6, Endpoint = 7;

    /// <summary>A request whose vote is open: what is voted on and by whom.</summary>
    private sealed record OpenRequest(
        string Id, Digest<Attachment> Subject, long Height, IReadOnlyList<Duty> Voters, LinkRequest? Link = null);

    /// <summary>The voters of a request that stands in the block of this height, from the certified header and validators of that height.</summary>
    private async Task<OpenRequest> OpenedAsync(
        WalkContext context, string request, Digest<Attachment> subject, long height, bool forValidators, AccountId excluded = default,
        LinkRequest? link = null)
    {
        var (block, set) = await CertifiedAsync(context, height).ConfigureAwait(false);
        var whole = set.Validators.Where(validator => validator.Account != excluded).Sum(validator => validator.Weight);
        var required = forValidators ? whole : Math.Min(whole, 2 * whole / 3 + 1);
        return new OpenRequest(request, subject, height, Duties.Of(set, block.Header.Randomness, request, required, excluded), link);
    }

    private async Task<OpenRequest> OpenedAsync(WalkContext context, LinkRequest link, long height, bool wasValidator = false) => await OpenedAsync(
        context, link.Node.Request, link.Node.Certificate, height, wasValidator || link.Node.Roles.Contains("validator"), link: link).ConfigureAwait(false);

    /// <summary>A block that validators certified whom the walk knows from genesis on, along the changes, and those validators.</summary>
    private async Task<(NodeBlock Block, ValidatorSet Validators)> CertifiedAsync(WalkContext context, long height)
    {
        var node = At(context, OperatorName);
        light ??= new ReceiptVerifier(context.Genesis);
        var block = (await node.GetBlockAsync(height, context.Cancellation).ConfigureAwait(false)).Value;
        WalkContext.Require(await light.IsCertifiedAsync(node, block, context.Cancellation).ConfigureAwait(false), $"block {height} to be certified");
        return (block, light.Trusted.At(height));
    }

    private async Task<SubmissionAnswer> VoteAsync(
        WalkContext context, string voter, OpenRequest request, string decision, VoteChecks checks, Digest<Attachment>? subject = null) =>
        await SendAsync(
            context, voter, "certificates.vote",
            new NodeVoteMessage(request.Id, subject ?? request.Subject, decision, checks, await HeightAsync(context).ConfigureAwait(false)),
            Json.NodeVoteMessage).ConfigureAwait(false);

    /// <summary>What a voter finds itself. Version and keys were held against the state by the ledger when it took the request.</summary>
    private static async Task<IReadOnlyDictionary<int, bool>> ExamineAsync(WalkContext context, OpenRequest request, Duty duty)
    {
        var results = new Dictionary<int, bool>
        {
            [Possession] = true, [Validity] = true, [Version] = true, [Keys] = true, [NotRevoked] = true, [Entitlement] = true,
        };
        if (request.Link is not { } link)
            return results.Concat([new(Endpoint, true)]).ToDictionary();
        var now = context.Clock.Now.UnixSeconds;
        results[Possession] = LinkForm.FaultOf(link, context.Genesis.Net) is null;
        results[Validity] = link.Node.NotBefore <= now && now <= link.Node.NotAfter;
        if (link.Node.Endpoint.Length > 0 && duty.Checks.Contains(Endpoint))
        {
            var answers = await PeerProbe.CertificateOfAsync(link.Node.Endpoint, context.Cancellation).ConfigureAwait(false);
            results[Endpoint] = answers.As<Attachment>() == link.Node.Certificate
                && (!link.Node.Roles.Contains("validator") || await IsInStepAsync(context, link.Node.Account).ConfigureAwait(false));
        }
        return results;
    }

    private static async Task<bool> IsInStepAsync(WalkContext context, AccountId account)
    {
        var index = context.Nodes.ToList().FindIndex(node => node.Identity.Account == account);
        var mine = await context.Operator.Node.GetStatusAsync(context.Cancellation).ConfigureAwait(false);
        var its = await context.NodeParty(index).Node.GetStatusAsync(context.Cancellation).ConfigureAwait(false);
        // A newcomer has the last block a moment after those that made it; a second behind is out of step.
        for (var attempt = 0; its.Height < mine.Height && attempt < 20; attempt++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), context.Cancellation).ConfigureAwait(false);
            its = await context.NodeParty(index).Node.GetStatusAsync(context.Cancellation).ConfigureAwait(false);
        }
        return its.Height >= mine.Height;
    }

    private static string NameOf(WalkContext context, AccountId account) => context.Nodes.Single(node => node.Identity.Account == account).Name;

    /// <summary>The voters approve in their order, each by its own examination, until the ledger has decided.</summary>
    /// <returns>The deciding vote, whose receipt proves the admission.</returns>
    private async Task<SubmissionAnswer> ApproveAsync(WalkContext context, OpenRequest request)
    {
        foreach (var duty in request.Voters)
        {
            var results = await ExamineAsync(context, request, duty).ConfigureAwait(false);
            WalkContext.Require(results.Values.All(passed => passed), $"{NameOf(context, duty.Voter)} to find nothing wrong");
            var checks = Duties.Report(duty, results, request.Link is not null);
            var answer = (await VoteAsync(context, NameOf(context, duty.Voter), request, "approve", checks).ConfigureAwait(false)).Required();
            if (Decided(answer, request) is not { } decided)
                continue;
            WalkContext.Require(decided["verdict"] == "approved", $"the vote to approve, not {decided["verdict"]} ({decided["reason"]})");
            return answer;
        }
        throw new WalkFailedException("the voters to decide");
    }

    // A decision may end others with it: those of an authority that is dismissed.
    private static LedgerEvent? Decided(SubmissionAnswer answer, OpenRequest request) => answer.Outcome?.Events
        .FirstOrDefault(happened => happened.Type == "certificates.decided" && happened["request"] == request.Id);

    /// <summary>Voters deny until the ledger has decided.</summary>
    private async Task DenyAsync(WalkContext context, OpenRequest request, VoteChecks checks)
    {
        foreach (var duty in request.Voters)
        {
            var answer = (await VoteAsync(context, NameOf(context, duty.Voter), request, "deny", checks).ConfigureAwait(false)).Required();
            if (Decided(answer, request) is not { } decided)
                continue;
            WalkContext.Require(decided["verdict"] == "denied", "the vote to deny");
            return;
        }
        throw new WalkFailedException("the voters to decide");
    }

    /// <summary>Brings a request by a sponsor's HTTP address and reads who votes.</summary>
    private async Task<OpenRequest> LinkAsync(WalkContext context, string applicant, LinkRequest request, bool wasValidator = false)
    {
        var answer = (await Desk(context, applicant).PostAsync(
            "link-requests", request, ManagementJson.Instance.LinkRequest, ManagementJson.Instance.LinkAnswer, context.Cancellation)
            .ConfigureAwait(false)).Value;
        return await OpenedAsync(context, request, answer.Height, wasValidator).ConfigureAwait(false);
    }

    /// <summary>Blocks up to a height: each payment makes one.</summary>
    private async Task ReachAsync(WalkContext context, long height)
    {
        while (await HeightAsync(context).ConfigureAwait(false) < height)
            (await PayAsync(context).ConfigureAwait(false)).Required();
    }
}
