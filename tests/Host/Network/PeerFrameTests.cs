using System.Security.Cryptography;
using Counterfoil.Host.Network;
using Counterfoil.Ledger.Consensus;
using Xunit.Abstractions;

namespace Counterfoil.Host.Tests.Network;

/// <summary>Frames without a network: what the queue writes is what the assembler reads, and nothing else passes.</summary>
public sealed class PeerFrameTests(ITestOutputHelper output)
{
    [Fact]
    public void Queue_ReadBackInPiecesOfAnySize_GivesTheMessages()
    {
        var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var round = 0; round < 50; round++)
        {
            var queue = new SendQueue(1 << 20, 4 << 20);
            List<byte[]>[] sent = [[], []], read = [[], []];
            for (var index = random.Next(1, 20); index > 0; index--)
            {
                var lane = (PeerLane)random.Next(2);
                var message = new byte[random.Next(0, random.Next(1, 200_000))];
                random.NextBytes(message);
                if (queue.Put(message, lane) == PeerEvent.None)
                    sent[(int)lane].Add(message);
            }
            Read(WriteAll(queue), random, read);

            for (var lane = 0; lane < 2; lane++)
            {
                Assert.Equal(sent[lane].Count, read[lane].Count);
                Assert.All(sent[lane].Zip(read[lane]), pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second)));
            }
        }
    }

    [Fact]
    public void Queue_WithUrgentMessages_WritesThemBeforeTheRestOfALongOne()
    {
        var queue = new SendQueue(1 << 20, 4 << 20);
        queue.Put(new byte[1_000_000], PeerLane.Bulk);
        var batch = new byte[SendQueue.BatchBytes];
        Assert.Equal(2 * PeerFrame.ChunkBytes + 2 * PeerFrame.HeaderBytes + PeerFrame.LengthBytes, queue.Fill(batch, out var complete));
        Assert.Equal(0, complete);
        queue.Put(new byte[500], PeerLane.Agreement);
        queue.Fill(batch, out complete);

        Assert.Equal(1, complete);
        Assert.Equal(PeerFrame.Reading.Complete, PeerFrame.TryRead(batch, out var kind, out var lane, out var content));
        Assert.Equal((FrameKind.Message, PeerLane.Agreement, 500), (kind, lane, content.Length));
    }

    [Fact]
    public void Queue_Closed_SaysHowMuchItDropsAndTakesNothingMore()
    {
        var queue = new SendQueue(1 << 20, 4 << 20);
        queue.Put(new byte[10], PeerLane.Agreement);
        queue.Put(new byte[10], PeerLane.Bulk);

        Assert.Equal(2, queue.Close());
        Assert.Equal(PeerEvent.DroppedUnreachable, queue.Put(new byte[10], PeerLane.Bulk));
        Assert.Equal(0, queue.Fill(new byte[SendQueue.BatchBytes], out _));
    }

    [Fact]
    public void Queue_OfLessThanOneMessage_TakesItWhereNothingWaits()
    {
        var queue = new SendQueue(100, 100);
        Assert.Equal(PeerEvent.None, queue.Put(new byte[1_000], PeerLane.Agreement));
        Assert.Equal(PeerEvent.DroppedFull, queue.Put(new byte[1], PeerLane.Agreement));
        Assert.Equal(PeerEvent.None, queue.Put(new byte[100], PeerLane.Bulk));
    }

    [Fact]
    public void Beat_WithOtherFramesWaiting_IsLeftOut()
    {
        var queue = new SendQueue(100, 100);
        var batch = new byte[SendQueue.BatchBytes];
        queue.PutBeat();
        Assert.Equal(PeerFrame.HeaderBytes, queue.Fill(batch, out _));
        Assert.Equal(0, queue.Fill(batch, out _));
        queue.PutBeat();
        queue.Put(new byte[3], PeerLane.Bulk);
        Assert.Equal(PeerFrame.HeaderBytes + 3, queue.Fill(batch, out _));
        Assert.Equal(0, queue.Fill(batch, out _));
    }

    [Fact]
    public void Reader_OfRandomBytes_NeverTakesMoreThanIsThere()
    {
        var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var outcomes = new int[3];
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = new byte[random.Next(0, 40)];
            random.NextBytes(bytes);
            // Half of them with a length that may be one.
            if (bytes.Length > 3 && random.Next(2) == 0)
                (bytes[0], bytes[1], bytes[2], bytes[3]) = (0, 0, 0, (byte)random.Next(40));
            var reading = PeerFrame.TryRead(bytes, out var kind, out var lane, out var content);
            outcomes[(int)reading]++;
            if (reading != PeerFrame.Reading.Complete)
                continue;
            Assert.True(content.Length + PeerFrame.HeaderBytes <= bytes.Length);
            new MessageAssembler().TryAccept(kind, lane, content, out _);
        }
        Assert.All(outcomes, count => Assert.True(count > 0));
    }

    private static byte[] WriteAll(SendQueue queue)
    {
        using var all = new MemoryStream();
        var batch = new byte[SendQueue.BatchBytes];
        while (queue.Fill(batch, out _) is > 0 and var bytes)
            all.Write(batch, 0, bytes);
        return all.ToArray();
    }

    private static void Read(byte[] bytes, Random random, List<byte[]>[] read)
    {
        var assembler = new MessageAssembler();
        var (taken, there) = (0, 0);
        while (taken < bytes.Length)
        {
            there = Math.Min(bytes.Length, there + random.Next(1, 100_000));
            while (PeerFrame.TryRead(bytes.AsSpan(taken, there - taken), out var kind, out var lane, out var content) == PeerFrame.Reading.Complete)
            {
                Assert.True(assembler.TryAccept(kind, lane, content, out var message));
                if (message is not null)
                    read[(int)lane].Add(message);
                taken += PeerFrame.HeaderBytes + content.Length;
            }
        }
    }
}
