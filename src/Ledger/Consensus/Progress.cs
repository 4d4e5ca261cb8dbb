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
    private const int LargestMask = 1_024;

    protected override void Write(ref StateWriter writer)
    {
        writer.Byte((byte)PeerMessageKind.Progress);
        writer.Int64(Height);
        writer.Digest(Tip);
        writer.UInt32((uint)Rounds.Count);
        foreach (var round in Rounds)
        {
            writer.UInt32((uint)round.Round);
            writer.Bool(round.HasProposal);
            writer.Bytes(round.Prevotes);
            writer.Bytes(round.Precommits);
        }
    }

    public static Progress Read(ref StateReader reader) =>
        new(reader.Int64(), reader.Digest<Block>(), ReadList(ref reader, (ref StateReader each) => ReadRound(ref each)));

    private static RoundProgress ReadRound(ref StateReader reader)
    {
        var round = new RoundProgress((int)Math.Min(reader.UInt32(), int.MaxValue), reader.Bool(), reader.Bytes().ToArray(), reader.Bytes().ToArray());
        return round.Prevotes.Length <= LargestMask && round.Precommits.Length <= LargestMask
            ? round
            : throw new StateFormatException("A mask of voters is longer than it may be.");
    }
}

/// <summary>What a node has of a round.</summary>
/// <param name="Round">The round.</param>
/// <param name="HasProposal">True if it has a proposal.</param>
/// <param name="Prevotes">One bit for each validator, in the order of the set, lowest bit first.</param>
/// <param name="Precommits">The same for precommits.</param>
internal sealed record RoundProgress(int Round, bool HasProposal, byte[] Prevotes, byte[] Precommits)
{
    public static bool Has(byte[] mask, int position) => position / 8 < mask.Length && (mask[position / 8] >> (position % 8) & 1) == 1;
}
