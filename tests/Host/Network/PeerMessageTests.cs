using System.Buffers.Binary;
using System.Security.Cryptography;
using Counterfoil.Host.Network;
using Counterfoil.Ledger.Consensus;
using Xunit.Abstractions;

namespace Counterfoil.Host.Tests.Network;

/// <summary>What is sent between two admitted nodes, over real sockets and real TLS.</summary>
public sealed class PeerMessageTests(ITestOutputHelper output)
{
    private const int Chunk = PeerFrame.ChunkBytes;

    [Fact]
    public async Task Messages_OfOneLane_ArriveWholeAndInOrder()
    {
        var peers = await TestPeer.StartGroupAsync(3);
        try
        {
            var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
            output.WriteLine($"seed {seed}");
            var random = new Random(seed);
            int[] edges = [5, 6, Chunk - 1, Chunk, Chunk + 1, 2 * Chunk, 2 * Chunk + 1, IPeerNetwork.LargestMessage];
            var sizes = edges.Concat(Enumerable.Range(0, 300).Select(index => random.Next(5, index % 20 == 0 ? 300_000 : 2_000))).ToArray();
            var sent = sizes.Select((size, index) => Message(random, (PeerLane)(index % 2), index, size)).ToArray();
            foreach (var message in sent)
                peers[0].Send(peers[1], message, (PeerLane)message[0]);
            await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == sent.Length, "all messages arrive");

            Assert.All(peers[1].Listener.Received, message => Assert.Equal(peers[0].Account, message.From));
            Assert.Equal(0, peers[2].Listener.ReceivedCount);
            foreach (var lane in (PeerLane[])[PeerLane.Agreement, PeerLane.Bulk])
            {
                var arrived = peers[1].Listener.Received.Select(message => message.Message.ToArray()).Where(message => message[0] == (byte)lane).ToArray();
                var expected = sent.Where(message => message[0] == (byte)lane).ToArray();
                Assert.Equal(expected.Length, arrived.Length);
                for (var index = 0; index < expected.Length; index++)
                    Assert.True(expected[index].AsSpan().SequenceEqual(arrived[index]), $"Message {index} of {lane} is another.");
            }
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Message_WithoutContent_Arrives()
    {
        var peers = await TestPeer.StartGroupAsync(2);
        try
        {
            peers[1].Send(peers[0], ReadOnlyMemory<byte>.Empty);
            await Eventually.HoldsAsync(() => peers[0].Listener.ReceivedCount == 1, "it arrives");
            Assert.Equal(0, peers[0].Listener.Received[0].Message.Length);
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Vote_SentAfterFourTimes16MebibytesOfBulk_ArrivesBeforeTheFirstOfThem()
    {
        var faults = new SwitchedFaults();
        var peers = await TestPeer.StartGroupAsync(2, options => options with { Faults = faults });
        try
        {
            // Held back until all waits in the queue, so that the test does not depend on who is faster.
            faults.Cut(peers[1].Account);
            var bulk = new byte[IPeerNetwork.LargestMessage];
            for (var index = 0; index < 4; index++)
                peers[0].Send(peers[1], bulk, PeerLane.Bulk);
            await Task.Delay(100);
            peers[0].Send(peers[1], new byte[500]);
            faults.Heal();
            await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == 5, "all arrives");

            Assert.Equal(
                [500, bulk.Length, bulk.Length, bulk.Length, bulk.Length], peers[1].Listener.Received.Select(message => message.Message.Length));
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Votes_SentDuringBulk_WaitBehindLittleOfIt()
    {
        var peers = await TestPeer.StartGroupAsync(2);
        try
        {
            var arrival = new List<(int Size, long At)>();
            peers[1].Listener.OnReceived = (_, message) => arrival.Add((message.Length, TimeProvider.System.GetTimestamp()));
            peers[0].Send(peers[1], new byte[IPeerNetwork.LargestMessage], PeerLane.Bulk);
            peers[0].Send(peers[1], new byte[IPeerNetwork.LargestMessage], PeerLane.Bulk);
            peers[0].Send(peers[1], new byte[IPeerNetwork.LargestMessage], PeerLane.Bulk);
            peers[0].Send(peers[1], new byte[500]);
            await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == 4, "all arrives");

            Assert.NotEqual(500, arrival[^1].Size);
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Message_BeyondWhatMayWait_IsDroppedAndCountedAndTheRestArrives()
    {
        var faults = new SwitchedFaults();
        var peers = await TestPeer.StartGroupAsync(2, options => options with { Faults = faults, AgreementQueueBytes = 10_000, BulkQueueBytes = 3_000_000 });
        try
        {
            faults.Cut(peers[1].Account);
            // What has been taken out to be written no longer waits.
            for (var index = 0; index < 400; index++)
                peers[0].Send(peers[1], new byte[1_000]);
            for (var index = 0; index < 10; index++)
                peers[0].Send(peers[1], new byte[1_000_000], PeerLane.Bulk);
            var dropped = peers[0].Network.Counters[PeerEvent.DroppedFull];
            Assert.InRange(dropped, 1, 408);
            faults.Heal();

            await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == 410 - dropped, "what was not dropped arrives");
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Message_ToANodeThatIsNotConnected_IsDroppedAndCounted()
    {
        await using var peer = new TestPeer();
        await using var absent = new TestPeer();
        peer.Directory.Replace(peer.Address, absent.Address);
        peer.Network.Start(peer.Listener);

        peer.Send(absent, new byte[5]);
        peer.Send(peer, new byte[5]);

        Assert.Equal(2, peer.Network.Counters[PeerEvent.DroppedUnreachable]);
        Assert.Throws<ArgumentException>(() => peer.Send(absent, new byte[IPeerNetwork.LargestMessage + 1]));
    }

    private static byte[] Message(Random random, PeerLane lane, int number, int size)
    {
        var message = new byte[size];
        random.NextBytes(message);
        message[0] = (byte)lane;
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), number);
        return message;
    }
}
