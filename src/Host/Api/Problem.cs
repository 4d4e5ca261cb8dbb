using System.Text.Json;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Api;

/// <summary>
/// Answers that say no: RFC 9457 problem details with the stable code of the refusal, its facts, and never
/// a stack trace. <b>Source:</b> RFC 9457 section 3.
/// </summary>
public static class Problem
{
    public const string ContentType = "application/problem+json";

    /// <summary>Answers with a refusal; headers that were set before stay.</summary>
    public static Task WriteAsync(HttpContext context, int status, Refusal refusal, string? id = null)
    {
        var response = context.Response;
        if (response.HasStarted)
        {
            // Half an answer is out: the only honest end is a broken connection.
            context.Abort();
            return Task.CompletedTask;
        }
        response.StatusCode = status;
        response.ContentType = ContentType;
        if (HttpMethods.IsHead(context.Request.Method))
            return Task.CompletedTask;
        using (var writer = new Utf8JsonWriter(response.BodyWriter))
            Write(writer, status, refusal, id);
        return response.BodyWriter.FlushAsync(context.RequestAborted).AsTask();
    }

    private static void Write(Utf8JsonWriter writer, int status, Refusal refusal, string? id)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, $"urn:counterfoil:refusal:{refusal.Code}");
        writer.WriteString("title"u8, refusal.Code);
        writer.WriteNumber("status"u8, status);
        writer.WriteString("detail"u8, refusal.Reason.Meaning);
        writer.WriteString("code"u8, refusal.Code);
        if (id is { Length: > 0 })
            writer.WriteString("id"u8, id);
        if (refusal.Facts.Count > 0)
            WriteFacts(writer, refusal.Facts);
        if (refusal.Reason.Transient)
            writer.WriteBoolean("transient"u8, true);
        writer.WriteEndObject();
    }

    /// <summary>
    /// The facts as an object of its own, so that no fact's name collides with a member of the answer.
    /// </summary>
    internal static void WriteFacts(Utf8JsonWriter writer, IReadOnlyList<(string Name, string Value)> facts)
    {
        writer.WriteStartObject("facts"u8);
        foreach (var (name, value) in facts)
            writer.WriteString(name, value);
        writer.WriteEndObject();
    }
}
