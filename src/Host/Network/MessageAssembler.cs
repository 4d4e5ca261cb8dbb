using System.Buffers.Binary;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Network;

/// <summary>Makes messages out of the frames of one connection, one at a time in each lane: so two messages at most are held unfinished.</summary>
internal sealed class MessageAssembler
{
    private readonly Partial[] lanes = [new(), new()];

    /// <summary>Takes a frame.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="lane">Its lane.</param>
    /// <param name="content">Its content, of a length that its kind allows.</param>
    /// <param name="message">The message that it completes, if it does.</param>
    /// <returns>False if no frame of this kind and length can come now.</returns>
    public bool TryAccept(FrameKind kind, PeerLane lane, ReadOnlySpan<byte> content, out byte[]? message)
    {
        message = null;
        var partial = lanes[(int)lane];
        switch (kind)
        {
            case FrameKind.Message when partial.Message is null:
                message = content.ToArray();
                return true;
            case FrameKind.Begin when partial.Message is null:
                var length = BinaryPrimitives.ReadUInt32BigEndian(content);
                if (length is <= PeerFrame.ChunkBytes or > IPeerNetwork.LargestMessage)
                    return false;
                partial.Message = GC.AllocateUninitializedArray<byte>((int)length);
                partial.Append(content[PeerFrame.LengthBytes..]);
                return true;
            case FrameKind.Continue when partial.Message is not null:
                if (content.Length != Math.Min(PeerFrame.ChunkBytes, partial.Missing))
                    return false;
                message = partial.Append(content);
                return true;
            default:
                return false;
        }
    }

    private sealed class Partial
    {
        private int filled;

        public byte[]? Message { get; set; }

        public int Missing => Message!.Length - filled;

        /// <summary>The message if this was its last chunk.</summary>
        public byte[]? Append(ReadOnlySpan<byte> chunk)
        {
            chunk.CopyTo(Message.AsSpan(filled));
            filled += chunk.Length;
            if (Missing > 0)
                return null;
            var complete = Message;
            Message = null;
            filled = 0;
            return complete;
        }
    }
}
