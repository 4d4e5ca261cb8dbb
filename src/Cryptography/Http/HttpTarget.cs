using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Counterfoil.Cryptography.Http;

/// <summary>
/// An absolute http or https URI cut into the parts that are signed, kept as they came: nothing is decoded,
/// and dot segments stay, since both sides must get the same bytes. <b>Source:</b> RFC 3986, RFC 9110 section
/// 4.2, RFC 9421 section 2.2.
/// </summary>
public sealed class HttpTarget
{
    /// <summary>The longest URI in characters.</summary>
    public const int MaximumLength = 16_384;

    private static readonly SearchValues<char> NotInUris = SearchValues.Create("\"<>\\^`{|}#");

    private HttpTarget(string text, string scheme, string authority, string path, string? query)
    {
        Text = text;
        Scheme = scheme;
        Authority = authority;
        Path = path;
        Query = query;
    }

    /// <summary>The URI as it came.</summary>
    public string Text { get; }

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme { get; }

    /// <summary>Host in lower case and port, without the scheme's default port.</summary>
    public string Authority { get; }

    /// <summary>The path, not decoded; <c>/</c> if it is empty.</summary>
    public string Path { get; }

    /// <summary>The query without its question mark, not decoded; null if there is none.</summary>
    public string? Query { get; }

    /// <summary>The origin form: path and query.</summary>
    public string OriginForm => Query is null ? Path : $"{Path}?{Query}";

    /// <summary>
    /// The URI without its query, in the normal form in which two URIs are compared: percent-encoding in
    /// upper case and only where needed, dot segments removed. <b>Source:</b> RFC 3986 sections 6.2.2 and
    /// 6.2.3, RFC 9449 section 4.3.
    /// </summary>
    public string WithoutQuery => $"{Scheme}://{Authority}{RemoveDotSegments(NormalisePercents(Path))}";

    /// <summary>Parses an absolute URI.</summary>
    /// <returns>
    /// False for another scheme, no host, user information, a fragment, a port out of 1 to 65535, and any
    /// character that a URI cannot have.
    /// </returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out HttpTarget? target)
    {
        target = null;
        if (text is null or { Length: > MaximumLength } || text.AsSpan().ContainsAnyExceptInRange('!', '~')
            || text.AsSpan().ContainsAny(NotInUris))
            return false;
        var colon = text.IndexOf("://", StringComparison.Ordinal);
        if (colon < 0)
            return false;
        var scheme = text[..colon].ToLowerInvariant();
        if (scheme is not ("http" or "https"))
            return false;
        var rest = text[(colon + 3)..];
        var end = rest.AsSpan().IndexOfAny('/', '?');
        var (authority, after) = end < 0 ? (rest, "") : (rest[..end], rest[end..]);
        var question = after.IndexOf('?', StringComparison.Ordinal);
        var path = question < 0 ? after : after[..question];
        if (!TryNormaliseAuthority(authority, scheme, out var normalised))
            return false;
        target = new HttpTarget(
            text, scheme, normalised, path.Length == 0 ? "/" : path, question < 0 ? null : after[(question + 1)..]);
        return true;
    }

    /// <summary>
    /// The query's parameters of that name after decoding; names and values decoded as a form's.
    /// </summary>
    internal IReadOnlyList<string> QueryValues(string name)
    {
        var values = new List<string>();
        foreach (var pair in (Query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0 ? (pair, "") : (pair[..equals], pair[(equals + 1)..]);
            if (DecodeForm(key) == name)
                values.Add(DecodeForm(value));
        }
        return values;
    }

    /// <summary>
    /// Decodes a part of a form: a plus is a space, bytes that are not UTF-8 become the replacement
    /// character.
    /// </summary>
    internal static string DecodeForm(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (var index = 0; index < text.Length; index++)
        {
            if (text[index] == '%' && index + 2 < text.Length
                && char.IsAsciiHexDigit(text[index + 1]) && char.IsAsciiHexDigit(text[index + 2]))
            {
                bytes.Add(Convert.FromHexString(text.AsSpan(index + 1, 2))[0]);
                index += 2;
            }
            else if (text[index] == '+')
                bytes.Add((byte)' ');
            else
                bytes.AddRange(Encoding.UTF8.GetBytes(text[index..(index + 1)]));
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>
    /// Percent-encodes all but letters, digits and <c>* - . _</c>. <b>Source:</b> RFC 9421 section 2.2.8.
    /// </summary>
    internal static string EncodeForm(string text)
    {
        var encoded = new StringBuilder();
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)octet) || octet is (byte)'*' or (byte)'-' or (byte)'.' or (byte)'_')
                encoded.Append((char)octet);
            else
                encoded.Append(System.Globalization.CultureInfo.InvariantCulture, $"%{octet:X2}");
        }
        return encoded.ToString();
    }

    private static string NormalisePercents(string path)
    {
        if (!path.Contains('%', StringComparison.Ordinal))
            return path;
        var normal = new StringBuilder(path.Length);
        for (var index = 0; index < path.Length; index++)
        {
            if (path[index] != '%' || index + 2 >= path.Length
                || !char.IsAsciiHexDigit(path[index + 1]) || !char.IsAsciiHexDigit(path[index + 2]))
            {
                normal.Append(path[index]);
                continue;
            }
            var octet = (char)Convert.FromHexString(path.AsSpan(index + 1, 2))[0];
            if (char.IsAsciiLetterOrDigit(octet) || octet is '-' or '.' or '_' or '~')
                normal.Append(octet);
            else
                normal.Append('%').Append(path.AsSpan(index + 1, 2).ToString().ToUpperInvariant());
            index += 2;
        }
        return normal.ToString();
    }

    // RFC 3986 section 5.2.4, for a path that begins with a slash.
    private static string RemoveDotSegments(string path)
    {
        var kept = new List<string>();
        var segments = path.Split('/')[1..];
        for (var index = 0; index < segments.Length; index++)
        {
            var isLast = index == segments.Length - 1;
            if (segments[index] == ".." && kept.Count > 0)
                kept.RemoveAt(kept.Count - 1);
            if (segments[index] is not ("." or ".."))
                kept.Add(segments[index]);
            else if (isLast)
                kept.Add("");
        }
        return "/" + string.Join('/', kept);
    }

    private static bool TryNormaliseAuthority(
        ReadOnlySpan<char> authority, string scheme, [NotNullWhen(true)] out string? normalised)
    {
        normalised = null;
        // An IPv6 address stands in brackets and has colons of its own.
        var isBracketed = authority.StartsWith('[');
        var hostEnd = isBracketed ? authority.IndexOf(']') + 1 : authority.IndexOf(':');
        if (isBracketed && hostEnd == 0)
            return false;
        if (hostEnd < 0)
            hostEnd = authority.Length;
        var host = authority[..hostEnd].ToString().ToLowerInvariant();
        var port = authority[hostEnd..];
        if (host.Length == 0 || host.AsSpan().ContainsAny("@,;") || (!isBracketed && host.AsSpan().ContainsAny("[]")))
            return false;
        if (port.Length > 0 && (port[0] != ':' || port[1..].ContainsAnyExceptInRange('0', '9') || port.Length > 6))
            return false;
        // An empty port is the default port: RFC 3986 section 6.2.3.
        if (port.Length > 1)
        {
            var number = int.Parse(port[1..], System.Globalization.CultureInfo.InvariantCulture);
            if (number is 0 or > 65535)
                return false;
            if (number != (scheme == "https" ? 443 : 80))
                host += $":{number}";
        }
        normalised = host;
        return true;
    }
}
