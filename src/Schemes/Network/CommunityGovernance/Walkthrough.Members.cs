using System.Globalization;
using System.Text;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Jose.SdJwt;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.State;
using Counterfoil.Schemes.Walking;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>What the community's money is spent on, members decide, each with one vote.</summary>
public sealed partial class CommunityWalkthrough
{
    private static readonly string[] Enrolled = [HolderName, DelegateName, NewcomerName];

    private AssociationCard association = null!;
    private ProposalId memberProposal;
    private ProposalId otherMemberProposal;

    private void TellMembers(WalkScript script)
    {
        script.Step(HolderName, Association.RoleName, "joins the association, and so do the delegate and the newcomer", EnrolAsync);
        script.Step(ProposerName, LedgerName, "has it agreed that the members decide on the community's money, each with one vote", GiveMembersTheTreasuryAsync);
        script.Step(ProposerName, LedgerName, "proposes a payment, on which no tokens vote", ProposeToMembersAsync);
        script.Step(NewcomerName, Association.RoleName, "asks for a credential for this vote, and finds that the nullifier is its own", VerifyNullifierAsync);
        script.Step(AuditorName, LedgerName, "sends the members' votes, which say nothing of who they are", VoteAsMembersAsync);
        script.Step(AuditorName, LedgerName, "counts again from the blocks alone: two of three, and the payment is made", CountMembersAsync);
    }

    private async Task EnrolAsync(WalkContext context)
    {
        foreach (var name in Enrolled)
            association = (await TryEnrolAsync(context, name, context.Party(name).Account).ConfigureAwait(false)).Value;
        WalkContext.Require(association.Members == 3, "three members");
    }

    private static async Task<NodeResult<AssociationCard>> TryEnrolAsync(WalkContext context, string name, AccountId account)
    {
        using var http = context.Party(name).CreateSignedHttp(context.RoleAddress(Association.RoleName));
        return await new RoleClient(http).PostAsync(
            "members", new EnrolMessage(account), CommunityJson.Instance.EnrolMessage, CommunityJson.Instance.AssociationCard, context.Cancellation)
            .ConfigureAwait(false);
    }

    private async Task GiveMembersTheTreasuryAsync(WalkContext context)
    {
        var scene = GovernanceDefaults.Scenes.Single(each => each.Scene == SceneNames.Treasury) with
        {
            Weighting = Weightings.Membership,
            Issuer = association.Account,
            Members = association.Members,
        };
        var id = await ProposeAsync(
            context, ProposerName,
            new Terms(SceneNames.ContractUpgrade, "governance.set_scene", JsonSerializer.Serialize(scene, Json.SceneMessage))
            {
                Reads =
                [
                    RowName.Of("governance.scenes", new TextKey(SceneNames.Treasury)), RowName.Of("governance.memberships", new TextKey(SceneNames.Treasury)),
                ],
            }).ConfigureAwait(false);
        await PassAsync(context, id).ConfigureAwait(false);
        WalkContext.Require((await ExecuteAsync(context, id).ConfigureAwait(false)).Status == "done", "the scene to be the members'");
    }

    private async Task ProposeToMembersAsync(WalkContext context)
    {
        await MintToTreasuryAsync(context).ConfigureAwait(false);
        memberProposal = await ProposeAsync(context, ProposerName, Payment(context, AuditorName)).ConfigureAwait(false);
        otherMemberProposal = await ProposeAsync(context, ProposerName, Payment(context, DelegateName) with { VoteFor = TimeSpan.FromDays(120) }).ConfigureAwait(false);
    }

    /// <summary>A key that the member makes for one vote, in its own store.</summary>
    private static string KeyNameOf(ProposalId id) => $"vote-{id}";

    private static ISigningKey OpenVoteKey(Party member, ProposalId id)
    {
        if (member.Keys.List().All(key => key.Name != KeyNameOf(id)))
            member.Keys.Create(KeyNameOf(id), KeyUsage.Sign);
        return member.Keys.OpenSigning(KeyNameOf(id));
    }

    private static async Task<NodeResult<CredentialAnswer>> TryAskAsync(WalkContext context, string name, ProposalId id)
    {
        using var key = OpenVoteKey(context.Party(name), id);
        using var http = context.Party(name).CreateSignedHttp(context.RoleAddress(Association.RoleName));
        return await new RoleClient(http).PostAsync(
            "credentials", new CredentialRequest(id, key.PublicKey), CommunityJson.Instance.CredentialRequest, CommunityJson.Instance.CredentialAnswer,
            context.Cancellation).ConfigureAwait(false);
    }

    private async Task VerifyNullifierAsync(WalkContext context)
    {
        var answer = (await TryAskAsync(context, NewcomerName, memberProposal).ConfigureAwait(false)).Value;
        var token = SdJwtToken.Parse(answer.Credential, SdJwtToken.CredentialType).Value;
        // The number is what the member alone reads: it is a disclosure, and none is shown.
        var member = token.Claims.GetProperty("member").GetString()!;
        WalkContext.Require(
            VrfProof.TryParse(answer.Proof, out var proof) && MembershipCredential.IsNullifierOf(
                association.Nullifiers, context.Genesis.Net, memberProposal, member, proof,
                Digest<VrfOutput>.Parse(token.Claims.GetProperty("nullifier").GetString()!)),
            "the nullifier to be the member's");
        WalkContext.Require(!Encoding.UTF8.GetString(token.Issued.Payload.Span).Contains("\"member\"", StringComparison.Ordinal), "no number in the clear");
    }

    /// <summary>What the member hands to whoever sends its vote.</summary>
    private static async Task<string> PresentAsync(WalkContext context, string name, ProposalId id, string option)
    {
        var answer = (await TryAskAsync(context, name, id).ConfigureAwait(false)).Value;
        using var key = OpenVoteKey(context.Party(name), id);
        return MembershipCredential.Present(answer.Credential, key, context.Genesis.Net, id, option, context.Clock.Now);
    }

    private static Task<SubmissionAnswer> SendVoteAsync(WalkContext context, ProposalId id, string option, string credential) => SendAsync(
        context, AuditorName, "vote_as_member", new MemberVoteMessage(id, option, credential), Json.MemberVoteMessage);

    private async Task VoteAsMembersAsync(WalkContext context)
    {
        foreach (var (name, option) in new[] { (HolderName, "no"), (DelegateName, "yes"), (NewcomerName, "yes") })
            (await SendVoteAsync(context, memberProposal, option, await PresentAsync(context, name, memberProposal, option).ConfigureAwait(false))
                .ConfigureAwait(false)).Required();
    }

    private async Task CountMembersAsync(WalkContext context)
    {
        var counted = Event(await CountAsync(context, memberProposal).ConfigureAwait(false), "governance.counted");
        WalkContext.Require((counted["result"], counted["yes"], counted["no"], counted["supply"]) == ("passed", "2", "1", "3"), "two of three members to pass");
        var export = await new Recount(context.Party(AuditorName).Node).RunAsync(memberProposal, context.Cancellation).ConfigureAwait(false);
        WalkContext.Require(export.Scores is ["2", "1", "0", "0"] && export.Votes.All(vote => vote.Owner is null && vote.Nullifier is not null), "the same from the blocks");
        var before = await BalanceAsync(context, AuditorName).ConfigureAwait(false);
        WalkContext.Require((await ExecuteAsync(context, memberProposal).ConfigureAwait(false)).Status == "done", "the payment");
        WalkContext.Require(await BalanceAsync(context, AuditorName).ConfigureAwait(false) == before + 100, "100 units more");
    }

    private void TellMemberRefusals(WalkScript script)
    {
        script.Refuse("a credential for one who is no member", "not_a_member", async context =>
            WalkObservation.Of(await TryAskAsync(context, ProposerName, otherMemberProposal).ConfigureAwait(false)));
        script.Refuse("to enrol another", "not_enrolled", async context =>
            WalkObservation.Of(await TryEnrolAsync(context, ProposerName, context.Party(AuditorName).Account).ConfigureAwait(false)));
        script.Refuse("tokens where members vote", "no_governance_permission",
            context => OfAsync(TryVoteAsync(context, HolderName, otherMemberProposal, "yes", 1)));
        script.Refuse("a member's second vote on a proposal, with a new credential", "replayed",
            async context => await OfAsync(SendVoteAsync(
                context, otherMemberProposal, "no", await PresentAsync(context, HolderName, otherMemberProposal, "no").ConfigureAwait(false))).ConfigureAwait(false),
            async context => (await SendVoteAsync(
                context, otherMemberProposal, "yes", await PresentAsync(context, HolderName, otherMemberProposal, "yes").ConfigureAwait(false))
                .ConfigureAwait(false)).Required());
        foreach (var (what, code, change) in new (string, string, Func<WalkContext, string, Task<string>>)[]
        {
            ("a vote that its sender turned", "wrong_key_binding", (context, _) => PresentAsync(context, NewcomerName, otherMemberProposal, "no")),
            ("a credential presented with another's key", "wrong_key_binding", (context, credential) => Task.FromResult(Stolen(context, credential))),
            ("a credential of another proposal", "wrong_credential_scope", (context, _) => PresentAsync(context, NewcomerName, memberProposal, "yes")),
            ("a vote that would disclose the member's number", "credential_discloses", DisclosingAsync),
            ("a credential by another association", "wrong_issuer", (context, _) => Task.FromResult(Foreign(context))),
            ("a credential whose signature is another's", "bad_credential_signature", (context, credential) => Task.FromResult(Forged(context, credential))),
            ("a credential of another type", "wrong_credential_type", (context, credential) => Task.FromResult(Retyped(context, credential))),
            ("a credential without the proof of its key", "malformed_credential",
                (_, credential) => Task.FromResult(credential[..(credential.LastIndexOf('~') + 1)])),
        })
            script.Refuse(what, code, async context =>
            {
                var good = await PresentAsync(context, NewcomerName, otherMemberProposal, "yes").ConfigureAwait(false);
                var presented = await change(context, good).ConfigureAwait(false);
                return await OfAsync(SendVoteAsync(context, otherMemberProposal, "yes", presented)).ConfigureAwait(false);
            });
    }

    private string Stolen(WalkContext context, string credential)
    {
        using var thief = OpenVoteKey(context.Party(ProposerName), otherMemberProposal);
        var unbound = credential[..(credential.LastIndexOf('~') + 1)];
        return MembershipCredential.Present(unbound, thief, context.Genesis.Net, otherMemberProposal, "yes", context.Clock.Now);
    }

    private async Task<string> DisclosingAsync(WalkContext context, string credential)
    {
        var answer = (await TryAskAsync(context, NewcomerName, otherMemberProposal).ConfigureAwait(false)).Value;
        using var key = OpenVoteKey(context.Party(NewcomerName), otherMemberProposal);
        return SdJwtIssuance.Present(
            SdJwtToken.Parse(answer.Credential).Value, _ => true, key, $"urn:counterfoil:ledger:{context.Genesis.Net}", $"{otherMemberProposal}.yes",
            DateTimeOffset.FromUnixTimeSeconds(context.Clock.Now.UnixSeconds));
    }

    /// <summary>The proposer calls itself an association.</summary>
    private string Foreign(WalkContext context)
    {
        var proposer = context.Party(ProposerName);
        using var key = OpenVoteKey(proposer, otherMemberProposal);
        var issued = MembershipCredential.Issue(
            proposer.SigningKey, proposer.Account, context.Genesis.Net, otherMemberProposal, Digest<VrfOutput>.Of("anybody"u8), key.PublicKey,
            1.ToString(CultureInfo.InvariantCulture), Timestamp.FromSeconds(0), context.Clock.Now + TimeSpan.FromDays(365));
        return MembershipCredential.Present(issued, key, context.Genesis.Net, otherMemberProposal, "yes", context.Clock.Now);
    }

    private static string Forged(WalkContext context, string credential)
    {
        var end = credential.IndexOf('~', StringComparison.Ordinal);
        var dot = credential.LastIndexOf('.', end);
        var signature = context.Party(ProposerName).SigningKey.Sign(Encoding.ASCII.GetBytes(credential[..dot]));
        return $"{credential[..(dot + 1)]}{Base64Url.Encode(signature)}{credential[end..]}";
    }

    private static string Retyped(WalkContext context, string credential)
    {
        var token = SdJwtToken.Parse(credential).Value;
        var signed = Jws.SignCompact("vc+sd-jwt", token.Issued.Payload.Span, context.Party(ProposerName).SigningKey, reference: KeyReference.Key);
        return signed + credential[credential.IndexOf('~', StringComparison.Ordinal)..];
    }
}
