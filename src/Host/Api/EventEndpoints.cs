using System.Text;
using System.Text.Json;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>
/// Server-sent events: each new block, with resumption. <b>Source:</b> HTML Living Standard section 9.2.
/// </summary>
internal sealed class EventEndpoints(Ledger.Ledger ledger, BlockBroadcast blocks, IHostApplicationLifetime lifetime)
{
    /// <summary>The most listeners at one time.</summary>
    public const int MaximumListeners = 1_000;

    private int listeners;

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/events", ListenAsync).WithPolicy(Policy.Public)
            .Describe(ListenAsync, "Blocks", "Server-sent events: each block as it becomes final",
                "Last-Event-ID (or the query after) names the height after which to begin; without it the next block is the first.")
            .Query("after")
            .Produces<BlockSummaryDocument>(StatusCodes.Status200OK, "text/event-stream").ProducesProblems(400, 503);

    private async Task ListenAsync(HttpContext context)
    {
        var request = context.Request;
        var from = request.Headers["Last-Event-ID"].FirstOrDefault() ?? request.Query["after"].FirstOrDefault();
        var after = ledger.Tip.Height;
        if (from is not null && !EndpointDescriptions.TryReadNumber(from, long.MaxValue, out after))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, ApiRefusals.MalformedRequest);
            return;
        }
        if (Interlocked.Increment(ref listeners) > MaximumListeners)
        {
            Interlocked.Decrement(ref listeners);
            await Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ApiRefusals.Busy);
            return;
        }
        // A stop of the node ends the streams: they would hold it up otherwise.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.Body.FlushAsync(ending.Token);
            for (var height = after + 1; ; height++)
                await SendAsync(context, await NextAsync(context, height, ending.Token), ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The listener left or the node stops.
        }
        finally
        {
            Interlocked.Decrement(ref listeners);
        }
    }

    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Waits for the block; a comment now and then keeps proxies from closing a quiet stream.
    /// </summary>
    private async Task<BlockSummaryDocument> NextAsync(HttpContext context, long height, CancellationToken cancellation)
    {
        var block = blocks.WaitForAsync(height, cancellation);
        while (await Task.WhenAny(block, Task.Delay(SilenceLimit, cancellation)) != block)
        {
            cancellation.ThrowIfCancellationRequested();
            await context.Response.Body.WriteAsync(":\n\n"u8.ToArray(), cancellation);
            await context.Response.Body.FlushAsync(cancellation);
        }
        return await block;
    }

    private static async Task SendAsync(HttpContext context, BlockSummaryDocument block, CancellationToken cancellation)
    {
        var data = JsonSerializer.Serialize(block, ApiJson.Instance.BlockSummaryDocument);
        await context.Response.Body.WriteAsync(
            Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"id: {block.Height}\nevent: block\ndata: {data}\n\n")), cancellation);
        await context.Response.Body.FlushAsync(cancellation);
    }
}
