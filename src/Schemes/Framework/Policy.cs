using Counterfoil.Cryptography.Keys;
using Counterfoil.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Counterfoil.Schemes;

/// <summary>Who may call an endpoint. The host enforces it, and refuses what has none; a test lists all endpoints.</summary>
public enum Policy
{
    /// <summary>No policy: the host answers nobody.</summary>
    Unset = 0,

    /// <summary>Anybody.</summary>
    Public = 1,

    /// <summary>Anybody; what counts are the signatures inside the transactions that are sent.</summary>
    SignedTransaction = 2,

    /// <summary>A request with an HTTP message signature (RFC 9421) and, where it has content, its digest (RFC 9530).</summary>
    SignedRequest = 3,

    /// <summary>A token bound to a key, with a proof by it (RFC 9449).</summary>
    Dpop = 4,

    /// <summary>Anybody, on a sandbox ledger only; elsewhere the route does not exist.</summary>
    SandboxOnly = 5,

    /// <summary>The operator of the node, signed in.</summary>
    Operator = 6,
}

/// <summary>An endpoint's policy, as metadata.</summary>
/// <param name="Policy">Who may call it.</param>
public sealed record EndpointPolicy(Policy Policy);

/// <summary>Who signed a request, once the host verified it.</summary>
/// <param name="Key">The key that signed.</param>
/// <param name="Account">The account that has it as an active key; unset where the key belongs to none.</param>
public sealed record Caller(PublicKey Key, AccountId Account);

/// <summary>Sets and reads policies and callers.</summary>
public static class PolicyExtensions
{
    /// <summary>Says who may call the endpoint or group.</summary>
    public static TBuilder WithPolicy<TBuilder>(this TBuilder builder, Policy policy)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new EndpointPolicy(policy)));
        return builder;
    }

    /// <summary>The verified signer of the request; null where the endpoint's policy asks for none.</summary>
    public static Caller? FindCaller(this HttpContext context) => context.Features.Get<Caller>();

    /// <summary>The verified signer of the request.</summary>
    /// <exception cref="InvalidOperationException">The endpoint's policy asks for no signature.</exception>
    public static Caller RequireCaller(this HttpContext context) =>
        context.FindCaller() ?? throw new InvalidOperationException("The endpoint asks for its caller and its policy for no signature.");
}
