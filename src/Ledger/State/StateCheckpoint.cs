using Counterfoil.Cryptography;

namespace Counterfoil.Ledger.State;

/// <summary>
/// The state's Merkle tree as of one root: immutable, so proofs can be taken from it by any thread while the state goes on. It holds 96 bytes a row and
/// shares what did not change with the checkpoints before and after it. Keep the one whose root was certified for as long as proofs are
/// wanted against it.
/// </summary>
public sealed class StateCheckpoint
{
    /// <summary>The number of buckets, the leaves of the tree.</summary>
    public const int BucketCount = 65_536;

    /// <summary>The number of hashes from a leaf to the root.</summary>
    public const int Depth = 16;

    private const int SmallestPortion = 256;

    // As many buckets in each. Copied for a change are the part above and the subtrees that it touches, a hundredth of the tree for a small block.
    private const int SubtreeCount = 256;

    // A heap: node 1 is the root, the children of n are 2n and 2n + 1, subtree s is node SubtreeCount + s.
    private readonly Digest<LedgerState>[] above;
    private readonly Subtree[] subtrees;

    private StateCheckpoint(Digest<LedgerState>[] above, Subtree[] subtrees, long rowCount)
    {
        this.above = above;
        this.subtrees = subtrees;
        RowCount = rowCount;
    }

    /// <summary>The checkpoint of a state without rows.</summary>
    internal static StateCheckpoint Empty { get; } = MakeEmpty();

    /// <summary>The root that proofs from here are verified against.</summary>
    public Digest<LedgerState> Root => above[1];

    /// <summary>The number of rows in all tables.</summary>
    public long RowCount { get; }

    /// <summary>A bucket's rows and its path to <see cref="Root"/>: proves every value in it and every absence from it.</summary>
    /// <param name="bucket">0 to 65,535: the first 16 bits of the wanted key's digest (<see cref="StateProof.KeyDigest{TKey}"/>).</param>
    public BucketProof Prove(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bucket);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bucket, BucketCount);
        var path = new Digest<LedgerState>[Depth];
        var subtree = subtrees[bucket / SubtreeCount];
        var level = 0;
        for (var node = SubtreeCount + bucket % SubtreeCount; node > 1; node /= 2)
            path[level++] = subtree.Nodes[node ^ 1];
        for (var node = SubtreeCount + bucket / SubtreeCount; node > 1; node /= 2)
            path[level++] = above[node ^ 1];
        return new BucketProof(bucket, Array.ConvertAll(subtree.Buckets[bucket % SubtreeCount], entry => new BucketEntry(entry.Key, entry.Value)), path);
    }

    /// <summary>The checkpoint after these changes. A key may come more than once if it comes with the same outcome each time.</summary>
    internal StateCheckpoint With(RowChange[] changes, int threads)
    {
        if (changes.Length == 0)
            return this;
        var (sorted, bounds, changed) = BySubtree(changes);
        var newAbove = (Digest<LedgerState>[])above.Clone();
        var newSubtrees = (Subtree[])subtrees.Clone();
        var added = 0L;
        Portions(changed.Count, threads, (from, to) =>
        {
            var difference = 0L;
            for (var i = from; i < to; i++)
            {
                var subtree = changed[i];
                newSubtrees[subtree] = subtrees[subtree].With(sorted.AsSpan(bounds[subtree], bounds[subtree + 1] - bounds[subtree]), ref difference);
                newAbove[SubtreeCount + subtree] = newSubtrees[subtree].Nodes[1];
            }
            Interlocked.Add(ref added, difference);
        }, Math.Max(1, (int)((long)SmallestPortion * changed.Count / changes.Length)));
        HashAbove(newAbove, changed);
        return new StateCheckpoint(newAbove, newSubtrees, RowCount + added);
    }

    /// <summary>Runs the portions of 0 to count on up to that many threads; few items are not worth a second thread.</summary>
    internal static void Portions(int count, int threads, Action<int, int> portion, int smallest = SmallestPortion)
    {
        var portions = Math.Clamp(count / smallest, 1, threads == 1 ? 1 : 4 * threads);
        if (portions == 1)
        {
            portion(0, count);
            return;
        }
        new SharedPortions(portions, part =>
            portion((int)((long)count * part / portions), (int)((long)count * (part + 1) / portions))).Run(Math.Min(threads, portions) - 1);
    }

    private static StateCheckpoint MakeEmpty()
    {
        var leaf = StateHash.Leaf([]);
        var buckets = new StateEntry[SubtreeCount][];
        Array.Fill(buckets, []);
        var empty = new Subtree(EmptyHeap(leaf), buckets);
        var subtrees = new Subtree[SubtreeCount];
        Array.Fill(subtrees, empty);
        return new StateCheckpoint(EmptyHeap(empty.Nodes[1]), subtrees, rowCount: 0);
    }

    private static Digest<LedgerState>[] EmptyHeap(Digest<LedgerState> leaf)
    {
        var nodes = new Digest<LedgerState>[2 * SubtreeCount];
        var node = leaf;
        for (var width = SubtreeCount; width >= 1; width /= 2)
        {
            nodes.AsSpan(width, width).Fill(node);
            node = StateHash.Node(node, node);
        }
        return nodes;
    }

    /// <summary>The nodes of a heap again whose leaves, in ascending order, changed.</summary>
    private static void HashAbove(Digest<LedgerState>[] nodes, List<int> leaves)
    {
        for (var level = Parents(leaves.ConvertAll(leaf => SubtreeCount + leaf)); level[0] != 0; level = Parents(level))
            foreach (var parent in level)
                nodes[parent] = StateHash.Node(nodes[2 * parent], nodes[2 * parent + 1]);
    }

    private static List<int> Parents(List<int> ascending)
    {
        var parents = new List<int>(ascending.Count);
        foreach (var node in ascending)
            if (parents.Count == 0 || parents[^1] != node / 2)
                parents.Add(node / 2);
        return parents;
    }

    /// <summary>The changes in the order of subtrees, where each subtree's begin, and the subtrees that have any.</summary>
    private static (RowChange[] Sorted, int[] Bounds, List<int> Changed) BySubtree(RowChange[] changes)
    {
        var bounds = new int[SubtreeCount + 1];
        foreach (ref readonly var change in changes.AsSpan())
            bounds[change.Key.Prefix16 / SubtreeCount + 1]++;
        var changed = new List<int>();
        for (var subtree = 0; subtree < SubtreeCount; subtree++)
        {
            if (bounds[subtree + 1] != 0)
                changed.Add(subtree);
            bounds[subtree + 1] += bounds[subtree];
        }
        var sorted = new RowChange[changes.Length];
        var next = bounds.AsSpan(0, SubtreeCount).ToArray();
        foreach (ref readonly var change in changes.AsSpan())
            sorted[next[change.Key.Prefix16 / SubtreeCount]++] = change;
        return (sorted, bounds, changed);
    }

    /// <summary>A part of the tree below one node: its nodes as a heap, and its buckets.</summary>
    private sealed class Subtree(Digest<LedgerState>[] nodes, StateEntry[][] buckets)
    {
        public Digest<LedgerState>[] Nodes => nodes;

        public StateEntry[][] Buckets => buckets;

        /// <summary>The same after some changes, which are put in order; how many rows more there are is added.</summary>
        public Subtree With(Span<RowChange> changes, ref long added)
        {
            changes.Sort(static (left, right) => left.Key.CompareTo(right.Key));
            var newNodes = (Digest<LedgerState>[])nodes.Clone();
            var newBuckets = (StateEntry[][])buckets.Clone();
            var changed = new List<int>();
            for (int from = 0, to; from < changes.Length; from = to)
            {
                var prefix = changes[from].Key.Prefix16;
                for (to = from + 1; to < changes.Length && changes[to].Key.Prefix16 == prefix; to++)
                {
                }
                var bucket = prefix % SubtreeCount;
                var merged = Merge(buckets[bucket], changes[from..to]);
                added += merged.Length - buckets[bucket].Length;
                newBuckets[bucket] = merged;
                newNodes[SubtreeCount + bucket] = StateHash.Leaf(merged);
                changed.Add(bucket);
            }
            HashAbove(newNodes, changed);
            return new Subtree(newNodes, newBuckets);
        }
    }

    // The changes are in the order of their keys.
    private static StateEntry[] Merge(StateEntry[] old, Span<RowChange> changes)
    {
        var merged = new List<StateEntry>(old.Length + changes.Length);
        var at = 0;
        for (var i = 0; i < changes.Length; i++)
        {
            ref readonly var change = ref changes[i];
            if (i > 0 && change.Key == changes[i - 1].Key)
                continue;
            while (at < old.Length && old[at].Key.CompareTo(change.Key) < 0)
                merged.Add(old[at++]);
            if (at < old.Length && old[at].Key == change.Key)
                at++;
            if (change.IsPresent)
                merged.Add(new StateEntry(change.Key, change.Value, StateHash.Row(change.Key, change.Value)));
        }
        merged.AddRange(old.AsSpan(at));
        return merged.ToArray();
    }
}
