using Counterfoil.Cryptography;
using Counterfoil.Ledger.Admission;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Ledger.Consensus;

/// <summary>What nodes say to each other. The numbers are the first bytes on the wire.</summary>
internal enum PeerMessageKind : byte
{
    /// <summary>A signed proposal with its block.</summary>
    Proposal = 1,

    /// <summary>A signed vote.</summary>
    Vote = 2,

    /// <summary>Where a node stands and which messages of its height it has.</summary>
    Progress = 3,

    /// <summary>Transactions with their attachments.</summary>
    Bodies = 4,

    /// <summary>Asks for transactions.</summary>
    WantBodies = 5,

    /// <summary>Asks for certified blocks from a height on.</summary>
    WantBlocks = 6,

    /// <summary>Certified blocks in order.</summary>
    Blocks = 7,

    /// <summary>Asks for a portion of a snapshot.</summary>
    WantSnapshot = 8,

    /// <summary>A portion of a snapshot.</summary>
    Snapshot = 9,

    /// <summary>What proves a snapshot.</summary>
    SnapshotOffer = 10,

    /// <summary>What became of transactions that were handed on.</summary>
    BodyAnswers = 11,
}

/// <summary>A message between nodes; the transport says who sent it.</summary>
internal abstract record PeerMessage
{
    private const int LargestList = 65_536;

    /// <summary>The bytes on the wire.</summary>
    public byte[] ToBytes()
    {
        var writer = new StateWriter();
        try
        {
            Write(ref writer);
            return writer.Written.ToArray();
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>Reads a message; null if the bytes are none.</summary>
    public static PeerMessage? Parse(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var reader = new StateReader(bytes.Span);
            PeerMessage message = (PeerMessageKind)reader.Byte() switch
            {
                PeerMessageKind.Proposal => new SignedProposal(reader.Bytes().ToArray(), ProposedBlock.Read(ref reader)),
                PeerMessageKind.Vote => new SignedVote(reader.Bytes().ToArray()),
                PeerMessageKind.Progress => Progress.Read(ref reader),
                PeerMessageKind.Bodies => new Bodies(ReadList(ref reader, (ref StateReader each) => SubmissionBytes.Read(ref each))),
                PeerMessageKind.WantBodies => new WantBodies(ReadList(ref reader, (ref StateReader each) => each.Digest<Transaction>())),
                PeerMessageKind.WantBlocks => new WantBlocks(reader.Int64()),
                PeerMessageKind.Blocks => new Blocks(ReadList(ref reader, (ref StateReader each) => StoredBlock.Read(each.Bytes()))),
                PeerMessageKind.WantSnapshot => new WantSnapshot(reader.Int64(), reader.Int64()),
                PeerMessageKind.Snapshot => new SnapshotPortion(reader.Int64(), reader.Int64(), reader.Int64(), reader.Bytes().ToArray()),
                PeerMessageKind.SnapshotOffer => SnapshotOffer.Read(ref reader),
                PeerMessageKind.BodyAnswers => BodyAnswers.Read(ref reader),
                _ => throw new StateFormatException("No message has this number."),
            };
            reader.End();
            return message;
        }
        catch (StateFormatException)
        {
            return null;
        }
    }

    protected abstract void Write(ref StateWriter writer);

    protected delegate T ReadOne<T>(ref StateReader reader);

    protected static T[] ReadList<T>(ref StateReader reader, ReadOne<T> readOne)
    {
        var count = reader.UInt32();
        if (count > LargestList || count > reader.Remaining)
            throw new StateFormatException("A list is longer than it may be.");
        var list = new T[count];
        for (var index = 0; index < list.Length; index++)
            list[index] = readOne(ref reader);
        return list;
    }
}

/// <summary>A signed proposal.</summary>
internal sealed record SignedProposal(byte[] Jws, ProposedBlock Block) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.Proposal);
        writer.Bytes(Jws);
        Block.Write(ref writer);
    }
}

/// <summary>A signed vote.</summary>
internal sealed record SignedVote(byte[] Jws) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.Vote);
        writer.Bytes(Jws);
    }
}

/// <summary>Transactions as they were submitted.</summary>
internal sealed record Bodies(IReadOnlyList<Submission> Submissions) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.Bodies);
        writer.UInt32((uint)Submissions.Count);
        foreach (var submission in Submissions)
            SubmissionBytes.Write(ref writer, submission);
    }
}

/// <summary>Asks for transactions by id.</summary>
internal sealed record WantBodies(IReadOnlyList<Digest<Transaction>> Ids) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.WantBodies);
        writer.UInt32((uint)Ids.Count);
        foreach (var id in Ids)
            writer.Digest(id);
    }
}

/// <summary>Asks for certified blocks.</summary>
/// <param name="From">The first height.</param>
internal sealed record WantBlocks(long From) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.WantBlocks);
        writer.Int64(From);
    }
}

/// <summary>Certified blocks in order.</summary>
internal sealed record Blocks(IReadOnlyList<StoredBlock> Stored) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.Blocks);
        writer.UInt32((uint)Stored.Count);
        foreach (var block in Stored)
            writer.Bytes(block.ToBytes());
    }
}

/// <summary>Asks for a portion of a snapshot.</summary>
/// <param name="Height">The height after which it was taken; 0 for the latest.</param>
/// <param name="Offset">In bytes.</param>
internal sealed record WantSnapshot(long Height, long Offset) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.WantSnapshot);
        writer.Int64(Height);
        writer.Int64(Offset);
    }
}

/// <summary>A portion of a snapshot.</summary>
/// <param name="Height">The height after which it was taken; 0 if there is none.</param>
/// <param name="Length">Of the whole, in bytes.</param>
/// <param name="Offset">In bytes.</param>
/// <param name="Content">The portion.</param>
internal sealed record SnapshotPortion(long Height, long Length, long Offset, byte[] Content) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.Snapshot);
        writer.Int64(Height);
        writer.Int64(Length);
        writer.Int64(Offset);
        writer.Bytes(Content);
    }
}
