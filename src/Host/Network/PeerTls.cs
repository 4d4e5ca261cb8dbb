using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.X509;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Network;

/// <summary>
/// TLS 1.3 between nodes, both sides with a certificate. The digest in the directory decides alone: who signed a certificate, its names and its dates
/// say nothing here, since the registry has looked at them. <b>Source:</b> RFC 8446; the specification of certificate management, step 7.
/// </summary>
internal static class PeerTls
{
    /// <summary>The first byte of a handshake record. <b>Source:</b> RFC 8446 section 5.1.</summary>
    public const byte HandshakeRecord = 22;

    private const int TcpLevel = 6;
    private const int NotSentLowWater = 25;
    private const int UnsentBytes = 128 << 10;

    // Another protocol on the same port, or a later version of this one, is told apart before the first frame.
    private static readonly SslApplicationProtocol Protocol = new("cf-peer/1");

    /// <summary>Whoever was found on the other side.</summary>
    public sealed class Found
    {
        public AccountId Node { get; set; }

        public Digest<OrganisationCertificate> Certificate { get; set; }

        /// <summary>True if a certificate was shown and not accepted.</summary>
        public bool IsRefused { get; set; }
    }

    /// <summary>Authenticates the accepting side: whoever is in the directory.</summary>
    /// <exception cref="AuthenticationException">The other side is not admitted, or does not speak this protocol.</exception>
    public static async Task AcceptAsync(SslStream stream, PeerContext context, Found found, CancellationToken cancellation)
    {
        await context.Certificate.AuthenticateAsServerAsync(stream, new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                IsAdmitted(certificate, context, found) && found.Node != context.Self || Refuse(found),
            CertificateChainPolicy = ChainPolicy(),
            AllowRenegotiation = false,
            AllowTlsResume = false,
            ApplicationProtocols = [Protocol],
        }, cancellation);
        RequireProtocol(stream);
    }

    /// <summary>Authenticates the dialling side: the node that was dialled, with the certificate that is listed for it.</summary>
    /// <exception cref="AuthenticationException">Another answers, or one that does not speak this protocol.</exception>
    public static async Task DialAsync(SslStream stream, PeerContext context, PeerAddress address, Found found, CancellationToken cancellation)
    {
        await context.Certificate.AuthenticateAsClientAsync(stream, new SslClientAuthenticationOptions
        {
            TargetHost = address.Host,
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                IsAdmitted(certificate, context, found) && found.Node == address.Node && found.Certificate == address.Certificate || Refuse(found),
            CertificateChainPolicy = ChainPolicy(),
            AllowRenegotiation = false,
            AllowTlsResume = false,
            ApplicationProtocols = [Protocol],
        }, cancellation);
        RequireProtocol(stream);
    }

    /// <summary>
    /// Small messages leave at once, and little waits in the kernel, where an urgent message cannot overtake it: what is in flight is not limited.
    /// </summary>
    public static void Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetRawSocketOption(TcpLevel, NotSentLowWater, BitConverter.GetBytes(UnsentBytes));
    }

    /// <summary>True if the fault is one of the connection and not of this program.</summary>
    public static bool IsOfConnection(Exception fault) =>
        fault is IOException or SocketException or AuthenticationException or OperationCanceledException or InvalidOperationException
            or CryptographicException;

    private static bool IsAdmitted(X509Certificate? certificate, PeerContext context, Found found)
    {
        if (certificate is null)
            return false;
        found.Certificate = Digest<OrganisationCertificate>.Of(certificate.GetRawCertData());
        var isFound = context.Directory.TryFind(found.Certificate, out var node);
        found.Node = node;
        return isFound;
    }

    private static bool Refuse(Found found)
    {
        found.IsRefused = !found.Certificate.IsUnset;
        return false;
    }

    private static void RequireProtocol(SslStream stream)
    {
        if (stream.NegotiatedApplicationProtocol != Protocol)
            throw new AuthenticationException("The other side does not speak the protocol of nodes.");
    }

    // The chain is built before the callback is asked: it must not fetch anything that a stranger's certificate names.
    private static X509ChainPolicy ChainPolicy() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        VerificationFlags = X509VerificationFlags.AllFlags,
        DisableCertificateDownloads = true,
    };
}
