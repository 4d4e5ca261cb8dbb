using System.Numerics;
using System.Runtime.CompilerServices;

namespace Counterfoil.Cryptography.Merkle;

/// <summary>
/// A Merkle tree that grows leaf by leaf and keeps only the roots of its complete subtrees, at most one for each bit of the
/// number of leaves: 2 kB for a tree of any size. A mutable value: pass it by reference. <b>Source:</b> RFC 9162 section 2.1.2.
/// </summary>
public struct MerkleFrontier
{
    private Levels levels;

    /// <summary>The number of leaves.</summary>
    public ulong Count { get; private set; }

    /// <summary>Adds one leaf's node at the right; on average one hash.</summary>
    public void Append(Digest<MerkleNode> leaf)
    {
        var node = leaf;
        var level = 0;
        // As in binary addition: a complete subtree at this height is the left sibling of the one that carries over.
        for (; ((Count >> level) & 1) == 1; level++)
            node = MerkleHash.Parent(levels[level], node);
        levels[level] = node;
        Count++;
    }

    /// <summary>The root of the leaves so far; <see cref="MerkleHash.EmptyRoot"/> if there are none.</summary>
    public readonly Digest<MerkleNode> Root()
    {
        if (Count == 0)
            return MerkleHash.EmptyRoot;
        var level = BitOperations.TrailingZeroCount(Count);
        var node = levels[level];
        for (level++; level < 64; level++)
            if (((Count >> level) & 1) == 1)
                node = MerkleHash.Parent(levels[level], node);
        return node;
    }

    [InlineArray(64)]
    private struct Levels
    {
        private Digest<MerkleNode> first;
    }
}
