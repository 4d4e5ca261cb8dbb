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
        var isFailing = false;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var socket = await listening.AcceptAsync(stop);
                isFailing = false;
                Take(socket, stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException fault) when (fault.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // It was gone before it was taken.
                context.Counters.Add(PeerEvent.HandshakeFailed);
            }
            catch (SocketException fault)
            {
                // Out of descriptors, say: the socket still listens.
                if (!isFailing)
                    PeerLog.AcceptFailed(context.Log, fault.SocketErrorCode.ToString());
                isFailing = true;
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

    private void Take(Socket socket, CancellationToken stop)
    {
        HandshakeGate.Entry stranger;
        try
        {
            // Entered here, in order of arrival, and not when the pool gets to it.
            stranger = strangers.Enter(socket, (IPEndPoint)socket.RemoteEndPoint!);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
        var serving = Task.Run(() => ServeAsync(socket, stranger, stop), CancellationToken.None);
        running.TryAdd(serving, true);
        _ = serving.ContinueWith(ended => running.TryRemove(ended, out _), TaskScheduler.Default);
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
        catch (Exception fault)
        {
            // A directory that throws admits nobody.
            PeerLog.ConnectionFault(context.Log, fault);
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
        try
        {
            if (!context.Directory.TryFind(session.Certificate, out var node) || node != session.Peer)
                session.End(PeerEvent.NoLongerAdmitted);
        }
        catch (Exception fault)
        {
            // A directory that throws admits nobody, and the other sessions are looked at all the same.
            PeerLog.ConnectionFault(context.Log, fault);
            session.End(PeerEvent.ReceiverFault);
        }
    }
}
