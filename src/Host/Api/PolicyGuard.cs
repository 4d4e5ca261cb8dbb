using System.Net;
using Counterfoil.Schemes;

namespace Counterfoil.Host.Api;

/// <summary>
/// Deny by default: an endpoint without a policy stays closed, and each policy's part that the host can
/// check is checked here.
/// </summary>
internal sealed class PolicyGuard(bool isSandbox, SignedRequests signedRequests)
{
    public Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint() is not { } endpoint)
            return Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.NotFound);
        // Routing's own answers (405, 415) are endpoints without a route.
        if (endpoint is not RouteEndpoint)
            return next(context);
        return (endpoint.Metadata.GetMetadata<EndpointPolicy>()?.Policy ?? Policy.Unset) switch
        {
            Policy.Public or Policy.SignedTransaction => next(context),
            Policy.SignedRequest => VerifyAsync(context, next),
            // The token is the role's own, so the role verifies it with its proof; without one there is
            // nothing to verify.
            Policy.Dpop when context.Request.Headers.ContainsKey("DPoP") => next(context),
            Policy.Dpop => Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, ApiRefusals.InvalidSignature),
            Policy.SandboxOnly when isSandbox => next(context),
            Policy.SandboxOnly => Problem.WriteAsync(context, StatusCodes.Status404NotFound, ApiRefusals.NotFound),
            Policy.Operator when IPAddress.IsLoopback(context.Connection.RemoteIpAddress ?? IPAddress.None) => next(context),
            _ => Problem.WriteAsync(context, StatusCodes.Status403Forbidden, ApiRefusals.NoPolicy),
        };
    }

    private async Task VerifyAsync(HttpContext context, RequestDelegate next)
    {
        if (await signedRequests.VerifyAsync(context) is { } refusal)
            await Problem.WriteAsync(
                context, refusal == ApiRefusals.TooLarge ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status401Unauthorized, refusal);
        else
            await next(context);
    }
}
