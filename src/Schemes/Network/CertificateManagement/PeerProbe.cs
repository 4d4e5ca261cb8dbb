using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;

namespace Counterfoil.Schemes.Network.CertificateManagement;

/// <summary>
/// What a voter sees of an endpoint from outside: which certificate it answers with, and whether it lets a stranger in. <b>Source:</b> E1 check c7 and
/// step 7, RFC 8446.
/// </summary>
internal static class PeerProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly SslApplicationProtocol Protocol = new("cf-peer/1");

    /// <summary>The digest of the certificate that the endpoint proves in its handshake; unset where none answers.</summary>
    /// <param name="endpoint"><c>host:port</c>.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public static async Task<Digest<OrganisationCertificate>> CertificateOfAsync(string endpoint, CancellationToken cancellation)
    {
        var found = default(Digest<OrganisationCertificate>);
        await ConnectAsync(endpoint, null, certificate => found = certificate, cancellation).ConfigureAwait(false);
        return found;
    }

    /// <summary>True if the endpoint answers with that certificate and then ends the connection of whoever shows another's, before a single byte.</summary>
    /// <param name="endpoint"><c>host:port</c>.</param>
    /// <param name="expected">The endpoint's own certificate.</param>
    /// <param name="shown">A certificate with its key.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public static async Task<bool> IsRefusedAsync(
        string endpoint, Digest<OrganisationCertificate> expected, X509Certificate2 shown, CancellationToken cancellation)
    {
        var found = default(Digest<OrganisationCertificate>);
        var isWelcome = await ConnectAsync(endpoint, shown, certificate => found = certificate, cancellation).ConfigureAwait(false);
        return found == expected && !isWelcome;
    }

    /// <summary>A certificate of a key of its own under some names: a stranger's.</summary>
    public static X509Certificate2 NewStranger(string name, DateTimeOffset from, DateTimeOffset to)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, to);
    }

    // In TLS 1.3 the caller's handshake ends before the other side has judged its certificate: what tells is the first read.
    private static async Task<bool> ConnectAsync(
        string endpoint, X509Certificate2? shown, Action<Digest<OrganisationCertificate>> tell, CancellationToken cancellation)
    {
        var colon = endpoint.LastIndexOf(':');
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        try
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(
                endpoint[..colon].Trim('[', ']'), int.Parse(endpoint[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture), patience.Token)
                .ConfigureAwait(false);
            await using var stream = new SslStream(tcp.GetStream());
            await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = endpoint[..colon],
                EnabledSslProtocols = SslProtocols.Tls13,
                ApplicationProtocols = [Protocol],
                ClientCertificates = shown is null ? null : [shown],
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                {
                    if (certificate is null)
                        return false;
                    // Whether it is the right one is the caller's to say.
                    tell(Digest<OrganisationCertificate>.Of(certificate.GetRawCertData()));
                    return true;
                },
            }, patience.Token).ConfigureAwait(false);
            return await stream.ReadAsync(new byte[1], patience.Token).ConfigureAwait(false) > 0;
        }
        catch (Exception fault) when (fault is IOException or SocketException or AuthenticationException)
        {
            return false;
        }
    }
}
