using System.Diagnostics;
using System.Runtime.CompilerServices;
using Counterfoil.Host.Network;
using Counterfoil.Ledger.Consensus;
using Xunit.Abstractions;

namespace Counterfoil.Host.Tests.Network;

/// <summary>What small messages cost over loopback TLS. Times are printed and never asserted; what is asserted is that every message arrives.</summary>
public sealed class PeerSpeedTests(ITestOutputHelper output)
{
    private const int VoteBytes = 500;

    [Fact]
    public async Task Votes_SentAsFastAsPossible_AllArrive()
    {
        const int count = 100_000;
        var peers = await TestPeer.StartGroupAsync(2, options => options with { AgreementQueueBytes = 2 * count * VoteBytes });
        try
        {
            var vote = new byte[VoteBytes];
            var arrived = new StrongBox<int>();
            peers[1].Listener.OnReceived = (_, _) => Interlocked.Increment(ref arrived.Value);
            foreach (var round in (string[])["first", "second", "third"])
            {
                Volatile.Write(ref arrived.Value, 0);
                var (cpu, allocated) = (Process.GetCurrentProcess().TotalProcessorTime, GC.GetTotalAllocatedBytes());
                var watch = Stopwatch.StartNew();
                for (var index = 0; index < count; index++)
                    peers[0].Send(peers[1], vote);
                var sending = watch.Elapsed;
                await Eventually.HoldsAsync(() => Volatile.Read(ref arrived.Value) == count, "all arrive");
                var elapsed = watch.Elapsed;
                cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
                output.WriteLine(
                    $"{round}: {count / elapsed.TotalSeconds:N0} votes/s; Send {sending.TotalMicroseconds / count:N2} us; CPU of both sides "
                    + $"{cpu.TotalMicroseconds / count:N2} us, allocated {(GC.GetTotalAllocatedBytes() - allocated) / count} B a vote");
            }
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Theory]
    [InlineData("alone", 0)]
    [InlineData("beside bulk", 256 << 10)]
    public async Task Votes_SentOneAfterTheOther_AllArrive(string situation, int bulkBytes)
    {
        const int count = 2_000;
        var peers = await TestPeer.StartGroupAsync(2);
        try
        {
            using var arrived = new SemaphoreSlim(0);
            peers[1].Listener.OnReceived = (_, message) =>
            {
                if (message.Length == VoteBytes)
                    arrived.Release();
            };
            var (vote, bulk) = (new byte[VoteBytes], new byte[bulkBytes]);
            var microseconds = new double[count];
            for (var index = 0; index < count; index++)
            {
                if (bulkBytes > 0)
                    peers[0].Send(peers[1], bulk, PeerLane.Bulk);
                var began = Stopwatch.GetTimestamp();
                peers[0].Send(peers[1], vote);
                Assert.True(await arrived.WaitAsync(TimeSpan.FromSeconds(20)));
                microseconds[index] = Stopwatch.GetElapsedTime(began).TotalMicroseconds;
            }
            Array.Sort(microseconds);
            output.WriteLine($"{situation}: p50 {microseconds[count / 2]:N0} us, p99 {microseconds[count * 99 / 100]:N0} us, most {microseconds[^1]:N0} us");
            Assert.Equal(0, peers[0].Network.Counters[PeerEvent.DroppedFull]);
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Bulk_OfTheLargestMessages_AllArrives()
    {
        const int count = 12;
        var peers = await TestPeer.StartGroupAsync(2, options => options with { BulkQueueBytes = count * IPeerNetwork.LargestMessage });
        try
        {
            var watch = Stopwatch.StartNew();
            var message = new byte[IPeerNetwork.LargestMessage];
            for (var index = 0; index < count; index++)
                peers[0].Send(peers[1], message, PeerLane.Bulk);
            await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == count, "all arrive");
            output.WriteLine($"{count * (IPeerNetwork.LargestMessage >> 20) / watch.Elapsed.TotalSeconds:N0} MiB/s");
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }
}
