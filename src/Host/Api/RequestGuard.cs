using Microsoft.AspNetCore.Http.Features;
using Counterfoil.Ledger;

namespace Counterfoil.Host.Api;

/// <summary>
/// Around every request: host name, rate and, at the end, the answer to whatever went wrong, so that a
/// caller sees problem details and never a fault's text.
/// </summary>
internal sealed partial class RequestGuard(HostNames names, RateLimiter limiter, ApiCounters counters, ILogger<RequestGuard> log)
{
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            if (!names.Accepts(context.Request.Host))
                await Problem.WriteAsync(context, StatusCodes.Status421MisdirectedRequest, ApiRefusals.UnknownHost);
            else if (!limiter.TryEnter(context, out var retryAfterSeconds))
                await RefuseRateAsync(context, retryAfterSeconds);
            else
                await next(context);
            if (!context.Response.HasStarted && context.Response.StatusCode >= 400 && context.Response.ContentLength is null)
                await AnswerEmptyAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller left; nobody reads an answer.
        }
        catch (BadHttpRequestException fault)
        {
            var refusal = fault.StatusCode == StatusCodes.Status413PayloadTooLarge ? ApiRefusals.TooLarge : ApiRefusals.MalformedRequest;
            await Problem.WriteAsync(context, fault.StatusCode, refusal);
        }
        catch (Exception fault)
        {
            // The route's pattern, not the path: what callers put into paths stays out of the log.
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";
            LogFault(log, fault, context.Request.Method, route);
            if (!context.Response.HasStarted)
                context.Response.Headers.Clear();
            await Problem.WriteAsync(context, StatusCodes.Status500InternalServerError, ApiRefusals.InternalError);
        }
        finally
        {
            counters.AddAnswer(context.Response.StatusCode);
        }
    }

    /// <summary>Routing answers unknown methods and media types by a status alone.</summary>
    private static Task AnswerEmptyAsync(HttpContext context)
    {
        RefusalCode refusal = context.Response.StatusCode switch
        {
            StatusCodes.Status405MethodNotAllowed => ApiRefusals.MethodNotAllowed,
            StatusCodes.Status415UnsupportedMediaType => ApiRefusals.UnsupportedMediaType,
            StatusCodes.Status404NotFound => ApiRefusals.NotFound,
            _ => ApiRefusals.MalformedRequest,
        };
        return Problem.WriteAsync(context, context.Response.StatusCode, refusal);
    }

    private static Task RefuseRateAsync(HttpContext context, int retryAfterSeconds)
    {
        context.Response.Headers.RetryAfter = retryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // What the caller is still sending is not read: that would be the work the limit is to save.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = 0;
        return Problem.WriteAsync(context, StatusCodes.Status429TooManyRequests, ApiRefusals.RateLimited);
    }

    [LoggerMessage(1, LogLevel.Error, "A request failed: {Method} {Route}")]
    private static partial void LogFault(ILogger logger, Exception fault, string method, string route);
}
