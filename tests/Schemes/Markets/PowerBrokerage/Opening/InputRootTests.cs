using System.Buffers.Binary;
using System.Security.Cryptography;
using Counterfoil.Cryptography;
using Counterfoil.Schemes.Markets.PowerBrokerage.Opening;
using Counterfoil.Vault.Documents;
using Counterfoil.Vault.Records;

namespace Counterfoil.Schemes.Markets.Tests.PowerBrokerage.Opening;

public sealed class InputRootTests
{
    [Fact]
    public void Of_NoBids_IsTheEmptyTree() =>
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData([])), InputRoot.Of(Array.Empty<Bid>().Select(Tuple)).ToString());

    [Fact]
    public void Of_ThreeBids_IsTheTreeOfTheStandardInRidOrder()
    {
        var bids = new[] { Make(3), Make(1), Make(2) };
        byte[] Leaf(Bid bid)
        {
            var version = new byte[4];
            BinaryPrimitives.WriteUInt32BigEndian(version, (uint)bid.Ver);
            return SHA256.HashData([0, .. bid.Rid.ToArray(), .. version, .. bid.Digest.ToArray(), .. bid.CtDigest.ToArray()]);
        }
        byte[] Node(byte[] left, byte[] right) => SHA256.HashData([1, .. left, .. right]);
        var ordered = bids.OrderBy(bid => bid.Rid.ToString(), StringComparer.Ordinal).Select(Leaf).ToArray();

        Assert.Equal(Convert.ToHexStringLower(Node(Node(ordered[0], ordered[1]), ordered[2])), InputRoot.Of(bids.Select(Tuple)).ToString());
    }

    [Fact]
    public void Of_AnyOrder_IsOneRoot()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var bids = Enumerable.Range(1, random.Next(1, 40)).Select(Make).ToArray();
            var root = InputRoot.Of(bids.Select(Tuple));
            random.Shuffle(bids);
            Assert.True(root == InputRoot.Of(bids.Select(Tuple)), $"seed {seed}");
        }
    }

    [Fact]
    public void Of_IntegerVersions_IsTheSame()
    {
        var bids = new[] { Make(1), Make(2) };
        Assert.Equal(InputRoot.Of(bids.Select(Tuple)), InputRoot.Of(bids.Select(bid => (bid.Rid, (int)bid.Ver, bid.Digest, bid.CtDigest))));
    }

    [Fact]
    public void Of_TwoVersionsOfOneRecord_Throws() =>
        Assert.Throws<ArgumentException>(() => InputRoot.Of(new[] { Make(1), Make(1) with { Ver = 2 } }.Select(Tuple)));

    [Fact]
    public void Of_VersionBeyond32Bits_Throws() =>
        Assert.Throws<OverflowException>(() => InputRoot.Of(new[] { Make(1) with { Ver = 1L << 32 } }.Select(Tuple)));

    private static Bid Make(int number) =>
        new(new Digest<VaultRecord>(SHA256.HashData([(byte)number])), number, Digest<RecordOriginal>.Of([(byte)number, 1]), Digest<VaultDocument>.Of([(byte)number, 2]));

    private static (Digest<VaultRecord>, long, Digest<RecordOriginal>, Digest<VaultDocument>) Tuple(Bid bid) =>
        (bid.Rid, bid.Ver, bid.Digest, bid.CtDigest);

    private sealed record Bid(Digest<VaultRecord> Rid, long Ver, Digest<RecordOriginal> Digest, Digest<VaultDocument> CtDigest);
}
