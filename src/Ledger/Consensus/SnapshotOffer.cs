using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// What a node needs to believe a snapshot: the changes of validators since genesis, the last block that the snapshot contains, and the next one, whose
/// certified checkpoint root is the snapshot's.
/// </summary>
/// <param name="Length">Of the snapshot, in bytes.</param>
/// <param name="Changes">The blocks that announced other validators, in order.</param>
/// <param name="Last">The block after which it was taken.</param>
/// <param name="Next">The block after that.</param>
internal sealed record SnapshotOffer(long Length, IReadOnlyList<AnnouncedValidators> Changes, StoredBlock Last, StoredBlock Next) : PeerMessage
{
    /// <summary>The longest snapshot that is taken, in bytes.</summary>
    public const long LargestLength = 1L << 40;

    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.SnapshotOffer);
        writer.Int64(Length);
        writer.UInt32((uint)Changes.Count);
        foreach (var change in Changes)
        {
            writer.Bytes(change.Header);
            writer.Bytes(change.Certificate);
            writer.Bytes(change.Validators);
        }
        writer.Bytes(Last.ToBytes());
        writer.Bytes(Next.ToBytes());
    }

    public static SnapshotOffer Read(ref StateReader reader) => new(
        reader.Int64(),
        ReadList(ref reader, (ref StateReader each) => new AnnouncedValidators(each.Bytes().ToArray(), each.Bytes().ToArray(), each.Bytes().ToArray())),
        StoredBlock.Read(reader.Bytes()),
        StoredBlock.Read(reader.Bytes()));

    /// <summary>True if the last two blocks are certified along the changes of validators, and the snapshot's root is among what is certified.</summary>
    public bool Verify(Genesis genesis)
    {
        var validators = genesis.Validators;
        foreach (var change in Changes)
        {
            if (!IsCertified(genesis, validators, change.Header, change.Certificate, out var announcing)
                || Digest<ValidatorSet>.Of(change.Validators) != announcing.NextValidators || !ValidatorSet.TryParse(change.Validators, out var next))
                return false;
            validators = next;
        }
        return Length is > 0 and <= LargestLength && Next.Header.CheckpointRoot is not null && Next.Header.Parent == Last.Id && Next.Header.Height == Last.Header.Height + 1
            && IsCertified(genesis, validators, Next.HeaderBytes, Next.CertificateBytes, out _);
    }

    private static bool IsCertified(Genesis genesis, ValidatorSet validators, byte[] headerBytes, byte[] certificateBytes, out BlockHeader header)
    {
        header = null!;
        if (!BlockHeader.TryParse(headerBytes, out var parsed) || parsed.Net != genesis.Net || !BlockCertificate.TryParse(certificateBytes, out var certificate)
            || !certificate.Verify(parsed, Digest<Block>.Of(headerBytes), validators))
            return false;
        header = parsed;
        return true;
    }
}

/// <summary>A block that announced other validators, without its content.</summary>
/// <param name="Header">The header's bytes.</param>
/// <param name="Certificate">The certificate's bytes.</param>
/// <param name="Validators">The list that the header announces.</param>
internal sealed record AnnouncedValidators(byte[] Header, byte[] Certificate, byte[] Validators);
