using System.Globalization;
using Counterfoil.Contracts.Governance;
using Counterfoil.Ledger;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>
/// What members decide, as of the last block, for people. Nothing here is proved: see receipts and proofs for that.
/// </summary>
internal sealed class GovernanceEndpoints(Ledger.Ledger ledger, GovernanceContract governance)
{
    private const string Json = "application/json";
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/governance", StateAsync).WithPolicy(Policy.Public)
            .Describe(StateAsync, "Governance", "Parameters, rules, scenes, pauses and candidates")
            .Produces<GovernanceDocument>(StatusCodes.Status200OK, Json).ProducesProblems(404);
        routes.MapGet("/governance/proposals", ListAsync).WithPolicy(Policy.Public)
            .Describe(ListAsync, "Governance", "Proposals in the order of their ids", "from: the id at which to begin. limit: 1 to 100, 20 unless told.")
            .Query("from", "limit")
            .Produces<ProposalListDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400);
        routes.MapGet("/governance/proposals/{proposal}", FindAsync).WithPolicy(Policy.Public)
            .Describe(FindAsync, "Governance", "A proposal, its tally and what became of it")
            .Produces<ProposalDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400, 404);
        routes.MapGet("/governance/accounts/{account}", AccountAsync).WithPolicy(Policy.Public)
            .Describe(AccountAsync, "Governance", "An account's tokens, locked and free in each scene")
            .Produces<GovernanceAccountDocument>(StatusCodes.Status200OK, Json).ProducesProblems(400);
    }

    private Task StateAsync(HttpContext context) => ledger.Read(State) is { } document
        ? context.AnswerAsync(document)
        : Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.NotFound);

    private GovernanceDocument? State()
    {
        if (governance.RulesAt(ledger.Tip.Height + 1) is not { } rules)
            return null;
        var next = governance.NextRules is { } announced && announced.Height > ledger.Tip.Height + 1 ? announced : ((int Version, long Height)?)null;
        return new GovernanceDocument(
            governance.IsInitialised, Units(governance.Supply), governance.ParametersByName, rules, next?.Version, next?.Height,
            [.. governance.Scenes.Select(pair => Scene(pair.Key, pair.Value))],
            [.. governance.Targets.Select(target => new TargetDocument(target.Name, target.Scene))],
            [.. governance.Pauses.Select(pair => new PauseDocument(pair.Key, pair.Value.Incident, pair.Value.Until.UnixSeconds))],
            [.. governance.Candidates.Take(MaximumLimit).Select(row => new CandidateDocument(row.Candidate.ToString(), row.Node.ToString(), Units(row.Support)))]);
    }

    private Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        ProposalId from = default;
        long limit = DefaultLimit;
        if (query.Keys.Any(name => name is not ("from" or "limit"))
            || query.TryGetValue("from", out var fromText) && !ProposalId.TryParse(fromText, out from)
            || query.TryGetValue("limit", out var limitText) && (!EndpointDescriptions.TryReadNumber(limitText, MaximumLimit, out limit) || limit < 1))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        return context.AnswerAsync(ledger.Read(() =>
        {
            var ids = governance.ProposalsFrom(from, (int)limit + 1);
            return new ProposalListDocument([.. ids.Take((int)limit).Select(id => Document(id)!)], ids.Count > limit ? ids[^1].ToString() : null);
        }));
    }

    private Task FindAsync(HttpContext context)
    {
        if (!ProposalId.TryParse(context.Request.RouteValues["proposal"] as string, out var proposal))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        return ledger.Read(() => Document(proposal)) is { } document
            ? context.AnswerAsync(document)
            : Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.UnknownItem);
    }

    private ProposalDocument? Document(ProposalId proposal)
    {
        if (!governance.TryGetProposal(proposal, out var row, out var ballot))
            return null;
        return new ProposalDocument(
            proposal.ToString(), ballot.State.ToString().ToLowerInvariant(), row.Proposer.ToString(), row.Scene, row.Title, row.TextDigest.ToString(),
            row.Annex.OrNull(), row.Replaces.IsUnset ? null : row.Replaces.ToString(), row.MinVotePercent, row.Stop.UnixSeconds,
            new ProposalTriggerDocument(ballot.Due.UnixSeconds, row.Act, BlockEndpoints.Element(System.Text.Encoding.UTF8.GetBytes(row.Argument))),
            new ProposalTallyDocument(Units(ballot.Yes), Units(ballot.No), Units(ballot.Abstain), Units(ballot.Spam), Units(governance.ElectorateOf(proposal))),
            Units(ballot.Deposit), ballot.FailureCode.Length == 0 ? null : ballot.FailureCode, ballot.IsRequeued);
    }

    private Task AccountAsync(HttpContext context)
    {
        if (!AccountId.TryParse(context.Request.RouteValues["account"] as string, out var account))
            return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
        return context.AnswerAsync(ledger.Read(() => new GovernanceAccountDocument(
            account.ToString(), Units(governance.TotalOf(account)), Units(governance.TransferableOf(account)),
            [.. governance.Scenes.Select(pair => Balance(account, pair.Key))], governance.ReclaimOf(account)?.UnixSeconds)));
    }

    private SceneBalanceDocument Balance(AccountId account, string scene) => new(
        scene, Units(governance.LockedOf(account, scene)), Units(governance.AvailableOf(account, scene)),
        governance.TryGetDelegation(account, scene, out var delegation) ? delegation.To.ToString() : null);

    private SceneDocument Scene(string name, SceneRow row)
    {
        var isOfMembers = governance.TryGetMembership(name, out var membership);
        return new SceneDocument(
            name, Units(row.MinHoldToPropose), Units(row.Deposit), row.QuorumPercent, row.PassPercent, row.VoteWindowSeconds, row.DelaySeconds,
            row.RequeueWindowSeconds, isOfMembers ? Weightings.Membership : Weightings.Token, isOfMembers ? membership.Issuer.ToString() : null,
            isOfMembers ? membership.Members : null);
    }

    private static string Units(UInt128 units) => units.ToString(CultureInfo.InvariantCulture);
}
