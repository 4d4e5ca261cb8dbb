using System.Text.Json;

namespace Counterfoil.Host.Network;

/// <summary>What a peer network counts, and why connections end or do not come to be.</summary>
public enum PeerEvent
{
    /// <summary>Nothing; never counted.</summary>
    None = 0,

    /// <summary>Dialled connections that came to stand.</summary>
    Dialled,

    /// <summary>Accepted connections that came to stand.</summary>
    Accepted,

    /// <summary>Nobody answers at the address.</summary>
    Unreachable,

    /// <summary>The TLS handshake failed: another version, no certificate, garbage.</summary>
    HandshakeFailed,

    /// <summary>The handshake took too long.</summary>
    HandshakeTimedOut,

    /// <summary>A stranger's handshake made room for a newer one.</summary>
    HandshakeDisplaced,

    /// <summary>The first byte was not one of TLS.</summary>
    NotTls,

    /// <summary>The certificate is not in the directory, or is another node's than the one dialled.</summary>
    PeerNotAdmitted,

    /// <summary>The other side ended the connection instead of welcoming this node.</summary>
    RefusedByPeer,

    /// <summary>The connection broke or the other side closed it.</summary>
    Closed,

    /// <summary>Nothing came for too long.</summary>
    Silent,

    /// <summary>The other side sent what no node sends: a frame too large, of no kind, or out of turn.</summary>
    MalformedFrame,

    /// <summary>The node left the directory, or its address or certificate changed.</summary>
    NoLongerAdmitted,

    /// <summary>A newer connection of the same node took its place.</summary>
    Replaced,

    /// <summary>The connection carried as much as its keys may encrypt.</summary>
    Renewed,

    /// <summary>This node stops.</summary>
    Stopped,

    /// <summary>The receiver of messages or the directory threw.</summary>
    ReceiverFault,

    /// <summary>Messages handed to the operating system.</summary>
    MessagesSent,

    /// <summary>Bytes handed to TLS, with headers.</summary>
    BytesSent,

    /// <summary>Messages received.</summary>
    MessagesReceived,

    /// <summary>Bytes received from TLS, with headers.</summary>
    BytesReceived,

    /// <summary>Messages dropped since the node could not be reached, or its connection broke.</summary>
    DroppedUnreachable,

    /// <summary>Messages dropped since too much waited.</summary>
    DroppedFull,
}

/// <summary>What happened since the start. Safe for concurrent use.</summary>
public sealed class PeerCounters
{
    private readonly long[] counts = new long[Enum.GetValues<PeerEvent>().Length];

    /// <summary>How often it happened.</summary>
    public long this[PeerEvent kind] => Interlocked.Read(ref counts[(int)kind]);

    /// <summary>Every counter by its stable snake_case name.</summary>
    public IReadOnlyDictionary<string, long> ToDictionary() =>
        Enum.GetValues<PeerEvent>().Where(kind => kind != PeerEvent.None).ToDictionary(CodeOf, kind => this[kind], StringComparer.Ordinal);

    internal static string CodeOf(PeerEvent kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    internal void Add(PeerEvent kind, long count = 1)
    {
        if (count != 0)
            Interlocked.Add(ref counts[(int)kind], count);
    }
}
