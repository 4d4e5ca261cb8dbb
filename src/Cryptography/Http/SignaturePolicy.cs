namespace Counterfoil.Cryptography.Http;

/// <summary>
/// What a verifier requires of a signature. An endpoint's policy covers at least what the endpoint acts on:
/// method, target and, where there is content, its digest. <b>Source:</b> RFC 9421 section 3.2.1.
/// </summary>
public sealed record SignaturePolicy
{
    /// <summary>
    /// The usual policy of a request without content: method and target; the signature says when it was made,
    /// at most 60 s ago.
    /// </summary>
    public static SignaturePolicy Request { get; } = new()
    {
        RequiredComponents = [SignatureComponents.Method, SignatureComponents.TargetUri],
    };

    /// <summary>The usual policy of a request with content.</summary>
    public static SignaturePolicy RequestWithContent { get; } = new()
    {
        RequiredComponents = [SignatureComponents.Method, SignatureComponents.TargetUri, SignatureComponents.ContentDigest],
    };

    /// <summary>Components that must be covered, with exactly these parameters.</summary>
    public required IReadOnlyList<StructuredItem> RequiredComponents { get; init; }

    /// <summary>
    /// The label of the signature that counts; null for the only one that fits <see cref="Tag"/>.
    /// </summary>
    public string? Label { get; init; }

    /// <summary>The tag that the signature must have; null for any or none.</summary>
    public string? Tag { get; init; }

    /// <summary>The only key that is accepted, by name; null for whatever the resolver knows.</summary>
    public string? KeyId { get; init; }

    /// <summary>
    /// The greatest age since <c>created</c>; null if the signature need not say when it was made. Default 60
    /// s.
    /// </summary>
    public TimeSpan? MaximumAge { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How far the signer's clock may be ahead, or behind at the end. Default 5 s.</summary>
    public TimeSpan ClockSkew { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>True if the signature must have a nonce.</summary>
    public bool RequireNonce { get; init; }

    /// <summary>
    /// Asked last, with a verified signature's key name, nonce and the time after which the signature is
    /// refused anyway; false if that nonce was used before. Null for no check. A signature without nonce is
    /// not asked about.
    /// </summary>
    public Func<string, string, DateTimeOffset, bool>? TryUseNonce { get; init; }
}
