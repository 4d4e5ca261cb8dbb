namespace Counterfoil.Cryptography.Merkle;

/// <summary>The kind of a digest that is a node of a Merkle tree: a hashed leaf, an inner node or the root.</summary>
public abstract class MerkleNode
{
    private MerkleNode()
    {
    }
}
