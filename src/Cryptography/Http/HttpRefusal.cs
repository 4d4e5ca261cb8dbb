using System.Diagnostics.CodeAnalysis;

namespace Counterfoil.Cryptography.Http;

/// <summary>Why a digest, a message signature or a DPoP proof was refused: a stable snake_case code.</summary>
public readonly record struct HttpRefusal(string Code)
{
    /// <summary>
    /// The message names no such field, derived component, dictionary member or query parameter; or it is
    /// ambiguous.
    /// </summary>
    public static readonly HttpRefusal MissingComponent = new("missing_component");

    /// <summary>
    /// A component identifier that the standard does not have, has twice, or has with other parameters.
    /// </summary>
    public static readonly HttpRefusal InvalidComponent = new("invalid_component");

    /// <summary>
    /// A field's value cannot be put into a signature base: not ASCII, or not of its structured form.
    /// </summary>
    public static readonly HttpRefusal InvalidField = new("invalid_field");

    /// <summary>The target is not an absolute http or https URI without user information and fragment.</summary>
    public static readonly HttpRefusal InvalidTarget = new("invalid_target");

    /// <summary>The message has no signature, or none of the label or tag that is asked for.</summary>
    public static readonly HttpRefusal MissingSignature = new("missing_signature");

    /// <summary>Several signatures fit, and which one counts was not said.</summary>
    public static readonly HttpRefusal AmbiguousSignature = new("ambiguous_signature");

    /// <summary>Signature or Signature-Input is not in the standard's form.</summary>
    public static readonly HttpRefusal MalformedSignature = new("malformed_signature");

    /// <summary>The algorithm is not offered here.</summary>
    public static readonly HttpRefusal UnsupportedAlgorithm = new("unsupported_algorithm");

    /// <summary>The signature names another algorithm than its key has.</summary>
    public static readonly HttpRefusal AlgorithmMismatch = new("algorithm_mismatch");

    /// <summary>The key is not known, not named, or not the one that the policy requires.</summary>
    public static readonly HttpRefusal UnknownKey = new("unknown_key");

    /// <summary>The signature does not cover a component that the policy requires.</summary>
    public static readonly HttpRefusal UncoveredComponent = new("uncovered_component");

    /// <summary>The policy requires a parameter that the signature does not have.</summary>
    public static readonly HttpRefusal MissingParameter = new("missing_parameter");

    /// <summary>Made longer ago than the policy allows, or past its own end.</summary>
    public static readonly HttpRefusal Expired = new("expired");

    /// <summary>Made later than now, beyond the skew of clocks.</summary>
    public static readonly HttpRefusal NotYetValid = new("not_yet_valid");

    /// <summary>The signature does not verify under its key.</summary>
    public static readonly HttpRefusal InvalidSignature = new("invalid_signature");

    /// <summary>The nonce or identifier was used before.</summary>
    public static readonly HttpRefusal Replayed = new("replayed");

    /// <summary>A digest field is not in the standard's form.</summary>
    public static readonly HttpRefusal MalformedDigest = new("malformed_digest");

    /// <summary>The message has no digest field.</summary>
    public static readonly HttpRefusal MissingDigest = new("missing_digest");

    /// <summary>A digest field has neither sha-256 nor sha-512.</summary>
    public static readonly HttpRefusal UnsupportedDigest = new("unsupported_digest_algorithm");

    /// <summary>The content is not that of the digest.</summary>
    public static readonly HttpRefusal DigestMismatch = new("digest_mismatch");

    /// <summary>The content is longer than the maximum.</summary>
    public static readonly HttpRefusal ContentTooLarge = new("content_too_large");

    /// <summary>The DPoP proof is not in the standard's form.</summary>
    public static readonly HttpRefusal MalformedProof = new("malformed_proof");

    /// <summary>The DPoP proof is for another method.</summary>
    public static readonly HttpRefusal MethodMismatch = new("method_mismatch");

    /// <summary>The DPoP proof is for another target.</summary>
    public static readonly HttpRefusal TargetMismatch = new("target_mismatch");

    /// <summary>The DPoP proof is not for this access token.</summary>
    public static readonly HttpRefusal TokenMismatch = new("token_mismatch");

    /// <summary>The DPoP proof's nonce is not the server's: the answer brings a fresh one.</summary>
    public static readonly HttpRefusal NonceMismatch = new("use_dpop_nonce");

    /// <summary>The DPoP proof's key is not the one that the access token is bound to.</summary>
    public static readonly HttpRefusal KeyMismatch = new("key_mismatch");

    /// <summary>The code.</summary>
    public override string ToString() => Code ?? "";
}

/// <summary>What was asked for, or why not.</summary>
/// <typeparam name="T">The value of an accepted result.</typeparam>
public readonly struct HttpResult<T>
    where T : class
{
    private readonly T? value;
    private readonly HttpRefusal refusal;

    private HttpResult(T? value, HttpRefusal refusal)
    {
        this.value = value;
        this.refusal = refusal;
    }

    /// <summary>True if there is a value.</summary>
    public bool IsAccepted => value is not null;

    /// <summary>Why not; unset if there is a value.</summary>
    public HttpRefusal Refusal => refusal;

    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">The result is a refusal.</exception>
    public T Value => value ?? throw new InvalidOperationException($"Refused as {refusal}.");

    /// <summary>Gives the value, or else the refusal.</summary>
    public bool TryGet([NotNullWhen(true)] out T? found, out HttpRefusal why)
    {
        found = value;
        why = refusal;
        return value is not null;
    }

    /// <summary>An accepted result.</summary>
    public static implicit operator HttpResult<T>(T value) => FromT(value);

    /// <summary>A refused result.</summary>
    public static implicit operator HttpResult<T>(HttpRefusal refusal) => FromHttpRefusal(refusal);

    /// <summary>An accepted result.</summary>
    public static HttpResult<T> FromT(T value) => new(value, default);

    /// <summary>A refused result.</summary>
    public static HttpResult<T> FromHttpRefusal(HttpRefusal refusal) => new(null, refusal);
}
