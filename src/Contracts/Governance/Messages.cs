using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Contracts.Accounts;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Contracts.Governance;

/// <summary><c>governance.init</c>: creates the token once and for all; every founder signs.</summary>
/// <param name="Supply">All units, 1 to 2^120.</param>
/// <param name="Distribution">Who gets how much, each account once; their sum is the supply.</param>
public sealed record InitMessage(
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Supply,
    IReadOnlyList<GovernanceShare> Distribution);

/// <summary>Units of the governance token and whose they are.</summary>
/// <param name="Account">A known account.</param>
/// <param name="Amount">At least 1.</param>
public sealed record GovernanceShare(
    AccountId Account, [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Amount);

/// <summary><c>governance.transfer</c>: gives units that no lock holds to another account.</summary>
/// <param name="To">A known account.</param>
/// <param name="Amount">At least 1.</param>
public sealed record GovernanceTransferMessage(
    AccountId To, [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Amount);

/// <summary>
/// <c>governance.mint</c>: always refused; it is here so that the refusal has a receipt.
/// </summary>
/// <param name="To">Anybody.</param>
/// <param name="Amount">Anything.</param>
public sealed record GovernanceMintMessage(
    AccountId To, [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Amount);

/// <summary>
/// A scene: the kind of decision, with thresholds of its own. In genesis and <c>governance.set_scene</c>.
/// </summary>
/// <param name="Scene">1 to 32 lower-case letters, digits and underscores.</param>
/// <param name="MinHoldToPropose">What a proposer holds at least, units.</param>
/// <param name="Deposit">What a proposer or candidate locks, units; at most 2^120.</param>
/// <param name="QuorumPercent">How much of the supply votes at least, 0 to 100.</param>
/// <param name="PassPercent">The least share of the supply that passes, 51 to 100.</param>
/// <param name="VoteWindow">The least time for voting, seconds, 1 to 31,622,400.</param>
/// <param name="Delay">The least time between the count and its effect, seconds, 0 to 31,622,400.</param>
/// <param name="RequeueWindow">How long a failed execution can be set again, seconds, 1 to 31,622,400.</param>
/// <param name="Weighting">What votes: <c>token</c>, also where it is absent, or <c>membership</c>: each member once.</param>
/// <param name="Issuer">With <c>membership</c>: the association's account, whose keys sign credentials.</param>
/// <param name="Members">With <c>membership</c>: how many members there are, 1 to 1,000,000,000; percentages are of them.</param>
public sealed record SceneMessage(
    string Scene,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 MinHoldToPropose,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Deposit,
    int QuorumPercent,
    int PassPercent,
    int VoteWindow,
    int Delay,
    int RequeueWindow,
    string? Weighting = null,
    AccountId? Issuer = null,
    uint? Members = null);

/// <summary><c>governance.propose</c>.</summary>
/// <param name="Proposal">A fresh random id.</param>
/// <param name="Scene">The scene of the trigger's action.</param>
/// <param name="Title">1 to 200 characters.</param>
/// <param name="TextDigest">The public text, which travels as attachment.</param>
/// <param name="Args">Threshold and deadline.</param>
/// <param name="Trigger">What happens if it passes.</param>
/// <param name="Annex">The salted digest of a confidential annex, or absent.</param>
/// <param name="Replaces">The proposal that this one amends, or absent.</param>
public sealed record ProposeMessage(
    ProposalId Proposal,
    string Scene,
    string Title,
    Digest<Attachment> TextDigest,
    ProposalArgs Args,
    ProposalTrigger Trigger,
    Digest<Attachment>? Annex = null,
    ProposalId? Replaces = null);

/// <summary>How a proposal is decided.</summary>
/// <param name="MinVotePercent">The share of the supply that passes it: the scene's to 100.</param>
/// <param name="StopVoteTime">The end of voting, seconds since the Unix epoch, block time.</param>
public sealed record ProposalArgs(int MinVotePercent, long StopVoteTime);

/// <summary>What a passed proposal does.</summary>
/// <param name="Time">When, seconds since the Unix epoch, block time.</param>
/// <param name="Act">An action that is open to governance in the scene.</param>
/// <param name="Arg">Its argument, at most 8 KiB of JSON.</param>
/// <param name="Reads">
/// The rows whose values must still be those of now, at most 64: at least all that the action writes.
/// </param>
public sealed record ProposalTrigger(long Time, string Act, JsonElement Arg, IReadOnlyList<RowName> Reads);

/// <summary>
/// <c>governance.vote</c>: one entry for each owner of tokens; again before the end replaces it.
/// </summary>
/// <param name="Proposal">The proposal.</param>
/// <param name="Option"><c>yes</c>, <c>no</c>, <c>abstain</c> or <c>spam</c> (which counts as no).</param>
/// <param name="Amount">Units of one's own, at least 1; absent if only for others.</param>
/// <param name="For">Those who delegated, at most 100, each once; absent for none.</param>
public sealed record VoteMessage(
    ProposalId Proposal,
    string Option,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128? Amount = null,
    IReadOnlyList<DelegatedVote>? For = null);

/// <summary>A vote with another's tokens.</summary>
/// <param name="Owner">Whose.</param>
/// <param name="Amount">At least 1.</param>
public sealed record DelegatedVote(
    AccountId Owner, [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Amount);

/// <summary>
/// <c>governance.vote_as_member</c>: by anybody, for the member whose credential it is; once.
/// </summary>
/// <param name="Proposal">A proposal of a scene in which members vote.</param>
/// <param name="Option"><c>yes</c>, <c>no</c>, <c>abstain</c> or <c>spam</c> (which counts as no).</param>
/// <param name="Credential">A presentation of a <see cref="MembershipCredential"/>, at most 4,096 characters.</param>
public sealed record MemberVoteMessage(ProposalId Proposal, string Option, string Credential);

/// <summary>
/// <c>governance.set_members</c>: by a scene's association; counts for what is proposed later.
/// </summary>
/// <param name="Scene">The scene.</param>
/// <param name="Members">How many members there are, 1 to 1,000,000,000.</param>
public sealed record SetMembersMessage(string Scene, uint Members);

/// <summary><c>governance.cancel</c>: by the proposer, while nobody has voted.</summary>
/// <param name="Proposal">The proposal.</param>
public sealed record CancelMessage(ProposalId Proposal);

/// <summary><c>governance.requeue</c>: by anybody, once, after a failed execution.</summary>
/// <param name="Proposal">The proposal.</param>
public sealed record RequeueMessage(ProposalId Proposal);

/// <summary><c>governance.delegate</c>: lets another vote with one's tokens, or ends that.</summary>
/// <param name="Scene">In which scene.</param>
/// <param name="To">Who; absent to end it.</param>
/// <param name="Until">The end, seconds since the Unix epoch; absent to end it at once.</param>
public sealed record DelegateMessage(string Scene, AccountId? To = null, long? Until = null);

/// <summary><c>governance.alive</c>: shows that the account is used.</summary>
public sealed record AliveMessage;

/// <summary><c>governance.pause</c>: by each of k members of the committee.</summary>
/// <param name="Contract">The contract, which is neither governance nor unknown.</param>
/// <param name="Incident">Names the incident, 1 to 100 characters; the same for all who confirm it.</param>
public sealed record PauseMessage(string Contract, string Incident);

/// <summary>The section <c>governance</c> of the genesis document.</summary>
/// <param name="Founders">Who signs <c>governance.init</c>, at least one.</param>
/// <param name="Scenes">The scenes of the beginning.</param>
/// <param name="Supply">All units, where the token exists from the beginning.</param>
/// <param name="Distribution">Who gets how much; with the supply or not at all.</param>
/// <param name="Committee">Who may pause a contract; absent: nobody.</param>
/// <param name="Parameters">Governance's own parameters by name; absent ones have their default.</param>
public sealed record GovernanceGenesis(
    IReadOnlyList<AccountId> Founders,
    IReadOnlyList<SceneMessage> Scenes,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128? Supply = null,
    IReadOnlyList<GovernanceShare>? Distribution = null,
    CommitteeMessage? Committee = null,
    IReadOnlyDictionary<string, long>? Parameters = null);

/// <summary>The committee for emergencies; also the argument of <c>governance.set_committee</c>.</summary>
/// <param name="Members">Accounts, each once, at most 100.</param>
/// <param name="Threshold">How many of them pause a contract, 1 to all.</param>
public sealed record CommitteeMessage(IReadOnlyList<AccountId> Members, int Threshold);

/// <summary>Argument of <c>governance.set_parameter</c>.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Value">Its value, within its range.</param>
public sealed record SetParameterMessage(string Name, long Value);

/// <summary>Argument of <c>governance.activate_rules</c>.</summary>
/// <param name="Version">A version that this software knows, above the present one.</param>
/// <param name="Height">The first block that it governs, above the present one.</param>
public sealed record ActivateRulesMessage(int Version, long Height);

/// <summary>Argument of <c>governance.treasury_transfer</c>.</summary>
/// <param name="To">Who is paid.</param>
/// <param name="Amount">Asset and units.</param>
public sealed record TreasuryTransferMessage(AccountId To, Amount Amount);

/// <summary>Argument of <c>governance.reclaim</c>.</summary>
/// <param name="Account">The account that nobody uses.</param>
public sealed record ReclaimMessage(AccountId Account);

/// <summary>Argument of <c>governance.confirm_pause</c>.</summary>
/// <param name="Contract">The paused contract.</param>
/// <param name="Until">The new end, seconds since the Unix epoch.</param>
public sealed record ConfirmPauseMessage(string Contract, long Until);

/// <summary>Argument of <c>governance.lift_pause</c>.</summary>
/// <param name="Contract">The paused contract.</param>
public sealed record LiftPauseMessage(string Contract);

/// <summary>Argument of <c>governance.resolve</c>: a decision whose effect is its text.</summary>
public sealed record ResolveMessage;

/// <summary>
/// <c>governance.count</c> and <c>governance.execute</c>: only due work does this; as a transaction
/// it is refused.
/// </summary>
/// <param name="Proposal">The proposal.</param>
public sealed record DueOnlyMessage(ProposalId Proposal);

/// <summary><c>governance.nominate</c>: a candidate stands for a validator's seat; both sign.</summary>
/// <param name="Candidate">Who stands.</param>
/// <param name="Node">The account of the candidate's node.</param>
public sealed record NominateMessage(AccountId Candidate, AccountId Node);

/// <summary><c>governance.withdraw</c>: the candidate stands no more.</summary>
public sealed record WithdrawMessage;

/// <summary><c>governance.support</c>: locks units for a candidate.</summary>
/// <param name="Candidate">Who.</param>
/// <param name="Amount">At least 1; adds to earlier support.</param>
public sealed record SupportMessage(
    AccountId Candidate, [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Amount);

/// <summary><c>governance.unsupport</c>: takes support back; it is free after the cooling period.</summary>
/// <param name="Candidate">Who.</param>
/// <param name="Amount">At least 1, at most what supports.</param>
public sealed record UnsupportMessage(
    AccountId Candidate, [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Amount);

/// <summary>The strict JSON forms of the messages.</summary>
[JsonSerializable(typeof(InitMessage))]
[JsonSerializable(typeof(GovernanceTransferMessage))]
[JsonSerializable(typeof(GovernanceMintMessage))]
[JsonSerializable(typeof(SceneMessage))]
[JsonSerializable(typeof(ProposeMessage))]
[JsonSerializable(typeof(VoteMessage))]
[JsonSerializable(typeof(MemberVoteMessage))]
[JsonSerializable(typeof(SetMembersMessage))]
[JsonSerializable(typeof(CancelMessage))]
[JsonSerializable(typeof(RequeueMessage))]
[JsonSerializable(typeof(DelegateMessage))]
[JsonSerializable(typeof(AliveMessage))]
[JsonSerializable(typeof(PauseMessage))]
[JsonSerializable(typeof(GovernanceGenesis))]
[JsonSerializable(typeof(CommitteeMessage))]
[JsonSerializable(typeof(SetParameterMessage))]
[JsonSerializable(typeof(ActivateRulesMessage))]
[JsonSerializable(typeof(TreasuryTransferMessage))]
[JsonSerializable(typeof(ReclaimMessage))]
[JsonSerializable(typeof(ConfirmPauseMessage))]
[JsonSerializable(typeof(LiftPauseMessage))]
[JsonSerializable(typeof(ResolveMessage))]
[JsonSerializable(typeof(DueOnlyMessage))]
[JsonSerializable(typeof(NominateMessage))]
[JsonSerializable(typeof(WithdrawMessage))]
[JsonSerializable(typeof(SupportMessage))]
[JsonSerializable(typeof(UnsupportMessage))]
public sealed partial class GovernanceJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static GovernanceJson Instance { get; } = new(MessageJson.NewOptions());
}
