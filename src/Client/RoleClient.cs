using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Counterfoil.Client;

/// <summary>
/// A role of a scheme over HTTP, with the same refusals and faults as a node. Messages are read strictly: the type's JSON form decides.
/// Safe for concurrent use.
/// </summary>
/// <param name="http">The HTTP client with the role's base address; the caller disposes it.</param>
public sealed class RoleClient(HttpClient http)
{
    /// <summary>The role's address.</summary>
    public Uri Address => http.BaseAddress ?? throw new InvalidOperationException("The HTTP client has no base address.");

    /// <summary>Asks for a document.</summary>
    public async Task<NodeResult<T>> GetAsync<T>(string path, JsonTypeInfo<T> format, CancellationToken cancellation = default)
        where T : class
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, format, cancellation).ConfigureAwait(false);
    }

    /// <summary>Asks for bytes as they are, such as a JWE.</summary>
    public async Task<NodeResult<byte[]>> GetBytesAsync(string path, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await HttpAnswers.SendAsync(http, request, cancellation).ConfigureAwait(false);
        return response.IsSuccessStatusCode
            ? NodeResult<byte[]>.Accept(await HttpAnswers.ReadBytesAsync(response, cancellation).ConfigureAwait(false))
            : NodeResult<byte[]>.Refuse(await HttpAnswers.ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
    }

    /// <summary>Sends a document and reads the answer.</summary>
    public async Task<NodeResult<TAnswer>> PostAsync<TMessage, TAnswer>(
        string path, TMessage message, JsonTypeInfo<TMessage> format, JsonTypeInfo<TAnswer> answerFormat, CancellationToken cancellation = default)
        where TAnswer : class =>
        await PostAsync(path, JsonSerializer.SerializeToUtf8Bytes(message, format), "application/json", answerFormat, cancellation).ConfigureAwait(false);

    /// <summary>Sends bytes as they are (a JWS: <c>application/jose</c>) and reads the answer.</summary>
    public async Task<NodeResult<TAnswer>> PostAsync<TAnswer>(
        string path, ReadOnlyMemory<byte> content, string contentType, JsonTypeInfo<TAnswer> answerFormat, CancellationToken cancellation = default)
        where TAnswer : class
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ReadOnlyMemoryContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return await SendAsync(request, answerFormat, cancellation).ConfigureAwait(false);
    }

    private async Task<NodeResult<T>> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> format, CancellationToken cancellation)
        where T : class
    {
        using var response = await HttpAnswers.SendAsync(http, request, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            return NodeResult<T>.Refuse(await HttpAnswers.ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
        var bytes = await HttpAnswers.ReadBytesAsync(response, cancellation).ConfigureAwait(false);
        try
        {
            return NodeResult<T>.Accept(JsonSerializer.Deserialize(bytes, format) ?? throw new NodeFaultException($"Null from {request.RequestUri}."));
        }
        catch (JsonException fault)
        {
            throw new NodeFaultException($"The answer from {request.RequestUri} has not the form of {typeof(T).Name}.", fault);
        }
    }
}
