using System.Text.Json.Serialization;
using Counterfoil.Contracts.Governance;
using Counterfoil.Cryptography.Json;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Schemes.Network.CommunityGovernance;

/// <summary>
/// A vote as its auditor counted it again, in the form in which Snapshot exports one. The messages that
/// members sign are the kernel's (<see cref="GovernanceJson"/>).
/// </summary>
/// <param name="Id">The proposal.</param>
/// <param name="Title">Its title.</param>
/// <param name="Choices">The options, in the order of the scores.</param>
/// <param name="Scores">Units for each option.</param>
/// <param name="ScoresTotal">All units that were voted.</param>
/// <param name="Votes">Whose tokens were voted how, in the order of the owners.</param>
public sealed record VoteExport(
    ProposalId Id,
    string Title,
    IReadOnlyList<string> Choices,
    IReadOnlyList<string> Scores,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 ScoresTotal,
    IReadOnlyList<ExportedVote> Votes);

/// <summary>An owner's entry.</summary>
/// <param name="Owner">Whose tokens.</param>
/// <param name="Voter">Who voted with them: the owner or its delegate.</param>
/// <param name="Choice">The option.</param>
/// <param name="Vp">How many units (voting power).</param>
public sealed record ExportedVote(
    AccountId Owner,
    AccountId Voter,
    string Choice,
    [property: JsonConverter(typeof(UnitsJsonConverter))] UInt128 Vp);

/// <summary>The strict JSON form of the export.</summary>
[JsonSerializable(typeof(VoteExport))]
public sealed partial class CommunityJson : JsonSerializerContext
{
    /// <summary>The one instance.</summary>
    public static CommunityJson Instance { get; } = new(MessageJson.NewOptions());
}
