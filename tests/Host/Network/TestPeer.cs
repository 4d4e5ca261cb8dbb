using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using Counterfoil.Host.Network;
using Counterfoil.Ledger;
using Counterfoil.Ledger.Consensus;
using Counterfoil.Testing;

namespace Counterfoil.Host.Tests.Network;

/// <summary>A node's network with an account, a key store and a directory of its own, on loopback.</summary>
internal sealed class TestPeer : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder folder = new();
    private readonly FileKeyStore keys;
    private PeerNetworkOptions options;

    public TestPeer(Func<PeerNetworkOptions, PeerNetworkOptions>? configure = null)
    {
        using var account = EphemeralSigningKey.Create();
        Account = AccountId.Of(account.PublicKey);
        keys = FileKeyStore.Create(folder.File("keys"), PassphraseSource.UnprotectedByChoice, flush: false);
        keys.Create("tls", KeyUsage.Sign);
        Certificate = keys.CreateTlsCertificate("tls", new CertificateSubject("Test", "node", Start, Start.AddYears(1)));
        options = new PeerNetworkOptions { Listen = new IPEndPoint(IPAddress.Loopback, 0) };
        options = configure?.Invoke(options) ?? options;
        Network = Open();
        options = options with { Listen = Network.Endpoint };
    }

    public AccountId Account { get; }

    public TlsCertificate Certificate { get; }

    public PeerList Directory { get; } = new();

    /// <summary>Asked instead of the list where a test needs a directory that contradicts itself.</summary>
    public IPeerDirectory? OtherDirectory { get; init; }

    public PeerNetwork Network { get; private set; }

    public RecordingListener Listener { get; private set; } = new();

    public TestLog Log { get; } = new();

    public string KeyFile => folder.File("keys/tls.key");

    public PeerAddress Address => new(Account, "127.0.0.1", Network.Endpoint.Port, Certificate.Certificate.Thumbprint);

    /// <summary>Peers that all know each other, started and connected.</summary>
    public static async Task<TestPeer[]> StartGroupAsync(int count, Func<PeerNetworkOptions, PeerNetworkOptions>? configure = null)
    {
        var peers = Enumerable.Range(0, count).Select(_ => new TestPeer(configure)).ToArray();
        Introduce(peers);
        foreach (var peer in peers)
            peer.Network.Start(peer.Listener);
        foreach (var peer in peers)
            await Eventually.HoldsAsync(() => peer.Network.Connected.Count == count - 1, "all are connected");
        return peers;
    }

    public static void Introduce(params TestPeer[] peers)
    {
        foreach (var peer in peers)
            peer.Directory.Replace([.. peers.Select(other => other.Address)]);
    }

    public static async Task StopAsync(IEnumerable<TestPeer> peers)
    {
        foreach (var peer in peers)
            await peer.DisposeAsync();
    }

    /// <summary>Opens the network again at its old place, as a process that comes back does.</summary>
    public void Restart()
    {
        Network = Open();
        Listener = new RecordingListener();
        Network.Start(Listener);
    }

    public void Send(TestPeer to, ReadOnlyMemory<byte> message, PeerLane lane = PeerLane.Agreement) =>
        Network.Send(to.Account, message, lane);

    /// <summary>Dials as a program would that has this node's key but not its manners.</summary>
    public async Task<SslStream> DialRawAsync(
        TestPeer target, SslProtocols protocols = SslProtocols.Tls13, bool withCertificate = true, string protocol = "cf-peer/1")
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(target.Network.Endpoint);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var raw = new SslClientAuthenticationOptions
        {
            TargetHost = "raw",
            EnabledSslProtocols = protocols,
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null,
            ApplicationProtocols = [new SslApplicationProtocol(protocol)],
        };
        if (withCertificate)
            await Certificate.AuthenticateAsClientAsync(stream, raw, CancellationToken.None);
        else
            await stream.AuthenticateAsClientAsync(raw, CancellationToken.None);
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        await Network.DisposeAsync();
        Certificate.Dispose();
        keys.Dispose();
        folder.Dispose();
    }

    private PeerNetwork Open() => PeerNetwork.Open(options, Account, Certificate, new Relay(this), Log);

    private sealed class Relay(TestPeer peer) : IPeerDirectory
    {
        private IPeerDirectory Present => peer.OtherDirectory ?? peer.Directory;

        public IReadOnlyList<PeerAddress> Peers => Present.Peers;

        public bool TryFind(Cryptography.Digest<OrganisationCertificate> certificate, out AccountId node) =>
            Present.TryFind(certificate, out node);
    }
}
