namespace Counterfoil.Cryptography.Merkle;

/// <summary>
/// The two hashes of a Merkle tree, kept apart by a first byte so that no leaf can be taken for an inner node.
/// <b>Source:</b> RFC 9162 section 2.1.1.
/// </summary>
public static class MerkleHash
{
    private const byte LeafPrefix = 0x00;
    private const byte NodePrefix = 0x01;

    /// <summary>The root of a tree without leaves: SHA-256 of nothing.</summary>
    public static Digest<MerkleNode> EmptyRoot { get; } = Digest<MerkleNode>.Of([]);

    /// <summary>The node of a leaf: SHA-256(0x00 ‖ data).</summary>
    public static Digest<MerkleNode> Leaf(ReadOnlySpan<byte> data) => Leaf(data, []);

    /// <summary>The node of a leaf whose data come in two parts: SHA-256(0x00 ‖ first ‖ second).</summary>
    public static Digest<MerkleNode> Leaf(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Span<byte> hash = stackalloc byte[Digest<MerkleNode>.Size];
        Sha256.Hash([LeafPrefix], first, second, hash);
        return new Digest<MerkleNode>(hash);
    }

    /// <summary>The parent of two nodes: SHA-256(0x01 ‖ left ‖ right).</summary>
    public static Digest<MerkleNode> Parent(Digest<MerkleNode> left, Digest<MerkleNode> right)
    {
        Span<byte> joined = stackalloc byte[1 + 2 * Digest<MerkleNode>.Size];
        joined[0] = NodePrefix;
        left.CopyTo(joined[1..]);
        right.CopyTo(joined[33..]);
        return Digest<MerkleNode>.Of(joined);
    }
}
