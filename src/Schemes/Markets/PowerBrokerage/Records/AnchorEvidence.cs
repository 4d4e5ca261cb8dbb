using System.Collections.Concurrent;
using System.Text.Json;
using Counterfoil.Client;
using Counterfoil.Contracts.Anchors;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Records;

/// <summary>The current version of a record as far as it can be proved.</summary>
/// <param name="Row">The row; null where absence was proved.</param>
/// <param name="CheckpointHeight">The checkpoint that proves it; 0 where the row is younger.</param>
internal sealed record CurrentAnchor(AnchorRow? Row, long CheckpointHeight);

/// <summary>A transaction that a certified block accepted.</summary>
internal sealed record CertifiedTransaction(Transaction Transaction, Outcome Outcome, BlockHeader Header, Digest<Block> Block);

/// <summary>
/// What a node shows of anchors, verified against the ledger's genesis: receipts, current versions against the last certified checkpoint, and block ids
/// compared with other parties' nodes. One object serves all parties of a process, so that each block is certified once. Safe for concurrent use.
/// <b>Source:</b> kernel.md section 3; D1 step 16.
/// </summary>
public sealed class AnchorEvidence
{
    private const string CurrentTable = "anchors.current";
    private const int MaximumRemembered = 100_000;

    private readonly NodeClient node;
    private readonly ReceiptVerifier verifier;
    private readonly IReadOnlyList<NodeClient> witnesses;
    private readonly ConcurrentDictionary<Digest<Block>, bool> certified = new();
    private readonly ConcurrentDictionary<long, Lazy<Task<WitnessedHeight>>> compared = new();
    private readonly ConcurrentDictionary<long, Lazy<Task<Dictionary<AnchorVersionKey, Digest<Transaction>>>>> blocks = new();
    private readonly ConcurrentDictionary<Digest<PublicKey>, PublicKey> keys = new();

    /// <summary>Evidence from a node.</summary>
    /// <param name="node">The node, its own or any.</param>
    /// <param name="genesis">The genesis document, whose digest the party trusts.</param>
    /// <param name="witnesses">Other parties' nodes.</param>
    public AnchorEvidence(NodeClient node, Genesis genesis, IReadOnlyList<NodeClient>? witnesses = null)
    {
        this.node = node;
        this.witnesses = witnesses ?? [];
        verifier = new ReceiptVerifier(genesis);
    }

    /// <summary>Evidence from a node that shows the genesis document of this ledger.</summary>
    /// <exception cref="NodeFaultException">The node is of another ledger.</exception>
    public static async Task<AnchorEvidence> ConnectAsync(
        NodeClient node, Digest<Net> net, IReadOnlyList<NodeClient>? witnesses = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(node);
        var genesis = await node.GetGenesisAsync(cancellation).ConfigureAwait(false);
        return genesis.Net == net ? new AnchorEvidence(node, genesis, witnesses) : throw new NodeFaultException("The node is of another ledger.");
    }

    /// <summary>The ledger.</summary>
    public Digest<Net> Net => verifier.Net;

    /// <summary>The current version, proved against the last certified checkpoint unless it is younger.</summary>
    /// <exception cref="NodeFaultException">The node contradicts its own certified checkpoint.</exception>
    internal async Task<CurrentAnchor> FindCurrentAsync(AnchorKey key, CancellationToken cancellation)
    {
        // The checkpoint first: what the node says afterwards of a row before it must be what the checkpoint holds.
        var bucket = await FindBucketAsync(StateProofs.BucketOf(CurrentTable, key), cancellation).ConfigureAwait(false);
        var row = await FindRowAsync(key, null, cancellation).ConfigureAwait(false);
        if (bucket is null)
            return new CurrentAnchor(row, 0);
        // A checkpoint's root is of the state before its block.
        var height = bucket.Checkpoint.Header.Height;
        var root = bucket.Checkpoint.Header.CheckpointRoot!.Value;
        if (row is not null && row.Height >= height)
            return new CurrentAnchor(row, 0);
        var isProved = row is null
            ? StateProof.VerifyAbsence(root, CurrentTable, key, bucket.Proof)
            : StateProof.VerifyValue(root, CurrentTable, key, row, bucket.Proof);
        return isProved ? new CurrentAnchor(row, height) : throw new NodeFaultException("The node contradicts its own certified checkpoint.");
    }

    /// <summary>A version as the node claims it; null if it knows none. What it claims is proved by <see cref="FindTransactionAsync"/>.</summary>
    internal async Task<AnchorRow?> FindRowAsync(AnchorKey key, long? version, CancellationToken cancellation) =>
        (await node.GetAnchorAsync($"{key.Author}.{key.Rid}", version, cancellation).ConfigureAwait(false)).TryGet(out var json, out _)
            ? AnchorRows.Read(json.Root) : null;

    /// <summary>A transaction with its outcome, as its receipt proves it; null if it is in no block or was refused there.</summary>
    /// <exception cref="NodeFaultException">The receipt proves nothing.</exception>
    internal async Task<CertifiedTransaction?> FindTransactionAsync(Digest<Transaction> id, CancellationToken cancellation)
    {
        if (!(await node.GetReceiptAsync(id, cancellation).ConfigureAwait(false)).TryGet(out var receipt, out var refusal))
            return refusal.Transient ? throw new NodeFaultException($"The node has no receipt yet: {refusal}.") : null;
        return await VerifyAsync(receipt, id, cancellation).ConfigureAwait(false);
    }

    /// <summary>The transaction that anchored a version, by the events of its block; unset if that block anchored no such version.</summary>
    internal async Task<Digest<Transaction>> FindAnchoringAsync(AnchorKey key, long version, long height, CancellationToken cancellation)
    {
        if (blocks.Count > 64)
            blocks.Clear();
        // One request for a block serves all records in it.
        var reading = blocks.GetOrAdd(height, at => new(() => ReadAnchorsAsync(at))).Value;
        try
        {
            return (await reading.WaitAsync(cancellation).ConfigureAwait(false)).GetValueOrDefault(new AnchorVersionKey(key, version));
        }
        catch (NodeFaultException)
        {
            blocks.TryRemove(height, out _);
            throw;
        }
    }

    /// <summary>What the other nodes show at a height; asked again where one of them did not answer.</summary>
    internal async Task<WitnessedHeight> CompareAsync(long height, CancellationToken cancellation)
    {
        var witnessed = await compared.GetOrAdd(height, at => new(() => BlockWitness.CompareAsync(witnesses, verifier, at, CancellationToken.None)))
            .Value.WaitAsync(cancellation).ConfigureAwait(false);
        if (witnessed.Absent.Count > 0 || compared.Count > MaximumRemembered)
            compared.TryRemove(height, out _);
        return witnessed;
    }

    /// <summary>The public key of a thumbprint, if it is an active key of the account; the thumbprint itself shows that it is the right one.</summary>
    internal async Task<PublicKey?> FindKeyAsync(AccountId account, Digest<PublicKey> keyId, CancellationToken cancellation)
    {
        if (keys.TryGetValue(keyId, out var known))
            return known;
        if (!(await node.GetAccountAsync(account, cancellation).ConfigureAwait(false)).TryGet(out var found, out _))
            return null;
        foreach (var key in found.Keys)
            keys[key.Thumbprint] = key;
        return keys.TryGetValue(keyId, out known) ? known : null;
    }

    private async Task<NodeBucket?> FindBucketAsync(int number, CancellationToken cancellation)
    {
        if (!(await node.GetBucketAsync(CurrentTable, number, cancellation).ConfigureAwait(false)).TryGet(out var bucket, out _))
            return null;
        if (!await IsCertifiedAsync(bucket.Checkpoint, cancellation).ConfigureAwait(false) || bucket.Checkpoint.Header.CheckpointRoot is null || bucket.Proof.Bucket != number)
            throw new NodeFaultException("The node's checkpoint is not certified, or its bucket another one.");
        return bucket;
    }

    private async Task<bool> IsCertifiedAsync(NodeBlock block, CancellationToken cancellation)
    {
        if (certified.ContainsKey(block.Id))
            return block.Header.Net == Net;
        if (!await verifier.IsCertifiedAsync(node, block, cancellation).ConfigureAwait(false))
            return false;
        Remember(block.Id);
        return true;
    }

    // As Receipt.Verify, but for the certificate of a block that was verified before.
    private async Task<CertifiedTransaction?> VerifyAsync(Receipt receipt, Digest<Transaction> id, CancellationToken cancellation)
    {
        var block = Digest<Block>.Of(receipt.Header);
        if (certified.ContainsKey(block) && receipt.Path.Index >= 0 && receipt.Path.Index < receipt.Path.Size
            && BlockHeader.TryParse(receipt.Header, out var known))
        {
            if (receipt.Id != id || !MerkleTree.VerifyInclusion(
                BlockTree.Leaf(id, receipt.Outcome), (ulong)receipt.Path.Index, (ulong)receipt.Path.Size, [.. receipt.Path.Hashes], known.TransactionsRoot))
                throw new NodeFaultException("The node's receipt leads to another block.");
            return Accepted(receipt, id, known, block);
        }
        if (receipt.Id != id)
            throw new NodeFaultException("The node's receipt is of another transaction.");
        var (verified, refusal) = await verifier.VerifyAsync(node, receipt, cancellation).ConfigureAwait(false);
        if (verified is null)
            throw new NodeFaultException($"The node's receipt is refused as {refusal?.Code}.");
        Remember(block);
        return Accepted(receipt, id, verified.Header, block);
    }

    private static CertifiedTransaction? Accepted(Receipt receipt, Digest<Transaction> id, BlockHeader header, Digest<Block> block)
    {
        if (TransactionParser.Parse(receipt.TransactionBytes(), out var transaction) is not null || transaction!.Id != id
            || !Outcome.TryParse(receipt.Outcome, out var outcome))
            throw new NodeFaultException("The node's receipt holds another transaction.");
        return outcome.IsSuccess ? new CertifiedTransaction(transaction, outcome, header, block) : null;
    }

    private void Remember(Digest<Block> block)
    {
        if (certified.Count >= MaximumRemembered)
            certified.Clear();
        certified[block] = true;
    }

    private async Task<Dictionary<AnchorVersionKey, Digest<Transaction>>> ReadAnchorsAsync(long height)
    {
        var found = new Dictionary<AnchorVersionKey, Digest<Transaction>>();
        if (!(await node.GetBlockAsync(height).ConfigureAwait(false)).TryGet(out var block, out _)
            || !block.Json.TryGetProperty("leaves", out var leaves) || leaves.ValueKind != JsonValueKind.Array)
            return found;
        foreach (var leaf in leaves.EnumerateArray())
        {
            // What the block says here is a hint where to look; the receipt proves it.
            if (!leaf.TryGetProperty("outcome", out var json) || !leaf.TryGetProperty("id", out var id)
                || !Digest<Transaction>.TryParse(id.GetString(), out var transaction)
                || !Outcome.TryParse(System.Text.Encoding.UTF8.GetBytes(json.GetRawText()), out var outcome))
                continue;
            foreach (var anchored in outcome.Events.Where(happened => happened.Type == AnchorContents.EventType))
            {
                if (AnchorContents.TryReadEvent(anchored, out var key, out _))
                    found[key] = transaction;
            }
        }
        return found;
    }
}
