using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Cryptography;

/// <summary>
/// Base64url without padding, canonical only: exactly one text stands for some bytes, so a signature or a digest over the
/// text cannot be given a second spelling. <b>Source:</b> RFC 4648 section 5, RFC 7515 section 2 and appendix C.
/// </summary>
public static class Base64Url
{
    /// <summary>The base64url text of the bytes; empty text for no bytes.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    /// <summary>The number of characters that <paramref name="byteCount"/> bytes take.</summary>
    public static int EncodedLength(int byteCount) => System.Buffers.Text.Base64Url.GetEncodedLength(byteCount);

    /// <summary>
    /// Decodes canonical base64url: no padding, white space or other alphabet, and the unused bits of the last character zero.
    /// </summary>
    /// <returns>False, and null, for anything else.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 == 1 || text.ContainsAnyExcept(Alphabet))
            return false;
        var decoded = new byte[text.Length * 3 / 4];
        var status = System.Buffers.Text.Base64Url.DecodeFromChars(text, decoded, out _, out var written);
        if (status != OperationStatus.Done || written != decoded.Length || !IsCanonicalEnd(text.Length, text.IsEmpty ? '\0' : text[^1]))
            return false;
        bytes = decoded;
        return true;
    }

    /// <summary>The same for text held as UTF-8 bytes.</summary>
    /// <returns>False, and null, for anything that is not canonical base64url.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        var decoded = new byte[Math.Max(0, utf8.Length * 3 / 4)];
        if (!TryDecode(utf8, decoded, out var written) || written != decoded.Length)
            return false;
        bytes = decoded;
        return true;
    }

    /// <summary>The same into a buffer of at least three quarters of the text's length; for hot paths.</summary>
    /// <returns>False for anything that is not canonical base64url.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> utf8, Span<byte> destination, out int written)
    {
        written = 0;
        if (utf8.Length % 4 == 1 || utf8.ContainsAnyExcept(AlphabetUtf8))
            return false;
        return System.Buffers.Text.Base64Url.DecodeFromUtf8(utf8, destination, out _, out written) == OperationStatus.Done
            && written == utf8.Length * 3 / 4
            && IsCanonicalEnd(utf8.Length, utf8.IsEmpty ? '\0' : (char)utf8[^1]);
    }

    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    private static readonly SearchValues<char> Alphabet = SearchValues.Create(Letters);
    private static readonly SearchValues<byte> AlphabetUtf8 = SearchValues.Create(System.Text.Encoding.ASCII.GetBytes(Letters));

    // Two characters carry 12 bits for one byte, three carry 18 for two: the rest must be zero.
    private static bool IsCanonicalEnd(int length, char last) => (length % 4) switch
    {
        2 => (Letters.IndexOf(last, StringComparison.Ordinal) & 0b1111) == 0,
        3 => (Letters.IndexOf(last, StringComparison.Ordinal) & 0b0011) == 0,
        _ => true,
    };
}
