using System.Buffers;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// One of the signatures of a JWS in a JSON serialisation. <b>Source:</b> RFC 7515 section 7.2.1.
/// </summary>
public sealed class JwsSignature
{
    private const int StackBytes = 1024;

    internal JwsSignature(
        JoseHeader header, ReadOnlyMemory<byte> protectedText, ReadOnlyMemory<byte> payloadText,
        ReadOnlyMemory<byte> signature, ReadOnlyMemory<byte> unprotectedBytes = default)
    {
        Header = header;
        ProtectedText = protectedText;
        PayloadText = payloadText;
        Signature = signature;
        UnprotectedBytes = unprotectedBytes;
    }

    /// <summary>The header, protected and unprotected.</summary>
    public JoseHeader Header { get; }

    /// <summary>The protected header in base64url; empty if there is none.</summary>
    public ReadOnlyMemory<byte> ProtectedText { get; }

    /// <summary>The unprotected header as JSON; empty if there is none.</summary>
    public ReadOnlyMemory<byte> UnprotectedBytes { get; }

    /// <summary>The signature.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>The payload as it was encoded.</summary>
    internal ReadOnlyMemory<byte> PayloadText { get; }

    /// <summary>The bytes that this signature signs, in an array of their own.</summary>
    public byte[] SigningInput()
    {
        var input = new byte[ProtectedText.Length + 1 + PayloadText.Length];
        WriteSigningInput(input);
        return input;
    }

    /// <summary>Verifies the ES256 signature.</summary>
    /// <returns>
    /// Null if it is valid; unsupported algorithm if <c>alg</c> is another one; invalid signature.
    /// </returns>
    public JoseRefusal? Verify(PublicKey key)
    {
        var length = ProtectedText.Length + 1 + PayloadText.Length;
        if (length <= StackBytes)
        {
            Span<byte> input = stackalloc byte[length];
            WriteSigningInput(input);
            return JwsVerification.Verify(Header, input, Signature.Span, key);
        }
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            WriteSigningInput(rented);
            return JwsVerification.Verify(Header, rented.AsSpan(0, length), Signature.Span, key);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void WriteSigningInput(Span<byte> input)
    {
        ProtectedText.Span.CopyTo(input);
        input[ProtectedText.Length] = (byte)'.';
        PayloadText.Span.CopyTo(input[(ProtectedText.Length + 1)..]);
    }
}
