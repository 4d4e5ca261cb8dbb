using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Ledger.Storage;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger;

/// <summary>
/// Everything outside that a ledger touches, injected: clock, disk, keys, the store of attachments and the index of past transactions. A simulator brings
/// its own of each.
/// </summary>
public sealed record LedgerEnvironment
{
    /// <summary>The node's clock; its timestamps measure timeouts, also where a sandbox turns its time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>The way to the other nodes; null on a ledger that is alone.</summary>
    public IPeerNetwork? Network { get; init; }

    /// <summary>How long the agreement waits for what may not come.</summary>
    public AgreementTimeouts Timeouts { get; init; } = new();

    /// <summary>How long a transaction waits for others before a block is proposed among several validators; alone it does not wait.</summary>
    public TimeSpan GatherTime { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>From how many blocks behind the others a node takes a snapshot instead of all blocks, at least 2.</summary>
    public long BlocksWorthASnapshot { get; init; } = 1_000;

    /// <summary>Told when a validator contradicted itself; null for nobody. Called on the node's thread.</summary>
    public Action<EquivocationEvidence>? Evidence { get; init; }

    /// <summary>
    /// Told of each transaction that was verified here and waits for a block, whoever admitted it first, and of those of the journal at the start; null for
    /// nobody. Called on the thread that verified it, where the state is locked: it may only note it.
    /// </summary>
    public Action<Transaction>? Waiting { get; init; }

    /// <summary>Where blocks, journal and snapshots lie.</summary>
    public required IDisk Disk { get; init; }

    /// <summary>The validator's consensus key; null on a node that only follows.</summary>
    public ISigningKey? ConsensusKey { get; init; }

    /// <summary>The validator's VRF key; null on a node that only follows.</summary>
    public IVrfKey? VrfKey { get; init; }

    /// <summary>The key of the node's own account, which signs acknowledgements.</summary>
    public ISigningKey? NodeKey { get; init; }

    /// <summary>Where documents that travel beside transactions are kept.</summary>
    public required IAttachmentStore Attachments { get; init; }

    /// <summary>Where past transactions are found by id.</summary>
    public required ITransactionIndex Index { get; init; }

    /// <summary>
    /// A start that executed so many leaves again, at least 1, has a snapshot taken at the next checkpoint; the default is about two seconds of replay.
    /// </summary>
    public long ReplayWorthASnapshot { get; init; } = 100_000;

    /// <summary>The agreement's rules: the published ones, but for the simulator's canaries.</summary>
    internal AgreementRules Rules { get; init; } = AgreementRules.Published;

    /// <summary>How many threads verify the signatures of a block that is followed; −1 for as many as there are. The simulator takes one.</summary>
    internal int VerifyingThreads { get; init; } = -1;
}

/// <summary>Two messages of one validator for the same height, round and phase: compact JWS, each verified.</summary>
/// <param name="Signer">The consensus key that signed both.</param>
/// <param name="First">The one that came first.</param>
/// <param name="Second">The other.</param>
public sealed record EquivocationEvidence(PublicKey Signer, ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Second);

/// <summary>Marker for SHA-256(salt ‖ thumbprint): a reader of a document, unrecognisable without the salt.</summary>
public sealed class DocumentReader
{
    private DocumentReader() { }
}

/// <summary>A document that travels beside a transaction.</summary>
/// <param name="Digest">SHA-256 of the content.</param>
/// <param name="Content">The bytes, at most 256 KiB.</param>
/// <param name="Readers">Who may have it from a vault; kept off the ledger.</param>
public sealed record AttachmentContent(Digest<Attachment> Digest, ReadOnlyMemory<byte> Content, IReadOnlyList<Digest<DocumentReader>> Readers);

/// <summary>Keeps attachments; the vault provides it.</summary>
public interface IAttachmentStore
{
    /// <summary>Keeps the documents durably: when it returns they survive a crash. The same again changes nothing.</summary>
    Task PutAsync(IReadOnlyList<AttachmentContent> attachments, CancellationToken cancellation);
}

/// <summary>Finds transactions of all times by id; the read model provides it.</summary>
public interface ITransactionIndex
{
    /// <summary>The height up to which it is complete.</summary>
    long Height { get; }

    /// <summary>Where a transaction or due work stands.</summary>
    /// <returns>Null if it is in no block up to <see cref="Height"/>.</returns>
    TransactionPosition? Find(Digest<Transaction> id);
}

/// <summary>Where a leaf stands.</summary>
/// <param name="Height">The block.</param>
/// <param name="Index">The leaf in the block, from 0.</param>
public readonly record struct TransactionPosition(long Height, int Index);
