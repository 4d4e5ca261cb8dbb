using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Counterfoil.Cryptography.Custody;
using Counterfoil.Cryptography.X509;
using Counterfoil.Testing;

namespace Counterfoil.Cryptography.Tests.Custody;

/// <summary>A key's own certificate, kept beside it, and the connections that it authenticates.</summary>
public sealed class TlsCertificateTests : IDisposable
{
    private static readonly CertificateSubject Subject = new(
        "Example", "node", new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Certificate_AfterReopening_IsTheSameAndOfTheSameKey()
    {
        using var store = Store();
        var key = store.Create("tls", KeyUsage.Sign);
        Assert.False(store.HasTlsCertificate("tls"));
        using var made = store.CreateTlsCertificate("tls", Subject);
        using var again = Store().OpenTlsCertificate("tls");

        Assert.True(store.HasTlsCertificate("tls"));
        Assert.Equal(key.PublicKey, made.PublicKey);
        Assert.Equal(made.Certificate.Thumbprint, again.Certificate.Thumbprint);
        Assert.Equal(Digest<OrganisationCertificate>.Of(made.Certificate.Der.Span), made.Certificate.Thumbprint);
        Assert.Equal((Subject.NotBefore, Subject.NotAfter), (again.Certificate.NotBefore, again.Certificate.NotAfter));
        Assert.Equal("Example", again.Certificate.Organisation);
        Assert.Equal(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"], again.Certificate.ExtendedKeyUsages);
        Assert.False(again.Certificate.IsAuthority);
        // The list of keys is of keys.
        Assert.Equal("tls", Assert.Single(store.List()).Name);
    }

    [Fact]
    public void Certificate_MadeAgain_TakesThePlaceOfTheFirst()
    {
        using var store = Store();
        store.Create("tls", KeyUsage.Sign);
        using var first = store.CreateTlsCertificate("tls", Subject);
        using var second = store.CreateTlsCertificate("tls", Subject with { CommonName = "other" });
        using var opened = store.OpenTlsCertificate("tls");

        Assert.NotEqual(first.Certificate.Thumbprint, opened.Certificate.Thumbprint);
        Assert.Equal(second.Certificate.Thumbprint, opened.Certificate.Thumbprint);
    }

    [Theory]
    [InlineData("absent", KeyStoreErrors.UnknownCertificate)]
    [InlineData("of another key", KeyStoreErrors.DamagedKeyFile)]
    [InlineData("with a bit changed", KeyStoreErrors.DamagedKeyFile)]
    [InlineData("cut short", KeyStoreErrors.DamagedKeyFile)]
    [InlineData("without its key", KeyStoreErrors.UnknownKey)]
    [InlineData("of a key that agrees", KeyStoreErrors.WrongUsage)]
    [InlineData("of no name", KeyStoreErrors.InvalidName)]
    public void Certificate_OutOfOrder_IsNotOpened(string state, string code)
    {
        using var store = Store();
        store.Create("tls", KeyUsage.Sign);
        store.Create("other", KeyUsage.Sign);
        store.Create("agreeing", KeyUsage.Agree);
        store.CreateTlsCertificate("other", Subject).Dispose();
        var path = folder.File("keys/tls.crt");
        var name = "tls";
        if (state != "absent")
            store.CreateTlsCertificate("tls", Subject).Dispose();
        switch (state)
        {
            case "of another key":
                File.Copy(folder.File("keys/other.crt"), path, overwrite: true);
                break;
            case "with a bit changed":
                var bytes = File.ReadAllBytes(path);
                bytes[^1] ^= 1;
                File.WriteAllBytes(path, bytes);
                break;
            case "cut short":
                File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
                break;
            case "without its key":
                File.Delete(folder.File("keys/tls.key"));
                break;
            case "of a key that agrees":
                File.Copy(path, folder.File("keys/agreeing.crt"));
                name = "agreeing";
                break;
            case "of no name":
                name = "../tls";
                break;
        }
        Assert.Equal(code, Assert.Throws<KeyStoreException>(() => store.OpenTlsCertificate(name)).Code);
    }

    [Fact]
    public async Task Streams_OfTwoCertificates_ShowEachOtherExactlyThose()
    {
        using var store = Store();
        store.Create("a", KeyUsage.Sign);
        store.Create("b", KeyUsage.Sign);
        using var accepting = store.CreateTlsCertificate("a", Subject);
        using var dialling = store.CreateTlsCertificate("b", Subject);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var server = await listener.AcceptTcpClientAsync();
        await using var ofServer = new SslStream(server.GetStream());
        await using var ofClient = new SslStream(client.GetStream());
        Digest<OrganisationCertificate> seenByServer = default, seenByClient = default;
        var serverOptions = new SslServerAuthenticationOptions
        {
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                !(seenByServer = Digest<OrganisationCertificate>.Of(certificate!.GetRawCertData())).IsUnset,
        };
        var clientOptions = new SslClientAuthenticationOptions
        {
            TargetHost = "node",
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                !(seenByClient = Digest<OrganisationCertificate>.Of(certificate!.GetRawCertData())).IsUnset,
        };
        await Task.WhenAll(
            accepting.AuthenticateAsServerAsync(ofServer, serverOptions, CancellationToken.None),
            dialling.AuthenticateAsClientAsync(ofClient, clientOptions, CancellationToken.None));
        await ofServer.WriteAsync(new byte[] { 42 });
        var answer = new byte[1];
        await ofClient.ReadExactlyAsync(answer);

        Assert.Equal(42, answer[0]);
        Assert.Equal(dialling.Certificate.Thumbprint, seenByServer);
        Assert.Equal(accepting.Certificate.Thumbprint, seenByClient);
        // What holds the key is not left behind with the caller.
        Assert.Null(serverOptions.ServerCertificateContext);
        Assert.Null(clientOptions.ClientCertificateContext);
    }

    private FileKeyStore Store() => FileKeyStore.OpenOrCreate(folder.File("keys"), PassphraseSource.UnprotectedByChoice, flush: false);
}
