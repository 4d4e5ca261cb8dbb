using System.Buffers;
using System.Globalization;
using System.Text;

namespace Counterfoil.Cryptography.Http;

/// <summary>
/// The text that is signed: one line for each covered component, then the parameters. <b>Source:</b> RFC 9421
/// section 2.5.
/// </summary>
public static class SignatureBase
{
    /// <summary>Makes the signature base of a message.</summary>
    /// <param name="message">The message; for components with <c>req</c> it must know its request.</param>
    /// <param name="parameters">What is covered.</param>
    /// <param name="fieldKinds">Which fields are structured, beyond <see cref="StructuredFieldKinds.Known"/>, for <c>sf</c>.</param>
    /// <returns>
    /// Refused as <c>invalid_component</c>, <c>missing_component</c> or <c>invalid_field</c> by the first
    /// component that cannot be put.
    /// </returns>
    public static HttpResult<string> Of(
        HttpMessage message, SignatureParameters parameters, IReadOnlyDictionary<string, StructuredFieldKind>? fieldKinds = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(parameters);
        var text = new StringBuilder();
        var covered = new HashSet<string>(StringComparer.Ordinal);
        foreach (var component in parameters.Components)
        {
            if (!covered.Add(SignatureComponents.Identity(component)))
                return HttpRefusal.InvalidComponent;
            if (!ValueOf(message, component, fieldKinds).TryGet(out var value, out var refusal))
                return refusal;
            // A line end would let a value pose as further lines.
            if (value.AsSpan().ContainsAnyExcept(FieldCharacters))
                return HttpRefusal.InvalidField;
            component.WriteTo(text);
            text.Append(": ").Append(value).Append('\n');
        }
        text.Append("\"@signature-params\": ");
        parameters.List.WriteTo(text);
        return text.ToString();
    }

    // Visible ASCII, space and tab: RFC 9110 section 5.5 without obsolete text.
    private static readonly SearchValues<char> FieldCharacters =
        SearchValues.Create([.. Enumerable.Range(' ', '~' - ' ' + 1).Select(code => (char)code), '\t']);

    // A token (RFC 9110 section 5.6.2) in lower case.
    private static readonly SearchValues<char> FieldNameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~");

    private static HttpResult<string> ValueOf(
        HttpMessage message, StructuredItem component, IReadOnlyDictionary<string, StructuredFieldKind>? fieldKinds)
    {
        if (component.Value is not BareItem.Text { Value: { Length: > 0 } name } || !Options.TryRead(component, out var options))
            return HttpRefusal.InvalidComponent;
        var source = message;
        if (options.OfRequest)
        {
            // Only a response has a request: section 2.4.
            if (message.IsRequest)
                return HttpRefusal.InvalidComponent;
            if (message.Request is null)
                return HttpRefusal.MissingComponent;
            source = message.Request;
        }
        return name[0] == '@' ? DerivedValue(source, name, options) : FieldValue(source, name, options, fieldKinds);
    }

    // Section 2.2
    private static HttpResult<string> DerivedValue(HttpMessage source, string name, Options options)
    {
        if (options.IsForFields || (options.QueryName is not null) != (name == "@query-param"))
            return HttpRefusal.InvalidComponent;
        if (name == "@status")
        {
            return source.Status is { } status
                ? status.ToString("D3", CultureInfo.InvariantCulture)
                : HttpRefusal.InvalidComponent;
        }
        if (!source.IsRequest)
            return HttpRefusal.InvalidComponent;
        return name switch
        {
            "@method" => source.Method!,
            "@target-uri" => source.Target!.Text,
            "@authority" => source.Target!.Authority,
            "@scheme" => source.Target!.Scheme,
            "@request-target" => source.RequestTarget!,
            "@path" => source.Target!.Path,
            "@query" => "?" + source.Target!.Query,
            "@query-param" => QueryParameter(source.Target!, options.QueryName!),
            _ => HttpRefusal.InvalidComponent,
        };
    }

    // Section 2.2.8: a name that occurs twice cannot be signed.
    private static HttpResult<string> QueryParameter(HttpTarget target, string encodedName)
    {
        var name = HttpTarget.DecodeForm(encodedName);
        if (HttpTarget.EncodeForm(name) != encodedName)
            return HttpRefusal.InvalidComponent;
        return target.QueryValues(name) is [var value] ? HttpTarget.EncodeForm(value) : HttpRefusal.MissingComponent;
    }

    // Section 2.1
    private static HttpResult<string> FieldValue(
        HttpMessage source, string name, Options options, IReadOnlyDictionary<string, StructuredFieldKind>? fieldKinds)
    {
        if (options.QueryName is not null || !IsFieldName(name))
            return HttpRefusal.InvalidComponent;
        var lines = source.Lines(name, options.InTrailers);
        if (lines.Count == 0)
            return HttpRefusal.MissingComponent;
        if (options.Binary)
        {
            var values = lines.Select(line => new StructuredItem(new BareItem.Bytes(Encoding.Latin1.GetBytes(line))));
            return StructuredField.Write([.. values]);
        }
        var value = string.Join(", ", lines);
        if (options.Key is { } key)
        {
            if (!StructuredField.TryParseDictionary(value, out var dictionary))
                return HttpRefusal.InvalidField;
            return dictionary[key]?.ToString() is { } member ? member : HttpRefusal.MissingComponent;
        }
        if (!options.Strict)
            return value;
        var kind = fieldKinds?.GetValueOrDefault(name) is { } given and not StructuredFieldKind.Unset
            ? given
            : StructuredFieldKinds.Known.GetValueOrDefault(name);
        return StructuredField.TryNormalise(value, kind, out var canonical) ? canonical : HttpRefusal.InvalidField;
    }

    private static bool IsFieldName(string name) =>
        !name.AsSpan().ContainsAnyExcept(FieldNameCharacters);

    /// <summary>A component's parameters, read strictly.</summary>
    private readonly record struct Options(
        bool OfRequest, bool InTrailers, bool Binary, bool Strict, string? Key, string? QueryName)
    {
        internal bool IsForFields => InTrailers || Binary || Strict || Key is not null;

        internal static bool TryRead(StructuredItem component, out Options options)
        {
            options = default;
            foreach (var (name, value) in component.Parameters.Entries)
            {
                switch (name, value)
                {
                    case ("req", BareItem.Boolean { Value: true }):
                        options = options with { OfRequest = true };
                        break;
                    case ("tr", BareItem.Boolean { Value: true }):
                        options = options with { InTrailers = true };
                        break;
                    case ("bs", BareItem.Boolean { Value: true }):
                        options = options with { Binary = true };
                        break;
                    case ("sf", BareItem.Boolean { Value: true }):
                        options = options with { Strict = true };
                        break;
                    case ("key", BareItem.Text key):
                        options = options with { Key = key.Value };
                        break;
                    case ("name", BareItem.Text queryName):
                        options = options with { QueryName = queryName.Value };
                        break;
                    default:
                        return false;
                }
            }
            // Section 2.1: bs contradicts sf and key.
            return !(options.Binary && (options.Strict || options.Key is not null));
        }
    }
}
