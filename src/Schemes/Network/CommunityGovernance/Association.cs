using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>
/// An association that keeps a register of members and vouches for them where each has one vote: a credential for each member and proposal, bound
/// to a key that the member made for it. It knows whose nullifier is whose; nobody else does. The register is a file of accounts, one a line, which
/// the association's own procedure appends to; on a sandbox whoever has an account enrols itself. <b>Source:</b> ADR 7.
/// </summary>
internal sealed class Association : SchemeRole
{
    public const string RoleName = "association";

    private const string NullifierKeyName = "nullifiers";
    private const string RegisterFile = "register.txt";
    private const int MaximumBodyBytes = 4_096;

    private readonly Lock gate = new();
    private RoleContext context = null!;
    private IVrfKey nullifiers = null!;

    /// <summary>Who asks is not in the register.</summary>
    public static readonly RefusalCode NotAMember = new("not_a_member", "The account that signed the request is no member's.");

    /// <summary>Members enrol themselves on a sandbox only, and nobody enrols another.</summary>
    public static readonly RefusalCode NotEnrolled =
        new("not_enrolled", "On a sandbox an account enrols itself; elsewhere the association enrols its members.");

    public override string Name => RoleName;

    public override string Title => "Association of members";

    public override void Map(IEndpointRouteBuilder routes, RoleContext context)
    {
        this.context = context;
        if (context.Keys.List().All(key => key.Name != NullifierKeyName))
            context.Keys.Create(NullifierKeyName, KeyUsage.Vrf);
        nullifiers = context.Keys.OpenVrf(NullifierKeyName);
        routes.MapGet("/card", http => AnswerAsync(http, Card(), CommunityJson.Instance.AssociationCard)).WithPolicy(Policy.Public);
        routes.MapPost("/members", EnrolAsync).WithPolicy(Policy.SignedRequest);
        routes.MapPost("/credentials", IssueAsync).WithPolicy(Policy.SignedRequest);
    }

    public override async Task RunAsync(RoleContext context, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellation).ConfigureAwait(false);
        }
        finally
        {
            nullifiers.Dispose();
        }
    }

    private string RegisterPath => Path.Combine(context.Folder, RegisterFile);

    private List<AccountId> ReadRegister()
    {
        lock (gate)
            return File.Exists(RegisterPath) ? [.. File.ReadAllLines(RegisterPath).Select(AccountId.Parse)] : [];
    }

    private AssociationCard Card() => new(context.Party.Account, nullifiers.PublicKey, (uint)ReadRegister().Count);

    private async Task EnrolAsync(HttpContext http)
    {
        if (await ReadAsync(http, CommunityJson.Instance.EnrolMessage).ConfigureAwait(false) is not { } message)
        {
            await Problem.Of(GovernanceRefusals.MalformedRequest, StatusCodes.Status400BadRequest).ExecuteAsync(http).ConfigureAwait(false);
            return;
        }
        var genesis = await context.Party.Node.GetGenesisAsync(http.RequestAborted).ConfigureAwait(false);
        if (!genesis.Document.Sandbox || message.Account != http.RequireCaller().Account || message.Account.IsUnset)
        {
            await Problem.Of(NotEnrolled, StatusCodes.Status403Forbidden).ExecuteAsync(http).ConfigureAwait(false);
            return;
        }
        lock (gate)
            if (!ReadRegister().Contains(message.Account))
                File.AppendAllLines(RegisterPath, [message.Account.ToString()]);
        await AnswerAsync(http, Card(), CommunityJson.Instance.AssociationCard).ConfigureAwait(false);
    }

    private async Task IssueAsync(HttpContext http)
    {
        var request = await ReadAsync(http, CommunityJson.Instance.CredentialRequest).ConfigureAwait(false);
        if (request is null)
        {
            await Problem.Of(GovernanceRefusals.MalformedRequest, StatusCodes.Status400BadRequest).ExecuteAsync(http).ConfigureAwait(false);
            return;
        }
        var number = ReadRegister().IndexOf(http.RequireCaller().Account) + 1;
        if (number == 0)
        {
            await Problem.Of(NotAMember, StatusCodes.Status403Forbidden).ExecuteAsync(http).ConfigureAwait(false);
            return;
        }
        var found = await context.Party.Node.GetProposalAsync(request.Proposal.ToString(), http.RequestAborted).ConfigureAwait(false);
        if (!found.TryGet(out var proposal, out _))
        {
            await Problem.Of(GovernanceRefusals.UnknownProposal).ExecuteAsync(http).ConfigureAwait(false);
            return;
        }
        // Times are those of the proposal and the same for all, so that they tell nobody apart.
        var stop = proposal.Root.GetProperty("stop_vote_time").GetInt64();
        var member = number.ToString(CultureInfo.InvariantCulture);
        var nullifier = MembershipCredential.NullifierOf(nullifiers, context.Party.Net, request.Proposal, member, out var proof);
        var credential = MembershipCredential.Issue(
            context.Party.SigningKey, context.Party.Account, context.Party.Net, request.Proposal, nullifier, request.Holder, member,
            Timestamp.FromSeconds(0), Timestamp.FromSeconds(stop));
        await AnswerAsync(http, new CredentialAnswer(credential, proof.ToString()), CommunityJson.Instance.CredentialAnswer).ConfigureAwait(false);
    }

    private static async Task<T?> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> format)
        where T : class
    {
        if (http.Request.ContentLength is null or > MaximumBodyBytes)
            return null;
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, format, http.RequestAborted).ConfigureAwait(false);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Task AnswerAsync<T>(HttpContext http, T answer, JsonTypeInfo<T> format) =>
        http.Response.WriteAsJsonAsync(answer, format, cancellationToken: http.RequestAborted);
}
