using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Host.Api;

/// <summary>
/// What endpoints say of themselves in the OpenAPI document, and the small things they share.
/// </summary>
internal static class EndpointDescriptions
{
    /// <summary>
    /// Names the endpoint in the OpenAPI document; hand-written handlers are not found there by themselves.
    /// </summary>
    public static RouteHandlerBuilder Describe(
        this IEndpointConventionBuilder builder, RequestDelegate handler, string tag, string summary, string? description = null)
    {
        var described = new RouteHandlerBuilder([builder]);
        described.WithMetadata(handler.Method).WithTags(tag).WithSummary(summary);
        if (description is not null)
            described.WithDescription(description);
        return described;
    }

    /// <summary>The statuses that the endpoint answers with problem details.</summary>
    public static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder builder, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
            builder.Produces<ProblemDocument>(status, Problem.ContentType);
        return builder;
    }

    /// <summary>The query's members that the endpoint reads.</summary>
    public static RouteHandlerBuilder Query(this RouteHandlerBuilder builder, params IReadOnlyList<string> names) => builder.WithMetadata(new QueryNames(names));

    /// <summary>Answers 200 with a document of the interface.</summary>
    public static Task AnswerAsync<T>(this HttpContext context, T document)
        where T : class =>
        context.AnswerBytesAsync("application/json", JsonSerializer.SerializeToUtf8Bytes(document, typeof(T), ApiJson.Instance));

    /// <summary>Answers 200 with these bytes.</summary>
    public static Task AnswerBytesAsync(this HttpContext context, string mediaType, ReadOnlyMemory<byte> bytes)
    {
        context.Response.ContentType = mediaType;
        context.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }

    /// <summary>A whole number of the path or query in plain decimal digits.</summary>
    public static bool TryReadNumber(string? text, long maximum, out long number)
    {
        number = 0;
        return text is { Length: > 0 and <= 18 } && !text.AsSpan().ContainsAnyExceptInRange('0', '9')
            && (text.Length == 1 || text[0] != '0')
            && long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out number) && number <= maximum;
    }

    /// <summary>Reads a small JSON body under the strict rules.</summary>
    /// <returns>Null where the body is too large or has not the form.</returns>
    public static async Task<T?> ReadBodyAsync<T>(this HttpContext context, int maximumBytes)
        where T : class
    {
        if (!TransactionEndpoints.MediaTypeIs(context.Request.ContentType, "application/json") || context.Request.ContentLength > maximumBytes)
            return null;
        var buffer = new byte[maximumBytes + 1];
        var length = await context.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, context.RequestAborted);
        if (length > maximumBytes || !StrictJson.IsValid(buffer.AsSpan(0, length), maximumBytes))
            return null;
        try
        {
            return (T?)JsonSerializer.Deserialize(buffer.AsSpan(0, length), typeof(T), ApiJson.Instance);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
