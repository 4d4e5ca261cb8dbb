namespace Counterfoil.Tools;

/// <summary>A kind of finding. docs/storage.md has the same list.</summary>
/// <param name="Code">Stable, snake_case.</param>
/// <param name="Meaning">For people.</param>
public sealed record FindingCode(string Code, string Meaning)
{
    public static readonly FindingCode GenesisMalformed = new(
        "genesis_malformed", "The bytes are no genesis document.");
    public static readonly FindingCode LogMissing = new(
        "log_missing", "The folder of the ledger is not there.");
    public static readonly FindingCode BeganElsewhere = new(
        "began_elsewhere", "The ledger began from a snapshot of others: only one with all its blocks can be checked again.");
    public static readonly FindingCode SegmentMissing = new(
        "segment_missing", "A file in the middle of a log is missing.");
    public static readonly FindingCode SegmentDamaged = new(
        "segment_damaged", "The head of a log's file is not as it was written.");
    public static readonly FindingCode FrameDamaged = new(
        "frame_damaged", "Bytes that were durable are missing or changed.");
    public static readonly FindingCode TornTail = new(
        "torn_tail", "The end of the log is an interrupted write or damaged; a node cuts it off.");
    public static readonly FindingCode BlockMalformed = new("block_malformed", "A record is no block.");
    public static readonly FindingCode HeaderMalformed = new(
        "header_malformed", "A block's header has not exactly the members of one.");
    public static readonly FindingCode WrongNet = new("wrong_net", "A block is of another ledger.");
    public static readonly FindingCode WrongRules = new(
        "wrong_rules", "A block names other rules than genesis.");
    public static readonly FindingCode WrongHeight = new(
        "wrong_height", "A block has not the height of its place: blocks are missing or swapped.");
    public static readonly FindingCode WrongParent = new(
        "wrong_parent", "A block does not name the block before it.");
    public static readonly FindingCode TimeNotLater = new(
        "time_not_later", "A block is not later than the one before it.");
    public static readonly FindingCode WrongValidators = new(
        "wrong_validators", "A block names other validators than were announced for it.");
    public static readonly FindingCode ValidatorsList = new(
        "validators_list", "A block has not the list of validators that its header announces, or a list that none announces.");
    public static readonly FindingCode ValidatorsUnknown = new(
        "validators_unknown", "Nobody announced a block's validators with their list: its certificate cannot be checked.");
    public static readonly FindingCode UnknownBuilder = new(
        "unknown_builder", "A block was built by nobody who may.");
    public static readonly FindingCode CheckpointMisplaced = new(
        "checkpoint_misplaced", "A checkpoint root is missing or stands where none belongs.");
    public static readonly FindingCode BlockTooLarge = new(
        "block_too_large", "A block holds more than the parameters allow.");
    public static readonly FindingCode CertificateMalformed = new(
        "certificate_malformed", "A certificate has not the form of one.");
    public static readonly FindingCode CertificateVote = new(
        "certificate_vote", "A certificate is for something else than its block.");
    public static readonly FindingCode CertificateSigner = new(
        "certificate_signer", "A certificate is signed by no validator, or twice by one.");
    public static readonly FindingCode CertificateSignature = new(
        "certificate_signature", "A validator's signature does not verify.");
    public static readonly FindingCode CertificateQuorum = new(
        "certificate_quorum", "The signers of a certificate have too little weight.");
    public static readonly FindingCode RandomnessUnproven = new(
        "randomness_unproven", "A block's randomness does not follow from the one before.");
    public static readonly FindingCode RootMismatch = new(
        "root_mismatch", "The leaves of a block do not hash to its root.");
    public static readonly FindingCode LeafOrder = new("leaf_order", "Due work stands behind a transaction.");
    public static readonly FindingCode DueWorkId = new(
        "due_work_id", "Due work has another id than its content gives.");
    public static readonly FindingCode DueWorkEarly = new(
        "due_work_early", "Due work ran before it was due.");
    public static readonly FindingCode TransactionMalformed = new(
        "transaction_malformed", "Bytes in a block are no transaction.");
    public static readonly FindingCode TransactionId = new(
        "transaction_id", "A transaction stands under another id than its content gives.");
    public static readonly FindingCode TransactionNet = new(
        "transaction_net", "A transaction is for another ledger.");
    public static readonly FindingCode TransactionValidity = new(
        "transaction_validity", "A transaction is valid for longer than the parameters allow.");
    public static readonly FindingCode TransactionRepeated = new(
        "transaction_repeated", "A transaction or due work stands twice in the chain.");
    public static readonly FindingCode ExpiryContradicted = new(
        "expiry_contradicted", "A transaction ran after its time.");
    public static readonly FindingCode ReplayContradicted = new(
        "replay_contradicted", "A jti ran twice.");
    public static readonly FindingCode SignatureInvalid = new(
        "signature_invalid", "A transaction's signature does not verify.");
    public static readonly FindingCode SignatureUnattributed = new(
        "signature_unattributed", "A signature is by a key that its signer never had.");
    public static readonly FindingCode OutcomeMalformed = new(
        "outcome_malformed", "An outcome has not the form of one.");
    public static readonly FindingCode KeyContradicted = new(
        "key_contradicted", "A transaction stands in a block though a key that signed it was not active.");
    public static readonly FindingCode ArgumentMalformed = new(
        "argument_malformed", "A transaction of accounts has not the members of its action.");
    public static readonly FindingCode AccountsContradicted = new("accounts_contradicted", "An outcome of accounts contradicts the keys, assets or balances before it.");
    public static readonly FindingCode SupplyContradicted = new("supply_contradicted", "The balances of an asset do not add up to what was issued, or exceed its cap.");
    public static readonly FindingCode SnapshotDamaged = new(
        "snapshot_damaged", "A snapshot is not as it was written.");
    public static readonly FindingCode SnapshotAhead = new(
        "snapshot_ahead", "A snapshot is of a block that the log lacks: blocks were lost.");
    public static readonly FindingCode SnapshotRoot = new(
        "snapshot_root", "A snapshot does not hash to the root that the next block certifies.");
    public static readonly FindingCode SnapshotContradicted = new(
        "snapshot_contradicted", "A snapshot holds rows that the log does not give.");
    public static readonly FindingCode AdmissionMalformed = new(
        "admission_malformed", "A record of the admission journal is no submission.");
    public static readonly FindingCode TooManyFindings = new(
        "too_many_findings", "So much is wrong that the search ended.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<FindingCode> All { get; } =
    [
        GenesisMalformed, LogMissing, BeganElsewhere, SegmentMissing, SegmentDamaged, FrameDamaged, TornTail, BlockMalformed, HeaderMalformed, WrongNet, WrongRules, WrongHeight,
        WrongParent, TimeNotLater, WrongValidators, ValidatorsList, ValidatorsUnknown, UnknownBuilder, CheckpointMisplaced, BlockTooLarge, CertificateMalformed, CertificateVote,
        CertificateSigner, CertificateSignature, CertificateQuorum, RandomnessUnproven, RootMismatch, LeafOrder, DueWorkId, DueWorkEarly,
        TransactionMalformed, TransactionId, TransactionNet, TransactionValidity, TransactionRepeated, ExpiryContradicted, ReplayContradicted,
        SignatureInvalid, SignatureUnattributed, OutcomeMalformed, KeyContradicted, ArgumentMalformed, AccountsContradicted, SupplyContradicted,
        SnapshotDamaged, SnapshotAhead, SnapshotRoot, SnapshotContradicted, AdmissionMalformed, TooManyFindings,
    ];
}
