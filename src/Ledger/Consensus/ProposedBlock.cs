using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Vrf;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// A pre-processed block as it travels: the header, the proof of its randomness and the ids of its transactions, whose bodies everybody has already.
/// </summary>
internal sealed class ProposedBlock
{
    private ProposedBlock(BlockHeader header, byte[] headerBytes, byte[] vrfProof, IReadOnlyList<Digest<Transaction>> transactions)
    {
        Header = header;
        HeaderBytes = headerBytes;
        VrfProofBytes = vrfProof;
        Transactions = transactions;
        Id = Digest<Block>.Of(headerBytes);
        List = TransactionList.DigestOf(transactions);
    }

    public BlockHeader Header { get; }

    public byte[] HeaderBytes { get; }

    public byte[] VrfProofBytes { get; }

    public IReadOnlyList<Digest<Transaction>> Transactions { get; }

    public Digest<Block> Id { get; }

    public Digest<TransactionList> List { get; }

    public static ProposedBlock Of(CandidateBlock candidate) => new(
        candidate.Header, candidate.HeaderBytes, candidate.Proof.Bytes.ToArray(), [.. candidate.Leaves.Where(leaf => leaf.Entry is not null).Select(leaf => leaf.Id)]);

    public void Write(ref StateWriter writer)
    {
        writer.Bytes(HeaderBytes);
        writer.Bytes(VrfProofBytes);
        writer.UInt32((uint)Transactions.Count);
        foreach (var id in Transactions)
            writer.Digest(id);
    }

    /// <exception cref="StateFormatException">The bytes are none.</exception>
    public static ProposedBlock Read(ref StateReader reader)
    {
        var headerBytes = reader.Bytes().ToArray();
        var proof = reader.Bytes().ToArray();
        var count = reader.UInt32();
        if (count > LargestCount || !BlockHeader.TryParse(headerBytes, out var header) || proof.Length != VrfProof.Size)
            throw new StateFormatException("A proposed block has not the form of one.");
        var ids = new Digest<Transaction>[count];
        for (var index = 0; index < ids.Length; index++)
            ids[index] = reader.Digest<Transaction>();
        return new ProposedBlock(header, headerBytes, proof, ids);
    }

    private const uint LargestCount = 65_536;
}

/// <summary>A proposed block of the present height and what this node found out about it.</summary>
internal sealed class Candidate(ProposedBlock block)
{
    public ProposedBlock Block => block;

    /// <summary>Null until it was judged.</summary>
    public BlockValidity Validity { get; set; }

    /// <summary>Why it is invalid.</summary>
    public string? Reason { get; set; }

    /// <summary>What its execution gave.</summary>
    public CandidateBlock? Executed { get; set; }

    /// <summary>Its changes, taken back until it is decided; null while the block is open on the state.</summary>
    public DetachedBlock? Changes { get; set; }

    /// <summary>True once the write-ahead log has it with its bodies.</summary>
    public bool IsLogged { get; set; }

    /// <summary>Who is asked for bodies: who sent it.</summary>
    public AccountId Source { get; set; }
}
