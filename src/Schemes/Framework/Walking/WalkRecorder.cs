using Counterfoil.Client;

namespace Counterfoil.Schemes.Walking;

/// <summary>
/// Keeps the messages of a walk: who to whom, what, opened for showing. Of headers it keeps only whether there was a signature: tokens and proofs are
/// not recorded. Safe for concurrent use.
/// </summary>
public sealed class WalkRecorder
{
    /// <summary>The most messages that are kept; later ones go by unrecorded.</summary>
    public const int MaximumMessages = 10_000;

    private readonly Lock gate = new();
    private readonly List<RecordedMessage> messages = [];
    private string step = "preparation";

    /// <summary>The messages so far, in the order of sending.</summary>
    public IReadOnlyList<RecordedMessage> Messages
    {
        get
        {
            lock (gate)
                return [.. messages.OrderBy(message => message.N)];
        }
    }

    private int sent;

    /// <summary>Puts a recording handler in front of one that sends.</summary>
    /// <param name="from">The participant who sends.</param>
    /// <param name="inner">The handler that sends.</param>
    public HttpMessageHandler Wrap(string from, HttpMessageHandler inner) => new Handler(this, from, inner);

    /// <summary>Forgets the messages of an earlier walk.</summary>
    internal void Clear()
    {
        lock (gate)
        {
            messages.Clear();
            sent = 0;
        }
    }

    internal void Begin(string name)
    {
        lock (gate)
            step = name;
    }

    private (int Number, string Step)? Take()
    {
        lock (gate)
            return sent < MaximumMessages ? (++sent, step) : null;
    }

    private void Add(RecordedMessage message)
    {
        lock (gate)
            messages.Add(message);
    }

    private sealed class Handler(WalkRecorder recorder, string from, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (recorder.Take() is not { } place)
                return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var asked = await OpenAsync(request.Content, cancellationToken).ConfigureAwait(false);
            RecordedMessage Message(int status, RecordedContent? answer) => new(
                place.Number, place.Step, from, ReceiverOf(request.RequestUri!), request.Method.Method, request.RequestUri!.PathAndQuery,
                request.Headers.NonValidated.Contains("Signature"), asked, status, answer);
            HttpResponseMessage response;
            try
            {
                response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (HttpRequestException)
            {
                recorder.Add(Message(0, null));
                throw;
            }
            // A stream of events never ends: it is not read here.
            var answered = response.Content.Headers.ContentType?.MediaType == "text/event-stream"
                ? null : await OpenAsync(response.Content, cancellationToken).ConfigureAwait(false);
            recorder.Add(Message((int)response.StatusCode, answered));
            return response;
        }

        private static async Task<RecordedContent?> OpenAsync(HttpContent? content, CancellationToken cancellation)
        {
            if (content is null)
                return null;
            await content.LoadIntoBufferAsync(NodeClient.MaximumAnswerBytes, cancellation).ConfigureAwait(false);
            var bytes = await content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
            return MessageOpener.Open(bytes, content.Headers.ContentType?.MediaType);
        }

        private static string ReceiverOf(Uri address) =>
            address.AbsolutePath.Split('/') is ["", "schemes", _, { Length: > 0 } role, ..] ? role : "ledger";
    }
}
