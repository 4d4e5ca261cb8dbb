using Counterfoil.Ledger;

namespace Counterfoil.Contracts.Governance;

/// <summary>
/// Why governance says no, in order of precedence. Beside these it answers <c>unknown_account</c>,
/// <c>replayed</c> and <c>malformed_argument</c> as the ledger does.
/// </summary>
public static class GovernanceRefusals
{
    /// <summary>The ledger has no governance, or no token yet.</summary>
    public static readonly RefusalCode NotInitialised =
        new("not_initialised", "This ledger has no governance token yet.");

    /// <summary>The token exists.</summary>
    public static readonly RefusalCode AlreadyInitialised =
        new("already_initialised", "The governance token was created already.");

    /// <summary>No more tokens, ever.</summary>
    public static readonly RefusalCode NoMint = new("no_mint", "No governance tokens are made after the beginning.");

    /// <summary>Only governance itself, due work or the founders do this.</summary>
    public static readonly RefusalCode CallerDenied =
        new("caller_denied", "Only governance itself, or the founders together, do this.");

    /// <summary>Zero, or more than 2^120, or a distribution that does not add up.</summary>
    public static readonly RefusalCode BadAmount =
        new("bad_amount", "The amount is zero or too large, or the amounts do not add up.");

    /// <summary>A list, name or number out of its bounds.</summary>
    public static readonly RefusalCode MalformedRequest =
        new("malformed_request", "A list, name or number of the request is out of its bounds.");

    /// <summary>No such scene.</summary>
    public static readonly RefusalCode UnknownScene = new("unknown_scene", "There is no such governance scene.");

    /// <summary>No such proposal.</summary>
    public static readonly RefusalCode UnknownProposal = new("unknown_proposal", "There is no such proposal.");

    /// <summary>The id of the proposal was used before.</summary>
    public static readonly RefusalCode Replayed =
        new("replayed", "The id was used before; a new proposal needs a new one.");

    /// <summary>What the account holds and has locked does not allow this.</summary>
    public static readonly RefusalCode NoGovernancePermission = new(
        "no_governance_permission", "What the account holds and has locked does not allow this.");

    /// <summary>Locks hold the tokens.</summary>
    public static readonly RefusalCode Locked =
        new("locked", "Open votes or elections hold these tokens.", Transient: true);

    /// <summary>As many open locks as an account may have in a scene.</summary>
    public static readonly RefusalCode TooManyLocks =
        new("too_many_locks", "The account has as many open locks in this scene as it may have.", Transient: true);

    /// <summary>As many votes in this hour as an account may cast.</summary>
    public static readonly RefusalCode VoteQuotaExceeded =
        new("vote_quota_exceeded", "The account cast as many votes in this hour as it may.", Transient: true);

    /// <summary>A proposal that could not be decided or executed.</summary>
    public static readonly RefusalCode BadProposal =
        new("bad_proposal", "The proposal's times, threshold or trigger do not keep to the rules; see the inner code.");

    /// <summary>No presentation of a membership credential in the exact form.</summary>
    public static readonly RefusalCode MalformedCredential = new(
        "malformed_credential", "The credential has not the exact form of a membership credential with a proof of its key.");

    /// <summary>A credential of another type.</summary>
    public static readonly RefusalCode WrongCredentialType =
        new("wrong_credential_type", "The credential is not one of membership.");

    /// <summary>It shows what nobody needs to know.</summary>
    public static readonly RefusalCode CredentialDiscloses =
        new("credential_discloses", "A vote discloses nothing of the credential: it would stand on the ledger for ever.");

    /// <summary>For another ledger or proposal.</summary>
    public static readonly RefusalCode WrongCredentialScope =
        new("wrong_credential_scope", "The credential is for another proposal or ledger.");

    /// <summary>The association's signature does not verify.</summary>
    public static readonly RefusalCode BadCredentialSignature =
        new("bad_credential_signature", "The credential's signature does not verify.");

    /// <summary>The member's proof is for another audience, proposal, choice or key.</summary>
    public static readonly RefusalCode WrongKeyBinding = new(
        "wrong_key_binding", "The proof of the credential's key is not for this vote, or by another key; see the inner code.");

    /// <summary>Another than the scene's association issued it.</summary>
    public static readonly RefusalCode WrongIssuer =
        new("wrong_issuer", "The credential is not signed by an active key of the scene's association.");

    /// <summary>The credential's time is over.</summary>
    public static readonly RefusalCode CredentialExpired =
        new("credential_expired", "The credential's time is over.");

    /// <summary>The vote is over.</summary>
    public static readonly RefusalCode VotingClosed = new("voting_closed", "Voting on this proposal is over.");

    /// <summary>By another, or after a vote.</summary>
    public static readonly RefusalCode CannotCancel =
        new("cannot_cancel", "Only the proposer cancels, and only before the first vote.");

    /// <summary>A loop, or a chain of more than one.</summary>
    public static readonly RefusalCode DelegationDepth =
        new("delegation_depth", "Votes are delegated once: not to oneself, to one who delegates, or by a delegate.");

    /// <summary>Set again after it succeeded.</summary>
    public static readonly RefusalCode AlreadyExecuted =
        new("already_executed", "The proposal was executed already.");

    /// <summary>Nothing failed, too late, or the second time.</summary>
    public static readonly RefusalCode CannotRequeue =
        new("cannot_requeue", "Only a failed execution is set again, once and within the scene's time.");

    /// <summary>The execution failed; the outcome of due work.</summary>
    public static readonly RefusalCode ExecutionFailed =
        new("execution_failed", "The proposal's action was refused and left nothing.");

    /// <summary>A value that the proposal rests on has changed.</summary>
    public static readonly RefusalCode PreconditionFailed =
        new("precondition_failed", "A value that the proposal named has changed since.");

    /// <summary>Not open to governance in this scene.</summary>
    public static readonly RefusalCode NotGoverned =
        new("not_governed", "The action is not open to governance in this scene.");

    /// <summary>The trigger would write a value that reads[] does not name.</summary>
    public static readonly RefusalCode IncompleteReads =
        new("incomplete_reads", "The proposal must name every value that it changes.");

    /// <summary>What must always hold would not.</summary>
    public static readonly RefusalCode InvariantBroken =
        new("invariant_broken", "It would break what must always hold.");

    /// <summary>No such parameter.</summary>
    public static readonly RefusalCode UnknownParameter = new("unknown_parameter", "There is no such parameter.");

    /// <summary>This software does not know the version.</summary>
    public static readonly RefusalCode UnknownRules =
        new("unknown_rules", "This software does not know that version of the rules.");

    /// <summary>Version or height are not above the present ones.</summary>
    public static readonly RefusalCode RulesNotAhead =
        new("rules_not_ahead", "Version and height must be above the present ones.");

    /// <summary>This contract or these actions are never paused.</summary>
    public static readonly RefusalCode CannotPause =
        new("cannot_pause", "There is no such contract, or it is governance, which is never paused.");

    /// <summary>It is not paused.</summary>
    public static readonly RefusalCode NotPaused = new("not_paused", "The contract is not paused.");

    /// <summary>The account acted lately.</summary>
    public static readonly RefusalCode NotDormant =
        new("not_dormant", "The account took part in governance within the notice.");

    /// <summary>Nobody is elected on this ledger.</summary>
    public static readonly RefusalCode NoElection = new("no_election", "This ledger elects no validators.");

    /// <summary>No such candidate.</summary>
    public static readonly RefusalCode UnknownCandidate = new("unknown_candidate", "There is no such candidate.");

    /// <summary>The candidate or the node stands already.</summary>
    public static readonly RefusalCode CandidateExists =
        new("candidate_exists", "The candidate or the node stands already.");

    /// <summary>All of them, in order of precedence.</summary>
    public static IReadOnlyList<RefusalCode> All { get; } =
    [
        NotInitialised, AlreadyInitialised, NoMint, CallerDenied, BadAmount, MalformedRequest, UnknownScene,
        UnknownProposal, MalformedCredential, WrongCredentialType, CredentialDiscloses, WrongCredentialScope,
        BadCredentialSignature, WrongKeyBinding, WrongIssuer, CredentialExpired, Replayed, NoGovernancePermission, Locked, TooManyLocks, VoteQuotaExceeded, BadProposal,
        VotingClosed, CannotCancel, DelegationDepth, AlreadyExecuted, CannotRequeue, ExecutionFailed,
        PreconditionFailed, NotGoverned, IncompleteReads, InvariantBroken, UnknownParameter, UnknownRules,
        RulesNotAhead, CannotPause, NotPaused, NotDormant, NoElection, UnknownCandidate, CandidateExists,
    ];
}
