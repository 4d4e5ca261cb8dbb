using System.Text;
using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Cryptography.Jose;

/// <summary>
/// Reads the three serialisations of a JWS without judging its algorithms beyond the caller's expectation.
/// </summary>
internal static class JwsSyntax
{
    // Beyond ES256's 64 bytes only for signatures that a caller verifies itself.
    private const int MaximumSignatureText = 8 * 1024;

    public static JoseResult<CompactJws> ParseCompact(
        ReadOnlyMemory<byte> bytes, JwsExpectation expectation, ReadOnlyMemory<byte>? detachedPayload = null)
    {
        var text = bytes.Span;
        if (text.Length > expectation.MaximumBytes)
            return JoseRefusal.Malformed;
        var firstDot = text.IndexOf((byte)'.');
        var lastDot = text.LastIndexOf((byte)'.');
        if (firstDot <= 0 || lastDot == firstDot || text.Length - lastDot - 1 > MaximumSignatureText)
            return JoseRefusal.Malformed;
        if (Base64Url.EncodedLength(JoseHeader.MaximumBytes) < firstDot
            || !Base64Url.TryDecode(text[..firstDot], out var headerBytes)
            || JoseHeader.Parse(headerBytes) is not { } header)
            return JoseRefusal.Malformed;
        if (!Base64Url.TryDecode(text[(lastDot + 1)..], out var signature))
            return JoseRefusal.Malformed;
        if (expectation.Check(header) is { } refusal)
            return refusal;

        var payloadText = bytes[(firstDot + 1)..lastDot];
        var signingInput = bytes[..lastDot];
        if (detachedPayload is { } detached)
        {
            if (!payloadText.IsEmpty)
                return JoseRefusal.Malformed;
            payloadText = header.IsPayloadEncoded
                ? Encoding.ASCII.GetBytes(Base64Url.Encode(detached.Span))
                : detached;
            signingInput = Join(bytes[..firstDot].Span, payloadText.Span);
        }
        return DecodePayload(header, payloadText, detachedPayload is not null) is { } payload
            ? new CompactJws(header, bytes, signingInput, payloadText, payload, signature)
            : JoseRefusal.Malformed;
    }

    public static JoseResult<GeneralJws> ParseJson(ReadOnlyMemory<byte> json, JwsExpectation expectation)
    {
        if (!StrictJson.TryParseObject(json.Span, out var root, expectation.MaximumBytes))
            return JoseRefusal.Malformed;
        var isGeneral = root.TryGetProperty("signatures", out var list);
        var members = new JsonMembers(root);
        if (members.Element("payload") is not { ValueKind: JsonValueKind.String } payloadElement)
            return JoseRefusal.Malformed;
        var payloadText = Encoding.UTF8.GetBytes(payloadElement.GetString()!);
        var signatures = new List<JwsSignature>();
        if (isGeneral)
        {
            members.Element("signatures");
            if (!members.AreExact || list.ValueKind != JsonValueKind.Array
                || list.GetArrayLength() is 0 or > GeneralJws.MaximumSignatures)
                return JoseRefusal.Malformed;
            foreach (var element in list.EnumerateArray())
                if (ReadSignature(new JsonMembers(element), payloadText) is { } signature)
                    signatures.Add(signature);
                else
                    return JoseRefusal.Malformed;
        }
        else
        {
            if (ReadSignature(members, payloadText) is not { } signature)
                return JoseRefusal.Malformed;
            signatures.Add(signature);
        }

        // RFC 7797 section 3: all signatures must agree about the payload's encoding.
        if (signatures.Exists(
            signature => signature.Header.IsPayloadEncoded != signatures[0].Header.IsPayloadEncoded))
            return JoseRefusal.Malformed;
        foreach (var signature in signatures)
            if (expectation.Check(signature.Header) is { } refusal)
                return refusal;
        return DecodePayload(signatures[0].Header, payloadText, isJson: true) is { } payload
            ? new GeneralJws(payloadText, payload, signatures)
            : JoseRefusal.Malformed;
    }

    private static JwsSignature? ReadSignature(JsonMembers members, ReadOnlyMemory<byte> payloadText)
    {
        var signatureBytes = members.Bytes("signature", MaximumSignatureText);
        var protectedText = members.OptionalText(
            "protected", Base64Url.EncodedLength(JoseHeader.MaximumBytes));
        var unprotected = members.OptionalElement("header");
        byte[]? headerBytes = [];
        if (!members.AreExact || protectedText is { Length: 0 }
            || protectedText is not null && !Base64Url.TryDecode(protectedText, out headerBytes))
            return null;
        var unprotectedBytes = unprotected is { } own ? Encoding.UTF8.GetBytes(own.GetRawText()) : default;
        return JoseHeader.Parse(headerBytes, own: unprotectedBytes) is { Algorithm.Length: > 0 } header
            ? new JwsSignature(
                header, Encoding.ASCII.GetBytes(protectedText ?? ""), payloadText, signatureBytes,
                unprotectedBytes)
            : null;
    }

    private static ReadOnlyMemory<byte>? DecodePayload(
        JoseHeader header, ReadOnlyMemory<byte> text, bool isJson)
    {
        if (header.IsPayloadEncoded)
            return Base64Url.TryDecode(text.Span, out var payload) ? payload : (ReadOnlyMemory<byte>?)null;
        // RFC 7797 section 5.2: in the compact serialisation, printable ASCII without the dot that separates
        // the parts.
        if (isJson)
            return text;
        var isPrintable = !text.Span.ContainsAnyExceptInRange((byte)' ', (byte)'~');
        return isPrintable && !text.Span.Contains((byte)'.') ? text : null;
    }

    private static byte[] Join(ReadOnlySpan<byte> protectedText, ReadOnlySpan<byte> payloadText)
    {
        var joined = new byte[protectedText.Length + 1 + payloadText.Length];
        protectedText.CopyTo(joined);
        joined[protectedText.Length] = (byte)'.';
        payloadText.CopyTo(joined.AsSpan(protectedText.Length + 1));
        return joined;
    }
}
