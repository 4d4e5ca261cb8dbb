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

    // A heap: node 1 is the root, the children of n are 2n and 2n + 1, bucket b's leaf is BucketCount + b.
    private readonly Digest<LedgerState>[] nodes;
    private readonly StateEntry[][] buckets;

    private StateCheckpoint(Digest<LedgerState>[] nodes, StateEntry[][] buckets, long rowCount)
    {
        this.nodes = nodes;
        this.buckets = buckets;
        RowCount = rowCount;
    }

    /// <summary>The checkpoint of a state without rows.</summary>
    internal static StateCheckpoint Empty { get; } = MakeEmpty();

    /// <summary>The root that proofs from here are verified against.</summary>
    public Digest<LedgerState> Root => nodes[1];

    /// <summary>The number of rows in all tables.</summary>
    public long RowCount { get; }

    /// <summary>A bucket's rows and its path to <see cref="Root"/>: proves every value in it and every absence from it.</summary>
    /// <param name="bucket">0 to 65,535: the first 16 bits of the wanted key's digest (<see cref="StateProof.KeyDigest{TKey}"/>).</param>
    public BucketProof Prove(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bucket);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bucket, BucketCount);
        var path = new Digest<LedgerState>[Depth];
        for (int level = 0, node = BucketCount + bucket; level < Depth; level++, node /= 2)
            path[level] = nodes[node ^ 1];
        return new BucketProof(bucket, Array.ConvertAll(buckets[bucket], entry => new BucketEntry(entry.Key, entry.Value)), path);
    }

    /// <summary>The checkpoint after these changes. A key may come more than once if it comes with the same outcome each time.</summary>
    internal StateCheckpoint With(RowChange[] changes, int threads)
    {
        if (changes.Length == 0)
            return this;
        var (sorted, bounds, changed) = ByBucket(changes);
        var newBuckets = (StateEntry[][])buckets.Clone();
        var newNodes = (Digest<LedgerState>[])nodes.Clone();
        var added = 0L;
        Portions(changed.Count, threads, (from, to) =>
        {
            var difference = 0L;
            for (var i = from; i < to; i++)
            {
                var bucket = changed[i];
                var merged = Merge(buckets[bucket], sorted.AsSpan(bounds[bucket], bounds[bucket + 1] - bounds[bucket]));
                difference += merged.Length - buckets[bucket].Length;
                newBuckets[bucket] = merged;
                newNodes[BucketCount + bucket] = StateHash.Leaf(merged);
            }
            Interlocked.Add(ref added, difference);
        });
        for (var level = Parents(changed.ConvertAll(bucket => BucketCount + bucket)); level[0] != 0; level = Parents(level))
        {
            var parents = level;
            Portions(parents.Count, threads, (from, to) =>
            {
                for (var i = from; i < to; i++)
                    newNodes[parents[i]] = StateHash.Node(newNodes[2 * parents[i]], newNodes[2 * parents[i] + 1]);
            });
        }
        return new StateCheckpoint(newNodes, newBuckets, RowCount + added);
    }

    /// <summary>Runs the portions of 0 to count on up to that many threads; few items are not worth a second thread.</summary>
    internal static void Portions(int count, int threads, Action<int, int> portion)
    {
        const int SmallestPortion = 256;
        var portions = Math.Clamp(count / SmallestPortion, 1, threads == 1 ? 1 : 4 * threads);
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
        var nodes = new Digest<LedgerState>[2 * BucketCount];
        var node = StateHash.Leaf([]);
        for (var width = BucketCount; width >= 1; width /= 2)
        {
            nodes.AsSpan(width, width).Fill(node);
            node = StateHash.Node(node, node);
        }
        var buckets = new StateEntry[BucketCount][];
        Array.Fill(buckets, []);
        return new StateCheckpoint(nodes, buckets, rowCount: 0);
    }

    private static List<int> Parents(List<int> ascending)
    {
        var parents = new List<int>(ascending.Count);
        foreach (var node in ascending)
            if (parents.Count == 0 || parents[^1] != node / 2)
                parents.Add(node / 2);
        return parents;
    }

    /// <summary>The changes in bucket order, where each bucket's begin, and the buckets that have any.</summary>
    private static (RowChange[] Sorted, int[] Bounds, List<int> Changed) ByBucket(RowChange[] changes)
    {
        var bounds = new int[BucketCount + 1];
        foreach (ref readonly var change in changes.AsSpan())
            bounds[change.Key.Prefix16 + 1]++;
        var changed = new List<int>();
        for (var bucket = 0; bucket < BucketCount; bucket++)
        {
            if (bounds[bucket + 1] != 0)
                changed.Add(bucket);
            bounds[bucket + 1] += bounds[bucket];
        }
        var sorted = new RowChange[changes.Length];
        var next = bounds.AsSpan(0, BucketCount).ToArray();
        foreach (ref readonly var change in changes.AsSpan())
            sorted[next[change.Key.Prefix16]++] = change;
        return (sorted, bounds, changed);
    }

    private static StateEntry[] Merge(StateEntry[] old, Span<RowChange> changes)
    {
        changes.Sort(static (left, right) => left.Key.CompareTo(right.Key));
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
