using System.Buffers.Binary;
using System.Threading.Channels;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Network;

/// <summary>What waits to be sent on one connection: two lanes, each bounded in bytes, and the sign of life. Many may put in, one takes out.</summary>
internal sealed class SendQueue(int agreementBytes, int bulkBytes)
{
    /// <summary>How large the buffer given to <see cref="Fill"/> is: two chunks, so that an urgent message waits behind no more.</summary>
    public const int BatchBytes = 2 * PeerFrame.MaximumBytes;

    private readonly Lock gate = new();
    private readonly Lane agreement = new(PeerLane.Agreement, agreementBytes);
    private readonly Lane bulk = new(PeerLane.Bulk, bulkBytes);

    // Holds one sign that something waits, however much it is: putting in costs nothing while the taker is busy.
    private readonly Channel<bool> signal = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private bool isBeatDue, isClosed;

    /// <summary>Puts a message in.</summary>
    /// <returns><see cref="PeerEvent.None"/>, or why it was dropped.</returns>
    public PeerEvent Put(ReadOnlyMemory<byte> message, PeerLane lane)
    {
        lock (gate)
        {
            if (isClosed)
                return PeerEvent.DroppedUnreachable;
            if (!(lane == PeerLane.Agreement ? agreement : bulk).TryAdd(message))
                return PeerEvent.DroppedFull;
        }
        signal.Writer.TryWrite(true);
        return PeerEvent.None;
    }

    /// <summary>Asks for a sign of life, unless something else goes out anyway.</summary>
    public void PutBeat()
    {
        lock (gate)
            isBeatDue = true;
        signal.Writer.TryWrite(true);
    }

    /// <summary>Waits until something may be there; false once the queue is closed.</summary>
    public async ValueTask<bool> WaitAsync()
    {
        if (!await signal.Reader.WaitToReadAsync().ConfigureAwait(false))
            return false;
        signal.Reader.TryRead(out _);
        return true;
    }

    /// <summary>Writes as many frames as there are and fit, urgent ones first.</summary>
    /// <param name="batch">A buffer of <see cref="BatchBytes"/>; of a beat's size where no message is put in.</param>
    /// <param name="messages">How many messages are complete with it.</param>
    /// <returns>The bytes written; 0 if nothing waits.</returns>
    public int Fill(Span<byte> batch, out int messages)
    {
        messages = 0;
        lock (gate)
        {
            var written = agreement.Fill(batch, 0, ref messages);
            written = bulk.Fill(batch, written, ref messages);
            if (written == 0 && isBeatDue)
            {
                PeerFrame.Beat.CopyTo(batch);
                written = PeerFrame.Beat.Length;
            }
            isBeatDue = false;
            return written;
        }
    }

    /// <summary>Drops what waits and takes nothing more.</summary>
    /// <returns>How many messages were dropped.</returns>
    public int Close()
    {
        int dropped;
        lock (gate)
        {
            isClosed = true;
            dropped = agreement.Clear() + bulk.Clear();
        }
        signal.Writer.TryComplete();
        return dropped;
    }

    private sealed class Lane(PeerLane lane, int maximumBytes)
    {
        private readonly Queue<ReadOnlyMemory<byte>> messages = new();
        private long waitingBytes;

        // How much of the first message has gone out.
        private int sent;

        public bool TryAdd(ReadOnlyMemory<byte> message)
        {
            // A message longer than the bound passes where nothing waits; else it never could.
            if (messages.Count > 0 && waitingBytes + message.Length > maximumBytes)
                return false;
            messages.Enqueue(message);
            waitingBytes += message.Length;
            return true;
        }

        public int Fill(Span<byte> batch, int written, ref int complete)
        {
            while (messages.TryPeek(out var message))
            {
                var rest = message.Span[sent..];
                var part = rest[..Math.Min(rest.Length, PeerFrame.ChunkBytes)];
                var kind = sent > 0 ? FrameKind.Continue : part.Length < rest.Length ? FrameKind.Begin : FrameKind.Message;
                var lengthBytes = kind == FrameKind.Begin ? PeerFrame.LengthBytes : 0;
                var content = batch[written..];
                if (content.Length < PeerFrame.HeaderBytes + lengthBytes + part.Length)
                    return written;
                PeerFrame.WriteHeader(content, kind, lane, lengthBytes + part.Length);
                content = content[PeerFrame.HeaderBytes..];
                if (kind == FrameKind.Begin)
                    BinaryPrimitives.WriteInt32BigEndian(content, message.Length);
                part.CopyTo(content[lengthBytes..]);
                written += PeerFrame.HeaderBytes + lengthBytes + part.Length;
                sent += part.Length;
                if (sent < message.Length)
                    continue;
                messages.Dequeue();
                waitingBytes -= message.Length;
                sent = 0;
                complete++;
            }
            return written;
        }

        public int Clear()
        {
            var count = messages.Count;
            messages.Clear();
            waitingBytes = 0;
            sent = 0;
            return count;
        }
    }
}
