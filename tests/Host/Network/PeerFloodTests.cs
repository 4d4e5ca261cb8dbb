using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Counterfoil.Host.Network;

namespace Counterfoil.Host.Tests.Network;

/// <summary>Strangers that open connections to do harm: from their own address, 127.0.0.2, and from that of the nodes.</summary>
public sealed class PeerFloodTests
{
    [Fact]
    public async Task Garbage_InsteadOfTls_IsClosedAtTheFirstByte()
    {
        await using var node = new TestPeer();
        node.Network.Start(node.Listener);
        using var socket = await ConnectAsync(node, "127.0.0.2");
        await socket.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        await ReadToEndAsync(socket);
        Assert.Equal(1, node.Network.Counters[PeerEvent.NotTls]);
    }

    [Fact]
    public async Task Connection_ThatStaysSilent_IsClosedAfterTheTimeForHandshakes()
    {
        await using var node = new TestPeer(options => options with { HandshakeMilliseconds = 200 });
        node.Network.Start(node.Listener);
        using var silent = await ConnectAsync(node, "127.0.0.2");
        using var stuck = await ConnectAsync(node, "127.0.0.2");
        await stuck.SendAsync(new byte[] { 22, 3, 1, 2, 0, 1 });

        await ReadToEndAsync(silent);
        await ReadToEndAsync(stuck);
        Assert.Equal(2, node.Network.Counters[PeerEvent.HandshakeTimedOut]);
    }

    [Fact]
    public async Task Handshakes_BeyondThoseOfOneAddress_DisplaceTheOldestOfThatAddress()
    {
        await using var node = new TestPeer(options => options with { MaximumHandshakes = 4, MaximumHandshakesPerAddress = 3 });
        node.Network.Start(node.Listener);
        using var other = await ConnectAsync(node, "127.0.0.3");
        var sockets = new List<Socket>();
        for (var index = 0; index < 10; index++)
            sockets.Add(await ConnectAsync(node, "127.0.0.2"));

        await Eventually.HoldsAsync(() => node.Network.Counters[PeerEvent.HandshakeDisplaced] == 7, "the older ones are displaced");
        foreach (var socket in sockets[..7])
            await ReadToEndAsync(socket);
        Assert.All(sockets[7..].Append(other), socket => Assert.False(socket.Poll(0, SelectMode.SelectRead)));
        // The whole gate is full: the newcomer displaces one of the address that has most.
        using var third = await ConnectAsync(node, "127.0.0.4");
        await ReadToEndAsync(sockets[7]);
        Assert.False(other.Poll(0, SelectMode.SelectRead));
        sockets.ForEach(socket => socket.Dispose());
    }

    [Theory]
    [InlineData("127.0.0.2")]
    [InlineData("127.0.0.1")]
    public async Task Flood_OfStrangers_StopsNeitherMessagesNorNewNodes(string source)
    {
        await using var newcomer = new TestPeer();
        await using var stranger = new TestPeer();
        var peers = await TestPeer.StartGroupAsync(2);
        using var stop = new CancellationTokenSource();
        var flood = Enumerable.Range(0, 3).Select(kind => Task.Run(() => FloodAsync(peers[0], source, kind, stop.Token))).ToArray();
        // One that speaks TLS and has a certificate, which nobody admitted.
        stranger.Directory.Replace(peers[0].Address);
        stranger.Network.Start(stranger.Listener);
        try
        {
            await Eventually.HoldsAsync(() => peers[0].Network.Counters[PeerEvent.NotTls] > 50, "the flood runs");
            for (var index = 0; index < 1_000; index++)
            {
                peers[1].Send(peers[0], new byte[500]);
                if (index % 100 == 0)
                    await Task.Delay(10);
            }
            await Eventually.HoldsAsync(() => peers[0].Listener.ReceivedCount == 1_000, "messages pass");
            TestPeer.Introduce([newcomer, .. peers]);
            newcomer.Network.Start(newcomer.Listener);
            foreach (var peer in peers)
                peer.Network.Recheck();
            await Eventually.HoldsAsync(() => newcomer.Network.Connected.Count == 2, "a newcomer gets in");
            Assert.Equal([true], peers[1].Listener.ChangesOf(peers[0].Account));
            Assert.True(peers[0].Network.Counters[PeerEvent.PeerNotAdmitted] > 0);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(flood);
            await TestPeer.StopAsync(peers);
        }
    }

    // Garbage, silence, and the beginning of a handshake that never goes on.
    private static async Task FloodAsync(TestPeer target, string source, int kind, CancellationToken stop)
    {
        var open = new Queue<Socket>();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var socket = await ConnectAsync(target, source);
                open.Enqueue(socket);
                if (kind == 0)
                    await socket.SendAsync(RandomNumberGenerator.GetBytes(2_000).Select(value => (byte)(value | 0x80)).ToArray());
                else if (kind == 2)
                    await socket.SendAsync(new byte[] { 22, 3, 1, 2, 0, 1, 0, 1, 252 });
            }
            catch (SocketException)
            {
                // Refused or closed: what the flood is there for.
            }
            if (open.Count > 200)
                open.Dequeue().Dispose();
            await Task.Delay(1, CancellationToken.None);
        }
        while (open.TryDequeue(out var socket))
            socket.Dispose();
    }

    private static async Task<Socket> ConnectAsync(TestPeer target, string source)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Parse(source), 0));
            await socket.ConnectAsync(target.Network.Endpoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task ReadToEndAsync(Socket socket)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            while (await socket.ReceiveAsync(new byte[1_000], SocketFlags.None, limit.Token) > 0)
            {
            }
        }
        catch (SocketException fault)
        {
            Assert.Equal(SocketError.ConnectionReset, fault.SocketErrorCode);
        }
    }
}
