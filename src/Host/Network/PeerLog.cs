namespace Counterfoil.Host.Network;

/// <summary>
/// The lines of the log: accounts, addresses and stable codes, never content. What strangers do is counted and summed up, not told one by one.
/// </summary>
internal static partial class PeerLog
{
    [LoggerMessage(20, LogLevel.Information, "Listening for nodes at {Endpoint}")]
    public static partial void Listening(ILogger logger, string endpoint);

    [LoggerMessage(21, LogLevel.Information, "Connected to node {Peer} at {Host}:{Port}")]
    public static partial void Connected(ILogger logger, string peer, string host, int port);

    [LoggerMessage(22, LogLevel.Information, "No longer connected to node {Peer}: {Code}")]
    public static partial void Disconnected(ILogger logger, string peer, string code);

    [LoggerMessage(23, LogLevel.Warning, "Node {Peer} at {Host}:{Port} cannot be connected: {Code}; it is tried again")]
    public static partial void NotConnected(ILogger logger, string peer, string host, int port, string code);

    [LoggerMessage(24, LogLevel.Debug, "Node {Peer} is connected from {Endpoint}")]
    public static partial void Accepted(ILogger logger, string peer, string endpoint);

    [LoggerMessage(25, LogLevel.Debug, "Node {Peer} is no longer connected from {Endpoint}: {Code}")]
    public static partial void AcceptedEnded(ILogger logger, string peer, string endpoint, string code);

    [LoggerMessage(26, LogLevel.Warning,
        "Connections refused since the start: {NotAdmitted} not admitted, {Failed} failed, {NotTls} not TLS, {TimedOut} timed out, {Displaced} displaced")]
    public static partial void Refused(ILogger logger, long notAdmitted, long failed, long notTls, long timedOut, long displaced);

    [LoggerMessage(27, LogLevel.Warning, "No connection can be accepted at present ({Code}); it is tried again")]
    public static partial void AcceptFailed(ILogger logger, string code);

    [LoggerMessage(28, LogLevel.Error, "What came of or from node {Peer} could not be taken")]
    public static partial void ReceiverFault(ILogger logger, Exception fault, string peer);

    [LoggerMessage(29, LogLevel.Error, "A connection could not be made or taken in")]
    public static partial void ConnectionFault(ILogger logger, Exception fault);
}
