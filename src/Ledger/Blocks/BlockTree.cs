using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Blocks;

/// <summary>The tree over what happened in a block. <b>Source:</b> kernel.md section 3, RFC 9162 section 2.1.</summary>
public static class BlockTree
{
    /// <summary>The leaf of a transaction or of due work: SHA-256(0x00 ‖ id ‖ outcome bytes).</summary>
    public static Digest<MerkleNode> Leaf(Digest<Transaction> id, ReadOnlySpan<byte> outcome)
    {
        Span<byte> idBytes = stackalloc byte[32];
        id.CopyTo(idBytes);
        return MerkleHash.Leaf(idBytes, outcome);
    }
}
