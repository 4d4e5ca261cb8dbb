using Counterfoil.Cryptography.Http;

namespace Counterfoil.Cryptography.Tests.Http;

/// <summary>Reads the messages and fragments of messages that the standards print.</summary>
internal static class RawMessage
{
    internal static HttpMessage Parse(string text, string scheme = "https", HttpMessage? request = null)
    {
        var (start, fields, trailers, _) = Cut(text);
        if (start is null)
            return HttpMessage.OfResponse(200, fields, request, trailers);
        var words = start.Split(' ');
        if (words[0].StartsWith("HTTP/", StringComparison.Ordinal))
            return HttpMessage.OfResponse(int.Parse(words[1], System.Globalization.CultureInfo.InvariantCulture), fields, request, trailers);
        var host = fields.FirstOrDefault(field => field.Name.Equals("host", StringComparison.OrdinalIgnoreCase)).Value?.Trim();
        var isOriginForm = words[1].StartsWith('/');
        var uri = isOriginForm ? $"{scheme}://{host}{words[1]}"
            : words[1].Contains("://", StringComparison.Ordinal) ? words[1] : $"{scheme}://{host ?? words[1]}/";
        Assert.True(HttpTarget.TryParse(uri, out var target), uri);
        return HttpMessage.OfRequest(words[0], target, fields, trailers, isOriginForm ? null : words[1]);
    }

    /// <summary>The content as text; null if the message is a fragment without one.</summary>
    internal static string? Content(string text) => Cut(text).Content;

    internal static string? StartLine(string text) => Cut(text).Start;

    private static (string? Start, List<HttpField> Fields, List<HttpField> Trailers, string? Content) Cut(string text)
    {
        var lines = text.Replace("(SP)", " ", StringComparison.Ordinal).Split('\n').ToList();
        string? start = null;
        if (!lines[0].Split(' ')[0].EndsWith(':') && lines[0].Contains("HTTP/1.1", StringComparison.Ordinal))
        {
            start = lines[0];
            lines.RemoveAt(0);
        }
        var end = lines.IndexOf("");
        var fields = FieldsOf(end < 0 ? lines : lines[..end]);
        var content = end < 0 ? null : string.Join('\n', lines[(end + 1)..]);
        var isChunked = fields.Any(field => field.Name == "Transfer-Encoding" && field.Value.Contains("chunked", StringComparison.Ordinal));
        if (!isChunked || content is null)
            return (start, fields, [], content);
        var after = content.Split('\n').ToList();
        return (start, fields, FieldsOf([.. after.Skip(after.IndexOf("0") + 1).Where(line => line.Length > 0)]), content);
    }

    private static List<HttpField> FieldsOf(List<string> lines)
    {
        var fields = new List<HttpField>();
        foreach (var line in lines)
        {
            if (line.Length > 0 && line[0] is ' ' or '\t' && fields.Count > 0)
            {
                fields[^1] = fields[^1] with { Value = fields[^1].Value + "\r\n" + line };
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                fields.Add(new HttpField(line[..colon], line[(colon + 1)..]));
        }
        return fields;
    }
}
