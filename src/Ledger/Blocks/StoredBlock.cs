using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger.Execution;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>
/// A certified block as it lies in the log and travels between nodes: header, VRF proof, certificate, and for each leaf the signed bytes
/// or the due work with its outcome. The layout is documented in docs/operations.md; Fsck reads it with code of its own.
/// </summary>
public sealed class StoredBlock
{
    /// <summary>The version byte that begins a stored block.</summary>
    public const byte FormatVersion = 1;

    /// <summary>The version byte that begins a stored block with the list of other validators that its header announces.</summary>
    public const byte FormatVersionWithValidators = 2;

    private StoredBlock(BlockHeader header, byte[] headerBytes, byte[] vrfProof, byte[] certificateBytes, byte[] nextValidators, IReadOnlyList<StoredLeaf> leaves)
    {
        Header = header;
        HeaderBytes = headerBytes;
        VrfProof = vrfProof;
        CertificateBytes = certificateBytes;
        NextValidatorsBytes = nextValidators;
        Leaves = leaves;
        Id = Digest<Block>.Of(headerBytes);
    }

    /// <summary>The header.</summary>
    public BlockHeader Header { get; }

    /// <summary>The header as made.</summary>
    public byte[] HeaderBytes { get; }

    /// <summary>The block's id.</summary>
    public Digest<Block> Id { get; }

    /// <summary>The RFC 9381 proof of the header's randomness, 81 bytes.</summary>
    public byte[] VrfProof { get; }

    /// <summary>The certificate, general JWS as JSON.</summary>
    public byte[] CertificateBytes { get; }

    /// <summary>The validators that the header announces, as <see cref="ValidatorSet.Bytes"/>; empty where they stay the same.</summary>
    public byte[] NextValidatorsBytes { get; }

    /// <summary>What happened, due work first.</summary>
    public IReadOnlyList<StoredLeaf> Leaves { get; }

    internal static StoredBlock Create(BlockHeader header, byte[] headerBytes, byte[] vrfProof, byte[] certificate, byte[] nextValidators, IReadOnlyList<StoredLeaf> leaves) =>
        new(header, headerBytes, vrfProof, certificate, nextValidators, leaves);

    /// <summary>The Merkle leaves of the block's tree.</summary>
    public Digest<MerkleNode>[] MerkleLeaves() => [.. Leaves.Select(leaf => BlockTree.Leaf(leaf.Id, leaf.Outcome.Span))];

    /// <summary>The block as bytes.</summary>
    public byte[] ToBytes()
    {
        var writer = new StateWriter();
        try
        {
            Write(ref writer);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Writes the block.</summary>
    public void Write(ref StateWriter writer)
    {
        writer.Byte(NextValidatorsBytes.Length == 0 ? FormatVersion : FormatVersionWithValidators);
        writer.Bytes(HeaderBytes);
        writer.Bytes(VrfProof);
        writer.Bytes(CertificateBytes);
        if (NextValidatorsBytes.Length > 0)
            writer.Bytes(NextValidatorsBytes);
        writer.UInt32((uint)Leaves.Count);
        foreach (var leaf in Leaves)
        {
            writer.Digest(leaf.Id);
            writer.Bool(leaf.Due is not null);
            if (leaf.Due is { } due)
            {
                writer.Text(due.Contract);
                writer.Text(due.Timer);
                writer.Time(due.Due);
                writer.Bytes(due.Id.Span);
            }
            else
            {
                writer.Bytes(leaf.Transaction.Span);
            }
            writer.Bytes(leaf.Outcome.Span);
        }
    }

    /// <summary>Reads a block back.</summary>
    /// <exception cref="StateFormatException">The bytes are not a stored block.</exception>
    public static StoredBlock Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new StateReader(bytes);
        var version = reader.Byte();
        if (version is not (FormatVersion or FormatVersionWithValidators))
            throw new StateFormatException("The block is of an unknown format version.");
        var headerBytes = reader.Bytes().ToArray();
        if (!BlockHeader.TryParse(headerBytes, out var header))
            throw new StateFormatException("The block's header has not the form of one.");
        var proof = reader.Bytes().ToArray();
        var certificate = reader.Bytes().ToArray();
        var nextValidators = version == FormatVersionWithValidators ? reader.Bytes().ToArray() : [];
        if (header.NextValidators == header.Validators ? version != FormatVersion : Digest<ValidatorSet>.Of(nextValidators) != header.NextValidators)
            throw new StateFormatException("The block's validators are not those that its header announces.");
        var count = reader.UInt32();
        var leaves = new List<StoredLeaf>((int)Math.Min(count, 65_536));
        for (var i = 0u; i < count; i++)
        {
            var id = reader.Digest<Transaction>();
            var due = reader.Bool() ? new DueLeaf(reader.Text(), reader.Text(), reader.Time(), reader.Bytes().ToArray()) : null;
            var transaction = due is null ? reader.Bytes().ToArray() : [];
            leaves.Add(new StoredLeaf(id, transaction, due, reader.Bytes().ToArray()));
        }
        reader.End();
        return new StoredBlock(header, headerBytes, proof, certificate, nextValidators, leaves);
    }
}

/// <summary>One leaf of a stored block.</summary>
/// <param name="Id">The transaction's id, or the receipt id of due work.</param>
/// <param name="Transaction">The signed bytes as they came; empty for due work.</param>
/// <param name="Due">The due work; null for a transaction.</param>
/// <param name="Outcome">The outcome's bytes.</param>
public sealed record StoredLeaf(Digest<Transaction> Id, ReadOnlyMemory<byte> Transaction, DueLeaf? Due, ReadOnlyMemory<byte> Outcome);
