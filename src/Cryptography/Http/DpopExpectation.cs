using Counterfoil.Cryptography.Keys;

namespace Counterfoil.Cryptography.Http;

/// <summary>
/// The request that a DPoP proof must be for, and what else the server requires. <b>Source:</b> RFC 9449
/// section 4.3.
/// </summary>
public sealed record DpopExpectation
{
    /// <summary>The request's method.</summary>
    public required string Method { get; init; }

    /// <summary>The request's target, as the host knows it; the query does not count.</summary>
    public required HttpTarget Target { get; init; }

    /// <summary>The access token that came with the request; null at the token endpoint.</summary>
    public string? AccessToken { get; init; }

    /// <summary>The thumbprint that the access token is bound to; null where nothing is bound yet.</summary>
    public Digest<PublicKey>? KeyThumbprint { get; init; }

    /// <summary>True for a nonce that the server gave and still takes; null if it demands none.</summary>
    public Func<string, bool>? AcceptsNonce { get; init; }

    /// <summary>The greatest age of a proof. Default 60 s.</summary>
    public TimeSpan MaximumAge { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How far the client's clock may be off. Default 5 s.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Asked last, with a verified proof's key, identifier and the time after which it is refused anyway;
    /// false if it was used before. Null for no check.
    /// </summary>
    public Func<Digest<PublicKey>, string, DateTimeOffset, bool>? TryUseIdentifier { get; init; }
}
