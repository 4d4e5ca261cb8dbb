using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Network;

/// <summary>Takes in the connections that others dial: strangers through the gate, admitted nodes to their one session each.</summary>
internal sealed class PeerAcceptor(PeerContext context, Socket listening, IPeerListener listener, Action<AccountId> tellAccepted)
{
    private const int RetryMilliseconds = 50;

    private readonly Lock gate = new();
    private readonly Dictionary<AccountId, PeerSession> sessions = [];
    private readonly ConcurrentDictionary<Task, bool> running = new();
    private readonly HandshakeGate strangers = new(context.Options.MaximumHandshakes, context.Options.MaximumHandshakesPerAddress);

    /// <summary>The sessions that stand.</summary>
    public IReadOnlyList<PeerSession> Sessions
    {
        get
        {
            lock (gate)
                return [.. sessions.Values];
        }
    }

    /// <summary>Accepts until told to stop, then waits for what runs.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var stopping = stop.Register(() =>
        {
            foreach (var session in Sessions)
                session.End(PeerEvent.Stopped);
        });
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var socket = await listening.AcceptAsync(stop);
                // Entered here, in order of arrival, and not when the pool gets to it.
                var stranger = strangers.Enter(socket, (IPEndPoint)socket.RemoteEndPoint!);
                var serving = Task.Run(() => ServeAsync(socket, stranger, stop), CancellationToken.None);
                running.TryAdd(serving, true);
                _ = serving.ContinueWith(ended => running.TryRemove(ended, out _), TaskScheduler.Default);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException fault)
            {
                // Out of descriptors, or a connection that was gone at once: the socket still listens.
                PeerLog.AcceptFailed(context.Log, fault.SocketErrorCode.ToString());
                await Task.Delay(RetryMilliseconds, CancellationToken.None);
            }
        }
        await Task.WhenAll(running.Keys);
    }

    /// <summary>Ends the sessions of nodes that are no longer admitted.</summary>
    public void Recheck()
    {
        foreach (var session in Sessions)
            Recheck(session);
    }

    private async Task ServeAsync(Socket socket, HandshakeGate.Entry stranger, CancellationToken stop)
    {
        var endpoint = stranger.Endpoint;
        PeerSession? session;
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(stop))
        {
            limit.CancelAfter(context.Options.HandshakeMilliseconds);
            try
            {
                session = await AuthenticateAsync(socket, stranger, limit.Token);
            }
            finally
            {
                strangers.Leave(stranger);
            }
            if (session is null)
                return;
            await WelcomeAsync(session, limit.Token);
        }
        if (session.EndReason == PeerEvent.None)
        {
            context.Counters.Add(PeerEvent.Accepted);
            PeerLog.Accepted(context.Log, session.Peer.ToString(), endpoint);
            tellAccepted(session.Peer);
        }
        if (stop.IsCancellationRequested)
            session.End(PeerEvent.Stopped);
        // Also where it has ended already: whoever replaces it waits for that.
        await session.RunAsync();
        lock (gate)
        {
            if (sessions.GetValueOrDefault(session.Peer) == session)
                sessions.Remove(session.Peer);
        }
        PeerLog.AcceptedEnded(context.Log, session.Peer.ToString(), endpoint, PeerCounters.CodeOf(session.EndReason));
    }

    private async Task<PeerSession?> AuthenticateAsync(Socket socket, HandshakeGate.Entry stranger, CancellationToken limit)
    {
        SslStream? stream = null;
        var found = new PeerTls.Found();
        var failure = PeerEvent.HandshakeFailed;
        try
        {
            PeerTls.Configure(socket);
            var first = new byte[1];
            if (await socket.ReceiveAsync(first, SocketFlags.Peek, limit) == 0 || first[0] != PeerTls.HandshakeRecord)
                failure = PeerEvent.NotTls;
            else
            {
                stream = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
                await PeerTls.AcceptAsync(stream, context, found, limit);
                if (!context.IsCut(found.Node))
                    return new PeerSession(context, found, socket, stream, message => listener.Received(found.Node, message));
            }
        }
        catch (OperationCanceledException)
        {
            failure = PeerEvent.HandshakeTimedOut;
        }
        catch (Exception fault) when (PeerTls.IsOfConnection(fault))
        {
            failure = stranger.IsDisplaced ? PeerEvent.HandshakeDisplaced : found.IsRefused ? PeerEvent.PeerNotAdmitted : failure;
        }
        context.Counters.Add(failure);
        socket.Dispose();
        if (stream is not null)
            await stream.DisposeAsync();
        return null;
    }

    /// <summary>Puts the session in the place of the node's last one, once nothing of that can be delivered any more.</summary>
    private async Task WelcomeAsync(PeerSession session, CancellationToken limit)
    {
        PeerSession? last;
        lock (gate)
        {
            last = sessions.GetValueOrDefault(session.Peer);
            sessions[session.Peer] = session;
        }
        if (last is not null)
        {
            last.End(PeerEvent.Replaced);
            await last.Completion;
        }
        // The directory may have changed since the handshake, before a recheck could see this session.
        Recheck(session);
        await session.WelcomeAsync(limit);
    }

    private void Recheck(PeerSession session)
    {
        if (!context.Directory.TryFind(session.Certificate, out var node) || node != session.Peer)
            session.End(PeerEvent.NoLongerAdmitted);
    }
}
