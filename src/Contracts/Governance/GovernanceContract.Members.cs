using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Governance;

/// <content>Scenes in which members vote, each once, by a credential and not by tokens.</content>
public sealed partial class GovernanceContract
{
    /// <summary>The most members of an association.</summary>
    public const uint MaximumMembers = 1_000_000_000;

    private Table<TextKey, ElectorateRow> memberships = null!;
    private Table<ProposalId, ElectorateRow> electorates = null!;
    private Table<NullifierKey, Presence> nullifiers = null!;

    private void RegisterMembers(ContractRegistration registration)
    {
        memberships = registration.Table<TextKey, ElectorateRow>("memberships");
        electorates = registration.Table<ProposalId, ElectorateRow>("electorates");
        nullifiers = registration.Table<NullifierKey, Presence>("nullifiers", ordered: true);
        var json = GovernanceJson.Instance;
        registration.Action("vote_as_member", json.MemberVoteMessage, VoteAsMember, CheckMemberVote);
        registration.Action("set_members", json.SetMembersMessage, SetMembers);
    }

    /// <summary>Whose members vote in a scene; false where tokens do.</summary>
    public bool TryGetMembership(string scene, out ElectorateRow row) => memberships.TryGet(new(scene), out row);

    /// <summary>What a proposal's percentages are of: all tokens, or all members when it was made.</summary>
    public UInt128 ElectorateOf(ProposalId proposal) =>
        electorates.TryGet(proposal, out var row) ? row.Members : Supply;

    /// <summary>How many nullifiers are stored, those of counted votes too until they are cleared.</summary>
    public int NullifierCount => nullifiers.Count;

    private static Refusal? CheckMemberVote(CheckContext context, MemberVoteMessage message)
    {
        if (OptionOf(message.Option) is null)
            return GovernanceRefusals.MalformedRequest;
        return MembershipCredential.Read(message.Credential, out var credential)
            ?? credential!.Verify(context.Net, message.Proposal, message.Option);
    }

    private Refusal? VoteAsMember(ExecutionContext context, MemberVoteMessage message)
    {
        if (!IsInitialised)
            return GovernanceRefusals.NotInitialised;
        if (!TryGetProposal(message.Proposal, out var row, out var ballot))
            return GovernanceRefusals.UnknownProposal;
        if (!electorates.TryGet(message.Proposal, out var electorate))
            return GovernanceRefusals.NoGovernancePermission.With(("weighting", Weightings.Token));
        if (ballot.State != ProposalState.Voting || context.Time >= row.Stop)
            return GovernanceRefusals.VotingClosed;
        // Check verified it under the key that it carries; whose key that is stands in the state.
        MembershipCredential.Read(message.Credential, out var credential);
        if (credential!.Issuer != electorate.Issuer
            || !accounts.TryGetActiveKey(electorate.Issuer, credential.IssuerKey.Thumbprint, out _))
            return GovernanceRefusals.WrongIssuer;
        if (context.Time >= credential.Expires)
            return GovernanceRefusals.CredentialExpired;
        var nullifier = new NullifierKey(message.Proposal, credential.Nullifier);
        if (nullifiers.Contains(nullifier))
            return GovernanceRefusals.Replayed;
        // An association that vouches for more than it has is stopped at what it said.
        if (ballot.Cast >= electorate.Members)
            return GovernanceRefusals.NoGovernancePermission.With(("members", Text.Of(electorate.Members)));
        nullifiers.Set(nullifier, default);
        ballots.Set(
            message.Proposal, (ballot with { Entries = ballot.Entries + 1 }).Plus(OptionOf(message.Option)!.Value, 1));
        context.Emit(
            "governance.member_voted",
            ("proposal", message.Proposal.ToString()), ("nullifier", credential.Nullifier.ToString()),
            ("option", message.Option));
        return null;
    }

    private Refusal? SetMembers(ExecutionContext context, SetMembersMessage message)
    {
        if (!memberships.TryGet(new(message.Scene), out var row))
            return GovernanceRefusals.UnknownScene;
        if (row.Issuer != context.Issuer)
            return GovernanceRefusals.CallerDenied;
        if (message.Members is 0 or > MaximumMembers)
            return GovernanceRefusals.BadAmount;
        memberships.Set(new(message.Scene), row with { Members = message.Members });
        context.Emit("governance.members_set", ("scene", message.Scene), ("members", Text.Of(message.Members)));
        return null;
    }

    private Refusal? PutMembership(SceneMessage message)
    {
        var name = new TextKey(message.Scene);
        if ((message.Weighting ?? Weightings.Token) == Weightings.Token)
        {
            if (message.Issuer is not null || message.Members is not null)
                return GovernanceRefusals.MalformedRequest;
            if (memberships.Contains(name))
                memberships.Remove(name);
            return null;
        }
        // Members elect no validators: an election counts tokens that stay locked for a term.
        if (message.Weighting != Weightings.Membership || message.Scene == SceneNames.ValidatorElection
            || message.Issuer is not { } issuer || message.Members is not { } members || members is 0 or > MaximumMembers)
            return GovernanceRefusals.MalformedRequest;
        if (accounts.StandingOf(issuer) == AccountStanding.Unknown)
            return TransactionRefusals.UnknownAccount.With(("account", issuer.ToString()));
        memberships.Set(name, new ElectorateRow(issuer, members));
        return null;
    }

    /// <summary>Clears the nullifiers of a counted vote, in portions as its other entries.</summary>
    /// <returns>True if some may be left.</returns>
    private bool ClearNullifiers(ProposalId proposal)
    {
        var portion = nullifiers.From(new(proposal, default), ClearedAtOnce)
            .TakeWhile(pair => pair.Key.Proposal == proposal).ToList();
        foreach (var (key, _) in portion)
            nullifiers.Remove(key);
        return portion.Count == ClearedAtOnce;
    }
}
