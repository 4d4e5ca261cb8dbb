using Counterfoil.Cryptography.Merkle;

namespace Counterfoil.Cryptography.Tests.Merkle;

public sealed class MerkleTreeTests
{
    private const int LargestTree = 70;

    public static TheoryData<int> Sizes => [.. Enumerable.Range(0, LargestTree + 1), 127, 128, 129, 255, 1000];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Root_OfAnySize_IsTheRecursiveDefinition(int size)
    {
        var data = Data(size);
        Assert.Equal(MerkleReference.Mth(data), MerkleTree.Root(Leaves(data)).ToArray());
    }

    [Fact]
    public void Frontier_AfterEachLeaf_HasTheRootOfTheLeavesSoFar()
    {
        var data = Data(300);
        var frontier = new MerkleFrontier();
        for (var size = 0; size < data.Length; size++)
        {
            Assert.Equal((ulong)size, frontier.Count);
            Assert.Equal(MerkleReference.Mth(data[..size]), frontier.Root().ToArray());
            frontier.Append(MerkleHash.Leaf(data[size]));
        }
    }

    [Fact]
    public void InclusionPath_OfEveryLeafOfEverySize_IsTheRecursiveDefinitionAndVerifies()
    {
        for (var size = 1; size <= LargestTree; size++)
        {
            var data = Data(size);
            var leaves = Leaves(data);
            var root = MerkleTree.Root(leaves);
            for (var index = 0; index < size; index++)
            {
                var path = MerkleTree.InclusionPath(leaves, index);
                Assert.Equal(MerkleReference.Path(index, data), path.Select(node => node.ToArray()));
                Assert.True(MerkleTree.VerifyInclusion(leaves[index], (ulong)index, (ulong)size, path, root));
            }
        }
    }

    [Fact]
    public void ConsistencyProof_OfEveryPairOfSizes_IsTheRecursiveDefinitionAndVerifies()
    {
        var data = Data(LargestTree);
        var leaves = Leaves(data);
        for (var second = 1; second <= LargestTree; second++)
            for (var first = 1; first <= second; first++)
            {
                var proof = MerkleTree.ConsistencyProof(leaves.AsSpan(0, second), first);
                Assert.Equal(MerkleReference.Proof(first, data[..second]), proof.Select(node => node.ToArray()));
                var (firstRoot, secondRoot) = (MerkleTree.Root(leaves.AsSpan(0, first)), MerkleTree.Root(leaves.AsSpan(0, second)));
                Assert.True(MerkleTree.VerifyConsistency((ulong)first, firstRoot, (ulong)second, secondRoot, proof));
            }
    }

    [Fact]
    public void ConsistencyProof_OfEverySubtree_VerifiesForThatSubtreeOnly()
    {
        const int size = 37;
        var leaves = Leaves(Data(size));
        var root = MerkleTree.Root(leaves);
        var subtrees = 0;
        for (var start = 0; start < size; start++)
            for (var end = start + 1; end <= size; end++)
            {
                if (!MerkleSubtree.IsValid((ulong)start, (ulong)end))
                    continue;
                subtrees++;
                var subtree = MerkleTree.Root(leaves.AsSpan(start..end));
                var proof = MerkleSubtree.ConsistencyProof(leaves, start, end);
                Assert.True(MerkleSubtree.VerifyConsistency((ulong)start, (ulong)end, subtree, size, root, proof));
                Assert.False(MerkleSubtree.VerifyConsistency((ulong)start, (ulong)end, Altered(subtree), size, root, proof));
                Assert.False(MerkleSubtree.VerifyConsistency((ulong)start, (ulong)end, subtree, size, Altered(root), proof));
            }
        Assert.True(subtrees > size);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void VerifyInclusion_OfAnAlteredProof_IsFalse(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var size = random.Next(1, 200);
            var leaves = Leaves(Data(size));
            var root = MerkleTree.Root(leaves);
            var index = random.Next(size);
            var path = MerkleTree.InclusionPath(leaves, index);
            var where = $"seed {seed}, round {round}, size {size}, index {index}";

            Assert.False(MerkleTree.VerifyInclusion(Altered(leaves[index]), (ulong)index, (ulong)size, path, root), where);
            Assert.False(MerkleTree.VerifyInclusion(leaves[index], (ulong)index, (ulong)size, path, Altered(root)), where);
            Assert.False(MerkleTree.VerifyInclusion(leaves[index], (ulong)index, (ulong)size, [.. path, root], root), where);
            Assert.False(MerkleTree.VerifyInclusion(leaves[index], (ulong)size, (ulong)size, path, root), where);
            var other = random.Next(size);
            Assert.Equal(other == index, MerkleTree.VerifyInclusion(leaves[index], (ulong)other, (ulong)size, path, root));
            if (path.Length == 0)
                continue;
            Assert.False(MerkleTree.VerifyInclusion(leaves[index], (ulong)index, (ulong)size, path.AsSpan(0, path.Length - 1), root), where);
            var at = random.Next(path.Length);
            path[at] = Altered(path[at]);
            Assert.False(MerkleTree.VerifyInclusion(leaves[index], (ulong)index, (ulong)size, path, root), where);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void VerifyConsistency_OfAnAlteredProof_IsFalse(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 300; round++)
        {
            var second = random.Next(2, 200);
            var first = random.Next(1, second);
            var leaves = Leaves(Data(second));
            var (firstRoot, secondRoot) = (MerkleTree.Root(leaves.AsSpan(0, first)), MerkleTree.Root(leaves));
            var proof = MerkleTree.ConsistencyProof(leaves, first);
            var where = $"seed {seed}, round {round}, sizes {first} and {second}";

            Assert.False(MerkleTree.VerifyConsistency((ulong)first, Altered(firstRoot), (ulong)second, secondRoot, proof), where);
            Assert.False(MerkleTree.VerifyConsistency((ulong)first, firstRoot, (ulong)second, Altered(secondRoot), proof), where);
            Assert.False(MerkleTree.VerifyConsistency((ulong)first, firstRoot, (ulong)second, secondRoot, [.. proof, firstRoot]), where);
            Assert.False(MerkleTree.VerifyConsistency((ulong)first, firstRoot, (ulong)second, secondRoot, proof.AsSpan(0, proof.Length - 1)), where);
            Assert.False(MerkleTree.VerifyConsistency((ulong)second, firstRoot, (ulong)first, secondRoot, proof), where);
            Assert.False(MerkleTree.VerifyConsistency(0, MerkleHash.EmptyRoot, (ulong)second, secondRoot, proof), where);
            var at = random.Next(proof.Length);
            proof[at] = Altered(proof[at]);
            Assert.False(MerkleTree.VerifyConsistency((ulong)first, firstRoot, (ulong)second, secondRoot, proof), where);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(5000)]
    public void Leaf_InTwoParts_IsTheLeafOfBothJoined(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        Assert.Equal(MerkleReference.Mth([data]), MerkleHash.Leaf(data).ToArray());
        Assert.Equal(MerkleHash.Leaf(data), MerkleHash.Leaf(data.AsSpan(0, length / 3), data.AsSpan(length / 3)));
    }

    [Fact]
    public void Root_OfThousandsOfLeaves_AllocatesNothing()
    {
        var leaves = Leaves(Data(4096));
        var root = MerkleTree.Root(leaves);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var again = MerkleTree.Root(leaves);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(root, again);
    }

    private static byte[][] Data(int size) => [.. Enumerable.Range(0, size).Select(i => BitConverter.GetBytes(i * 7919))];

    private static Digest<MerkleNode>[] Leaves(byte[][] data) => [.. data.Select(d => MerkleHash.Leaf(d))];

    private static Digest<MerkleNode> Altered(Digest<MerkleNode> node)
    {
        var bytes = node.ToArray();
        bytes[bytes[0] % 32] ^= 1;
        return new Digest<MerkleNode>(bytes);
    }
}
