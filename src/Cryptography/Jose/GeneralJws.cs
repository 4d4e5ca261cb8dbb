namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// A JWS of one or several signatures over one payload, as it was read from the general or flattened JSON
/// serialisation. Not verified until each signature that counts has been. <b>Source:</b> RFC 7515 section
/// 7.2.
/// </summary>
public sealed class GeneralJws
{
    /// <summary>The most signatures that are read.</summary>
    public const int MaximumSignatures = 1024;

    internal GeneralJws(
        ReadOnlyMemory<byte> payloadText, ReadOnlyMemory<byte> payload, IReadOnlyList<JwsSignature> signatures)
    {
        PayloadText = payloadText;
        Payload = payload;
        Signatures = signatures;
    }

    /// <summary>
    /// The payload as it was encoded, in base64url; the payload itself where it is unencoded.
    /// </summary>
    public ReadOnlyMemory<byte> PayloadText { get; }

    /// <summary>The payload.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>The signatures in the order of the text.</summary>
    public IReadOnlyList<JwsSignature> Signatures { get; }
}
