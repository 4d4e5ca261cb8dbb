using System.Buffers.Binary;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Network;

/// <summary>What a frame is. A message of up to <see cref="PeerFrame.ChunkBytes"/> goes whole; a longer one in chunks.</summary>
internal enum FrameKind
{
    /// <summary>The accepting side has found the dialler in its directory. Empty.</summary>
    Welcome = 0x00,

    /// <summary>A sign of life. Empty.</summary>
    Beat = 0x10,

    /// <summary>A whole message.</summary>
    Message = 0x20,

    /// <summary>A long message's length, 4 bytes big-endian, and its first chunk, which is full.</summary>
    Begin = 0x30,

    /// <summary>The next chunk, full unless it is the last.</summary>
    Continue = 0x40,
}

/// <summary>
/// The form of what goes over a connection: 4 bytes of length, big-endian, of all that follows; a byte of kind (upper half) and lane (lower half);
/// the content. Chunks of the two lanes may alternate, those of one lane follow each other.
/// </summary>
internal static class PeerFrame
{
    public const int HeaderBytes = 5;
    public const int LengthBytes = 4;
    public const int ChunkBytes = 64 << 10;
    public const int MaximumBytes = HeaderBytes + LengthBytes + ChunkBytes;

    private const int KindMask = 0xF0;

    public enum Reading
    {
        /// <summary>More bytes must come.</summary>
        Incomplete,

        /// <summary>A frame in form.</summary>
        Complete,

        /// <summary>No frame begins like this.</summary>
        Malformed,
    }

    public static ReadOnlySpan<byte> Welcome => [0, 0, 0, 1, (byte)FrameKind.Welcome];

    public static ReadOnlySpan<byte> Beat => [0, 0, 0, 1, (byte)FrameKind.Beat];

    public static void WriteHeader(Span<byte> destination, FrameKind kind, PeerLane lane, int contentBytes)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, contentBytes + 1);
        destination[LengthBytes] = (byte)((int)kind | (int)lane);
    }

    /// <summary>Reads the frame that begins the data. What is too long is told from its length, before it came.</summary>
    public static Reading TryRead(ReadOnlySpan<byte> data, out FrameKind kind, out PeerLane lane, out ReadOnlySpan<byte> content)
    {
        kind = default;
        lane = default;
        content = default;
        if (data.Length < LengthBytes)
            return Reading.Incomplete;
        var length = BinaryPrimitives.ReadUInt32BigEndian(data);
        if (length is 0 or > MaximumBytes - LengthBytes)
            return Reading.Malformed;
        if (data.Length < HeaderBytes)
            return Reading.Incomplete;
        kind = (FrameKind)(data[LengthBytes] & KindMask);
        lane = (PeerLane)(data[LengthBytes] & ~KindMask);
        var contentBytes = (int)length - 1;
        if (!IsInForm(kind, lane, contentBytes))
            return Reading.Malformed;
        if (data.Length < HeaderBytes + contentBytes)
            return Reading.Incomplete;
        content = data.Slice(HeaderBytes, contentBytes);
        return Reading.Complete;
    }

    private static bool IsInForm(FrameKind kind, PeerLane lane, int contentBytes) => kind switch
    {
        FrameKind.Welcome or FrameKind.Beat => lane == 0 && contentBytes == 0,
        FrameKind.Message => IsLane(lane) && contentBytes <= ChunkBytes,
        FrameKind.Begin => IsLane(lane) && contentBytes == LengthBytes + ChunkBytes,
        FrameKind.Continue => IsLane(lane) && contentBytes is > 0 and <= ChunkBytes,
        _ => false,
    };

    private static bool IsLane(PeerLane lane) => lane is PeerLane.Agreement or PeerLane.Bulk;
}
