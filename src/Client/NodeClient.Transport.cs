using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Counterfoil.Ledger.Admission;

namespace Counterfoil.Client;

public sealed partial class NodeClient
{


    private async Task<IReadOnlyList<SubmissionAnswer>> SubmitAsync(
        IReadOnlyList<Submission> submissions, bool respondAsync, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfZero(submissions.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(submissions.Count, MaximumBatch);
        using var request = new HttpRequestMessage(HttpMethod.Post, "transactions") { Content = new ReadOnlyMemoryContent(WriteBatch(submissions)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (respondAsync)
            request.Headers.TryAddWithoutValidation("Prefer", "respond-async");
        using var response = await SendAsync(request, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new NodeRefusedException(await ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
        using var document = await ReadJsonAsync(response, cancellation).ConfigureAwait(false);
        if (document.RootElement.ValueKind != JsonValueKind.Array || document.RootElement.GetArrayLength() != submissions.Count)
            throw new NodeFaultException("The node did not answer each transaction.");
        var answers = new SubmissionAnswer[submissions.Count];
        var index = 0;
        foreach (var item in document.RootElement.EnumerateArray())
            answers[index++] = HttpAnswers.Shape(item, json => SubmissionAnswer.Of(json, 0));
        return answers;
    }

    /// <summary>The array form of transactions: a string, an object, or an object with attachments each.</summary>
    internal static ReadOnlyMemory<byte> WriteBatch(IReadOnlyList<Submission> submissions)
    {
        var buffer = new ArrayBufferWriter<byte>(submissions.Sum(submission => submission.Transaction.Length + 4));
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        writer.WriteStartArray();
        foreach (var submission in submissions)
        {
            if (submission.Attachments.Count == 0)
            {
                WriteTransaction(writer, submission.Transaction.Span);
                continue;
            }
            writer.WriteStartObject();
            writer.WritePropertyName("transaction"u8);
            WriteTransaction(writer, submission.Transaction.Span);
            writer.WriteStartArray("attachments"u8);
            foreach (var attachment in submission.Attachments)
            {
                writer.WriteStartObject();
                writer.WriteString("content"u8, Cryptography.Base64Url.Encode(attachment.Content.Span));
                writer.WriteStartArray("readers"u8);
                foreach (var reader in attachment.Readers)
                    writer.WriteStringValue(reader.ToString());
                writer.WriteEndArray();
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteTransaction(Utf8JsonWriter writer, ReadOnlySpan<byte> transaction)
    {
        if (transaction is [(byte)'{', ..])
            writer.WriteRawValue(transaction, skipInputValidation: true);
        else
            writer.WriteStringValue(transaction);
    }

    private async Task<NodeResult<T>> GetAsync<T>(string path, Func<JsonElement, T> read, CancellationToken cancellation)
        where T : class
    {
        using var response = await GetAsync(path, cancellation).ConfigureAwait(false);
        return await ReadAsync(response, read, cancellation).ConfigureAwait(false);
    }

    private async Task<NodeResult<NodeJson>> PostAsync(string path, string json, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        using var response = await SendAsync(request, cancellation).ConfigureAwait(false);
        return await ReadAsync(response, NodeJson.Of, cancellation).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, cancellation).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation) =>
        HttpAnswers.SendAsync(http, request, cancellation);

    private static Task<NodeResult<T>> ReadAsync<T>(HttpResponseMessage response, Func<JsonElement, T> read, CancellationToken cancellation)
        where T : class => HttpAnswers.ReadAsync(response, read, cancellation);

    private static Task<NodeRefusal> ReadRefusalAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        HttpAnswers.ReadRefusalAsync(response, cancellation);

    private static Task<JsonDocument> ReadJsonAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        HttpAnswers.ReadJsonAsync(response, default, cancellation);

    private static Task<byte[]> ReadBytesAsync(HttpResponseMessage response, CancellationToken cancellation) =>
        HttpAnswers.ReadBytesAsync(response, cancellation);
}
