using System.Numerics;

namespace Counterfoil.Cryptography.Merkle;

/// <summary>
/// Merkle trees over a list of leaves: the root, the path that proves one leaf's place, the proof that a longer list begins with
/// a shorter one, and the verification of both from the proof alone. Leaves are given as nodes (<see cref="MerkleHash.Leaf(ReadOnlySpan{byte})"/>).
/// <b>Source:</b> RFC 9162 sections 2.1.1 to 2.1.4.
/// </summary>
public static class MerkleTree
{
    /// <summary>The longest proof of a tree of up to 2^64 leaves, in nodes; for bounds at the edge.</summary>
    public const int MaximumProofNodes = 65;

    /// <summary>The root (Merkle Tree Hash) of the leaves; <see cref="MerkleHash.EmptyRoot"/> of none. One hash a leaf, nothing allocated.</summary>
    public static Digest<MerkleNode> Root(ReadOnlySpan<Digest<MerkleNode>> leaves)
    {
        var frontier = new MerkleFrontier();
        foreach (var leaf in leaves)
            frontier.Append(leaf);
        return frontier.Root();
    }

    /// <summary>The inclusion proof of the leaf at <paramref name="index"/>, from the leaf's sibling up. RFC 9162 section 2.1.3.1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such leaf.</exception>
    public static Digest<MerkleNode>[] InclusionPath(ReadOnlySpan<Digest<MerkleNode>> leaves, int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, leaves.Length);
        var path = new Stack<Digest<MerkleNode>>();
        while (leaves.Length > 1)
        {
            var split = SplitPoint(leaves.Length);
            if (index < split)
            {
                path.Push(Root(leaves[split..]));
                leaves = leaves[..split];
            }
            else
            {
                path.Push(Root(leaves[..split]));
                leaves = leaves[split..];
                index -= split;
            }
        }
        return [.. path];
    }

    /// <summary>True if the path proves that the leaf stands at <paramref name="index"/> of a tree of this size and root.</summary>
    public static bool VerifyInclusion(
        Digest<MerkleNode> leaf, ulong index, ulong size, ReadOnlySpan<Digest<MerkleNode>> path, Digest<MerkleNode> root)
    {
        // RFC 9162 section 2.1.3.2.
        // 1. The index lies in the tree.
        if (index >= size)
            return false;
        // 2. and 3.
        ulong fn = index, sn = size - 1;
        var r = leaf;
        // 4. Each value of the path.
        foreach (var p in path)
        {
            // a.
            if (sn == 0)
                return false;
            // b. and c.
            if ((fn & 1) == 1 || fn == sn)
            {
                r = MerkleHash.Parent(p, r);
                if ((fn & 1) == 0)
                {
                    // Here fn is not 0: with fn = sn = 0 the path had already ended.
                    var shift = BitOperations.TrailingZeroCount(fn);
                    fn >>= shift;
                    sn >>= shift;
                }
            }
            else
            {
                r = MerkleHash.Parent(r, p);
            }
            // d.
            fn >>= 1;
            sn >>= 1;
        }
        // 5. The path reaches the root, and it is the right one.
        return sn == 0 && r == root;
    }

    /// <summary>
    /// The proof that these leaves begin with a tree of their first <paramref name="firstSize"/> leaves. Empty if both are the same.
    /// RFC 9162 section 2.1.4.1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The first size is not from 1 to the number of leaves.</exception>
    public static Digest<MerkleNode>[] ConsistencyProof(ReadOnlySpan<Digest<MerkleNode>> leaves, int firstSize) =>
        MerkleSubtree.ConsistencyProof(leaves, 0, firstSize);

    /// <summary>
    /// True if the proof shows that the tree of the second size and root begins with the tree of the first. Equal sizes need equal
    /// roots and an empty proof. A first tree without leaves proves nothing about a longer one, so that is false.
    /// </summary>
    public static bool VerifyConsistency(
        ulong firstSize, Digest<MerkleNode> firstRoot, ulong secondSize, Digest<MerkleNode> secondRoot, ReadOnlySpan<Digest<MerkleNode>> proof)
    {
        // RFC 9162 section 2.1.4.2, whose precondition is 0 < first < second.
        if (firstSize == secondSize)
            return proof.IsEmpty && firstRoot == secondRoot && (firstSize != 0 || firstRoot == MerkleHash.EmptyRoot);
        if (firstSize == 0 || firstSize > secondSize)
            return false;
        // 1.
        if (proof.IsEmpty)
            return false;
        // 2. A first tree that is complete is a node of the second: it stands for the proof's first value.
        var complete = BitOperations.IsPow2(firstSize);
        var start = complete ? firstRoot : proof[0];
        var rest = complete ? proof : proof[1..];
        // 3. and 4.
        ulong fn = firstSize - 1, sn = secondSize - 1;
        var trailingOnes = BitOperations.TrailingZeroCount(~fn);
        fn >>= trailingOnes;
        sn >>= trailingOnes;
        // 5.
        Digest<MerkleNode> fr = start, sr = start;
        // 6. Each further value of the proof.
        foreach (var c in rest)
        {
            // a.
            if (sn == 0)
                return false;
            // b. and c.
            if ((fn & 1) == 1 || fn == sn)
            {
                fr = MerkleHash.Parent(c, fr);
                sr = MerkleHash.Parent(c, sr);
                if ((fn & 1) == 0)
                {
                    // Here fn is not 0: with fn = sn = 0 the path had already ended.
                    var shift = BitOperations.TrailingZeroCount(fn);
                    fn >>= shift;
                    sn >>= shift;
                }
            }
            else
            {
                sr = MerkleHash.Parent(sr, c);
            }
            // d.
            fn >>= 1;
            sn >>= 1;
        }
        // 7.
        return fr == firstRoot && sr == secondRoot && sn == 0;
    }

    /// <summary>The largest power of two below the number of leaves, which is at least 2: where RFC 9162 divides a tree.</summary>
    internal static int SplitPoint(int count) => 1 << BitOperations.Log2((uint)(count - 1));
}
