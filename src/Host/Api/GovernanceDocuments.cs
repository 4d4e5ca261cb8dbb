namespace Counterfoil.Host.Api;

/// <summary>How members decide now. Amounts are strings of units; times are seconds since the Unix epoch.</summary>
internal sealed record GovernanceDocument(
    bool Initialised, string Supply, IReadOnlyDictionary<string, long> Parameters, int Rules, int? NextRules, long? NextRulesHeight,
    IReadOnlyList<SceneDocument> Scenes, IReadOnlyList<TargetDocument> Targets, IReadOnlyList<PauseDocument> Pauses,
    IReadOnlyList<CandidateDocument> Candidates);

/// <summary>A scene. Where members vote and not tokens: whose they are, and how many.</summary>
internal sealed record SceneDocument(
    string Scene, string MinHoldToPropose, string Deposit, int QuorumPercent, int PassPercent, int VoteWindow, int Delay, int RequeueWindow,
    string Weighting, string? Issuer, uint? Members);

/// <summary>An action that a passed proposal may run.</summary>
internal sealed record TargetDocument(string Act, string Scene);

/// <summary>A contract that is paused.</summary>
internal sealed record PauseDocument(string Contract, string Incident, long Until);

/// <summary>Who stands for a validator's seat.</summary>
internal sealed record CandidateDocument(string Candidate, string Node, string Support);

/// <summary>A portion of the proposals in the order of their ids; ask again with <c>from</c> = <c>next</c>.</summary>
internal sealed record ProposalListDocument(IReadOnlyList<ProposalDocument> Proposals, string? Next);

/// <summary>A proposal: what would change, how the vote stands, what became of it.</summary>
internal sealed record ProposalDocument(
    string Proposal, string State, string Proposer, string Scene, string Title, string TextDigest, string? Annex, string? Replaces,
    int MinVotePercent, long StopVoteTime, ProposalTriggerDocument Trigger, ProposalTallyDocument Tally, string Deposit, string? FailureCode,
    bool Requeued);

/// <summary>What a proposal does, and when.</summary>
internal sealed record ProposalTriggerDocument(long Time, string Act, System.Text.Json.JsonElement Arg);

/// <summary>The running tally; <c>supply</c> is what the percentages are of: all tokens, or all members.</summary>
internal sealed record ProposalTallyDocument(string Yes, string No, string Abstain, string Spam, string Supply);

/// <summary>An account's governance token resource.</summary>
internal sealed record GovernanceAccountDocument(
    string Account, string Total, string Transferable, IReadOnlyList<SceneBalanceDocument> Scenes, long? BurnedAt);

/// <summary>An account's power in a scene.</summary>
internal sealed record SceneBalanceDocument(string Scene, string Locked, string Available, string? DelegatedTo);
