namespace Counterfoil.Cryptography.Http;

/// <summary>
/// One field line of a message: its name in any case, its value as it came (in ISO 8859-1 where not ASCII).
/// </summary>
/// <param name="Name">The field's name.</param>
/// <param name="Value">The field line's value.</param>
public readonly record struct HttpField(string Name, string Value);

/// <summary>
/// A request or response as message signatures see it, apart from any HTTP library. The host fills in the
/// target that it trusts: scheme and authority of a request behind a proxy are the host's decision, not the
/// message's.
/// </summary>
public sealed class HttpMessage
{
    private readonly string? method, requestTarget;
    private readonly HttpTarget? target;
    private readonly int? status;

    private HttpMessage(
        string? method, HttpTarget? target, string? requestTarget, int? status,
        IReadOnlyList<HttpField> fields, IReadOnlyList<HttpField> trailers, HttpMessage? request)
    {
        this.method = method;
        this.target = target;
        this.requestTarget = requestTarget;
        this.status = status;
        Fields = fields;
        Trailers = trailers;
        Request = request;
    }

    /// <summary>The header's field lines in their order.</summary>
    public IReadOnlyList<HttpField> Fields { get; }

    /// <summary>The trailer's field lines in their order.</summary>
    public IReadOnlyList<HttpField> Trailers { get; }

    /// <summary>The request that this response answers, if it is known.</summary>
    public HttpMessage? Request { get; }

    /// <summary>True for a request.</summary>
    public bool IsRequest => method is not null;

    /// <summary>The request's method, case kept; null for a response.</summary>
    public string? Method => method;

    /// <summary>The request's target; null for a response.</summary>
    public HttpTarget? Target => target;

    /// <summary>
    /// The request target as it stands in the request line: origin form unless another was given; null for a
    /// response.
    /// </summary>
    public string? RequestTarget => requestTarget ?? target?.OriginForm;

    /// <summary>The response's status code, 100 to 599; null for a request.</summary>
    public int? Status => status;

    /// <summary>A request.</summary>
    /// <param name="method">The method, case-sensitive.</param>
    /// <param name="target">The absolute target URI.</param>
    /// <param name="fields">The header's field lines.</param>
    /// <param name="trailers">The trailer's field lines.</param>
    /// <param name="requestTarget">The request line's target where it is not the origin form: absolute, authority or asterisk form.</param>
    public static HttpMessage OfRequest(
        string method, HttpTarget target, IReadOnlyList<HttpField> fields, IReadOnlyList<HttpField>? trailers = null,
        string? requestTarget = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(method);
        ArgumentNullException.ThrowIfNull(target);
        return new(method, target, requestTarget, null, fields, trailers ?? [], null);
    }

    /// <summary>A response.</summary>
    /// <param name="status">100 to 599.</param>
    /// <param name="fields">The header's field lines.</param>
    /// <param name="request">The request that it answers, for components with <c>req</c>.</param>
    /// <param name="trailers">The trailer's field lines.</param>
    public static HttpMessage OfResponse(
        int status, IReadOnlyList<HttpField> fields, HttpMessage? request = null, IReadOnlyList<HttpField>? trailers = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(status, 100);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(status, 599);
        return new(null, null, null, status, fields, trailers ?? [], request);
    }

    /// <summary>The same message with further field lines at its end.</summary>
    public HttpMessage With(params ReadOnlySpan<HttpField> more) =>
        new(method, target, requestTarget, status, [.. Fields, .. more], Trailers, Request);

    /// <summary>
    /// The field's lines, each without white space around it and with folded lines joined by one space; empty
    /// if the field is absent. <b>Source:</b> RFC 9421 section 2.1.
    /// </summary>
    internal IReadOnlyList<string> Lines(string lowerCaseName, bool inTrailers = false)
    {
        var lines = new List<string>();
        foreach (var field in inTrailers ? Trailers : Fields)
        {
            if (string.Equals(field.Name, lowerCaseName, StringComparison.OrdinalIgnoreCase))
                lines.Add(Unfold(field.Value).Trim(' ', '\t'));
        }
        return lines;
    }

    /// <summary>The field's combined value, or null if the field is absent.</summary>
    public string? Combined(string name)
    {
        var lines = Lines(name);
        return lines.Count == 0 ? null : string.Join(", ", lines);
    }

    // obs-fold is optional white space, a line end and at least one space or tab: RFC 9112 section 5.2.
    private static string Unfold(string value)
    {
        if (!value.Contains('\n', StringComparison.Ordinal))
            return value;
        var parts = value.Split('\n');
        for (var index = 1; index < parts.Length; index++)
        {
            // A line end without white space after it is no fold; it stays and is refused later.
            if (parts[index].Length == 0 || parts[index][0] is not (' ' or '\t'))
                return value;
        }
        return string.Join(' ', parts.Select(part => part.Trim(' ', '\t', '\r')));
    }
}
