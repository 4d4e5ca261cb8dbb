using System.Numerics;

namespace Counterfoil.Cryptography.Merkle;

/// <summary>
/// Subtrees: runs of leaves [start, end) that are a tree of their own inside a larger one, so that a witness can sign the part that
/// it saw. A run is a subtree if its start is a multiple of the smallest power of two not below its length; an empty run always is. A tree's
/// beginning is the case start = 0. <b>Source:</b> draft-ietf-plants-merkle-tree-certs, section "Subtrees".
/// </summary>
public static class MerkleSubtree
{
    /// <summary>True if [start, end) is a subtree of a tree that is long enough.</summary>
    public static bool IsValid(ulong start, ulong end)
    {
        if (start >= end)
            return start == end;
        var length = end - start;
        // Beyond 2^63 the next power of two is 2^64, of which only 0 is a multiple.
        return length > 1UL << 63 ? start == 0 : (start & (BitOperations.RoundUpToPowerOf2(length) - 1)) == 0;
    }

    /// <summary>True if the path proves that the leaf stands at <paramref name="index"/> of the whole tree, inside the subtree of this root.</summary>
    public static bool VerifyInclusion(
        Digest<MerkleNode> leaf, ulong index, ulong start, ulong end, ReadOnlySpan<Digest<MerkleNode>> path, Digest<MerkleNode> subtreeRoot) =>
        IsValid(start, end) && index >= start
        && MerkleTree.VerifyInclusion(leaf, index - start, end - start, path, subtreeRoot);

    /// <summary>The proof that the leaves contain the subtree [start, end).</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not a subtree of these leaves.</exception>
    public static Digest<MerkleNode>[] ConsistencyProof(ReadOnlySpan<Digest<MerkleNode>> leaves, int start, int end)
    {
        if (start < 0 || end < 0 || end > leaves.Length || !IsValid((ulong)start, (ulong)end))
            throw new ArgumentOutOfRangeException(nameof(end), "There is no such subtree.");
        var proof = new Stack<Digest<MerkleNode>>();
        if (start == end)
            return [];
        // While the subtree's own root is a node of the tree, the verifier knows it already.
        var known = true;
        while (start != 0 || end != leaves.Length)
        {
            var split = MerkleTree.SplitPoint(leaves.Length);
            if (end <= split)
            {
                proof.Push(MerkleTree.Root(leaves[split..]));
                leaves = leaves[..split];
                continue;
            }
            proof.Push(MerkleTree.Root(leaves[..split]));
            leaves = leaves[split..];
            known &= start >= split;
            start = Math.Max(0, start - split);
            end -= split;
        }
        if (!known)
            proof.Push(MerkleTree.Root(leaves));
        return [.. proof];
    }

    /// <summary>True if the proof shows that the tree of this size and root contains the subtree [start, end) of that root.</summary>
    public static bool VerifyConsistency(
        ulong start, ulong end, Digest<MerkleNode> subtreeRoot, ulong size, Digest<MerkleNode> root, ReadOnlySpan<Digest<MerkleNode>> proof)
    {
        // The draft, "Verifying a Subtree Consistency Proof".
        // 1.
        if (!IsValid(start, end) || end > size)
            return false;
        // An empty run is in every tree: only its root can be wrong.
        if (start == end)
            return proof.IsEmpty && subtreeRoot == MerkleHash.EmptyRoot;
        // 2.
        ulong fn = start, sn = end - 1, tn = size - 1;
        // 3. Up to the subtree's root, or to its last complete part.
        while (fn != sn && (sn == tn || (sn & 1) == 1))
            (fn, sn, tn) = (fn >> 1, sn >> 1, tn >> 1);
        // 4.
        Digest<MerkleNode> fr = subtreeRoot;
        if (fn != sn)
        {
            if (proof.IsEmpty)
                return false;
            fr = proof[0];
            proof = proof[1..];
        }
        var sr = fr;
        // 5.
        foreach (var c in proof)
        {
            if (tn == 0)
                return false;
            if ((sn & 1) == 1 || sn == tn)
            {
                if (fn < sn)
                    fr = MerkleHash.Parent(c, fr);
                sr = MerkleHash.Parent(c, sr);
                while (sn != 0 && (sn & 1) == 0)
                    (fn, sn, tn) = (fn >> 1, sn >> 1, tn >> 1);
            }
            else
            {
                sr = MerkleHash.Parent(sr, c);
            }
            (fn, sn, tn) = (fn >> 1, sn >> 1, tn >> 1);
        }
        // 6.
        return tn == 0 && fr == subtreeRoot && sr == root;
    }
}
