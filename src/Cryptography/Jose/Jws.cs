using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// Signed documents by ES256: making, reading and verifying them in the compact, general and flattened
/// serialisations, and detached. <c>none</c>, HMAC and every other algorithm are refused here
/// (<c>unsupported_algorithm</c>); codes authenticated by a shared key go through <see cref="HmacJws"/>, so
/// that one is never taken for the other. Both halves of the signature's range are taken (low s is not
/// demanded). <b>Source:</b> RFC 7515, RFC 7518 section 3.4, RFC 7797. Differs: unknown members of the JSON
/// serialisations are refused, and base64url must be canonical.
/// </summary>
public static class Jws
{
    // Relaxed: the plus sign of "cf+jws" stays itself.
    internal static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Signs in the compact serialisation.</summary>
    /// <param name="type"><c>typ</c>; null for none.</param>
    /// <param name="payload">The bytes that are signed.</param>
    /// <param name="key">The signer.</param>
    /// <param name="extraHeader">Writes further members of the protected header; null for none.</param>
    /// <param name="reference">How the header names the key; default its thumbprint as <c>kid</c>.</param>
    public static string SignCompact(
        string? type, ReadOnlySpan<byte> payload, ISigningKey key, Action<Utf8JsonWriter>? extraHeader = null,
        KeyReference reference = KeyReference.Thumbprint) =>
        Encoding.ASCII.GetString(SignCompactBytes(type, payload, key, extraHeader, reference));

    /// <summary>The same as ASCII bytes.</summary>
    /// <param name="type"><c>typ</c>; null for none.</param>
    /// <param name="payload">The bytes that are signed.</param>
    /// <param name="key">The signer.</param>
    /// <param name="extraHeader">Writes further members of the protected header; null for none.</param>
    /// <param name="reference">How the header names the key; default its thumbprint as <c>kid</c>.</param>
    public static byte[] SignCompactBytes(
        string? type, ReadOnlySpan<byte> payload, ISigningKey key, Action<Utf8JsonWriter>? extraHeader = null,
        KeyReference reference = KeyReference.Thumbprint)
    {
        ArgumentNullException.ThrowIfNull(key);
        var header = ProtectedHeader(type, key.PublicKey, reference, extraHeader);
        return Assemble(header, payload, key.Sign);
    }

    /// <summary>
    /// Signs a payload that travels elsewhere: the compact form with nothing between its dots. <b>Source:</b>
    /// RFC 7515 appendix F, RFC 7797.
    /// </summary>
    /// <param name="type"><c>typ</c>; null for none.</param>
    /// <param name="payload">The bytes that are signed.</param>
    /// <param name="key">The signer.</param>
    /// <param name="unencoded">
    /// True to sign the payload's own bytes (<c>b64: false</c>) rather than their base64url.
    /// </param>
    /// <param name="extraHeader">
    /// Writes further members of the protected header (not <c>crit</c> if unencoded); null for none.
    /// </param>
    /// <param name="reference">How the header names the key; default its thumbprint as <c>kid</c>.</param>
    public static string SignDetached(
        string? type, ReadOnlySpan<byte> payload, ISigningKey key, bool unencoded = false,
        Action<Utf8JsonWriter>? extraHeader = null, KeyReference reference = KeyReference.Thumbprint)
    {
        ArgumentNullException.ThrowIfNull(key);
        var header = Base64Url.Encode(ProtectedHeader(type, key.PublicKey, reference, unencoded
            ? WriteUnencoded + extraHeader : extraHeader));
        var input = (byte[])[.. Encoding.ASCII.GetBytes(header), (byte)'.', .. unencoded
            ? payload
            : Encoding.ASCII.GetBytes(Base64Url.Encode(payload))];
        return $"{header}..{Base64Url.Encode(key.Sign(input))}";
    }

    /// <summary>
    /// Makes one signature over a payload, for
    /// <see cref="Assemble(ReadOnlySpan{byte}, IEnumerable{JwsSignature})"/>: signers in different places
    /// need not meet.
    /// </summary>
    /// <param name="type"><c>typ</c>; null for none.</param>
    /// <param name="payload">The bytes that are signed.</param>
    /// <param name="key">The signer.</param>
    /// <param name="extraHeader">Writes further members of the protected header; null for none.</param>
    /// <param name="reference">How the header names the key; default its thumbprint as <c>kid</c>.</param>
    public static JwsSignature Sign(
        string? type, ReadOnlySpan<byte> payload, ISigningKey key, Action<Utf8JsonWriter>? extraHeader = null,
        KeyReference reference = KeyReference.Thumbprint)
    {
        ArgumentNullException.ThrowIfNull(key);
        var header = ProtectedHeader(type, key.PublicKey, reference, extraHeader);
        var compact = Assemble(header, payload, key.Sign);
        var expectation = new JwsExpectation { MaximumBytes = int.MaxValue, Critical = CriticalOf(header) };
        var parsed = JwsSyntax.ParseCompact(compact, expectation).Value;
        return new JwsSignature(
            parsed.Header, compact.AsMemory(0, compact.AsSpan().IndexOf((byte)'.')), parsed.PayloadText,
            parsed.Signature);
    }

    /// <summary>Signs in the general serialisation with several keys, each named by its thumbprint.</summary>
    /// <param name="type"><c>typ</c> of every signature; null for none.</param>
    /// <param name="payload">The bytes that are signed.</param>
    /// <param name="keys">The signers, at least one.</param>
    /// <param name="extraHeader">Writes further members of every protected header; null for none.</param>
    public static byte[] SignGeneral(
        string? type, ReadOnlySpan<byte> payload, IReadOnlyList<ISigningKey> keys,
        Action<Utf8JsonWriter>? extraHeader = null)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var signatures = new List<JwsSignature>(keys.Count);
        foreach (var key in keys)
            signatures.Add(Sign(type, payload, key, extraHeader));
        return Assemble(payload, signatures);
    }

    /// <summary>The general serialisation of signatures over one payload.</summary>
    /// <param name="payload">The payload that all of them sign.</param>
    /// <param name="signatures">The signatures, at least one; written in this order.</param>
    /// <exception cref="ArgumentException">There is none, or one is over another payload.</exception>
    public static byte[] Assemble(ReadOnlySpan<byte> payload, IEnumerable<JwsSignature> signatures)
    {
        ArgumentNullException.ThrowIfNull(signatures);
        var payloadText = Encoding.ASCII.GetBytes(Base64Url.Encode(payload));
        var json = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(json, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("payload"u8, payloadText);
        writer.WriteStartArray("signatures"u8);
        var count = 0;
        foreach (var signature in signatures)
        {
            if (!signature.PayloadText.Span.SequenceEqual(payloadText))
                throw new ArgumentException("A signature is over another payload.", nameof(signatures));
            writer.WriteStartObject();
            if (!signature.ProtectedText.IsEmpty)
                writer.WriteString("protected"u8, signature.ProtectedText.Span);
            if (!signature.UnprotectedBytes.IsEmpty)
            {
                writer.WritePropertyName("header"u8);
                writer.WriteRawValue(signature.UnprotectedBytes.Span, skipInputValidation: true);
            }
            writer.WriteString("signature"u8, Base64Url.Encode(signature.Signature.Span));
            writer.WriteEndObject();
            count++;
        }
        if (count == 0)
            throw new ArgumentException("A JWS has at least one signature.", nameof(signatures));
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Reads the compact serialisation. The bytes are kept, not copied: nobody may change them. Refusals in
    /// order: malformed, unsupported algorithm, unknown critical header, unexpected type, malformed (the
    /// payload).
    /// </summary>
    /// <param name="bytes">The JWS.</param>
    /// <param name="expectation">What the caller expects; null for ES256 of any type.</param>
    public static JoseResult<CompactJws> ParseCompact(
        ReadOnlyMemory<byte> bytes, JwsExpectation? expectation = null) =>
        JwsSyntax.ParseCompact(bytes, expectation ?? JwsExpectation.Es256);

    /// <summary>The same of a text.</summary>
    /// <param name="text">The JWS.</param>
    /// <param name="expectation">What the caller expects; null for ES256 of any type.</param>
    public static JoseResult<CompactJws> ParseCompact(string text, JwsExpectation? expectation = null) =>
        ParseCompact(Encoding.UTF8.GetBytes(text), expectation);

    /// <summary>Reads the compact serialisation with a payload that came by another way.</summary>
    /// <param name="bytes">The JWS, with nothing between its dots.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="expectation">What the caller expects; null for ES256 of any type, encoded.</param>
    public static JoseResult<CompactJws> ParseDetached(
        ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> payload, JwsExpectation? expectation = null) =>
        JwsSyntax.ParseCompact(bytes, expectation ?? JwsExpectation.Es256, payload);

    /// <summary>
    /// Reads the general or flattened serialisation; every signature must be as expected. Refusals as for the
    /// compact one.
    /// </summary>
    /// <param name="json">The JWS.</param>
    /// <param name="expectation">
    /// What the caller expects of every signature; null for ES256 of any type.
    /// </param>
    public static JoseResult<GeneralJws> ParseGeneral(
        ReadOnlyMemory<byte> json, JwsExpectation? expectation = null) =>
        JwsSyntax.ParseJson(json, expectation ?? JwsExpectation.Es256);

    /// <summary>
    /// Reads the compact serialisation and verifies it: refusals as for reading, then invalid signature.
    /// </summary>
    /// <param name="bytes">The JWS.</param>
    /// <param name="key">
    /// The key that must have signed; never one taken from the JWS itself unless the caller trusts it
    /// otherwise.
    /// </param>
    /// <param name="expectation">What the caller expects; null for ES256 of any type.</param>
    public static JoseResult<CompactJws> VerifyCompact(
        ReadOnlyMemory<byte> bytes, PublicKey key, JwsExpectation? expectation = null)
    {
        var parsed = ParseCompact(bytes, expectation);
        return parsed.TryGet(out var jws) && jws.Verify(key) is { } refusal ? refusal : parsed;
    }

    /// <summary>The same of a text.</summary>
    /// <param name="text">The JWS.</param>
    /// <param name="key">The key that must have signed.</param>
    /// <param name="expectation">What the caller expects; null for ES256 of any type.</param>
    public static JoseResult<CompactJws> VerifyCompact(
        string text, PublicKey key, JwsExpectation? expectation = null) =>
        VerifyCompact(Encoding.UTF8.GetBytes(text), key, expectation);

    internal static byte[] ProtectedHeader(string algorithm, string? type, Action<Utf8JsonWriter>? members)
    {
        var json = new ArrayBufferWriter<byte>(256);
        using var writer = new Utf8JsonWriter(json, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("alg"u8, algorithm);
        if (type is not null)
            writer.WriteString("typ"u8, type);
        members?.Invoke(writer);
        writer.WriteEndObject();
        writer.Flush();
        return json.WrittenSpan.ToArray();
    }

    internal static byte[] Assemble(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, JwsSigner sign)
    {
        var inputLength = Base64Url.EncodedLength(header.Length) + 1 + Base64Url.EncodedLength(
            payload.Length);
        var input = new byte[inputLength];
        var headerLength = System.Buffers.Text.Base64Url.EncodeToUtf8(header, input);
        input[headerLength] = (byte)'.';
        System.Buffers.Text.Base64Url.EncodeToUtf8(payload, input.AsSpan(headerLength + 1));
        var signature = sign(input);
        var compact = new byte[inputLength + 1 + Base64Url.EncodedLength(signature.Length)];
        input.CopyTo(compact, 0);
        compact[inputLength] = (byte)'.';
        System.Buffers.Text.Base64Url.EncodeToUtf8(signature, compact.AsSpan(inputLength + 1));
        return compact;
    }

    internal delegate byte[] JwsSigner(ReadOnlySpan<byte> data);

    private static byte[] ProtectedHeader(
        string? type, PublicKey key, KeyReference reference, Action<Utf8JsonWriter>? extraHeader) =>
        ProtectedHeader(JoseAlgorithms.Es256, type, writer =>
        {
            if (reference is KeyReference.Thumbprint or KeyReference.ThumbprintAndKey)
                writer.WriteString("kid"u8, key.ToString());
            if (reference is KeyReference.Key or KeyReference.ThumbprintAndKey)
            {
                writer.WritePropertyName("jwk"u8);
                Jwk.Write(writer, key);
            }
            extraHeader?.Invoke(writer);
        });

    private static void WriteUnencoded(Utf8JsonWriter writer)
    {
        writer.WriteBoolean("b64"u8, false);
        writer.WriteStartArray("crit"u8);
        writer.WriteStringValue("b64"u8);
        writer.WriteEndArray();
    }

    private static IReadOnlyList<string> CriticalOf(byte[] header) =>
        JoseHeader.Parse(header)?.Critical ?? [];
}
