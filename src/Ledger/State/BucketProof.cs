using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>A row as a proof shows it: digests only, so that a proof discloses no neighbour's key or value.</summary>
/// <param name="Key">SHA-256 of the table's name and the key (see <see cref="LedgerState"/>).</param>
/// <param name="Value">SHA-256 of the value's bytes.</param>
public readonly record struct BucketEntry(Digest<StateKey> Key, Digest<StateValue> Value);

/// <summary>
/// All rows of a bucket and the path of its leaf to a checkpoint root. Verified by <see cref="StateProof"/>; nothing in it is trusted before that.
/// </summary>
/// <param name="Bucket">0 to 65,535.</param>
/// <param name="Entries">The bucket's rows, ascending by key digest.</param>
/// <param name="Path">The 16 siblings from the leaf up.</param>
public sealed record BucketProof(int Bucket, IReadOnlyList<BucketEntry> Entries, IReadOnlyList<Digest<LedgerState>> Path)
{
    /// <summary>
    /// The root that this proof leads to, if it is well formed: the bucket in range, every entry in it, strictly ascending, 16 siblings.
    /// </summary>
    /// <returns>Null if it is not.</returns>
    public Digest<LedgerState>? ComputeRoot()
    {
        if (Bucket is < 0 or >= StateCheckpoint.BucketCount || Path.Count != StateCheckpoint.Depth)
            return null;
        var entries = new StateEntry[Entries.Count];
        for (var i = 0; i < entries.Length; i++)
        {
            var (key, value) = Entries[i];
            if (key.Prefix16 != Bucket || (i > 0 && Entries[i - 1].Key.CompareTo(key) >= 0))
                return null;
            entries[i] = new StateEntry(key, value, StateHash.Row(key, value));
        }
        var node = StateHash.Leaf(entries);
        for (var level = 0; level < Path.Count; level++)
            node = (Bucket >> level & 1) == 0 ? StateHash.Node(node, Path[level]) : StateHash.Node(Path[level], node);
        return node;
    }
}
