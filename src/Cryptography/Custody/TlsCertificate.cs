using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Cryptography.X509;
using PublicKey = Counterfoil.Cryptography.Keys.PublicKey;

namespace Counterfoil.Cryptography.Custody;

/// <summary>
/// A certificate with its private key, which authenticates TLS connections and does nothing else. The framework's object that holds the
/// key stays in here: callers give their streams and get them authenticated. Safe for concurrent use. <b>Source:</b> RFC 8446 section
/// 4.4.2.
/// </summary>
public sealed class TlsCertificate : IDisposable
{
    private readonly X509Certificate2 withKey;
    private readonly SslStreamCertificateContext context;

    private TlsCertificate(OrganisationCertificate certificate, PublicKey publicKey, X509Certificate2 withKey)
    {
        Certificate = certificate;
        PublicKey = publicKey;
        this.withKey = withKey;
        // Offline: nothing is fetched from addresses that a certificate names.
        context = SslStreamCertificateContext.Create(withKey, additionalCertificates: null, offline: true);
    }

    /// <summary>The certificate, without the key; its thumbprint is what a registry of peers lists.</summary>
    public OrganisationCertificate Certificate { get; }

    /// <summary>The certified key.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Authenticates the accepting side of a connection with this certificate.</summary>
    /// <param name="stream">The stream of an accepted connection.</param>
    /// <param name="options">Everything but the certificate, which is set for the call alone.</param>
    /// <param name="cancellation">Ends the handshake.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">One side refused.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task AuthenticateAsServerAsync(
        SslStream stream, SslServerAuthenticationOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        options.ServerCertificateContext = context;
        try
        {
            await stream.AuthenticateAsServerAsync(options, cancellation).ConfigureAwait(false);
        }
        finally
        {
            options.ServerCertificateContext = null;
        }
    }

    /// <summary>Authenticates the dialling side of a connection with this certificate.</summary>
    /// <param name="stream">The stream of a dialled connection.</param>
    /// <param name="options">Everything but the certificate, which is set for the call alone.</param>
    /// <param name="cancellation">Ends the handshake.</param>
    /// <exception cref="System.Security.Authentication.AuthenticationException">One side refused.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async Task AuthenticateAsClientAsync(
        SslStream stream, SslClientAuthenticationOptions options, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(options);
        options.ClientCertificateContext = context;
        try
        {
            await stream.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
        }
        finally
        {
            options.ClientCertificateContext = null;
        }
    }

    /// <summary>Clears the private key. Connections that stand stay.</summary>
    public void Dispose() => withKey.Dispose();

    /// <exception cref="CryptographicException">The secret is no key, or not that of the certificate.</exception>
    internal static TlsCertificate Open(OrganisationCertificate certificate, ReadOnlySpan<byte> secret)
    {
        var parameters = P256Secret.Parameters(secret);
        try
        {
            using var key = ECDsa.Create(parameters);
            var publicKey = PublicKey.Of(key.ExportParameters(includePrivateParameters: false));
            if (certificate.PublicKey != publicKey)
                throw new CryptographicException("The certificate is that of another key.");
            using var bare = X509CertificateLoader.LoadCertificate(certificate.Der.Span);
            return new TlsCertificate(certificate, publicKey, bare.CopyWithPrivateKey(key));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(parameters.D);
        }
    }
}
