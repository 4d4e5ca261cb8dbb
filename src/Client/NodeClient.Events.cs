using System.Globalization;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Counterfoil.Cryptography;
using Counterfoil.Cryptography.Jose;
using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger.Transactions;

namespace Counterfoil.Client;

public sealed partial class NodeClient
{
    /// <summary>The names of the header fields by which a reader shows that a document's reader list means it.</summary>
    public const string ReaderSaltField = "cf-reader-salt", ReaderKeyField = "cf-reader-key";

    /// <summary>News of every block after a height, in order, until cancelled or the node ends the stream; the caller resumes by the last height.</summary>
    /// <param name="afterHeight">The last height that is known already; null for what comes from now on.</param>
    /// <param name="cancellation">Ends the stream.</param>
    /// <remarks><b>Source:</b> WHATWG HTML, server-sent events.</remarks>
    public async IAsyncEnumerable<NodeBlockEvent> ReadEventsAsync(
        long? afterHeight = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (afterHeight is { } height)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", height.ToString(CultureInfo.InvariantCulture));
        using var response = await SendAsync(request, cancellation).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new NodeRefusedException(await ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
        using var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var parser = SseParser.Create(stream, static (type, data) => type == "block" ? ParseBlock(data) : null);
        await foreach (var item in parser.EnumerateAsync(cancellation).ConfigureAwait(false))
        {
            if (item.Data is { } news)
                yield return news;
        }
    }

    /// <summary>
    /// A document of the node's vault: a JWE, still sealed. Refused as <c>forbidden</c> both where it is absent and where the reader may not have it.
    /// The HTTP client of this object must sign its requests by the reader's key and cover <see cref="ReaderSaltField"/>: <see cref="Party.GetDocumentAsync"/>.
    /// </summary>
    /// <param name="digest">The document.</param>
    /// <param name="salt">The salt under which the reader stands on the document's list, 32 bytes.</param>
    /// <param name="readerKey">The reader's signing key, public half.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<NodeResult<byte[]>> GetDocumentAsync(
        Digest<Attachment> digest, ReadOnlyMemory<byte> salt, PublicKey readerKey, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"vault/documents/{digest}");
        request.Headers.TryAddWithoutValidation(ReaderSaltField, Convert.ToHexStringLower(salt.Span));
        request.Headers.TryAddWithoutValidation(ReaderKeyField, Base64Url.Encode(System.Text.Encoding.ASCII.GetBytes(Jwk.Serialize(readerKey))));
        using var response = await SendAsync(request, cancellation).ConfigureAwait(false);
        return response.IsSuccessStatusCode
            ? NodeResult<byte[]>.Accept(await ReadBytesAsync(response, cancellation).ConfigureAwait(false))
            : NodeResult<byte[]>.Refuse(await ReadRefusalAsync(response, cancellation).ConfigureAwait(false));
    }

    private static NodeBlockEvent ParseBlock(ReadOnlySpan<byte> data)
    {
        try
        {
            var reader = new Utf8JsonReader(data);
            return HttpAnswers.Shape(JsonElement.ParseValue(ref reader), NodeBlockEvent.Of);
        }
        catch (JsonException fault)
        {
            throw new NodeFaultException("An event holds no JSON.", fault);
        }
    }
}
