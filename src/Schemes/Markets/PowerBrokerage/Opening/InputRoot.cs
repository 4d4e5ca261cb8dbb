using System.Buffers.Binary;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Merkle;

namespace Counterfoil.Schemes.Markets.PowerBrokerage.Opening;

/// <summary>
/// What a session's gate fixes: one root over the live bids, so that none is dropped, altered or slipped in
/// afterwards. A leaf's data is rid (32 bytes) ‖ ver (4 bytes, big-endian) ‖ digest (32) ‖ ct_digest (32);
/// leaves are ordered by rid. <b>Source:</b> D1 step 8; RFC 9162 section 2.1.1.
/// </summary>
public static class InputRoot
{
    /// <summary>A leaf's data in bytes.</summary>
    public const int LeafBytes = 3 * 32 + sizeof(uint);

    /// <summary>The root over the live bids, given in any order.</summary>
    /// <exception cref="ArgumentException">
    /// Two bids have one rid: only one version of a record is live.
    /// </exception>
    /// <exception cref="OverflowException">A version is negative or above 2³² − 1.</exception>
    public static Digest<MerkleNode> Of<TRecord, TVersion, TCiphertext>(
        IEnumerable<(Digest<TRecord> Rid, long Ver, Digest<TVersion> Digest, Digest<TCiphertext> CtDigest)> bids)
    {
        ArgumentNullException.ThrowIfNull(bids);
        var ordered = bids.ToArray();
        Array.Sort(ordered, static (left, right) => left.Rid.CompareTo(right.Rid));
        var leaves = new Digest<MerkleNode>[ordered.Length];
        Span<byte> data = stackalloc byte[LeafBytes];
        for (var index = 0; index < ordered.Length; index++)
        {
            var bid = ordered[index];
            if (index > 0 && bid.Rid == ordered[index - 1].Rid)
                throw new ArgumentException("Two bids have one rid.", nameof(bids));
            bid.Rid.CopyTo(data);
            BinaryPrimitives.WriteUInt32BigEndian(data[32..], checked((uint)bid.Ver));
            bid.Digest.CopyTo(data[36..]);
            bid.CtDigest.CopyTo(data[68..]);
            leaves[index] = MerkleHash.Leaf(data);
        }
        return MerkleTree.Root(leaves);
    }

    /// <summary>The same where versions are 32-bit.</summary>
    /// <exception cref="ArgumentException">Two bids have one rid.</exception>
    public static Digest<MerkleNode> Of<TRecord, TVersion, TCiphertext>(
        IEnumerable<(Digest<TRecord> Rid, int Ver, Digest<TVersion> Digest, Digest<TCiphertext> CtDigest)> bids) =>
        Of(bids.Select(bid => (bid.Rid, (long)bid.Ver, bid.Digest, bid.CtDigest)));
}
