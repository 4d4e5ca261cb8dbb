using System.Text.Json;
using System.Text.Json.Serialization;
using Counterfoil.Ledger.Execution;

namespace Counterfoil.Host.Api;

/// <summary>RFC 9457 problem details.</summary>
internal sealed record ProblemDocument(
    string Type, string Title, int Status, string Code, string? Detail, string? Id, IReadOnlyDictionary<string, string>? Facts, bool? Transient);

/// <summary>What became of one transaction. <c>status</c>: final, refused or admitted.</summary>
internal sealed record TransactionResultDocument(
    string? Id, string Status, long? Height, int? Index, OutcomeDocument? Outcome, bool? Repeat, string? Code, string? Detail,
    IReadOnlyDictionary<string, string>? Facts, bool? Transient, string? Acknowledgement);

/// <summary>The outcome under the block's root. <c>status</c>: accepted, refused, done or failed.</summary>
internal sealed record OutcomeDocument(
    string Status, string? Code, IReadOnlyDictionary<string, string>? Facts, IReadOnlyList<IReadOnlyDictionary<string, string>>? Events);

/// <summary>A receipt; outcome and header are base64url of the exact bytes.</summary>
internal sealed record ReceiptDocument(
    string Id, JsonElement? Transaction, JsonElement? Due, string Outcome, ReceiptPathDocument Path, string Header, JsonElement Certificate);

/// <summary>The way from a leaf to the root, RFC 9162 section 2.1.3.</summary>
internal sealed record ReceiptPathDocument(long Index, long Size, IReadOnlyList<string> Hashes);

/// <summary>
/// A block: header (base64url of the exact bytes, and the same as JSON in <c>content</c>), certificate, and
/// its leaves in order.
/// </summary>
internal sealed record BlockDocument(
    string Id, long Height, long Time, string Header, JsonElement Content, JsonElement Certificate, string VrfProof, IReadOnlyList<LeafDocument> Leaves);

/// <summary>A leaf of a block: a transaction or due work.</summary>
internal sealed record LeafDocument(int Index, string Id, JsonElement? Transaction, DueDocument? Due, JsonElement Outcome);

/// <summary>Due work of a contract.</summary>
internal sealed record DueDocument(string Contract, string Timer, long Due, string Id);

/// <summary>A block in a list.</summary>
internal sealed record BlockSummaryDocument(long Height, string Id, long Time, int Transactions, int Due, bool Checkpoint);

/// <summary>A portion of the blocks; ask again with <c>after</c> = <c>next</c>.</summary>
internal sealed record BlockListDocument(IReadOnlyList<BlockSummaryDocument> Blocks, long? Next);

/// <summary>A portion of the changes of validators; ask again with <c>after</c> = <c>next</c>.</summary>
internal sealed record ValidatorChangeListDocument(IReadOnlyList<ValidatorChangeDocument> Changes, long? Next);

/// <summary>
/// A header that announces other validators, its certificate, and their list; header and list are base64url of
/// the exact bytes.
/// </summary>
internal sealed record ValidatorChangeDocument(string Header, JsonElement Certificate, string NextValidators);

/// <summary>How the node stands.</summary>
internal sealed record StatusDocument(
    string Net, string Name, long Height, string? Block, long Time, long Clock, bool Sandbox, int Rules, string Version, int Pool, long ReadModel, string? Fault,
    ConsensusDocument Consensus, IReadOnlyList<string>? Peers);

/// <summary>How the agreement stands on the node, and what it counted since the start. Peers that can be reached stand beside it, by account.</summary>
internal sealed record ConsensusDocument(
    int Validators, long Weight, long Quorum, bool Validating, int Round, long FurtherRounds, long BlocksBuilt, long BlocksDecided, long BlocksFollowed,
    long TransactionSignaturesInRound, long MessageSignatures, long Equivocations, IReadOnlyDictionary<string, long> InvalidProposals);

/// <summary>Whether the node can take transactions.</summary>
internal sealed record HealthDocument(bool Ok, string? Code, int Validators, long Height, int Round, int Peers);

/// <summary>A bucket of rows with its path to the checkpoint root of a certified header.</summary>
internal sealed record BucketProofDocument(
    int Bucket, IReadOnlyList<BucketEntryDocument> Entries, IReadOnlyList<string> Path, CheckpointDocument Checkpoint);

/// <summary>A row as a proof shows it: digests of key and value.</summary>
internal sealed record BucketEntryDocument(string Key, string Value);

/// <summary>The block whose header has the root; header is base64url of the exact bytes.</summary>
internal sealed record CheckpointDocument(string Header, JsonElement Certificate);

/// <summary>A sandbox's clock: milliseconds since the Unix epoch, UTC.</summary>
internal sealed record ClockDocument(long Time);

/// <summary>Moves a sandbox's clock forward: one of the two members.</summary>
internal sealed record ClockAdvance(long? AdvanceSeconds = null, long? To = null);

/// <summary>The strict JSON forms of the interface; snake_case.</summary>
[JsonSerializable(typeof(IReadOnlyList<TransactionResultDocument>))]
[JsonSerializable(typeof(IReadOnlyList<JsonElement>))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(ReceiptDocument))]
[JsonSerializable(typeof(BlockDocument))]
[JsonSerializable(typeof(BlockListDocument))]
[JsonSerializable(typeof(ValidatorChangeListDocument))]
[JsonSerializable(typeof(StatusDocument))]
[JsonSerializable(typeof(HealthDocument))]
[JsonSerializable(typeof(BucketProofDocument))]
[JsonSerializable(typeof(ClockDocument))]
[JsonSerializable(typeof(ClockAdvance))]
[JsonSerializable(typeof(AccountDocument))]
[JsonSerializable(typeof(AnchorDocument))]
[JsonSerializable(typeof(RightDocument))]
[JsonSerializable(typeof(ItemDocument))]
[JsonSerializable(typeof(CertificateListDocument))]
[JsonSerializable(typeof(HistoryDocument))]
[JsonSerializable(typeof(GovernanceDocument))]
[JsonSerializable(typeof(ProposalListDocument))]
[JsonSerializable(typeof(ProposalDocument))]
[JsonSerializable(typeof(GovernanceAccountDocument))]
[JsonSerializable(typeof(IReadOnlyList<SchemeDocument>))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    public static ApiJson Instance { get; } = new(MessageJson.NewOptions());
}
