using Counterfoil.Cryptography;
using Counterfoil.Ledger.Blocks;
using Counterfoil.Ledger.State;

namespace Counterfoil.Ledger.Consensus;

/// <summary>
/// Where a node stands: its last final block, and which messages of the height after it has. Whoever has others sends them, so that a broken link hides no
/// vote and a late node asks for blocks.
/// </summary>
/// <param name="Height">The last final block's height; 0 before the first.</param>
/// <param name="Tip">Its id; unset before the first.</param>
/// <param name="Rounds">What it has of the rounds of the next height.</param>
internal sealed record Progress(long Height, Digest<Block> Tip, IReadOnlyList<RoundProgress> Rounds) : PeerMessage
{
    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.Progress);
        writer.Int64(Height);
        writer.Digest(Tip);
        writer.UInt32((uint)Rounds.Count);
        foreach (var round in Rounds)
        {
            writer.UInt32((uint)round.Round);
            writer.UInt32((uint)round.Held.Count);
            foreach (var tag in round.Held)
                writer.UInt64(tag);
        }
    }

    public static Progress Read(ref StateReader reader) =>
        new(reader.Int64(), reader.Digest<Block>(), ReadList(ref reader, (ref StateReader each) => ReadRound(ref each)));

    private static RoundProgress ReadRound(ref StateReader reader) =>
        new((int)Math.Min(reader.UInt32(), int.MaxValue), ReadList(ref reader, (ref StateReader each) => each.UInt64()));
}

/// <summary>What a node has of a round.</summary>
/// <param name="Round">The round.</param>
/// <param name="Held">A tag for each message: the beginning of a digest of kind, signer and value.</param>
internal sealed record RoundProgress(int Round, IReadOnlyList<ulong> Held);
