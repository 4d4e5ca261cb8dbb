using System.Text.Json;
using Counterfoil.Cryptography.Json;

namespace Counterfoil.Client;

/// <summary>Sending and reading with the same faults and refusals everywhere.</summary>
internal static class HttpAnswers
{
    /// <summary>The largest problem document that is read, in bytes.</summary>
    private const int MaximumProblemBytes = 64 * 1024;

    public static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException fault)
        {
            throw new NodeFaultException($"No answer from {http.BaseAddress}: {fault.Message}", fault);
        }
        catch (TaskCanceledException fault) when (!cancellation.IsCancellationRequested)
        {
            throw new NodeFaultException($"No answer from {http.BaseAddress} in {http.Timeout.TotalSeconds:0} s.", fault);
        }
    }

    public static async Task<NodeResult<T>> ReadAsync<T>(HttpResponseMessage response, Func<JsonElement, T> read, CancellationToken cancellation)
        where T : class
    {
        if (!response.IsSuccessStatusCode)
            return NodeResult<T>.Refuse(await ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
        using var document = await ReadJsonAsync(response, default, cancellation).ConfigureAwait(false);
        return NodeResult<T>.Accept(Shape(document.RootElement, read));
    }

    /// <summary>Reads an answer's members: whatever has another type, range or encoding than it should is one fault.</summary>
    public static T Shape<T>(JsonElement json, Func<JsonElement, T> read)
    {
        try
        {
            return read(json);
        }
        catch (Exception fault) when (fault is InvalidOperationException or OverflowException or FormatException or ArgumentException or JsonException)
        {
            throw new NodeFaultException($"The answer has not the form of {typeof(T).Name}.", fault);
        }
    }

    public static async Task<NodeRefusal> ReadRefusalAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var bytes = await ReadBytesAsync(response, cancellation, MaximumProblemBytes).ConfigureAwait(false);
        if (StrictJson.TryParseObject(bytes, out var problem, MaximumProblemBytes)
            && Shape(problem, json => NodeRefusal.Of(json, response.StatusCode)) is { } refusal)
            return refusal;
        throw new NodeFaultException($"Status {(int)response.StatusCode} without a code from {response.RequestMessage?.RequestUri}.");
    }

    public static async Task<JsonDocument> ReadJsonAsync(HttpResponseMessage response, JsonDocumentOptions options, CancellationToken cancellation)
    {
        var bytes = await ReadBytesAsync(response, cancellation).ConfigureAwait(false);
        try
        {
            return JsonDocument.Parse(bytes, options);
        }
        catch (JsonException fault)
        {
            throw new NodeFaultException($"Status {(int)response.StatusCode} without JSON from {response.RequestMessage?.RequestUri}.", fault);
        }
    }

    public static async Task<byte[]> ReadBytesAsync(
        HttpResponseMessage response, CancellationToken cancellation, int maximumBytes = NodeClient.MaximumAnswerBytes)
    {
        if (response.Content.Headers.ContentLength > maximumBytes)
            throw new NodeFaultException("The answer is larger than is read.");
        try
        {
            using var content = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            using var bytes = new MemoryStream((int)(response.Content.Headers.ContentLength ?? 0));
            var portion = new byte[16 * 1024];
            for (int read; (read = await content.ReadAsync(portion, cancellation).ConfigureAwait(false)) > 0;)
            {
                if (bytes.Length + read > maximumBytes)
                    throw new NodeFaultException("The answer is larger than is read.");
                bytes.Write(portion, 0, read);
            }
            return bytes.ToArray();
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw new NodeFaultException("The answer broke off.", fault);
        }
    }
}
