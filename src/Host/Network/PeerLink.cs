using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Network;

/// <summary>
/// The way to one node: dials it, again and again with growing pauses, and sends what is meant for it while the connection stands. One link for each
/// account, for ever, so that what the listener is told of a node comes in order.
/// </summary>
internal sealed class PeerLink(PeerContext context, AccountId peer, Action<AccountId, bool> tellConnected)
{
    private TaskCompletionSource hurry = NewHurry();
    private volatile PeerAddress? address;
    private volatile PeerSession? session;

    public AccountId Peer => peer;

    /// <summary>The connection, while it stands.</summary>
    public PeerSession? Session => session;

    /// <summary>Says where the node is from now on; null if it is nowhere any more.</summary>
    public void SetAddress(PeerAddress? value)
    {
        if (address == value)
            return;
        address = value;
        // A session that comes to stand meanwhile looks at the address once more.
        session?.End(PeerEvent.NoLongerAdmitted);
        EndPause();
    }

    /// <summary>Dials without waiting any longer, unless connected: the node has just shown that it is there.</summary>
    public void Hurry()
    {
        if (session is null)
            EndPause();
    }

    public void Send(ReadOnlyMemory<byte> message, PeerLane lane)
    {
        var outcome = session?.Queue.Put(message, lane) ?? PeerEvent.DroppedUnreachable;
        if (outcome != PeerEvent.None)
            context.Counters.Add(outcome);
    }

    public async Task RunAsync(CancellationToken stop)
    {
        var pause = context.Options.RedialMinimumMilliseconds;
        var lastFailure = PeerEvent.None;
        while (!stop.IsCancellationRequested)
        {
            // Whoever hurries from here on is served: the address is read after this.
            Volatile.Write(ref hurry, NewHurry());
            if (address is not { } target)
            {
                await PauseAsync(Timeout.Infinite, stop);
                continue;
            }
            var (opened, failure) = await DialAsync(target, stop);
            if (opened is null)
            {
                if (stop.IsCancellationRequested)
                    break;
                context.Counters.Add(failure);
                if (failure != lastFailure)
                    PeerLog.NotConnected(context.Log, peer.ToString(), target.Host, target.Port, PeerCounters.CodeOf(failure));
                lastFailure = failure;
            }
            else
            {
                lastFailure = PeerEvent.None;
                var began = TimeProvider.System.GetTimestamp();
                await CarryAsync(opened, target, stop);
                // One that ends at once, as where two processes use one certificate, must not be dialled without pause.
                if (TimeProvider.System.GetElapsedTime(began).TotalMilliseconds > context.Options.RedialMaximumMilliseconds)
                    pause = context.Options.RedialMinimumMilliseconds;
            }
            // Between half and the whole, so that nodes that lost each other together do not dial together.
            await PauseAsync(RandomNumberGenerator.GetInt32(pause / 2, pause + 1), stop);
            pause = Math.Min(pause * 2, context.Options.RedialMaximumMilliseconds);
        }
    }

    private async Task CarryAsync(PeerSession opened, PeerAddress target, CancellationToken stop)
    {
        // Who hurried while this was dialled has what he wanted; a change of address is looked at next.
        Volatile.Write(ref hurry, NewHurry());
        session = opened;
        if (address != target)
            opened.End(PeerEvent.NoLongerAdmitted);
        using var _ = stop.Register(() => opened.End(PeerEvent.Stopped));
        context.Counters.Add(PeerEvent.Dialled);
        PeerLog.Connected(context.Log, peer.ToString(), target.Host, target.Port);
        var running = opened.RunAsync();
        tellConnected(peer, true);
        await running;
        session = null;
        tellConnected(peer, false);
        PeerLog.Disconnected(context.Log, peer.ToString(), PeerCounters.CodeOf(opened.EndReason));
    }

    private async Task ConnectAsync(Socket socket, PeerAddress target, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(context.Options.ConnectMilliseconds);
        var connecting = socket.ConnectAsync(target.Host, target.Port, limit.Token).AsTask();
        await Task.WhenAny(connecting, Task.Delay(context.Options.ConnectMilliseconds / 2, CancellationToken.None));
        // Its first packets were lost, and the kernel sends the next ones later and later; if the node shows itself meanwhile, we begin anew.
        if (await Task.WhenAny(connecting, Volatile.Read(ref hurry).Task) != connecting)
            socket.Dispose();
        await connecting;
    }

    private Task PauseAsync(int milliseconds, CancellationToken stop) =>
        Task.WhenAny(Task.Delay(milliseconds, stop), Volatile.Read(ref hurry).Task);

    private void EndPause() => Volatile.Read(ref hurry).TrySetResult();

    private static TaskCompletionSource NewHurry() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task<(PeerSession? Opened, PeerEvent Failure)> DialAsync(PeerAddress target, CancellationToken stop)
    {
        if (context.IsCut(peer))
            return (null, PeerEvent.Unreachable);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(context.Options.HandshakeMilliseconds);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        SslStream? stream = null;
        var found = new PeerTls.Found();
        var failure = PeerEvent.Unreachable;
        try
        {
            await ConnectAsync(socket, target, limit.Token);
            PeerTls.Configure(socket);
            failure = PeerEvent.HandshakeFailed;
            stream = new SslStream(new NetworkStream(socket), leaveInnerStreamOpen: false);
            await PeerTls.DialAsync(stream, context, target, found, limit.Token);
            // In TLS 1.3 this side is done before the other has looked at its certificate: only the welcome shows that it was accepted.
            failure = PeerEvent.RefusedByPeer;
            var welcome = new byte[PeerFrame.HeaderBytes];
            await stream.ReadExactlyAsync(welcome, limit.Token);
            if (welcome.AsSpan().SequenceEqual(PeerFrame.Welcome))
                return (new PeerSession(context, found, socket, stream, receive: null), PeerEvent.None);
            failure = PeerEvent.MalformedFrame;
        }
        catch (OperationCanceledException) when (failure != PeerEvent.Unreachable)
        {
            failure = PeerEvent.HandshakeTimedOut;
        }
        catch (Exception fault) when (PeerTls.IsOfConnection(fault))
        {
            failure = found.IsRefused ? PeerEvent.PeerNotAdmitted : failure;
        }
        catch (Exception fault)
        {
            // A directory that throws, or an address that is none: told, and tried again when it may be better.
            PeerLog.ConnectionFault(context.Log, fault);
        }
        socket.Dispose();
        if (stream is not null)
            await stream.DisposeAsync();
        return (null, failure);
    }
}
