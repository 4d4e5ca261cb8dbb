using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Consensus;

namespace Counterfoil.Host.Tests.Network;

/// <summary>What breaks, and what strangers and faulty nodes send.</summary>
public sealed class PeerFailureTests
{
    private const int NoneBeyond = PeerFrame.MaximumBytes;

    public static TheoryData<string, byte[]> MalformedFrames => new()
    {
        { "longer than any frame", [.. Length(NoneBeyond - 4 + 1), 0x20] },
        { "longer than any array", [0xFF, 0xFF, 0xFF, 0xFF, 0x20] },
        { "without a kind", [0, 0, 0, 0] },
        { "of no kind", [0, 0, 0, 1, 0xF0] },
        { "in no lane", [0, 0, 0, 2, 0x22, 1] },
        { "a beat with content", [0, 0, 0, 2, 0x10, 1] },
        { "a welcome from the dialler", [0, 0, 0, 1, 0x00] },
        { "a chunk of nothing", [0, 0, 0, 2, 0x40, 1] },
        { "a beginning without its chunk", [0, 0, 0, 5, 0x30, 0, 2, 0, 0] },
        { "a message longer than the largest", Beginning(IPeerNetwork.LargestMessage + 1) },
        { "a beginning of what fits whole", Beginning(PeerFrame.ChunkBytes) },
        { "a message within a message", [.. Beginning(PeerFrame.ChunkBytes + 9), 0, 0, 0, 1, 0x21] },
        { "a last chunk too long", [.. Beginning(PeerFrame.ChunkBytes + 1), 0, 0, 0, 3, 0x41, 1, 1] },
    };

    [Theory]
    [MemberData(nameof(MalformedFrames))]
    public async Task Frame_OutOfForm_ClosesTheConnectionAndIsCounted(string frame, byte[] bytes)
    {
        Assert.NotEmpty(frame);
        await using var faulty = new TestPeer();
        await using var node = new TestPeer();
        TestPeer.Introduce(faulty, node);
        node.Network.Start(node.Listener);
        await using var stream = await faulty.DialRawAsync(node);
        await stream.ReadExactlyAsync(new byte[5]);
        await stream.WriteAsync(new byte[] { 0, 0, 0, 2, 0x20, 7 });
        await stream.WriteAsync(bytes);

        await Eventually.HoldsAsync(() => node.Network.Counters[PeerEvent.MalformedFrame] == 1, "the connection is closed");
        Assert.Equal([7], Assert.Single(node.Listener.Received).Message.ToArray());
        Assert.Equal(faulty.Account, node.Listener.Received[0].From);
    }

    [Fact]
    public async Task Connection_OfANodeThatHasOne_TakesItsPlace()
    {
        var peers = await TestPeer.StartGroupAsync(2);
        try
        {
            await using var first = await peers[0].DialRawAsync(peers[1]);
            await first.ReadExactlyAsync(new byte[5]);
            await using var second = await peers[0].DialRawAsync(peers[1]);
            await second.ReadExactlyAsync(new byte[5]);

            // Three took the place of one before: ours of the network's, the second of the first, and in the end the network's again.
            await Eventually.HoldsAsync(() => peers[1].Network.Counters[PeerEvent.Replaced] >= 2, "the older ones end");
            await Eventually.HoldsAsync(() => peers[0].Network.Connected.Count == 1, "the network dials again");
            peers[0].Send(peers[1], new byte[9]);
            await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == 1, "messages pass");
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Node_ThatStopsAndComesBack_IsMissedAtOnceAndConnectedAgain()
    {
        var peers = await TestPeer.StartGroupAsync(3);
        try
        {
            for (var round = 1; round <= 3; round++)
            {
                await peers[2].Network.DisposeAsync();
                foreach (var peer in peers[..2])
                    await Eventually.HoldsAsync(() => peer.Listener.ChangesOf(peers[2].Account).Count == 2 * round, "the loss is noticed");
                peers[2].Restart();
                foreach (var peer in peers)
                    await Eventually.HoldsAsync(() => peer.Network.Connected.Count == 2, "all are connected again");
                peers[0].Send(peers[2], new byte[3]);
                peers[2].Send(peers[0], new byte[4]);
                await Eventually.HoldsAsync(() => peers[2].Listener.ReceivedCount == 1, "messages go there");
                await Eventually.HoldsAsync(() => peers[0].Listener.ReceivedCount == round, "and come from there");
            }
            Assert.Equal([true, false, true, false, true, false, true], peers[0].Listener.ChangesOf(peers[2].Account));
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Partition_WithoutAnyClosedConnection_IsNoticedBySilenceAndHeals()
    {
        var faults = new SwitchedFaults();
        var peers = await TestPeer.StartGroupAsync(3, options => options with { Faults = faults, BeatMilliseconds = 50, SilenceMilliseconds = 400 });
        try
        {
            faults.Part(peers[2].Account);
            foreach (var peer in peers[..2])
                await Eventually.HoldsAsync(() => !peer.Network.Connected.Contains(peers[2].Account), "the part cut off is missed");
            await Eventually.HoldsAsync(() => peers[2].Network.Connected.Count == 0, "it misses the others");
            Assert.True(peers.Sum(peer => peer.Network.Counters[PeerEvent.Silent]) >= 2);
            Assert.Contains(peers[1].Account, peers[0].Network.Connected);

            faults.Heal();
            foreach (var peer in peers)
                await Eventually.HoldsAsync(() => peer.Network.Connected.Count == 2, "all are connected again");
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Network_ThatDropsPackets_IsNoticedByBothSidesAndLeftBehindWhenItHeals()
    {
        await using var dialler = new TestPeer(options => options with { BeatMilliseconds = 50, SilenceMilliseconds = 400 });
        await using var node = new TestPeer(options => options with { BeatMilliseconds = 50, SilenceMilliseconds = 400 });
        await using var relay = new FreezingRelay(node.Network.Endpoint);
        dialler.Directory.Replace(node.Address with { Port = relay.Port });
        node.Directory.Replace(dialler.Address with { Port = 1 });
        node.Network.Start(node.Listener);
        dialler.Network.Start(dialler.Listener);
        await Eventually.HoldsAsync(() => dialler.Network.Connected.Count == 1, "it is connected");

        relay.Freeze();
        await Eventually.HoldsAsync(() => dialler.Network.Counters[PeerEvent.Silent] == 1, "the dialling side notices");
        await Eventually.HoldsAsync(() => node.Network.Counters[PeerEvent.Silent] == 1, "the accepting side notices");
        Assert.Empty(dialler.Network.Connected);
        relay.Thaw();
        await Eventually.HoldsAsync(() => dialler.Network.Connected.Count == 1, "it is connected again");
        dialler.Send(node, new byte[6]);
        await Eventually.HoldsAsync(() => node.Listener.ReceivedCount == 1, "messages pass");
    }

    [Fact]
    public async Task Connection_ThatCarriedAllItsKeysMayEncrypt_IsMadeAnew()
    {
        const int limit = 1_000_000;
        var peers = await TestPeer.StartGroupAsync(2, options => options with { RenewAfterBytes = limit });
        try
        {
            for (var round = 1; round <= 3; round++)
            {
                peers[0].Send(peers[1], new byte[limit - 1_000]);
                await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == 2 * round - 1, "what is below the limit arrives");
                Assert.Equal(round - 1, peers[0].Network.Counters[PeerEvent.Renewed]);
                peers[0].Send(peers[1], new byte[2_000]);
                await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == 2 * round, "what passes it still arrives");
                await Eventually.HoldsAsync(() => peers[0].Network.Counters[PeerEvent.Renewed] == round, "the connection ends");
                await Eventually.HoldsAsync(() => peers[0].Network.Counters[PeerEvent.Dialled] == round + 1, "there is a new one");
                await Eventually.HoldsAsync(() => peers[0].Network.Connected.Count == 1, "which stands");
            }
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", 0)]
    [InlineData("127.0.0.1", 65_536)]
    [InlineData("", 443)]
    [InlineData("no such host.invalid", 443)]
    public async Task Address_ThatIsNone_HarmsNoOtherLink(string host, int port)
    {
        await using var absent = new TestPeer();
        await using var node = new TestPeer();
        await using var other = new TestPeer();
        node.Directory.Replace(absent.Address with { Host = host, Port = port }, other.Address);
        other.Directory.Replace(node.Address);
        node.Network.Start(node.Listener);
        other.Network.Start(other.Listener);
        await Eventually.HoldsAsync(() => node.Network.Connected.Contains(other.Account), "the other is connected");
        await Eventually.HoldsAsync(() => node.Network.Counters[PeerEvent.Unreachable] >= 2, "it is tried again");

        node.Directory.Replace(absent.Address, other.Address);
        absent.Directory.Replace(node.Address);
        absent.Network.Start(absent.Listener);
        node.Network.Recheck();
        await Eventually.HoldsAsync(() => node.Network.Connected.Count == 2, "it is connected once the address is right");
    }

    [Fact]
    public async Task Directory_ThatThrows_AdmitsNobodyUntilItAnswers()
    {
        var directory = new FailingDirectory();
        await using var node = new TestPeer { OtherDirectory = directory };
        await using var other = new TestPeer();
        directory.Peers = [other.Address];
        other.Directory.Replace(node.Address);
        node.Network.Start(node.Listener);
        other.Network.Start(other.Listener);
        await Eventually.HoldsAsync(() => node.Log.Lines.Count(line => line.StartsWith("Error", StringComparison.Ordinal)) >= 3, "the faults are told");
        Assert.Empty(node.Network.Connected);
        Assert.Empty(other.Network.Connected);

        directory.IsFailing = false;
        await Eventually.HoldsAsync(() => node.Network.Connected.Count + other.Network.Connected.Count == 2, "both are connected");
    }

    [Fact]
    public async Task Connection_WithoutMessages_LivesOnItsBeats()
    {
        var peers = await TestPeer.StartGroupAsync(2, options => options with { BeatMilliseconds = 100, SilenceMilliseconds = 1_000 });
        try
        {
            await Task.Delay(2_500);
            Assert.All(peers, peer => Assert.Equal(0, peer.Network.Counters[PeerEvent.Silent]));
            Assert.Equal([true], peers[0].Listener.ChangesOf(peers[1].Account));
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Link_WithADelay_BringsMessagesLaterAndInOrder()
    {
        const int delay = 200;
        var faults = new SwitchedFaults();
        var peers = await TestPeer.StartGroupAsync(2, options => options with { Faults = faults });
        try
        {
            faults.Delay(peers[1].Account, delay);
            var began = TimeProvider.System.GetTimestamp();
            for (byte number = 0; number < 5; number++)
                peers[0].Send(peers[1], new[] { number });
            await Eventually.HoldsAsync(() => peers[1].Listener.ReceivedCount == 5, "all arrive");
            Assert.True(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds >= delay - 1);
            Assert.Equal([0, 1, 2, 3, 4], peers[1].Listener.Received.Select(message => message.Message.Span[0]));
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Receiver_ThatThrows_EndsThatConnectionAloneAndIsTold()
    {
        var peers = await TestPeer.StartGroupAsync(3);
        try
        {
            var thrown = false;
            peers[0].Listener.OnReceived = (from, _) =>
            {
                if (from != peers[1].Account || thrown)
                    return;
                thrown = true;
                throw new FormatException("a fault of the test");
            };
            peers[1].Send(peers[0], new byte[1]);
            await Eventually.HoldsAsync(() => peers[0].Network.Counters[PeerEvent.ReceiverFault] == 1, "the connection ends");
            peers[2].Send(peers[0], new byte[2]);
            await Eventually.HoldsAsync(() => peers[0].Listener.ReceivedCount == 1, "the other's messages come");
            var told = Assert.Single(peers[0].Log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
            Assert.Contains(nameof(FormatException), told, StringComparison.Ordinal);
            await Eventually.HoldsAsync(() => peers[1].Network.Connected.Count == 2, "it connects again");
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Log_OfEverythingThatHappens_HoldsNoKeyAndNoContent()
    {
        await using var stranger = new TestPeer();
        var peers = await TestPeer.StartGroupAsync(2);
        try
        {
            stranger.Directory.Replace(peers[0].Address);
            stranger.Network.Start(stranger.Listener);
            await Eventually.HoldsAsync(() => peers[0].Network.Counters[PeerEvent.PeerNotAdmitted] > 0, "the stranger is refused");
            peers[0].Send(peers[1], Encoding.UTF8.GetBytes("a confidential bid of 47.11"));
            peers[1].Listener.OnReceived = (_, _) => throw new FormatException("told");
            peers[0].Send(peers[1], Encoding.UTF8.GetBytes("another confidential bid of 47.12"));
            await Eventually.HoldsAsync(() => peers[1].Network.Counters[PeerEvent.ReceiverFault] > 0, "a fault is told");
            foreach (var peer in peers)
                await peer.Network.DisposeAsync();

            var lines = peers.Append(stranger).SelectMany(peer => peer.Log.Lines).ToList();
            Assert.Contains(lines, line => line.Contains(peers[0].Account.ToString(), StringComparison.Ordinal));
            Assert.Contains(lines, line => line.Contains("not admitted", StringComparison.Ordinal));
            Assert.DoesNotContain(lines, line => line.Contains("47.1", StringComparison.Ordinal) || line.Contains("confidential", StringComparison.Ordinal));
            foreach (var peer in peers.Append(stranger))
            {
                using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(peer.KeyFile));
                var scalar = file.RootElement.GetProperty("private").GetString()!;
                var hex = Convert.ToHexString(System.Buffers.Text.Base64Url.DecodeFromChars(scalar));
                Assert.DoesNotContain(lines, line => line.Contains(scalar, StringComparison.Ordinal) || line.Contains(hex, StringComparison.OrdinalIgnoreCase));
            }
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    private sealed class FailingDirectory : IPeerDirectory
    {
        public volatile bool IsFailing = true;

        public IReadOnlyList<PeerAddress> Peers { get; set; } = [];

        public bool TryFind(Digest<OrganisationCertificate> certificate, out AccountId node)
        {
            if (IsFailing)
                throw new FormatException("a fault of the test");
            return new PeerList(Peers).TryFind(certificate, out node);
        }
    }

    // A long message's first frame, in the bulk lane, with the length that it claims.
    private static byte[] Beginning(int claimed) =>
        [.. Length(1 + 4 + PeerFrame.ChunkBytes), 0x31, .. Length(claimed), .. new byte[PeerFrame.ChunkBytes]];

    private static byte[] Length(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
