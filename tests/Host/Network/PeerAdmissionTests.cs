using System.Security.Authentication;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Tests.Network;

/// <summary>Who is let in: the directory alone decides, on both sides, from the first moment until the last.</summary>
public sealed class PeerAdmissionTests
{
    [Fact]
    public async Task Dialler_NotInTheDirectoryOfTheOther_IsRefused()
    {
        await using var stranger = new TestPeer();
        await using var node = new TestPeer();
        stranger.Directory.Replace(stranger.Address, node.Address);
        node.Directory.Replace(node.Address);
        node.Network.Start(node.Listener);
        stranger.Network.Start(stranger.Listener);

        await Eventually.HoldsAsync(() => node.Network.Counters[PeerEvent.PeerNotAdmitted] >= 2, "it is refused each time");
        await Eventually.HoldsAsync(() => stranger.Network.Counters[PeerEvent.RefusedByPeer] >= 2, "it sees that it is refused");
        Assert.Empty(stranger.Listener.ChangesOf(node.Account));
        Assert.Equal(0, node.Network.Counters[PeerEvent.Accepted]);
    }

    [Fact]
    public async Task Answerer_NotInTheDirectoryOfTheDialler_IsRefused()
    {
        await using var node = new TestPeer();
        await using var impostor = new TestPeer();
        await using var absent = new TestPeer();
        // The impostor answers at the address of a node that is admitted.
        node.Directory.Replace(absent.Address with { Port = impostor.Network.Endpoint.Port });
        impostor.Directory.Replace(node.Address);
        impostor.Network.Start(impostor.Listener);
        node.Network.Start(node.Listener);

        await Eventually.HoldsAsync(() => node.Network.Counters[PeerEvent.PeerNotAdmitted] >= 2, "it is refused each time");
        node.Send(absent, new byte[10]);
        Assert.Equal(1, node.Network.Counters[PeerEvent.DroppedUnreachable]);
        Assert.Empty(node.Network.Connected);
        Assert.Equal(0, impostor.Listener.ReceivedCount);
    }

    [Fact]
    public async Task Answerer_AdmittedAsAnotherAccountThanTheOneDialled_IsRefused()
    {
        await using var node = new TestPeer();
        await using var dialled = new TestPeer();
        await using var other = new TestPeer();
        // Both are admitted, but the one answers where the other is dialled.
        node.Directory.Replace(dialled.Address with { Port = other.Network.Endpoint.Port }, other.Address with { Port = 1 });
        other.Directory.Replace(node.Address);
        other.Network.Start(other.Listener);
        node.Network.Start(node.Listener);

        await Eventually.HoldsAsync(() => node.Network.Counters[PeerEvent.PeerNotAdmitted] >= 2, "it is refused each time");
        Assert.Empty(node.Network.Connected);
    }

    [Fact]
    public async Task Answerer_WhoseCertificateTheDirectoryGivesToAnotherAccount_IsRefused()
    {
        await using var other = new TestPeer();
        await using var answerer = new TestPeer();
        await using var node = new TestPeer { OtherDirectory = new Contradiction(answerer.Address, other.Account) };
        answerer.Directory.Replace(node.Address);
        answerer.Network.Start(answerer.Listener);
        node.Network.Start(node.Listener);

        await Eventually.HoldsAsync(() => node.Network.Counters[PeerEvent.PeerNotAdmitted] >= 2, "it is refused each time");
        Assert.Empty(node.Network.Connected);
    }

    [Fact]
    public async Task Node_RemovedFromTheDirectory_LosesItsOpenSessionsAtTheRecheck()
    {
        var peers = await TestPeer.StartGroupAsync(3);
        try
        {
            var (first, second, removed) = (peers[0], peers[1], peers[2]);
            first.Directory.Replace(first.Address, second.Address);
            Assert.Equal(2, first.Network.Connected.Count);
            first.Network.Recheck();

            await Eventually.HoldsAsync(() => first.Listener.ChangesOf(removed.Account) is [true, false], "the session to it is closed");
            await Eventually.HoldsAsync(() => first.Network.Counters[PeerEvent.NoLongerAdmitted] == 2, "the session from it too");
            Assert.Equal([second.Account], first.Network.Connected);
            var received = first.Listener.ReceivedCount;
            await Eventually.HoldsAsync(() => removed.Network.Counters[PeerEvent.RefusedByPeer] >= 1, "it does not come in again");
            removed.Send(first, new byte[10]);
            second.Send(first, new byte[20]);
            await Eventually.HoldsAsync(() => first.Listener.ReceivedCount > received, "the other still has its way");
            Assert.All(first.Listener.Received, message => Assert.Equal(second.Account, message.From));

            first.Directory.Replace(first.Address, second.Address, removed.Address);
            first.Network.Recheck();
            await Eventually.HoldsAsync(() => first.Listener.ChangesOf(removed.Account) is [true, false, true], "it is dialled once admitted again");
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Node_AddedToTheDirectory_IsDialledAtTheRecheck()
    {
        await using var newcomer = new TestPeer();
        var peers = await TestPeer.StartGroupAsync(2);
        try
        {
            TestPeer.Introduce([newcomer, .. peers]);
            newcomer.Network.Start(newcomer.Listener);
            foreach (var peer in peers)
                peer.Network.Recheck();
            foreach (var peer in peers.Append(newcomer))
                await Eventually.HoldsAsync(() => peer.Network.Connected.Count == 2, "all are connected");
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Fact]
    public async Task Dialler_OfTls12_IsRefused()
    {
        var peers = await TestPeer.StartGroupAsync(2);
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(() => peers[0].DialRawAsync(peers[1], SslProtocols.Tls12));
            await Eventually.HoldsAsync(() => peers[1].Network.Counters[PeerEvent.HandshakeFailed] == 1, "it is counted");
            // The same program with TLS 1.3 gets in.
            await using var stream = await peers[0].DialRawAsync(peers[1]);
            Assert.Equal(PeerFrame.Welcome.Length, await stream.ReadAtLeastAsync(new byte[5], 5));
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    [Theory]
    [InlineData(false, "cf-peer/1")]
    [InlineData(true, "h2")]
    public async Task Dialler_WithoutCertificateOrOfAnotherProtocol_IsNotWelcomed(bool withCertificate, string protocol)
    {
        var peers = await TestPeer.StartGroupAsync(2);
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await using var stream = await peers[0].DialRawAsync(peers[1], SslProtocols.Tls13, withCertificate, protocol);
                await stream.ReadExactlyAsync(new byte[5]);
            });
            await Eventually.HoldsAsync(() => peers[1].Network.Counters[PeerEvent.HandshakeFailed] == 1, "it is counted");
            Assert.Equal(1, peers[1].Network.Counters[PeerEvent.Accepted]);
        }
        finally
        {
            await TestPeer.StopAsync(peers);
        }
    }

    private sealed class Contradiction(PeerAddress listed, AccountId found) : IPeerDirectory
    {
        public IReadOnlyList<PeerAddress> Peers => [listed];

        public bool TryFind(Digest<OrganisationCertificate> certificate, out AccountId node)
        {
            node = found;
            return certificate == listed.Certificate;
        }
    }
}
