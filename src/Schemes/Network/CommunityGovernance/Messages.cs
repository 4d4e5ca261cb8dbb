using System.Text.Json.Serialization;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>An association as anybody may see it.</summary>
/// <param name="Account">Its account, whose keys sign credentials.</param>
/// <param name="Nullifiers">Its VRF key, by which a member verifies its nullifier.</param>
/// <param name="Members">How many members there are.</param>
public sealed record AssociationCard(AccountId Account, PublicKey Nullifiers, uint Members);

/// <summary>An account enrols itself with a sandbox's association.</summary>
/// <param name="Account">The account that signs the request.</param>
public sealed record EnrolMessage(AccountId Account);

/// <summary>A member asks for its credential; it signs the request with its account's key.</summary>
/// <param name="Proposal">For which proposal.</param>
/// <param name="Holder">A key that the member made for this vote alone.</param>
public sealed record CredentialRequest(ProposalId Proposal, PublicKey Holder);

/// <summary>A credential and the proof that its nullifier is the member's.</summary>
/// <param name="Credential">An SD-JWT, see <see cref="MembershipCredential"/>; its disclosure is the member's number.</param>
/// <param name="Proof">The VRF's proof, 81 bytes in base64url; it stays with the member.</param>
public sealed record CredentialAnswer(string Credential, string Proof);

/// <summary>
/// A vote as its auditor counted it again, in the form in which Snapshot exports one. The messages that
/// members sign are the kernel's (<see cref="GovernanceJson"/>).
/// </summary>
/// <param name="Id">The proposal.</param>
/// <param name="Title">Its title.</param>
/// <param name="Choices">The options, in the order of the scores.</param>
/// <param name="Scores">Units for each option.</param>
/// <param name="ScoresTotal">All units that were voted.</param>
/// <param name="Votes">Whose tokens were voted how, in the order of the owners; members by their nullifiers.</param>
public sealed record VoteExport(
    ProposalId Id,
    string Title,
    IReadOnlyList<string> Choices,
    IReadOnlyList<string> Scores,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 ScoresTotal,
    IReadOnlyList<ExportedVote> Votes);

/// <summary>An owner's entry.</summary>
/// <param name="Owner">Whose tokens; absent for a member.</param>
/// <param name="Voter">Who sent the vote: the owner or its delegate; for a member anybody.</param>
/// <param name="Choice">The option.</param>
/// <param name="Vp">How many units (voting power); 1 for a member.</param>
/// <param name="Nullifier">Stands for a member in this vote alone; absent where tokens vote.</param>
public sealed record ExportedVote(
    AccountId? Owner,
    AccountId Voter,
    string Choice,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Vp,
    Digest<VrfOutput>? Nullifier = null);

/// <summary>The strict JSON forms of the export and of what goes between members and their association.</summary>
[JsonSerializable(typeof(VoteExport))]
[JsonSerializable(typeof(AssociationCard))]
[JsonSerializable(typeof(EnrolMessage))]
[JsonSerializable(typeof(CredentialRequest))]
[JsonSerializable(typeof(CredentialAnswer))]
public sealed partial class CommunityJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static CommunityJson Instance { get; } = new(MessageJson.NewOptions());
}
