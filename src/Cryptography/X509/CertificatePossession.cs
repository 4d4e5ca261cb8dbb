using System.Buffers;
using System.Text.Json;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.X509;

/// <summary>
/// Shows that whoever registers a certificate with an account on a ledger holds its key: a compact JWS by
/// that key over the three. It holds for these three only, so it cannot be replayed for another ledger or
/// account. Keys for encryption cannot sign; the authority that issues their certificates vouches for them.
/// <b>Source:</b> RFC 4211 section 4.1 (proof of possession of signing keys).
/// </summary>
public static class CertificatePossession
{
    /// <summary>The <c>typ</c> of a proof.</summary>
    public const string Type = "cf-possession+jws";

    private const int MaximumBytes = 4096;
    private const int MaximumTextLength = 256;

    private static readonly JwsExpectation Expectation = new() { Type = Type, MaximumBytes = MaximumBytes };

    /// <summary>Makes a proof.</summary>
    /// <param name="key">The certificate's key.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="net">The ledger: the digest of its genesis, as it is written.</param>
    /// <param name="account">The account's identifier.</param>
    /// <exception cref="ArgumentException">The key is not the certificate's.</exception>
    public static string Prove(ISigningKey key, OrganisationCertificate certificate, string net, string account)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(certificate);
        if (certificate.PublicKey != key.PublicKey)
            throw new ArgumentException("The key is not the certificate's.", nameof(key));
        var payload = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(payload))
        {
            writer.WriteStartObject();
            writer.WriteString("net"u8, net);
            writer.WriteString("x5t#S256"u8, Base64Url.Encode(certificate.Thumbprint.ToArray()));
            writer.WriteString("account"u8, account);
            writer.WriteEndObject();
        }
        return Jws.SignCompact(Type, payload.WrittenSpan, key);
    }

    /// <summary>Verifies a proof; the certificate's own validity is for <see cref="CertificateChain"/>.</summary>
    /// <returns>
    /// Null if it holds; else <c>unsupported_algorithm</c> (of the certificate's key),
    /// <c>malformed_proof</c>, <c>invalid_signature</c>, <c>proof_mismatch</c>.
    /// </returns>
    public static CertificateRefusal? Verify(string proof, OrganisationCertificate certificate, string net, string account)
    {
        ArgumentNullException.ThrowIfNull(proof);
        ArgumentNullException.ThrowIfNull(certificate);
        if (certificate.PublicKey is not { } key)
            return CertificateRefusal.UnsupportedAlgorithm;
        if (!Jws.ParseCompact(proof, Expectation).TryGet(out var jws)
            || !jws.Header.HasOnlyProtected("typ", "alg", "kid")
            || !StrictJson.TryParseObject(jws.Payload.Span, out var element))
            return CertificateRefusal.MalformedProof;
        var members = new JsonMembers(element);
        var ofNet = members.Text("net", MaximumTextLength);
        var thumbprint = members.Bytes("x5t#S256", Digest<OrganisationCertificate>.Size);
        var ofAccount = members.Text("account", MaximumTextLength);
        if (!members.AreExact)
            return CertificateRefusal.MalformedProof;
        if (jws.Verify(key) is not null)
            return CertificateRefusal.InvalidSignature;
        return ofNet == net && ofAccount == account && certificate.Thumbprint.ToArray().AsSpan().SequenceEqual(thumbprint)
            ? null
            : CertificateRefusal.ProofMismatch;
    }
}
