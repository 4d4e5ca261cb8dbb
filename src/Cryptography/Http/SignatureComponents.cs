namespace Counterfoil.Cryptography.Http;

/// <summary>
/// Identifiers of what a signature covers: a field's name in lower case or a derived component, with parameters.
/// <b>Source:</b> RFC 9421 sections 2.1 and 2.2.
/// </summary>
public static class SignatureComponents
{
    /// <summary>The request's method.</summary>
    public static StructuredItem Method { get; } = Of("@method");

    /// <summary>The request's full target URI.</summary>
    public static StructuredItem TargetUri { get; } = Of("@target-uri");

    /// <summary>The request's host and port.</summary>
    public static StructuredItem Authority { get; } = Of("@authority");

    /// <summary>The request's scheme.</summary>
    public static StructuredItem Scheme { get; } = Of("@scheme");

    /// <summary>The target of the request line; only sensible in HTTP/1.1.</summary>
    public static StructuredItem RequestTarget { get; } = Of("@request-target");

    /// <summary>The target's path.</summary>
    public static StructuredItem Path { get; } = Of("@path");

    /// <summary>The target's query with its question mark.</summary>
    public static StructuredItem Query { get; } = Of("@query");

    /// <summary>The response's status code.</summary>
    public static StructuredItem Status { get; } = Of("@status");

    /// <summary>The digest of the content. <b>Source:</b> RFC 9530 section 2.</summary>
    public static StructuredItem ContentDigest { get; } = Of("content-digest");

    /// <summary>A field or derived component without parameters.</summary>
    /// <param name="name">In lower case; derived components begin with <c>@</c>.</param>
    public static StructuredItem Of(string name) => new(new BareItem.Text(name));

    /// <summary>A parameter of the target's query.</summary>
    /// <param name="name">The parameter's name, decoded.</param>
    public static StructuredItem QueryParameter(string name) =>
        new(new BareItem.Text("@query-param"), new StructuredParameters(("name", new BareItem.Text(HttpTarget.EncodeForm(name)))));

    /// <summary>A component of the request, for the signature of its response.</summary>
    public static StructuredItem OfRequest(StructuredItem component)
    {
        ArgumentNullException.ThrowIfNull(component);
        var parameters = component.Parameters.Entries.Select(entry => (entry.Key, entry.Value))
            .Append(("req", new BareItem.Boolean(true)));
        return new(component.Value, new StructuredParameters(parameters.ToArray()));
    }

    // Two identifiers are the same if they have the same parameters in any order.
    internal static string Identity(StructuredItem component)
    {
        var parameters = component.Parameters.Entries
            .Select(entry => $";{entry.Key}={entry.Value}")
            .Order(StringComparer.Ordinal);
        return component.Value + string.Concat(parameters);
    }
}
