using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Network;

/// <summary>
/// Direct connections between nodes over mutual TLS 1.3: every node dials every other, sends on the connection that it dialled and receives on those
/// that it accepted. A node is connected while the connection that was dialled to it stands. <b>Source:</b> kernel.md sections 6 and 7; the
/// specification of certificate management, step 7.
/// </summary>
public sealed class PeerNetwork : IPeerNetwork, IAsyncDisposable
{
    private const int Backlog = 512;
    private const int SummaryMilliseconds = 10_000;

    private readonly PeerContext context;
    private readonly Socket listening;
    private readonly CancellationTokenSource stop = new();
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<AccountId, PeerLink> links = new();
    private readonly List<Task> running = [];
    private volatile IReadOnlyCollection<AccountId> connected = [];
    private IPeerListener? listener;
    private PeerAcceptor? acceptor;
    private bool isDisposed;

    private PeerNetwork(PeerContext context, Socket listening)
    {
        this.context = context;
        this.listening = listening;
        Endpoint = (IPEndPoint)listening.LocalEndPoint!;
    }

    /// <summary>Where it listens, with the port that was taken.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary>What happened since the start.</summary>
    public PeerCounters Counters => context.Counters;

    public IReadOnlyCollection<AccountId> Connected => connected;

    /// <summary>Takes the address; nothing is accepted or dialled before <see cref="Start"/>.</summary>
    /// <param name="options">Where to listen, and the limits.</param>
    /// <param name="self">The account of this node.</param>
    /// <param name="certificate">What this node shows; stays the caller's.</param>
    /// <param name="directory">Who is admitted.</param>
    /// <param name="log">Where connections and refusals are told.</param>
    /// <exception cref="SocketException">The address cannot be used.</exception>
    public static PeerNetwork Open(PeerNetworkOptions options, AccountId self, TlsCertificate certificate, IPeerDirectory directory, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.SilenceMilliseconds, 2 * options.BeatMilliseconds);
        var listening = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (options.Listen.Address.Equals(IPAddress.IPv6Any))
                listening.DualMode = true;
            listening.Bind(options.Listen);
            listening.Listen(Backlog);
        }
        catch
        {
            listening.Dispose();
            throw;
        }
        return new PeerNetwork(new PeerContext(options, self, certificate, directory, new PeerCounters(), log), listening);
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    public void Start(IPeerListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, this);
            if (this.listener is not null)
                throw new InvalidOperationException("The network has a listener already.");
            this.listener = listener;
            acceptor = new PeerAcceptor(context, listening, listener, peer => links.GetValueOrDefault(peer)?.Hurry());
            running.Add(Task.Run(() => acceptor.RunAsync(stop.Token)));
            running.Add(Task.Run(BeatAsync));
        }
        PeerLog.Listening(context.Log, Endpoint.ToString());
        Recheck();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The message is longer than <see cref="IPeerNetwork.LargestMessage"/>.</exception>
    public void Send(AccountId to, ReadOnlyMemory<byte> message, PeerLane lane)
    {
        if (message.Length > IPeerNetwork.LargestMessage)
            throw new ArgumentException($"A message has at most {IPeerNetwork.LargestMessage} bytes.", nameof(message));
        if (links.TryGetValue(to, out var link))
            link.Send(message, lane);
        else
            Counters.Add(PeerEvent.DroppedUnreachable);
    }

    /// <summary>
    /// Looks at the directory again: closes connections whose certificate is no longer admitted or is another node's now, dials newcomers, and
    /// dials anew where address or certificate changed. Called after the directory changed.
    /// </summary>
    public void Recheck()
    {
        lock (gate)
        {
            if (isDisposed || acceptor is null)
                return;
            var wanted = new Dictionary<AccountId, PeerAddress>();
            foreach (var peer in context.Directory.Peers)
                if (peer.Node != context.Self)
                    wanted.TryAdd(peer.Node, peer);
            foreach (var node in wanted.Keys.Where(node => !links.ContainsKey(node)))
            {
                var link = new PeerLink(context, node, TellConnected);
                links[node] = link;
                running.Add(Task.Run(() => link.RunAsync(stop.Token)));
            }
            foreach (var link in links.Values)
                link.SetAddress(wanted.GetValueOrDefault(link.Peer));
        }
        acceptor.Recheck();
    }

    /// <summary>Closes all connections and waits until the listener is told nothing more.</summary>
    public async ValueTask DisposeAsync()
    {
        Task[] all;
        lock (gate)
        {
            if (isDisposed)
                return;
            isDisposed = true;
            all = [.. running];
        }
        await stop.CancelAsync();
        listening.Dispose();
        await Task.WhenAll(all);
        stop.Dispose();
    }

    private void TellConnected(AccountId peer, bool isConnected)
    {
        lock (gate)
            connected = [.. links.Values.Where(link => link.Session is not null).Select(link => link.Peer)];
        try
        {
            if (isConnected)
                listener!.Connected(peer);
            else
                listener!.Disconnected(peer);
        }
        catch (Exception fault)
        {
            // The receiver's fault is told; the link stands all the same.
            PeerLog.ReceiverFault(context.Log, fault, peer.ToString());
        }
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(context.Options.BeatMilliseconds));
        var last = TimeProvider.System.GetTimestamp();
        var summarised = last;
        long toldOf = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                var now = TimeProvider.System.GetTimestamp();
                var isLate = TimeProvider.System.GetElapsedTime(last, now).TotalMilliseconds > context.Options.SilenceMilliseconds / 2.0;
                last = now;
                foreach (var link in links.Values)
                    link.Session?.Beat(now, isLate);
                foreach (var session in acceptor!.Sessions)
                    session.Beat(now, isLate);
                if (TimeProvider.System.GetElapsedTime(summarised, now).TotalMilliseconds < SummaryMilliseconds)
                    continue;
                summarised = now;
                toldOf = TellRefused(toldOf);
            }
        }
        catch (OperationCanceledException)
        {
            TellRefused(toldOf);
        }
    }

    private long TellRefused(long toldOf)
    {
        long notAdmitted = Counters[PeerEvent.PeerNotAdmitted], failed = Counters[PeerEvent.HandshakeFailed], notTls = Counters[PeerEvent.NotTls],
            timedOut = Counters[PeerEvent.HandshakeTimedOut], displaced = Counters[PeerEvent.HandshakeDisplaced];
        var total = notAdmitted + failed + notTls + timedOut + displaced;
        if (total > toldOf)
            PeerLog.Refused(context.Log, notAdmitted, failed, notTls, timedOut, displaced);
        return total;
    }
}
