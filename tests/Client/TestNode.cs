using System.Net;
using System.Text;

namespace Counterfoil.Client.Tests;

/// <summary>One request as it came over the line.</summary>
internal sealed record Asked(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <summary>What is answered: null breaks the connection off.</summary>
internal sealed record Answer(int Status, string ContentType, byte[] Body, int? DeclaredLength = null)
{
    public static Answer Json(string json, int status = 200) => new(status, "application/json", Encoding.UTF8.GetBytes(json));

    public static Answer Problem(int status, string json) => new(status, "application/problem+json", Encoding.UTF8.GetBytes(json));
}

/// <summary>A real HTTP listener on loopback whose answers a test decides: for what a right node never says.</summary>
internal sealed class TestNode : IDisposable
{
    private readonly HttpListener listener;
    private readonly Func<Asked, Answer?> answer;
    private readonly List<Asked> requests = [];

    public TestNode(Func<Asked, Answer?> answer)
    {
        this.answer = answer;
        (listener, Address) = Listen();
        _ = Task.Run(ServeAsync);
    }

    public Uri Address { get; }

    public IReadOnlyList<Asked> Requests
    {
        get
        {
            lock (requests)
                return [.. requests];
        }
    }

    public void Dispose() => listener.Close();

    private static (HttpListener, Uri) Listen()
    {
        for (var attempt = 0; ; attempt++)
        {
            var port = Random.Shared.Next(20_000, 60_000);
            var listener = new HttpListener();
            // Any name: what the client puts into Host is part of what is tested.
            listener.Prefixes.Add($"http://*:{port}/");
            try
            {
                listener.Start();
                return (listener, new Uri($"http://node.localhost:{port}/"));
            }
            catch (HttpListenerException) when (attempt < 50)
            {
                ((IDisposable)listener).Dispose();
            }
        }
    }

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            await AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body);
        var headers = context.Request.Headers.AllKeys.ToDictionary(name => name!, name => context.Request.Headers[name]!, StringComparer.OrdinalIgnoreCase);
        var asked = new Asked(context.Request.HttpMethod, context.Request.RawUrl!, headers, body.ToArray());
        lock (requests)
            requests.Add(asked);
        if (answer(asked) is not { } given)
        {
            context.Response.Abort();
            return;
        }
        context.Response.StatusCode = given.Status;
        context.Response.ContentType = given.ContentType;
        context.Response.ContentLength64 = given.DeclaredLength ?? given.Body.Length;
        try
        {
            await context.Response.OutputStream.WriteAsync(given.Body);
            if (given.DeclaredLength > given.Body.Length)
                context.Response.Abort();
            else
                context.Response.Close();
        }
        catch (Exception fault) when (fault is HttpListenerException or InvalidOperationException or IOException)
        {
            // The client hung up first: it saw enough.
            context.Response.Abort();
        }
    }
}
