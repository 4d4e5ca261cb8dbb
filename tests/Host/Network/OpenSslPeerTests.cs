using System.ComponentModel;
using System.Diagnostics;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Host.Network;
using Counterfoil.Testing;
using Xunit.Abstractions;

namespace Counterfoil.Host.Tests.Network;

/// <summary>OpenSSL's own client with a certificate that it made itself, against a node.</summary>
public sealed class OpenSslPeerTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Client_WithAnAdmittedSelfSignedCertificate_IsWelcomedAndDroppedOnceItIsNot()
    {
        if (!HasOpenSsl())
            return;
        await using var node = new TestPeer();
        var admitted = Client(node, MakeCertificate());
        node.Network.Start(node.Listener);
        using var client = Start(node, "-tls1_3");
        var welcome = new byte[PeerFrame.HeaderBytes];
        await client.StandardOutput.BaseStream.ReadExactlyAsync(welcome);
        Assert.Equal(PeerFrame.Welcome.ToArray(), welcome);
        await client.StandardInput.BaseStream.WriteAsync(new byte[] { 0, 0, 0, 4, 0x20, 1, 2, 3 });
        await client.StandardInput.BaseStream.FlushAsync();
        await Eventually.HoldsAsync(() => node.Listener.ReceivedCount == 1, "its message arrives");
        Assert.Equal(admitted.Node, node.Listener.Received[0].From);

        node.Directory.Replace(node.Address);
        node.Network.Recheck();
        await client.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        using var again = Start(node, "-tls1_3");
        await again.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, node.Network.Counters[PeerEvent.NoLongerAdmitted]);
        Assert.Equal(1, node.Network.Counters[PeerEvent.PeerNotAdmitted]);
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-no_tls1_3")]
    public async Task Client_OfAnOlderTls_IsRefused(string version)
    {
        if (!HasOpenSsl())
            return;
        await using var node = new TestPeer();
        Client(node, MakeCertificate());
        node.Network.Start(node.Listener);
        using var client = Start(node, version);
        await client.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.NotEqual(0, client.ExitCode);
        Assert.Equal(0, node.Network.Counters[PeerEvent.Accepted]);
        Assert.Equal(1, node.Network.Counters[PeerEvent.HandshakeFailed]);
    }

    private static PeerAddress Client(TestPeer node, Digest<OrganisationCertificate> certificate)
    {
        using var key = Cryptography.Keys.EphemeralSigningKey.Create();
        // Nobody answers there.
        var client = new PeerAddress(Ledger.AccountId.Of(key.PublicKey), "127.0.0.1", 1, certificate);
        node.Directory.Replace(node.Address, client);
        return client;
    }

    private Digest<OrganisationCertificate> MakeCertificate()
    {
        Run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=peer",
            "-keyout", folder.File("key.pem"), "-out", folder.File("certificate.pem"));
        Run("x509", "-in", folder.File("certificate.pem"), "-outform", "DER", "-out", folder.File("certificate.der"));
        return Digest<OrganisationCertificate>.Of(File.ReadAllBytes(folder.File("certificate.der")));
    }

    private Process Start(TestPeer node, string version) => StartOpenSsl(
        "s_client", "-connect", node.Network.Endpoint.ToString(), version, "-alpn", "cf-peer/1", "-quiet",
        "-cert", folder.File("certificate.pem"), "-key", folder.File("key.pem"));

    private static void Run(params string[] arguments)
    {
        using var process = StartOpenSsl(arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static Process StartOpenSsl(params IEnumerable<string> arguments)
    {
        var process = Process.Start(new ProcessStartInfo("openssl", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        // Read away, so that it never waits for us.
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private bool HasOpenSsl()
    {
        try
        {
            using var process = StartOpenSsl("version");
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            output.WriteLine("Skipped: there is no openssl here.");
            return false;
        }
    }
}
