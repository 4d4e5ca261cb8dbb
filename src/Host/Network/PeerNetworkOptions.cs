using System.Net;

namespace Counterfoil.Host.Network;

/// <summary>How a node listens for the others and what it grants them.</summary>
public sealed record PeerNetworkOptions
{
    /// <summary>Where it listens; port 0 takes a free one.</summary>
    public required IPEndPoint Listen { get; init; }

    /// <summary>How often each side of a quiet connection shows that it lives, in milliseconds: 10 to 60,000.</summary>
    public int BeatMilliseconds { get; init; } = 500;

    /// <summary>After how long a silence a connection counts as dead, in milliseconds: more than two beats.</summary>
    public int SilenceMilliseconds { get; init; } = 3_000;

    /// <summary>How long a connection may take until both sides know each other, in milliseconds: 100 to 60,000.</summary>
    public int HandshakeMilliseconds { get; init; } = 5_000;

    /// <summary>How long a dialled node may take to answer at all, in milliseconds: 100 to 60,000.</summary>
    public int ConnectMilliseconds { get; init; } = 1_000;

    /// <summary>How many connections of strangers may be in their handshake, 1 to 10,000.</summary>
    public int MaximumHandshakes { get; init; } = 128;

    /// <summary>How many of them from one address, 1 to 10,000.</summary>
    public int MaximumHandshakesPerAddress { get; init; } = 16;

    /// <summary>Bytes of urgent messages that may wait for one node; a single message may be longer.</summary>
    public int AgreementQueueBytes { get; init; } = 8 << 20;

    /// <summary>Bytes of bulk messages that may wait for one node.</summary>
    public int BulkQueueBytes { get; init; } = 64 << 20;

    /// <summary>The first pause before a node is dialled again, in milliseconds; each further one is twice as long.</summary>
    public int RedialMinimumMilliseconds { get; init; } = 50;

    /// <summary>The longest pause, in milliseconds.</summary>
    public int RedialMaximumMilliseconds { get; init; } = 1_000;

    /// <summary>
    /// After how many bytes a connection makes room for a new one, so that no traffic key encrypts more than it safely can: far below the
    /// 2^24.5 full records of AES-GCM. <b>Source:</b> RFC 8446 section 5.5.
    /// </summary>
    public long RenewAfterBytes { get; init; } = 64L << 30;

    /// <summary>What a test does to the links; null in every other composition.</summary>
    internal ILinkFaults? Faults { get; init; }
}
