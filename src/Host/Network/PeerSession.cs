using System.Net.Security;
using System.Net.Sockets;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Network;

/// <summary>
/// One connection whose other side is known. Messages go from the dialling side to the accepting one; both show that they live. A session
/// ends once, for one reason.
/// </summary>
internal sealed class PeerSession
{
    private const int FaultPollMilliseconds = 10;

    private readonly PeerContext context;
    private readonly Socket socket;
    private readonly SslStream stream;
    private readonly Action<ReadOnlyMemory<byte>>? receive;
    private readonly MessageAssembler assembler = new();
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // When the wait for bytes began; while what came is being handled the other side is not silent, we are busy.
    private long waitingSince = long.MaxValue;
    private int ended;

    /// <param name="context">What all sessions share.</param>
    /// <param name="found">The other side.</param>
    /// <param name="socket">The connection, owned from now on.</param>
    /// <param name="stream">The connection's stream, authenticated.</param>
    /// <param name="receive">Takes messages; null on the dialling side, to which none may come.</param>
    public PeerSession(PeerContext context, PeerTls.Found found, Socket socket, SslStream stream, Action<ReadOnlyMemory<byte>>? receive)
    {
        this.context = context;
        this.socket = socket;
        this.stream = stream;
        this.receive = receive;
        Peer = found.Node;
        Certificate = found.Certificate;
        Queue = new SendQueue(context.Options.AgreementQueueBytes, context.Options.BulkQueueBytes);
    }

    public AccountId Peer { get; }

    public Digest<OrganisationCertificate> Certificate { get; }

    public SendQueue Queue { get; }

    /// <summary>Why it ended; none while it stands.</summary>
    public PeerEvent EndReason => (PeerEvent)Volatile.Read(ref ended);

    /// <summary>Ends when nothing of the session runs any more.</summary>
    public Task Completion => completion.Task;

    /// <summary>On the accepting side, before anything else: tells the dialler that it was accepted.</summary>
    public async Task WelcomeAsync(CancellationToken cancellation)
    {
        if (EndReason != PeerEvent.None)
            return;
        try
        {
            await stream.WriteAsync(PeerFrame.Welcome.ToArray(), cancellation);
        }
        catch (Exception fault) when (PeerTls.IsOfConnection(fault))
        {
            End(PeerEvent.Closed);
        }
    }

    /// <summary>Carries frames until the session has ended.</summary>
    public async Task RunAsync()
    {
        try
        {
            await Task.WhenAll(Task.Run(WriteAllAsync), Task.Run(ReadAllAsync));
        }
        finally
        {
            End(PeerEvent.Closed);
            await stream.DisposeAsync();
            completion.SetResult();
        }
    }

    /// <summary>Ends the session; the first reason counts.</summary>
    public void End(PeerEvent reason)
    {
        if (Interlocked.CompareExchange(ref ended, (int)reason, 0) != 0)
            return;
        context.Counters.Add(reason);
        context.Counters.Add(PeerEvent.DroppedUnreachable, Queue.Close());
        socket.Dispose();
    }

    /// <summary>Called every beat: shows life, and ends the session if the other side shows none.</summary>
    /// <param name="now">The monotonic clock.</param>
    /// <param name="isLate">The process itself stood still, so that silence proves nothing.</param>
    public void Beat(long now, bool isLate)
    {
        var since = Volatile.Read(ref waitingSince);
        if (isLate && since != long.MaxValue)
            Interlocked.CompareExchange(ref waitingSince, now, since);
        else if (since < now && TimeProvider.System.GetElapsedTime(since, now).TotalMilliseconds > context.Options.SilenceMilliseconds)
            End(PeerEvent.Silent);
        Queue.PutBeat();
    }

    private async Task WriteAllAsync()
    {
        // The accepting side sends signs of life alone.
        var batch = new byte[receive is null ? SendQueue.BatchBytes : PeerFrame.HeaderBytes];
        long total = 0;
        try
        {
            while (await Queue.WaitAsync())
            {
                while (Queue.Fill(batch, out var messages) is > 0 and var bytes)
                {
                    if (context.Options.Faults is { } faults)
                        await ObeyAsync(() => faults.Outgoing(Peer));
                    await stream.WriteAsync(batch.AsMemory(0, bytes));
                    context.Counters.Add(PeerEvent.MessagesSent, messages);
                    context.Counters.Add(PeerEvent.BytesSent, bytes);
                    total += bytes;
                }
                // At a moment when nothing waits.
                if (total > context.Options.RenewAfterBytes)
                    End(PeerEvent.Renewed);
            }
        }
        catch (Exception fault) when (PeerTls.IsOfConnection(fault))
        {
            End(PeerEvent.Closed);
        }
    }

    private async Task ReadAllAsync()
    {
        var buffer = new byte[2 * PeerFrame.MaximumBytes];
        var filled = 0;
        try
        {
            while (EndReason == PeerEvent.None)
            {
                Volatile.Write(ref waitingSince, TimeProvider.System.GetTimestamp());
                var count = await stream.ReadAsync(buffer.AsMemory(filled));
                if (context.Options.Faults is { } faults)
                    await ObeyAsync(() => faults.Incoming(Peer));
                Volatile.Write(ref waitingSince, long.MaxValue);
                if (count == 0)
                    break;
                context.Counters.Add(PeerEvent.BytesReceived, count);
                filled += count;
                var taken = TakeFrames(buffer.AsSpan(0, filled));
                if (taken < 0)
                    break;
                // What is left is less than a frame.
                buffer.AsSpan(taken, filled - taken).CopyTo(buffer);
                filled -= taken;
            }
            End(PeerEvent.Closed);
        }
        catch (Exception fault) when (PeerTls.IsOfConnection(fault))
        {
            End(PeerEvent.Closed);
        }
    }

    /// <summary>The bytes of whole frames, or -1 if the session has ended.</summary>
    private int TakeFrames(ReadOnlySpan<byte> data)
    {
        var taken = 0;
        while (true)
        {
            switch (PeerFrame.TryRead(data[taken..], out var kind, out var lane, out var content))
            {
                case PeerFrame.Reading.Incomplete:
                    return taken;
                case PeerFrame.Reading.Complete when kind == FrameKind.Beat:
                    taken += PeerFrame.HeaderBytes;
                    break;
                case PeerFrame.Reading.Complete when receive is not null && assembler.TryAccept(kind, lane, content, out var message):
                    taken += PeerFrame.HeaderBytes + content.Length;
                    if (message is not null && !Deliver(message))
                        return -1;
                    break;
                default:
                    End(PeerEvent.MalformedFrame);
                    return -1;
            }
        }
    }

    private bool Deliver(byte[] message)
    {
        // A session that was replaced or refused delivers nothing more.
        if (EndReason != PeerEvent.None)
            return false;
        context.Counters.Add(PeerEvent.MessagesReceived);
        try
        {
            receive!(message);
            return true;
        }
        catch (Exception fault)
        {
            // One node's message must not take down the connections of the others; the fault is the receiver's and is told.
            PeerLog.ReceiverFault(context.Log, fault, Peer.ToString());
            End(PeerEvent.ReceiverFault);
            return false;
        }
    }

    private async Task ObeyAsync(Func<LinkFault> faultAtPresent)
    {
        if (faultAtPresent().DelayMilliseconds is > 0 and var delay)
            await Task.Delay(delay);
        while (faultAtPresent().IsCut && EndReason == PeerEvent.None)
            await Task.Delay(FaultPollMilliseconds);
    }
}
