using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// A JWS of one signature as it was read, in the compact serialisation or detached. Well formed and as
/// expected, but not verified until <see cref="Verify"/> says so. <b>Source:</b> RFC 7515 sections 3.1 and
/// 5.2.
/// </summary>
public sealed class CompactJws
{
    internal CompactJws(
        JoseHeader header, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> signingInput,
        ReadOnlyMemory<byte> payloadText, ReadOnlyMemory<byte> payload, ReadOnlyMemory<byte> signature)
    {
        Header = header;
        Bytes = bytes;
        SigningInput = signingInput;
        PayloadText = payloadText;
        Payload = payload;
        Signature = signature;
    }

    /// <summary>The protected header.</summary>
    public JoseHeader Header { get; }

    /// <summary>The whole JWS as it was read.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>
    /// The bytes that are signed: header and payload as they were encoded, with a dot between.
    /// </summary>
    public ReadOnlyMemory<byte> SigningInput { get; }

    /// <summary>
    /// The payload as it was encoded, in base64url; the payload itself where it is unencoded.
    /// </summary>
    public ReadOnlyMemory<byte> PayloadText { get; }

    /// <summary>The payload.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The signature.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>The same signature, to be assembled with others over the same payload in the general serialisation.</summary>
    public JwsSignature ToSignature() =>
        new(Header, Bytes[..Bytes.Span.IndexOf((byte)'.')], PayloadText, Signature);

    /// <summary>Verifies the ES256 signature.</summary>
    /// <returns>
    /// Null if it is valid; unsupported algorithm if <c>alg</c> is another one; invalid signature.
    /// </returns>
    public JoseRefusal? Verify(PublicKey key) =>
        JwsVerification.Verify(Header, SigningInput.Span, Signature.Span, key);
}
